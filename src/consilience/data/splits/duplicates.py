"""Samples that are nearly the same one: found, and kept on one side of a split."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.data.schema import ModalitySchema
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError

NEAR = 0.1
"""Rows closer than this share of what two rows usually differ by are nearly the same."""
NARROW = 3
"""Equal rows of so few columns, and equal texts of so few words, are to be expected."""
SKETCH = 96
"""Directions that candidates are found in before they are compared in full."""
TILE = 1024
MANY = 20_000
"""Of more rows only those that are equal bit for bit are found, as comparing all takes long."""

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Rows to learn from and rows held out.

    Attributes:
        train: Rows to learn from, ascending.
        test: Rows held out, ascending.
        leaks: How many held-out rows nearly equal one to learn from, in some modality.
    """

    train: Rows
    test: Rows
    leaks: int


def divide_apart(
    data: MultimodalData, *, share: float = 0.2, random_state: RandomState = None
) -> Division:
    """Divides samples so that what belongs together stays on one side.

    Groups stay together where the data have them. Without groups, samples that nearly
    equal each other in some modality do, so nothing leaks.

    Args:
        data: The samples; no target is needed.
        share: About which share is held out.
        random_state: Seed or generator of the division.

    Returns:
        The division; neither side is empty.

    Raises:
        ConfigurationError: If `share` is not between 0 and 1.
        DataError: If there are fewer than two groups, or all samples nearly equal.

    Example:
        >>> data = MultimodalData({"a": [[0.0, 1, 2, 3], [5, 1, 9, 2], [0, 1, 2, 3]]})
        >>> apart = divide_apart(data, share=0.5, random_state=0)
        >>> {0, 2} <= set(apart.train) or {0, 2} <= set(apart.test)
        True
    """
    if not 0 < share < 1:
        raise ConfigurationError([f"share must lie between 0 and 1, found {share}"])
    pairs = near_duplicates(data)
    units = components(len(data), pairs)
    if data.groups is not None:
        units = np.unique(data.groups.astype(str), return_inverse=True)[1].astype(np.int64)
    many = int(units.max(initial=-1)) + 1
    if many < 2:
        what = "are of one group" if data.groups is not None else "nearly equal one another"
        raise DataError(f"all {len(data)} samples {what}, so none can be held out; add others")
    held = _chosen(units, many, share, np.random.default_rng(seed_of(random_state)))
    return Division(np.flatnonzero(~held), np.flatnonzero(held), _leaking(pairs, held))


def _chosen(units: Rows, many: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whole units in random order until the share is reached."""
    sizes = np.bincount(units, minlength=many)
    order = rng.permutation(many)
    before = np.cumsum(sizes[order]) - sizes[order] / 2
    take = order[before < share * len(units)][: many - 1]
    held = np.zeros(many, dtype=bool)
    held[take if take.size else order[np.argmin(sizes[order])][None]] = True
    return held[units]


def _leaking(pairs: Rows, held: NDArray[np.bool_]) -> int:
    across = pairs[held[pairs[:, 0]] != held[pairs[:, 1]]]
    return len(np.unique(across[held[across]]))


def near_duplicates(data: MultimodalData) -> Rows:
    """Pairs of samples that nearly equal each other in some modality.

    Numbers nearly equal where their distance, over standardised columns, is below `NEAR`
    of the root mean squared distance of two samples; texts where their words are the same.
    Of more than `MANY` samples, and of sequences of several lengths, only equal ones are found.

    Args:
        data: The samples.

    Returns:
        Rows of both, the smaller first, `(pairs, 2)`; of several equal ones a chain.

    Example:
        >>> data = MultimodalData(
        ...     {"note": ["a man ran fast", "all is well here", "A man ran fast!"]},
        ...     kinds={"note": "text"},
        ... )
        >>> near_duplicates(data).tolist()
        [[0, 2]]
    """
    found: list[Rows] = [np.empty((0, 2), dtype=np.int64)]
    for column, schema in enumerate(data.schema.modalities):
        there = np.flatnonzero(data.presence[:, column])
        stored = data.modalities[schema.name][there]
        found.append(there[_of_modality(schema, stored)])  # pyright: ignore[reportArgumentType]  rows of rows
    return np.unique(np.concatenate(found), axis=0)


def components(samples: int, pairs: Rows) -> Rows:
    """The unit of each sample, where pairs belong together.

    Args:
        samples: Number of samples.
        pairs: Rows, `(pairs, 2)`.

    Returns:
        Units from 0, `(samples,)`.

    Example:
        >>> components(4, np.array([[0, 2], [2, 3]])).tolist()
        [0, 1, 0, 0]
    """
    from scipy.sparse import coo_array  # noqa: PLC0415  slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415  slow to import

    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (samples, samples))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _of_modality(schema: ModalitySchema, stored: Stored) -> Rows:
    if schema.kind == "text":
        return _chains([_words(text) for text in stored])
    if isinstance(stored, Ragged):
        return _chains([row.tobytes() for row in stored])
    flat = np.asarray(stored).reshape(len(stored), -1)
    return _near(flat) if flat.shape[1] > NARROW else np.empty((0, 2), dtype=np.int64)


def _words(text: object) -> str | None:
    words = "".join(c if c.isalnum() else " " for c in str(text or "").lower()).split()
    return " ".join(words) if len(words) > NARROW else None


def _chains(keys: list[Any]) -> Rows:
    """Each row with the last before it of the same key."""
    last: dict[Any, int] = {}
    pairs: list[tuple[int, int]] = []
    for i, key in enumerate(keys):
        if key is not None and key in last:
            pairs.append((last[key], i))
        last[key] = i
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _near(flat: NDArray[np.floating]) -> Rows:
    if len(flat) > MANY:
        return _chains([row.tobytes() for row in flat])
    x = flat.astype(np.float32)
    x = np.where(np.isnan(x), np.float32(0), x - _mean(x))
    scale = x.std(axis=0)
    x /= np.where(scale > 0, scale, 1)
    usual = float(np.sqrt(2 * np.square(x).sum(axis=1).mean())) if len(x) else 0.0
    if usual == 0:
        return np.empty((0, 2), dtype=np.int64)
    return np.concatenate([np.empty((0, 2), dtype=np.int64), *_tiles(x, NEAR * usual)])


def _mean(x: Floats) -> Floats:
    known = ~np.isnan(x)
    total = np.where(known, x, 0).sum(axis=0)
    return (total / np.maximum(known.sum(axis=0), 1)).astype(np.float32)


def _tiles(x: Floats, limit: float) -> Iterator[Rows]:
    """Pairs within a distance; candidates by their sketch.

    Yields:
        Rows `(pairs, 2)`, tile by tile.
    """
    sketch, room = x, 1.0
    if x.shape[1] > SKETCH:
        turn = np.random.default_rng(0).standard_normal((x.shape[1], SKETCH), dtype=np.float32)
        sketch, room = x @ (turn / np.float32(SKETCH**0.5)), 1.5
    size = np.square(sketch).sum(axis=1)
    for start in range(0, len(x), TILE):
        part = slice(start, start + TILE)
        squared = size[part, None] + size[start:] - 2 * sketch[part] @ sketch[start:].T
        a, b = np.nonzero(squared <= (limit * room) ** 2)
        a, b = a[a < b] + start, b[a < b] + start
        apart = np.concatenate(
            [
                np.square(x[a[i : i + TILE]] - x[b[i : i + TILE]]).sum(axis=1)
                for i in range(0, len(a), TILE)
            ]
            or [np.empty(0, dtype=np.float32)]
        )
        yield np.stack([a, b], axis=1)[apart <= limit**2].astype(np.int64)
