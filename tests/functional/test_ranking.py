from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional import ranking
from consilience.functional.ranking import (
    average_precisions,
    median_rank,
    nearest,
    recall_at,
    true_ranks,
)


def drawn(queries: int, items: int) -> tuple[Tensor, Tensor]:
    return torch.randn(queries, 3), torch.randn(items, 3)


@pytest.fixture(params=[2, 3, 1024])
def tile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "TILE", request.param)


@pytest.mark.usefixtures("tile")
def test_ranks_as_counted() -> None:
    queries, items = drawn(7, 11)
    partners = torch.tensor([4, 4, 10, 0, 2, 9, 6])
    s = queries.numpy() @ items.numpy().T
    expected = [1 + (row > row[p]).sum() for row, p in zip(s, partners.tolist(), strict=True)]
    assert true_ranks(queries, items, partners).tolist() == expected
    own = true_ranks(queries, items[:7])
    assert own.tolist() == true_ranks(queries, items[:7], torch.arange(7)).tolist()


@pytest.mark.usefixtures("tile")
def test_equal_items_share_their_ranks() -> None:
    items = torch.tensor([[1.0], [2.0], [1.0], [1.0], [0.0]])
    query, partner = torch.ones(1, 1), torch.tensor([2])
    assert true_ranks(query, items, partner).item() == 3
    assert true_ranks(query, items, partner, ties="pessimistic").item() == 4


@pytest.mark.parametrize("dim", [3, 64, 513])
def test_a_collapsed_encoder_ranks_at_chance_in_spite_of_rounding(dim: int) -> None:
    point = torch.randn(1, dim)
    items = point.repeat(101, 1) * (1 + 1e-7 * torch.randn(101, 1))
    ranks = true_ranks(items, items)
    assert ranks.unique().tolist() == [51.0]
    assert recall_at(ranks, 10) == 0


@pytest.mark.usefixtures("tile")
def test_perfect_embeddings_rank_first() -> None:
    z = torch.nn.functional.normalize(torch.randn(9, 4), dim=1)
    ranks = true_ranks(z, z)
    assert recall_at(ranks, 1) == 1
    assert median_rank(ranks) == 1


def test_recall_grows_with_k_and_counts_a_half_rank_late() -> None:
    ranks = torch.tensor([1.0, 2.5, 3.0, 9.0])
    assert [recall_at(ranks, k) for k in (1, 2, 3, 9)] == [0.25, 0.25, 0.75, 1.0]


def test_the_median_of_an_even_number_lies_between() -> None:
    assert median_rank(torch.tensor([9.0, 1.0, 4.0, 2.0])) == 3
    assert median_rank(torch.tensor([9.0, 1.0, 4.0])) == 4


@pytest.mark.usefixtures("tile")
def test_average_precision_equals_that_of_scikit_learn() -> None:
    queries, items = drawn(6, 20)
    rng = np.random.default_rng(0)
    item_groups = torch.from_numpy(rng.integers(0, 4, 20))
    query_groups = torch.tensor([0, 1, 2, 3, 0, 1])
    scores = (queries @ items.T).numpy()
    expected = [
        average_precision_score((item_groups == g).numpy(), row)
        for g, row in zip(query_groups, scores, strict=True)
    ]
    found = average_precisions(queries, items, query_groups, item_groups)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_of_equal_scores_the_irrelevant_come_first() -> None:
    groups = torch.tensor([1, 0, 1])
    found = average_precisions(torch.ones(1, 1), torch.ones(3, 1), torch.tensor([1]), groups)
    assert found.item() == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_a_query_without_relevant_items_has_no_precision() -> None:
    groups = torch.tensor([0, 0])
    found = average_precisions(torch.ones(1, 1), torch.ones(2, 1), torch.tensor([5]), groups)
    assert found.isnan().all()


@pytest.mark.usefixtures("tile")
@pytest.mark.parametrize("k", [1, 4, 11])
def test_search_in_tiles_finds_what_sorting_all_scores_finds(k: int) -> None:
    queries, items = drawn(7, 11)
    scores, rows = nearest(queries, items, k)
    expected = (queries @ items.T).sort(dim=1, descending=True)
    torch.testing.assert_close(scores, expected.values[:, :k])
    assert rows.tolist() == expected.indices[:, :k].tolist()


def test_search_holds_no_table_of_all_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "TILE", 8)
    largest = 0

    class Watched(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):  # noqa: ANN001, ANN204  # pyright: ignore  # torch's own untyped hook
            nonlocal largest
            out = func(*args, **(kwargs or {}))
            if isinstance(out, Tensor):
                largest = max(largest, out.numel())
            return out

    queries, items = drawn(100, 100)
    with Watched():
        true_ranks(queries, items)
        nearest(queries, items, 3)
    assert largest <= 300


CASES: list[tuple[Callable[[Tensor], object], type[Exception], str]] = [
    (
        lambda z: true_ranks(z, z, torch.tensor([0, 1, 3])),
        DataError,
        "partners must be rows of the 3 items, from 0 to 2, found 0 to 3",
    ),
    (
        lambda z: true_ranks(z, z, torch.tensor([0])),
        ShapeError,
        "partners must be (queries,) = (3,), found (1,)",
    ),
    (
        lambda z: true_ranks(z, z.log()),
        DataError,
        "1 of 3 rows of items are not finite, the first is row 0; leave absent rows out",
    ),
    (lambda z: recall_at(z[:, 0], 0), ConfigurationError, "k must be at least 1, found 0"),
    (lambda z: nearest(z, z, 4), ShapeError, "k is 4 but there are 3 items"),
    (
        lambda z: average_precisions(z, z, torch.tensor([1]), torch.tensor([1])),
        ShapeError,
        "query_groups must be (3,), found (1,)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "words"), CASES)
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be(
    call: Callable[[Tensor], object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as raised:
        call(torch.arange(6.0).reshape(3, 2))
    assert str(raised.value) == words
