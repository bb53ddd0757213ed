"""Vectors that came as lists: one list a sample is a row of a table, not a sequence."""

from collections.abc import Collection

import numpy as np

from consilience.data.container import MultimodalData
from consilience.data.recognition import Stored
from consilience.data.schema import ColumnSchema, ModalitySchema, Schema


def vectors_as_tables(data: MultimodalData, kept: Collection[str] = ()) -> MultimodalData:
    """The same samples, where sequences of one channel and one length are tables.

    A Parquet column of lists is recognised as a sequence. For embeddings, whose entries have
    no order in time, that is wrong.

    Args:
        data: The samples.
        kept: Modalities that stay sequences.

    Returns:
        The samples; columns are numbered.

    Example:
        >>> data = MultimodalData({"emb": [[[1.0], [2.0]], [[3.0], [4.0]]]})
        >>> vectors_as_tables(data).schema["emb"].describe()
        'table of 2 columns'
    """
    stored: dict[str, Stored] = {}
    schemas: list[ModalitySchema] = []
    for schema in data.schema.modalities:
        values = data.modalities[schema.name]
        vector = schema.kind == "sequence" and schema.width == 1 and schema.length is not None
        if vector and schema.name not in kept and isinstance(values, np.ndarray):
            columns = tuple(ColumnSchema(name=str(i)) for i in range(values.shape[1]))
            schemas.append(ModalitySchema(name=schema.name, kind="table", columns=columns))
            stored[schema.name] = values[:, :, 0]
        else:
            schemas.append(schema)
            stored[schema.name] = values
    return MultimodalData.from_stored(
        stored,
        Schema(modalities=tuple(schemas)),
        data.presence,
        target=data.target,
        ids=data.ids,
        groups=data.groups,
    )
