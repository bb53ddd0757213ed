"""Made-up samples that look like those a model was fitted with, to try it out."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.data.schema import ModalitySchema, Schema
from consilience.encoders.auto import Preprocessor
from consilience.encoders.sequence import SequenceStandardizer
from consilience.encoders.tabular import TableStandardizer
from consilience.estimators.network import Preprocessing

LONGEST = 90
"""Steps of the longest sequence where their lengths differ."""

ABSENT = 0.3
"""Share of entries that may lack and do, and of modalities in the second half of the rows."""

WORDS = ("patient", "denies", "pain", "since", "yesterday", "stable", "no", "fever", "übel")


def specimens(
    schema: Schema, preprocessing: Preprocessing, rows: int, *, random_state: int = 0
) -> MultimodalData:
    """Made-up samples.

    Numbers are normal around the means that were learnt, categories and words are
    drawn evenly; in the second half of the rows modalities are absent at random, one
    always stays.

    Args:
        schema: The modalities.
        preprocessing: What was learnt from the real samples.
        rows: How many.
        random_state: Seed.

    Returns:
        The samples.
    """
    rng = np.random.default_rng(random_state)
    parts = cast("Sequence[Preprocessor]", preprocessing.parts)
    stored = {
        modality.name: _values(modality, part, rows, rng)
        for modality, part in zip(schema.modalities, parts, strict=True)
    }
    presence = rng.random((rows, len(parts))) >= ABSENT
    presence[np.arange(rows), rng.integers(len(parts), size=rows)] = True
    presence[: -(-rows // 2)] = True
    return MultimodalData.from_stored(stored, schema, presence)


def _values(
    modality: ModalitySchema, part: Preprocessor, rows: int, rng: np.random.Generator
) -> Stored:
    match part:
        case TableStandardizer():
            return _table(modality, part, rows, rng)
        case SequenceStandardizer():
            return _sequences(modality, part, rows, rng)
        case _:
            lengths = rng.integers(1, 40, size=rows)
            texts = [" ".join(rng.choice(WORDS, size=length)) for length in lengths]
            return np.array(texts, dtype=object)


def _table(
    modality: ModalitySchema, part: TableStandardizer, rows: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    table = np.empty((rows, modality.width))
    lacking = rng.random((rows, modality.width)) < ABSENT
    lacking[:, np.array(part.numeric, dtype=int)[~part.flagged.numpy()]] = False
    table[:, part.numeric] = _normal((rows,), part.mean, part.scale, rng)
    for i, size in zip(part.categorical, part.sizes, strict=True):
        table[:, i] = rng.integers(max(size, 1), size=rows)
    table[lacking] = np.nan
    return table


def _sequences(
    modality: ModalitySchema, part: SequenceStandardizer, rows: int, rng: np.random.Generator
) -> NDArray[np.float64] | Ragged:
    if modality.length is not None:
        return _normal((rows, modality.length), part.mean, part.scale, rng)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, LONGEST + 1, size=rows))])
    return Ragged(_normal((int(offsets[-1]),), part.mean, part.scale, rng), offsets)


def _normal(
    shape: tuple[int, ...], mean: Tensor, scale: Tensor, rng: np.random.Generator
) -> NDArray[np.float64]:
    centre, spread = mean.numpy(), scale.numpy()
    spread = np.where(np.isfinite(spread), spread, 0.0)
    return centre + spread * rng.normal(size=(*shape, len(centre)))
