"""Columns whose cells are sequences, and columns that are steps, as one modality."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.cells import Cells, as_floats
from consilience.data.ragged import Ragged
from consilience.errors import DataError, ShapeError


def sequence_of(
    modality: str, cells: Mapping[str, Cells]
) -> tuple[list[str] | None, NDArray[Any] | Ragged]:
    """A sequence modality out of its columns.

    Columns that hold a sequence a cell are channels side by side; columns that
    hold a number a cell are the steps of one channel.

    Args:
        modality: Name of the modality, for errors.
        cells: Cells of each column.

    Returns:
        Names of the channels, None where they have none; and `Ragged`, or
        `(samples, steps, channels)` where all that are present have one length.

    Raises:
        DataError: If columns of numbers and of sequences are mixed.
        ShapeError: If the channels of a sample differ in length.
    """
    channels = {c: v for c, v in cells.items() if isinstance(v, Ragged)}
    if not channels:
        steps = [
            as_floats(f"column {c!r} of modality {modality!r}", np.asarray(v))
            for c, v in cells.items()
        ]
        return None, np.stack(steps, axis=1)[:, :, None]
    if len(channels) < len(cells):
        odd = next(c for c in cells if c not in channels)
        raise DataError(
            f"modality {modality!r}: column {odd!r} holds single values but "
            f"{next(iter(channels))!r} holds sequences; give them modalities of their own"
        )
    (first, whole), *others = channels.items()
    for name, other in others:
        _require_same_lengths(modality, first, whole, name, other)
    if not others:
        return ([first] if whole.channels == 1 else None), fixed_or_ragged(whole)
    values = np.concatenate([r.values for r in channels.values()], axis=1)
    names = list(channels) if all(r.channels == 1 for r in channels.values()) else None
    return names, fixed_or_ragged(Ragged(values, whole.offsets))


def _require_same_lengths(
    modality: str, first: str, whole: Ragged, name: str, other: Ragged
) -> None:
    odd = np.flatnonzero(whole.lengths != other.lengths)
    if odd.size:
        row = int(odd[0])
        raise ShapeError(
            f"modality {modality!r}: in row {row}, {first!r} has {whole.lengths[row]} steps but "
            f"{name!r} has {other.lengths[row]}; channels of one modality need equal lengths"
        )


def fixed_or_ragged(sequences: Ragged) -> NDArray[np.floating] | Ragged:
    """Sequences in one array if those present have one length, else as they are.

    Args:
        sequences: The sequences; empty ones are absent.

    Returns:
        `(samples, steps, channels)` with NaN where absent, or `sequences`.
    """
    present = sequences.lengths[sequences.lengths > 0]
    even = present.size > 0 and present.min() == present.max()
    return sequences.padded() if even else sequences
