"""Findings about samples that are the same sample."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.data.target import missing_target
from consilience.data.wording import counted, shown
from consilience.results.audit import Finding

Pairs = Sequence[tuple[NDArray[Any], NDArray[Any]]]

NARROW = 3
"""With so few columns altogether, equal samples are to be expected."""


def identity_findings(data: MultimodalData, splits: Pairs) -> Iterator[Finding]:
    """Ids that occur twice, and samples with the same content.

    Args:
        data: The samples.
        splits: Pairs of rows to train and test on.

    Yields:
        The findings.
    """
    if data.ids is not None:
        yield from _ids(data, codes_of(data.ids), splits)
    yield from _contents(data, splits)


def codes_of(labels: NDArray[Any]) -> NDArray[np.int64]:
    """A whole number a label, equal where labels are equal.

    Args:
        labels: Ids or groups, `(samples,)`.

    Returns:
        Codes from 0, in the order of first appearance.
    """
    keys = labels.tolist()
    codes = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([codes[key] for key in keys], dtype=np.int64)


def crossing(codes: NDArray[np.int64], splits: Pairs) -> NDArray[np.int64]:
    """Codes that stand both in the training and the test part of some split.

    Args:
        codes: A whole number a sample, -1 for none.
        splits: Pairs of rows to train and test on.

    Returns:
        The codes, ascending, without -1.
    """
    both = [np.intersect1d(codes[train], codes[test]) for train, test in splits]
    found = np.unique(np.concatenate([*both, np.empty(0, dtype=np.int64)]))
    return found[found >= 0]


def _ids(data: MultimodalData, codes: NDArray[np.int64], splits: Pairs) -> Iterator[Finding]:
    counts = np.bincount(codes)
    twice = np.flatnonzero(counts > 1)
    if not twice.size or data.ids is None:
        return
    first = [data.ids[np.argmax(codes == code)] for code in twice[:3]]
    fix = (
        "keep one row an id"
        if data.groups is not None
        else "keep one row an id; or, if these are repeats of one subject, pass them as groups="
    )
    names = shown(first, len(twice))
    yield Finding(
        "error",
        "duplicate_id",
        "ids",
        f"{counted(len(twice), 'id')} of {len(counts):,} occur more than once: {names}",
        fix,
    )
    across = crossing(codes, splits)
    if across.size:
        yield Finding(
            "error",
            "id_across_splits",
            "ids",
            f"{counted(len(across), 'id')} stand both in training and test",
            "split by groups=ids",
        )


def _contents(data: MultimodalData, splits: Pairs) -> Iterator[Finding]:
    there = data.presence.any(axis=1)
    codes = np.where(there, codes_of(np.array(_digests(data), dtype=object)), -1)
    counts = np.bincount(codes[there], minlength=1)
    repeats = int((counts - 1)[counts > 1].sum())
    if not repeats:
        return
    rows = np.flatnonzero(codes == int(np.argmax(counts > 1)))
    across = crossing(codes, splits)
    if across.size:
        yield Finding(
            "error",
            "duplicate_across_splits",
            "samples",
            f"{counted(len(across), 'sample')} stand with the same content in training and test",
            "drop the repeats, or give them one group",
        )
    narrow = sum(max(m.width, 1) for m in data.schema.modalities) <= NARROW
    yield Finding(
        "note" if narrow else "warning",
        "duplicate_sample",
        "samples",
        f"{counted(repeats, 'sample')} repeat{'s' * (repeats == 1)} the content of another "
        f"(first: rows {rows[0]} and {rows[1]}){_conflict(data, codes)}",
        "drop the repeats, or give them one group",
    )


def _conflict(data: MultimodalData, codes: NDArray[np.int64]) -> str:
    if data.target is None or data.target.ndim != 1:
        return ""
    known = ~missing_target(data.target) & (codes >= 0)
    pairs = np.unique(np.stack([codes[known], codes_of(data.target[known])]), axis=1)
    odd = int((np.bincount(pairs[0]) > 1).sum())
    return f"; {counted(odd, 'content')} with different targets" if odd else ""


def _digests(data: MultimodalData) -> list[bytes]:
    """A fingerprint of each sample's content."""
    hashes = [blake2b(digest_size=16) for _ in range(len(data))]
    for column, values in enumerate(data.modalities.values()):
        present = data.presence[:, column]
        for i, content in enumerate(_bytes(values)):
            hashes[i].update(len(content).to_bytes(8, "little") + content if present[i] else b"-")
    return [h.digest() for h in hashes]


def _bytes(values: Stored) -> Iterator[bytes]:
    if isinstance(values, np.ndarray) and values.dtype == object:
        return (str(v).encode() for v in values)
    rows = values if isinstance(values, Ragged) else np.ascontiguousarray(values)
    return (row.tobytes() for row in rows)
