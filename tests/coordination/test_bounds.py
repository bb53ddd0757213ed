import math

import pytest
import torch

from consilience.coordination.bounds import BOUNDS, MineObjective, each, likelihood, pooled
from consilience.functional.mutual_information import dv_bound, infonce_bound, mine_bound


def blocks(count: int = 4) -> list[torch.Tensor]:
    return [torch.randn(6, 6, dtype=torch.float64) for _ in range(count)]


def test_each_block_is_read_alone() -> None:
    given = blocks()
    assert each(infonce_bound)(given).tolist() == [float(infonce_bound(b)) for b in given]


def test_pooling_takes_the_mean_exponential_over_all_blocks() -> None:
    given = blocks()
    apart = torch.cat([b[~torch.eye(6, dtype=torch.bool)] for b in given])
    joint = torch.cat([b.diagonal() for b in given]).mean()
    expected = float(joint - apart.exp().mean().log())
    assert float(pooled()(given).mean()) == pytest.approx(expected, abs=1e-12)
    assert float(pooled()(given[:1])) == pytest.approx(float(dv_bound(given[0])), abs=1e-12)
    one_by_one = float(torch.stack([dv_bound(b) for b in given]).mean())
    assert expected < one_by_one
    clipped = apart.exp().clamp(math.exp(-0.3), math.exp(0.3)).mean().log()
    assert float(pooled(0.3)(given).mean()) == pytest.approx(float(joint - clipped), abs=1e-12)


def test_mine_remembers_training_batches_only() -> None:
    objective = MineObjective(decay=0.5)
    first, second = (b.requires_grad_() for b in blocks(2))
    objective(first)
    with torch.no_grad():
        objective(torch.full((6, 6), 50.0, dtype=torch.float64))
    got = torch.autograd.grad(objective(second), second)[0]
    _, average = mine_bound(first)
    expected = torch.autograd.grad(mine_bound(second, average, 0.5)[0], second)[0]
    torch.testing.assert_close(got, expected)


def test_likelihood_is_the_mean_over_partners() -> None:
    assert float(likelihood(torch.tensor([[1.0, 9.0], [9.0, 3.0]]))) == 2.0


def test_lower_bounds_are_judged_by_themselves_and_upper_ones_by_their_training() -> None:
    given = blocks()
    assert torch.equal(BOUNDS["js"].judge(given), BOUNDS["js"].read(given))
    expected = [float(likelihood(b)) for b in given]
    assert BOUNDS["club"].judge(given).tolist() == pytest.approx(expected)


def test_the_table_says_kinds_and_starts_every_fit_afresh() -> None:
    kinds = {name: bound.kind for name, bound in BOUNDS.items()}
    assert [n for n, kind in kinds.items() if kind == "upper"] == [
        "club",
        "nce_club",
        "leave_one_out",
    ]
    assert kinds["smile"] == "estimate"
    assert [n for n, bound in BOUNDS.items() if bound.capped] == ["infonce"]
    assert BOUNDS["mine"].objective() is not BOUNDS["mine"].objective()
    for bound in BOUNDS.values():
        assert torch.isfinite(bound.objective()(blocks(1)[0]))
        assert bound.read(blocks()).shape == (4,)
