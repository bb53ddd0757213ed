import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from consilience.errors import ConfigurationError, ShapeError
from consilience.functional.mutual_information import (
    club_bound,
    dv_bound,
    infonce_bound,
    js_bound,
    js_objective,
    leave_one_out_bound,
    mine_bound,
    nwj_bound,
    sampled_club_bound,
    smile_bound,
)

DIM, BATCH = 20, 64


def pairs(information: float, repeats: int) -> tuple[float, list[tuple[Tensor, Tensor]]]:
    """Gaussian pairs of a known information in nats, 20 dimensions with equal correlations."""
    rho = math.sqrt(1 - math.exp(-2 * information / DIM))
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(repeats, 2, BATCH, DIM, generator=generator, dtype=torch.float64)
    return rho, [(x, rho * x + math.sqrt(1 - rho**2) * e) for x, e in drawn]


def log_ratio(x: Tensor, y: Tensor, rho: float) -> Tensor:
    """Log of p(x, y) / p(x) p(y) of all pairs."""
    return log_conditional(x, y, rho) + 0.5 * (y**2 + math.log(2 * math.pi)).sum(dim=1)


def log_conditional(x: Tensor, y: Tensor, rho: float) -> Tensor:
    left = (y[None] - rho * x[:, None]) ** 2 / (1 - rho**2)
    return -0.5 * (left + math.log(2 * math.pi * (1 - rho**2))).sum(dim=2)


def averages(information: float, repeats: int = 150) -> dict[str, tuple[float, float]]:
    """Mean and its standard error of every bound, each with the exact critic."""
    rho, drawn = pairs(information, repeats)
    found: dict[str, list[float]] = {}
    for x, y in drawn:
        ratio, conditional = log_ratio(x, y, rho), log_conditional(x, y, rho)
        values = {
            "infonce": infonce_bound(ratio),
            "nwj": nwj_bound(ratio + 1),
            "js": js_bound(ratio),
            "dv": dv_bound(ratio),
            "smile": smile_bound(ratio),
            "club": club_bound(conditional),
            "nce_club": club_bound(ratio - ratio.logsumexp(dim=1, keepdim=True)),
            "one_out": leave_one_out_bound(conditional),
            "sampled": sampled_club_bound(
                conditional.diagonal(), conditional.roll(-1, 1).diagonal()
            ),
        }
        for name, value in values.items():
            found.setdefault(name, []).append(float(value))
    return {n: (float(np.mean(v)), float(np.std(v) / repeats**0.5)) for n, v in found.items()}


@pytest.mark.parametrize(
    ("truth", "infonce", "club"), [(2, 1.807, 4.428), (4, 3.067, 9.836), (6, 3.740, 16.442)]
)
def test_each_bound_is_on_its_side_of_the_truth(truth: float, infonce: float, club: float) -> None:
    found = averages(truth)
    value, error = found["infonce"]
    assert value < truth
    assert value < math.log(BATCH)
    assert abs(value - infonce) < 5 * error + 0.02
    for name in ("nwj", "js"):
        value, error = found[name]
        assert abs(value - truth) < 4 * error + 0.05, name
    for name in ("club", "nce_club", "sampled"):
        value, error = found[name]
        assert abs(value - club) < 4.5 * error, name
        assert value > truth + 1, name
    value, error = found["one_out"]
    assert truth - 3 * error < value < club
    value, error = found["dv"]
    assert truth - 4 * error < value < truth + 0.6


def test_club_is_that_of_the_exact_conditional_and_not_the_information() -> None:
    value, error = averages(10, 60)["club"]
    rho = math.sqrt(1 - math.exp(-2 * 10 / DIM))
    assert abs(value - DIM * rho**2 / (1 - rho**2)) < 4 * error
    assert value > 33


def test_infonce_reaches_but_never_passes_its_ceiling() -> None:
    scores = 10 * torch.randn(64, 64)
    for pull in (0.0, 10.0, 1e4):
        assert float(infonce_bound(scores + pull * torch.eye(64))) <= math.log(64) + 1e-5
    assert float(infonce_bound(1e4 * torch.eye(64))) == pytest.approx(math.log(64))


def test_infonce_does_not_fall_with_the_batch() -> None:
    rho, drawn = pairs(4, 60)
    means: list[float] = []
    for n in (4, 16, 64):
        values = [
            float(infonce_bound(log_ratio(x[k : k + n], y[k : k + n], rho)))
            for x, y in drawn
            for k in range(0, BATCH, n)
        ]
        means.append(float(np.mean(values)))
    assert means == sorted(means)


def test_infonce_and_club_do_not_see_functions_of_the_anchor() -> None:
    scores, shift = torch.randn(8, 8), 5 * torch.randn(8, 1)
    torch.testing.assert_close(infonce_bound(scores + shift), infonce_bound(scores))
    torch.testing.assert_close(club_bound(scores + shift), club_bound(scores))
    assert float(infonce_bound(scores + shift.T)) != pytest.approx(float(infonce_bound(scores)))


def test_definitions_by_loops() -> None:
    t = torch.randn(5, 5, dtype=torch.float64)
    p = [float(t[i, i]) for i in range(5)]
    q = [float(t[i, j]) for i in range(5) for j in range(5) if i != j]
    mean_exp = np.mean(np.exp(q))
    assert float(nwj_bound(t)) == pytest.approx(np.mean(p) - mean_exp / math.e, abs=1e-12)
    assert float(dv_bound(t)) == pytest.approx(np.mean(p) - np.log(mean_exp), abs=1e-12)
    clipped = np.mean(np.clip(np.exp(q), math.exp(-0.5), math.exp(0.5)))
    assert float(smile_bound(t, 0.5)) == pytest.approx(np.mean(p) - np.log(clipped), abs=1e-12)
    assert float(club_bound(t)) == pytest.approx(np.mean(p) - np.mean(q), abs=1e-12)
    js = -np.mean(np.log1p(np.exp(-np.array(p)))) - np.mean(np.log1p(np.exp(q)))
    assert float(js_objective(t)) == pytest.approx(js, abs=1e-12)
    out = [
        p[i] - np.log(np.mean([math.exp(float(t[j, i])) for j in range(5) if j != i]))
        for i in range(5)
    ]
    assert float(leave_one_out_bound(t)) == pytest.approx(np.mean(out), abs=1e-12)
    assert float(js_bound(t)) == pytest.approx(float(nwj_bound(t + 1)))


def test_the_best_critics_are_where_theory_puts_them() -> None:
    rho, drawn = pairs(2, 60)
    ratios = [log_ratio(x, y, rho) for x, y in drawn]

    def mean(bound: Callable[[Tensor], Tensor], scale: float, shift: float) -> float:
        return float(torch.stack([bound(scale * r + shift) for r in ratios]).mean())

    for bound, shift in ((nwj_bound, 1.0), (js_objective, 0.0)):
        best = mean(bound, 1.0, shift)
        for other in ((1.0, shift + 0.5), (1.0, shift - 0.5), (0.6, shift)):
            assert mean(bound, *other) < best


def test_mine_has_the_value_of_dv_and_its_gradient_at_first() -> None:
    t = torch.randn(6, 6, dtype=torch.float64, requires_grad=True)
    value, average = mine_bound(t)
    assert float(value.detach()) == pytest.approx(float(dv_bound(t).detach()))
    expected = torch.autograd.grad(dv_bound(t), t)[0]
    torch.testing.assert_close(torch.autograd.grad(value, t)[0], expected)
    assert not average.requires_grad


def test_mine_divides_by_the_moving_average() -> None:
    t = torch.randn(6, 6, dtype=torch.float64, requires_grad=True)
    value, average = mine_bound(t, torch.tensor(3.0, dtype=torch.float64), decay=0.9)
    apart = t.detach().exp() * (1 - torch.eye(6))
    now = apart.sum() / 30
    assert float(average) == pytest.approx(math.log(0.9 * math.exp(3) + 0.1 * float(now)))
    expected = torch.eye(6) / 6 - apart / 30 / average.exp()
    torch.testing.assert_close(torch.autograd.grad(value, t)[0], expected)
    _, fresh = mine_bound(t, torch.tensor(3.0, dtype=torch.float64), decay=0.0)
    assert float(fresh) == pytest.approx(math.log(float(now)))


def test_huge_scores_do_not_overflow() -> None:
    scores = 500 * torch.randn(16, 16)
    for bound in (infonce_bound, dv_bound, smile_bound, js_objective, leave_one_out_bound):
        assert torch.isfinite(bound(scores))


def test_faults_are_told() -> None:
    for bound in (infonce_bound, nwj_bound, club_bound, leave_one_out_bound, js_objective):
        with pytest.raises(ShapeError, match=r"at least 2 pairs, .* found \(1, 1\)"):
            bound(torch.zeros(1, 1))
    with pytest.raises(ConfigurationError, match=r"clip must be above 0, found 0\.0"):
        smile_bound(torch.zeros(3, 3), 0.0)
    with pytest.raises(ConfigurationError, match=r"decay must be in .*found 1\.0"):
        mine_bound(torch.zeros(3, 3), decay=1.0)


@pytest.mark.usefixtures("unchecked")
def test_scores_that_are_not_square_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(batch, batch\) .* found \(3, 4\)"):
        dv_bound(torch.zeros(3, 4))
