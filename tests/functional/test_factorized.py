"""Bounds against closed forms, exact tables and critics trained to their optimum."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from consilience.errors import DataError, ShapeError
from consilience.functional.factorized import (
    FACTORS,
    alike,
    club_bound,
    club_bound_given,
    factorize,
    infonce_bound,
    infonce_bound_given,
    same_class,
    total_weights,
)
from consilience.functional.pid import pid


def tables() -> dict[str, Tensor]:
    copy, xor, both = torch.zeros(3, 2, 2, 2)
    copy[0, 0, 0] = copy[1, 1, 1] = 0.5
    for a in (0, 1):
        for b in (0, 1):
            xor[a, b, a ^ b] = 0.25
            both[a, b, a & b] = 0.25
    return {"copy": copy, "xor": xor, "and": both}


def informations(table: Tensor) -> dict[str, float]:
    """Every information by its definition as a sum over cells."""
    p = table.double().numpy()
    out: dict[str, float] = dict.fromkeys(("nce(1;2)", "nce(1;y)", "nce(2;y)", "nce(1;2|y)"), 0.0)
    for (a, b, c), mass in np.ndenumerate(p):
        if mass == 0:
            continue
        ab, ac, bc = p[a, b].sum(), p[a, :, c].sum(), p[:, b, c].sum()
        pa, pb, pc = p[a].sum(), p[:, b].sum(), p[:, :, c].sum()
        out["nce(1;2)"] += mass * math.log2(ab / (pa * pb))
        out["nce(1;y)"] += mass * math.log2(ac / (pa * pc))
        out["nce(2;y)"] += mass * math.log2(bc / (pb * pc))
        out["nce(1;2|y)"] += mass * math.log2(mass * pc / (ac * bc))
    return {**out, "club(1;2)": out["nce(1;2)"], "club(1;2|y)": out["nce(1;2|y)"]}


@pytest.mark.parametrize("seed", range(5))
def test_the_factors_add_up_to_all_that_is_told(seed: int) -> None:
    p = torch.rand(3, 4, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    table = p / p.sum()
    found, exact = factorize(table), informations(table)
    assert found["shared"] + found["unique_1"] + found["unique_2"] == pytest.approx(
        found["total"], abs=1e-12
    )
    for name, terms in FACTORS.items():
        by_terms = sum(sign * exact[term] for term, sign in terms.items())
        assert found[name] == pytest.approx(by_terms, abs=1e-10)
    summed = sum(weight * exact[term] for term, weight in total_weights().items())
    assert summed == pytest.approx(found["total"], abs=1e-10)
    assert found["total"] == pytest.approx(pid(table.numpy()).information[2], abs=1e-9)


def test_what_the_sum_doubles_is_doubled() -> None:
    assert total_weights() == {
        "nce(1;2)": 1,
        "club(1;2|y)": -1,
        "nce(1;y)": 1,
        "nce(2;y)": 1,
        "club(1;2)": -2,
        "nce(1;2|y)": 2,
    }


def test_interaction_information_is_not_redundancy() -> None:
    found = factorize(tables()["and"])
    assert found["shared"] == pytest.approx(-0.1887, abs=1e-4)
    assert pid(tables()["and"].double().numpy()).redundancy == pytest.approx(0.3113, abs=1e-4)


def trained(table: Tensor, *, conditional: bool, rows: int = 256) -> tuple[float, float]:
    """Both bounds on new batches, of a table critic trained by the lower one."""
    sampler = torch.Generator().manual_seed(0)
    critic = torch.zeros(2, 2, 2, requires_grad=True)
    optimiser = torch.optim.Adam([critic], lr=0.1)

    def scored() -> tuple[Tensor, Tensor]:
        cells = torch.multinomial(table.flatten(), rows, replacement=True, generator=sampler)
        x1, x2, y = cells // 4, cells // 2 % 2, cells % 2
        y = y if conditional else torch.zeros_like(y)
        return critic[x1[:, None], x2[None], y[:, None]], same_class(y)

    for _ in range(120):
        loss = -infonce_bound_given(*scored())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        batches = [scored() for _ in range(60)]
        pairs = [(infonce_bound_given(*s), club_bound_given(*s)) for s in batches]
    lower, upper = np.array(pairs).mean(0)
    return float(lower), float(upper)


@pytest.mark.parametrize(("name", "expected"), [("copy", 0.0), ("xor", 1.0)])
def test_given_y_copies_share_nothing_and_xor_a_bit(name: str, expected: float) -> None:
    lower, _ = trained(tables()[name], conditional=True)
    assert lower == pytest.approx(expected, abs=0.02)


def test_the_upper_bound_stays_above_the_information_of_a_trained_critic() -> None:
    noisy = torch.tensor([[[0.4, 0.0], [0.1, 0.0]], [[0.1, 0.0], [0.4, 0.0]]])
    lower, upper = trained(noisy, conditional=False)
    information = 1 + 0.8 * math.log2(0.8) + 0.2 * math.log2(0.2)
    jeffreys = information + 0.5 * math.log2(0.5 / 0.8) + 0.5 * math.log2(0.5 / 0.2)
    assert lower <= information + 0.02
    assert upper > information
    assert upper == pytest.approx(jeffreys, abs=0.05)


def gaussian_pairs(rho: float, dim: int, rows: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    a, e = torch.randn(2, rows, dim, generator=generator, dtype=torch.float64)
    return a, rho * a + math.sqrt(1 - rho**2) * e


def optimal(a: Tensor, b: Tensor, rho: float) -> Tensor:
    gaps = (b[None] - rho * a[:, None]).square().sum(2) / (1 - rho**2)
    return (b.square().sum(1)[None] - gaps) / 2 - a.shape[1] / 2 * math.log(1 - rho**2)


def test_gaussians_with_the_optimal_critic_have_their_closed_forms() -> None:
    rho, dim = 0.4, 20
    a, b = gaussian_pairs(rho, dim, 1000)
    scores = optimal(a, b, rho)
    information = -dim / 2 * math.log2(1 - rho**2)
    assert float(club_bound(scores)) == pytest.approx(
        dim * rho**2 / (1 - rho**2) / math.log(2), rel=0.05
    )
    assert information - 0.4 < float(infonce_bound(scores)) < information + 0.1


def test_an_untrained_critic_bounds_nothing_from_above() -> None:
    a, b = gaussian_pairs(0.9, 2, 200)
    assert float(club_bound(torch.zeros(200, 200))) == 0 < float(infonce_bound(optimal(a, b, 0.9)))


def test_a_function_of_the_anchor_changes_nothing() -> None:
    scores = torch.randn(7, 7, dtype=torch.float64)
    moved = scores + torch.randn(7, 1, dtype=torch.float64)
    weights = same_class(torch.tensor([0, 1, 1, 0, 2, 1, 0]), dtype=torch.float64)
    for bound in (infonce_bound, club_bound):
        assert float(bound(moved)) == pytest.approx(float(bound(scores)), abs=1e-10)
    for bound in (infonce_bound_given, club_bound_given):
        assert float(bound(moved, weights)) == pytest.approx(
            float(bound(scores, weights)), abs=1e-10
        )


def test_one_class_is_no_condition() -> None:
    scores = torch.randn(9, 9, dtype=torch.float64)
    weights = same_class(torch.zeros(9, dtype=torch.int64), dtype=torch.float64)
    assert float(infonce_bound_given(scores, weights)) == pytest.approx(
        float(infonce_bound(scores)), abs=1e-10
    )
    assert float(club_bound_given(scores, weights)) == pytest.approx(
        float(club_bound(scores)), abs=1e-10
    )


def test_given_classes_it_is_the_mean_of_the_classes() -> None:
    codes = torch.tensor([0, 1, 1, 0, 1])
    scores = torch.randn(5, 5, dtype=torch.float64)
    weights = same_class(codes, dtype=torch.float64)
    blocks = [(codes == c).nonzero()[:, 0] for c in (0, 1)]
    for given, plain in ((infonce_bound_given, infonce_bound), (club_bound_given, club_bound)):
        expected = sum(len(r) / 5 * float(plain(scores[r][:, r])) for r in blocks)
        assert float(given(scores, weights)) == pytest.approx(expected, abs=1e-10)


def test_a_sample_alone_in_its_class_counts_as_nothing() -> None:
    scores = torch.randn(3, 3, requires_grad=True)
    weights = same_class(torch.arange(3))
    total = infonce_bound_given(scores, weights) + club_bound_given(scores, weights)
    total.backward()
    assert float(total.detach()) == 0
    assert scores.grad is not None
    assert torch.equal(scores.grad, torch.zeros(3, 3))


def test_near_conditions_weigh_and_equal_ones_weigh_alike() -> None:
    values = torch.tensor([[0.0], [0.2], [5.0], [5.3]])
    weights = alike(values, share=0.5)
    assert torch.allclose(weights.sum(1), torch.ones(4))
    assert float(weights[0, 2:].sum()) < 1e-3
    assert torch.allclose(alike(torch.zeros(4, 2)), torch.full((4, 4), 0.25))


def test_near_conditions_weigh_by_their_equation() -> None:
    """The width of each row is the distance within which the share of the batch lies."""
    c = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0], [6.0, 8.0]], dtype=torch.float64)
    apart = torch.cdist(c, c)
    width = apart.sort(dim=1).values[:, 2]
    expected = torch.exp(-(apart**2) / (2 * width[:, None] ** 2))
    found = alike(c, share=0.75)
    assert torch.allclose(found, expected / expected.sum(1, keepdim=True), atol=1e-12)


@pytest.mark.usefixtures("unchecked")
def test_wrong_shapes_are_told() -> None:
    with pytest.raises(ShapeError, match=r"^scores must be \(batch, batch\), found \(2, 3\)$"):
        infonce_bound(torch.zeros(2, 3))
    with pytest.raises(
        ShapeError, match=r"^weights must have the shape of scores \(2, 2\), found \(3, 3\)$"
    ):
        club_bound_given(torch.zeros(2, 2), torch.zeros(3, 3))
    with pytest.raises(ShapeError, match="needs at least 2 rows, found 1"):
        club_bound(torch.zeros(1, 1))
    with pytest.raises(DataError, match="share must be in"):
        alike(torch.zeros(2, 1), share=0.0)
    with pytest.raises(DataError, match="the table must be a distribution; it sums to 2"):
        factorize(torch.full((1, 1, 2), 1.0))
