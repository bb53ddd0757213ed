"""Findings about modalities that are absent."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from consilience.data.auditing.targets import usable_target
from consilience.data.container import MultimodalData
from consilience.data.target import infer_task
from consilience.data.wording import counted
from consilience.results.audit import Finding

MOSTLY = 0.5
"""A modality absent in a larger share of samples says little."""
CERTAIN = 1e-4
"""Chance at which presence would seem to predict the target when it does not."""
STRONG = 0.1
"""Association below which it does not matter even if certain."""


def presence_findings(data: MultimodalData) -> Iterator[Finding]:
    """Which modalities are absent, in what patterns, and whether that itself predicts.

    Args:
        data: The samples.

    Yields:
        The findings.
    """
    share = data.presence.mean(axis=0)
    for name, there in zip(data.schema.names, share, strict=True):
        if there == 0:
            yield Finding(
                "error",
                "absent_everywhere",
                name,
                "absent everywhere",
                f"leave it out: data.select([...]) without {name!r}",
            )
        elif there < 1 - MOSTLY:
            yield Finding(
                "warning",
                "mostly_absent",
                name,
                f"absent in {1 - there:.0%} of samples",
                "expect wide intervals for what it adds",
            )
    yield from _patterns(data)
    yield from _empty(data)
    yield from _telling(data)


def _patterns(data: MultimodalData) -> Iterator[Finding]:
    patterns, counts = np.unique(data.presence, axis=0, return_counts=True)
    if len(patterns) < 2:
        return
    told = [
        f"{_pattern(data.schema.names, patterns[i])} in {counts[i] / len(data):.0%}"
        for i in np.argsort(-counts, kind="stable")[:4]
    ]
    more = f" and {len(patterns) - 4} rarer" if len(patterns) > 4 else ""
    yield Finding(
        "note",
        "absent_patterns",
        "modalities",
        f"{counted(len(patterns), 'pattern')} of presence: {', '.join(told)}{more}",
        "",
    )


def _pattern(names: tuple[str, ...], present: NDArray[np.bool_]) -> str:
    absent = [name for name, there in zip(names, present, strict=True) if not there]
    if not absent:
        return "all present"
    if len(absent) == len(names):
        return "none present"
    return f"without {' and '.join(map(repr, absent))}"


def _empty(data: MultimodalData) -> Iterator[Finding]:
    empty = ~data.presence.any(axis=1)
    if empty.any() and not empty.all():
        yield Finding(
            "warning",
            "empty_sample",
            "samples",
            f"{counted(int(empty.sum()), 'sample')} with no modality at all "
            f"(first: row {int(empty.argmax())})",
            "drop these rows: data[data.presence.any(axis=1)]",
        )


def _telling(data: MultimodalData) -> Iterator[Finding]:
    usable = usable_target(data)
    if usable is None or data.target is None:
        return
    values, rows = usable
    for i, name in enumerate(data.schema.names):
        there = data.presence[rows, i]
        if there.all() or not there.any():
            continue
        classes = infer_task(data.target) == "classification"
        strength, chance = _association(there, values) if classes else _shift(there, values)
        if strength > STRONG and chance < CERTAIN:
            yield Finding(
                "warning",
                "presence_predicts_target",
                name,
                f"whether it is present predicts the target (association {strength:.2f}, "
                f"p = {chance:.1g})",
                "ask why it is absent; a model will use absence itself as a sign",
            )


def _association(there: NDArray[np.bool_], codes: NDArray[np.integer]) -> tuple[float, float]:
    """Cramér's V of presence and class, and the chance of a larger one if unrelated."""
    from scipy.special import chdtrc  # noqa: PLC0415  slow to import

    table = np.zeros((2, int(codes.max()) + 1))
    np.add.at(table, (there.astype(int), codes), 1)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    chi2 = float(((table - expected) ** 2 / np.maximum(expected, 1e-300)).sum())
    return (chi2 / table.sum()) ** 0.5, float(chdtrc(table.shape[1] - 1, chi2))


def _shift(there: NDArray[np.bool_], values: NDArray[np.floating]) -> tuple[float, float]:
    """Correlation of presence and the target's rank, and its chance if unrelated."""
    from scipy.special import ndtr  # noqa: PLC0415  slow to import

    rank = np.searchsorted(np.sort(values), values).astype(float)
    r = abs(float(np.corrcoef(there, rank)[0, 1]))
    return r, float(2 * ndtr(-r * np.sqrt(len(values))))
