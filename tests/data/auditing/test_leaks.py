from typing import Any

import numpy as np
import pytest

from consilience.data.auditing.leaks import leak_findings
from consilience.data.container import MultimodalData

RNG = np.random.default_rng(0)
CLASSES = RNG.integers(0, 3, 300)
AMOUNT = RNG.normal(size=300)


def found(column: Any, target: Any) -> list[tuple[str, str]]:
    """Severity and message about a column beside one of noise."""
    modalities = {"noise": RNG.normal(size=(len(target), 5)), "m": column}
    data = MultimodalData(modalities, target=target)
    assert all(f.where == "m.m" for f in leak_findings(data))
    return [(f.severity, f.message) for f in leak_findings(data)]


@pytest.mark.parametrize(
    ("column", "target", "message"),
    [
        (CLASSES, CLASSES, "alone tells the class of 100.0% of samples"),
        ([f"code {c}" for c in CLASSES], CLASSES, "alone tells the class of 100.0% of samples"),
        (CLASSES * 2 + RNG.random(300), CLASSES, "alone tells the class of 100.0% of samples"),
        (CLASSES % 2 - RNG.random(300), CLASSES % 2, "alone tells the class of 100.0%"),
        (3 - 2 * AMOUNT, AMOUNT, "alone tells the target: correlation 1.0000"),
        (np.exp(AMOUNT), AMOUNT, "alone tells the target: rank correlation 1.0000"),
    ],
)
def test_a_column_that_determines_the_target_is_an_error(
    column: Any,
    target: Any,
    message: str,
) -> None:
    ((severity, words),) = found(column, target)
    assert severity == "error"
    assert message in words


def test_a_column_that_nearly_does_is_warned_of() -> None:
    slipped = CLASSES.copy()
    slipped[0] = (slipped[0] + 1) % 3
    ((severity, words),) = found(slipped, CLASSES)
    assert severity == "warning"
    assert "tells the class of 99.7% of samples" in words
    ((severity, words),) = found(AMOUNT + 0.05 * RNG.normal(size=300), AMOUNT)
    assert severity == "warning"


@pytest.mark.parametrize(
    ("column", "target"),
    [
        (CLASSES + RNG.normal(size=300), CLASSES),
        (AMOUNT + RNG.normal(size=300), AMOUNT),
        (np.ones(300), AMOUNT),
        (RNG.random(300), (np.arange(300) < 6).astype(int)),
        (np.arange(10), np.arange(10) // 5),
        (np.arange(300), RNG.integers(0, 2, 300)),
    ],
)
def test_ordinary_columns_are_left_alone(column: Any, target: Any) -> None:
    assert found(column, target) == []


def test_missing_cells_do_not_hide_a_leak() -> None:
    column = CLASSES.astype(float)
    column[::3] = np.nan
    assert [severity for severity, _ in found(column, CLASSES)] == ["error"]
