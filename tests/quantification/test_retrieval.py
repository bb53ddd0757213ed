"""Retrieval: figures of known arrangements, chance by enumeration, intervals that cover."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.errors import (
    ConfigurationError,
    ConsilienceError,
    DataError,
    InputTypeError,
    ShapeError,
)
from consilience.quantification.retrieval import retrieval

Z = np.random.default_rng(0).normal(size=(40, 6))


def noisy(n: int, noise: float, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 6))
    return {"image": z, "text": z + noise * rng.normal(size=(n, 6))}


def test_the_same_embeddings_find_every_partner() -> None:
    found = retrieval({"image": Z, "text": Z})["image", "text"]
    assert {k: r.estimate for k, r in found.recall.items()} == {1: 1, 5: 1, 10: 1}
    assert found.recall[1].low == pytest.approx(1 - 3 / 40)
    assert found.median_rank.estimate == 1
    assert found.mean_average_precision.estimate == 1


def test_figures_are_those_of_ranks_counted_by_hand() -> None:
    pair = noisy(60, 0.8)
    unit = {n: z / np.linalg.norm(z, axis=1, keepdims=True) for n, z in pair.items()}
    found = retrieval(pair, cuts=(2, 7))
    for query, of in (("image", "text"), ("text", "image")):
        scores = unit[query] @ unit[of].T
        ranks = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
        direction = found[query, of]
        assert direction.recall[2].estimate == pytest.approx(np.mean(ranks <= 2))
        assert direction.recall[7].estimate == pytest.approx(np.mean(ranks <= 7))
        assert direction.median_rank.estimate == np.median(ranks)
        assert direction.mean_average_precision.estimate == pytest.approx(np.mean(1 / ranks))
    assert found["image", "text"].recall != found["text", "image"].recall


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2, 1), (3, 2, 1)])
def test_chance_precision_is_the_mean_over_all_orders(sizes: tuple[int, ...]) -> None:
    n = sum(sizes)
    groups = np.repeat(np.arange(len(sizes)), sizes)

    def of_random_order(relevant: int) -> float:
        places = combinations(range(1, n + 1), relevant)
        return float(np.mean([np.mean([(i + 1) / p for i, p in enumerate(o)]) for o in places]))

    expected = np.mean([of_random_order(sizes[g]) for g in groups])
    found = retrieval({"a": Z[:n], "b": Z[:n]}, groups=groups)["a", "b"]
    assert found.chance_mean_average_precision == pytest.approx(expected)
    assert found.chance_recall == {1: 1 / n, 5: min(1, 5 / n), 10: 1}
    assert found.chance_median_rank == (n + 1) / 2


def test_unrelated_embeddings_are_at_chance_and_said_to_be() -> None:
    rng = np.random.default_rng(1)
    lost = retrieval({"a": rng.normal(size=(200, 9)), "b": rng.normal(size=(200, 9))})
    for direction in lost:
        for _, found, luck in direction.measures:
            assert found.low <= luck * 1.05
            assert found.high >= luck * 0.95
    assert "a -> b: no recall lies above chance beyond its interval" in lost.warnings
    assert retrieval(noisy(200, 0.3)).warnings == ()


def test_intervals_cover_about_as_often_as_they_say() -> None:
    """60 draws; below 50 hits has probability 0.0002 at 95 %."""
    truth = np.mean([_recall(noisy(150, 1.0, 1000 + s)) for s in range(120)])
    hits = 0
    for seed in range(60):
        r = retrieval(noisy(150, 1.0, seed), cuts=(5,), n_boot=200)["image", "text"].recall[5]
        hits += r.low <= truth <= r.high
    assert hits >= 50


def _recall(pair: dict[str, NDArray[np.float64]]) -> float:
    return retrieval(pair, cuts=(5,), n_boot=1)["image", "text"].recall[5].estimate


def test_rows_of_one_group_count_as_one_for_the_interval() -> None:
    """Every sample four times over, told apart by a hair: the interval must not shrink."""
    pair = noisy(60, 0.8)
    single = retrieval(pair, cuts=(5,))["image", "text"].recall[5]
    many = {n: np.repeat(z, 4, axis=0) for n, z in pair.items()}
    grouped = retrieval(many, cuts=(20,), groups=np.repeat(np.arange(60), 4))
    alone = retrieval(many, cuts=(20,))["image", "text"].recall[20]
    found = grouped["image", "text"].recall[20]
    assert grouped.units == "groups"
    assert found.high - found.low == pytest.approx(single.high - single.low, rel=0.2)
    assert alone.high - alone.low < 0.7 * (found.high - found.low)


def test_every_item_of_the_group_is_right_for_the_mean_average_precision() -> None:
    z = np.eye(4)[[0, 0, 1, 1]] + 0.01 * np.arange(16).reshape(4, 4)
    found = retrieval({"a": z, "b": z[[1, 0, 3, 2]]}, groups=[0, 0, 1, 1])["a", "b"]
    assert found.mean_average_precision.estimate == 1
    assert found.recall[1].estimate < 1


def test_absent_items_are_neither_asked_nor_sought() -> None:
    a, b = Z.copy(), Z.copy()
    a[3], b[[7, 8]] = np.nan, np.nan
    found = retrieval({"a": a, "b": b})
    assert (found["a", "b"].queries, found["a", "b"].items) == (37, 38)
    assert (found["b", "a"].queries, found["b", "a"].items) == (37, 39)
    assert found["a", "b"].recall[1].estimate == 1


def test_three_modalities_have_six_directions_and_three_gaps() -> None:
    found = retrieval({"a": Z, "b": Z, "c": -Z}, n_boot=10)
    assert [d.title for d in found] == [
        "a -> b", "a -> c", "b -> a", "b -> c", "c -> a", "c -> b"
    ]  # fmt: skip
    assert list(found.gaps) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.gaps["a", "b"] == 0
    assert found["a", "c"].median_rank.estimate == 40


def test_the_gap_and_the_rank_are_of_unit_vectors() -> None:
    found = retrieval({"a": np.eye(3)[[0, 0]] * 5, "b": -np.eye(3)[[0, 0]]}, n_boot=5)
    assert found.gaps["a", "b"] == pytest.approx(2)
    assert found.effective_ranks == {"a": 0, "b": 0}
    assert found.dim == 3


def test_a_model_embeds_and_its_data_bring_their_groups() -> None:
    class Twice:
        def transform(self, X: MultimodalData) -> dict[str, NDArray[np.float64]]:  # noqa: N803  scikit-learn's name
            return {name: 2 * np.asarray(z) for name, z in X.modalities.items()}

    data = MultimodalData({"a": Z, "b": Z + 0.1}, groups=np.arange(40) // 2)
    found = retrieval(Twice(), data)
    assert found.units == "groups"
    assert (
        found.directions == retrieval({"a": Z, "b": Z + 0.1}, groups=np.arange(40) // 2).directions
    )
    assert retrieval(Twice(), data).to_dict() == found.to_dict()


def test_few_groups_are_warned_of() -> None:
    found = retrieval({"a": Z, "b": Z}, groups=np.arange(40) % 5)
    assert found.warnings == ("there are 5 groups only, so intervals are rough",)
    few = retrieval({"a": Z[:8], "b": Z[:8]})
    assert few.warnings[0] == "a -> b: only 8 items, so recall at 10 is certain"


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        ({"a": Z}, {}, DataError, "retrieval needs two modalities or more, found ['a']"),
        (
            {"a": Z, "b": Z[:, :5]},
            {},
            ShapeError,
            "embeddings must all be (samples, dim), row i one sample; "
            "found {'a': (40, 6), 'b': (40, 5)}",
        ),
        (
            {"a": np.where(np.arange(40)[:, None] < 20, Z, np.nan), "b": np.where(
                np.arange(40)[:, None] < 19, np.nan, Z)},
            {},
            DataError,
            "1 samples have both 'a' and 'b'; at least two are needed",
        ),
        (
            {"a": Z, "b": Z},
            {"cuts": (0, 1), "n_boot": 0},
            ConfigurationError,
            "cuts must be at least 1, found 0\nn_boot must be at least 1, found 0",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_told(
    model: dict[str, NDArray[np.float64]],
    options: dict[str, object],
    error: type[ConsilienceError],
    message: str,
) -> None:
    with pytest.raises(error) as caught:
        retrieval(model, **options)  # pyright: ignore[reportArgumentType]  options of many types
    assert str(caught.value) == message


@pytest.mark.usefixtures("unchecked")
def test_what_does_not_embed_is_refused() -> None:
    with pytest.raises(InputTypeError, match="found list"):
        retrieval([Z, Z])  # pyright: ignore[reportArgumentType]  wrong on purpose


def test_a_model_needs_samples() -> None:
    class Model:
        def transform(self, X: MultimodalData) -> dict[str, NDArray[np.float64]]:  # noqa: ARG002, N803  scikit-learn's name
            return {}

    with pytest.raises(ConfigurationError, match="pass the samples that the model is to embed"):
        retrieval(Model())
