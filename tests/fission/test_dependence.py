"""Codes that are apart are told from codes that only do not correlate."""

import math

import pytest
import torch

from consilience.errors import DataError
from consilience.fission.dependence import code_dependence
from consilience.functional.independence import difference_loss, hsic, hsic_p_value


def codes(rows: int = 80) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    return {m: torch.randn(rows, 2) for m in "abc"}, {m: torch.randn(rows, 1) for m in "abc"}


def test_each_own_pair_and_each_private_pair_has_its_criterion() -> None:
    s, p = codes()
    found = code_dependence(s, p, permutations=19, seed=4)
    assert [(r.first, r.second) for r in found] == [
        *((f"shared of {m}", f"private of {m}") for m in "abc"),
        ("private of a", "private of b"),
        ("private of a", "private of c"),
        ("private of b", "private of c"),
    ]
    row, x, y = found["shared of b", "private of b"], s["b"].double(), p["b"].double()
    assert row.hsic == pytest.approx(float(hsic(x, y)), abs=1e-12)
    scale = math.sqrt(float(hsic(x, x)) * float(hsic(y, y)))
    assert row.share == pytest.approx(float(hsic(x, y)) / scale, abs=1e-12)
    assert row.p_value == hsic_p_value(x, y, permutations=19, seed=4)
    assert 0 < row.expected < 0.2


def test_dependence_without_correlation_shows() -> None:
    x = torch.linspace(-1, 1, 80)[:, None]
    s, p = {"a": x, "b": torch.randn(80, 1)}, {"a": x.square(), "b": torch.randn(80, 1)}
    assert float(difference_loss(s["a"], p["a"])) < 1e-10
    found = code_dependence(s, p, permutations=99)
    own, other = found["shared of a", "private of a"], found["shared of b", "private of b"]
    assert own.p_value == 0.01
    assert own.is_dependent
    assert own.share > 5 * own.expected
    assert not other.is_dependent


def test_absent_rows_count_nowhere_and_many_are_drawn_from() -> None:
    s, p = codes()
    there = torch.ones(80, 3, dtype=torch.bool)
    there[30:, 1] = False
    there[:10, 2] = False
    found = code_dependence(s, p, there, permutations=9)
    for x, y, rows, key in (
        (s["b"], p["b"], slice(0, 30), ("shared of b", "private of b")),
        (p["b"], p["c"], slice(10, 30), ("private of b", "private of c")),
    ):
        assert found[key].hsic == pytest.approx(float(hsic(x[rows].double(), y[rows].double())))
    assert found.samples == 80
    few = code_dependence(s, p, most=20, permutations=9, seed=1)
    assert few.samples == 20
    assert few == code_dependence(s, p, most=20, permutations=9, seed=1)


def test_a_constant_code_depends_on_nothing_and_too_few_rows_are_told() -> None:
    s, p = codes()
    row = code_dependence(s, {**p, "a": torch.zeros(80, 1)}, permutations=9)[
        "shared of a", "private of a"
    ]
    assert (row.share, row.p_value) == (0, 1)
    there = torch.ones(80, 3, dtype=torch.bool)
    there[3:, 2] = False
    with pytest.raises(DataError, match="shared of c and private of c have 3 samples in common"):
        code_dependence(s, p, there)
