"""Samples as tensors: standardised, with what is absent marked."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.data.schema import ModalitySchema
from consilience.data.target import infer_task, require_target
from consilience.errors import (
    DataError,
    InputTypeError,
    ModalityError,
    ShapeError,
    suggestion,
)
from consilience.functional.scaling import centre_and_scale

Samples = MultimodalData | Mapping[str, Tensor]


@final
class StandardInputs(nn.Module):
    """Turns samples into tensors; tables and sequences are standardised column by column.

    A mapping of tensors is taken as it is. Of `MultimodalData`, numbers are centred and
    divided by their standard deviation, categories become one-hot columns, what is missing
    becomes the mean. Text and sequences of differing lengths need a preprocessor of
    `consilience.encoders` first.

    Args:
        names: The modalities, in order.

    Example:
        >>> data = MultimodalData({"a": [[1.0], [3.0]]})
        >>> inputs, presence = StandardInputs(("a",)).fit(data)(data)
        >>> inputs["a"].tolist(), presence
        ([[-1.0], [1.0]], None)
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        self.sizes: dict[str, tuple[int, ...]] = {}
        self.known = False

    def fit(self, samples: Samples) -> "StandardInputs":
        """Learns means and scales of `MultimodalData`; a mapping of tensors teaches nothing.

        Raises:
            DataError: If a modality is text or of differing lengths.
            ModalityError: If a modality is lacking.
        """
        self.known = True
        if not isinstance(samples, MultimodalData):
            return self
        for i, name in enumerate(self.names):
            schema = _schema(samples, name)
            self.sizes[name] = tuple(len(c.categories) for c in schema.columns)
            values = _array(samples, schema)[samples.presence[:, _column(samples, name)]]
            mean, scale = centre_and_scale(values.reshape(-1, values.shape[-1]))
            self.register_buffer(f"mean_{i}", torch.from_numpy(mean))
            self.register_buffer(f"scale_{i}", torch.from_numpy(scale))
        return self

    def forward(self, samples: Samples) -> tuple[dict[str, Tensor], Tensor | None]:
        """Tensors by modality and presence, bool `(samples, modalities)` or None.

        Raises:
            DataError: If it was not fitted on `MultimodalData` but is given such.
            InputTypeError: If the samples are neither `MultimodalData` nor a mapping to tensors.
            ModalityError: If a modality is lacking.
            ShapeError: If tensors differ in their numbers of rows, or a modality has not the
                columns that were fitted.
        """
        if not isinstance(samples, MultimodalData):
            return _tensors(samples, self.names), None
        if not self.sizes:
            raise DataError(
                "fitted on tensors but given MultimodalData; pass a mapping of tensors"
                if self.known
                else "not fitted yet, so the scales of the columns are not known; call fit first"
            )
        order = [_column(samples, name) for name in self.names]
        presence = torch.from_numpy(samples.presence[:, order])
        inputs = {name: self._scaled(i, samples, name) for i, name in enumerate(self.names)}
        return inputs, None if bool(presence.all()) else presence

    def _scaled(self, i: int, samples: MultimodalData, name: str) -> Tensor:
        x = torch.from_numpy(_array(samples, _schema(samples, name)).astype(np.float64))
        sizes = self.sizes[name]
        if x.shape[-1] != len(sizes):
            raise ShapeError(
                f"modality {name!r} has {x.shape[-1]} columns but was fitted with {len(sizes)}"
            )
        scaled = (x - self.get_buffer(f"mean_{i}")) / self.get_buffer(f"scale_{i}")
        scaled = torch.where(scaled.isfinite(), scaled, 0.0).float()
        numbers = [j for j, size in enumerate(sizes) if not size]
        parts = [scaled[..., numbers]]
        for j, size in enumerate(sizes):
            if size:
                parts.append((x[..., j, None] == torch.arange(size)).float())
        return torch.cat(parts, dim=-1)


def widths_of(data: MultimodalData) -> dict[str, int]:
    """Columns that `StandardInputs` gives of each modality.

    Args:
        data: Samples of tables or of sequences of equal length.

    Returns:
        The widths, by modality.

    Raises:
        DataError: If a modality is text or of differing lengths.
        InputTypeError: If `data` is no `MultimodalData`.

    Example:
        >>> widths_of(MultimodalData({"a": [[1.0, 2.0]], "b": ["x"]}, kinds={"b": "categorical"}))
        {'a': 2, 'b': 1}
    """
    if not isinstance(data, MultimodalData):  # pyright: ignore[reportUnnecessaryIsInstance]  users pass frames
        raise InputTypeError(
            f"for_data takes MultimodalData, found {type(data).__name__}; "
            "for tensors pass the widths: encoders={'name': width, ...}"
        )
    for schema in data.schema.modalities:
        _array(data, schema)
    return {m.name: sum(len(c.categories) or 1 for c in m.columns) for m in data.schema.modalities}


def targets_of(data: MultimodalData, what: str) -> int:
    """Classes, or outputs, of a target.

    Args:
        data: Samples with a target.
        what: What needs it, for the error.

    Returns:
        The number.

    Raises:
        DataError: If the target is lacking, incomplete, or of several columns of classes.

    Example:
        >>> targets_of(MultimodalData({"a": [[1.0], [2.0]]}, target=["ill", "well"]), "this")
        2
    """
    y = target_tensor(data.target, what)
    return y.shape[1] if y.ndim == 2 else int(y.max()) + 1


def target_tensor(target: NDArray[Any] | None, what: str) -> Tensor:
    """A target as class codes, int64 `(samples,)`, or standardised, float `(samples, outputs)`.

    Args:
        target: The target.
        what: What needs it, for the error.

    Returns:
        The tensor.

    Raises:
        DataError: If it is lacking, incomplete, or of several columns of classes.

    Example:
        >>> target_tensor(np.array(["ill", "well", "ill"]), "this").tolist()
        [0, 1, 0]
    """
    values = require_target(target, what)
    if infer_task(values) == "classification":
        if values.ndim > 1:
            raise DataError(f"{what} takes one column of classes, found {values.shape[1]}")
        return torch.from_numpy(np.unique(values, return_inverse=True)[1].astype(np.int64))
    columns = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    mean, scale = centre_and_scale(columns)
    return torch.from_numpy((columns - mean) / scale).float()


def _tensors(samples: object, names: tuple[str, ...]) -> dict[str, Tensor]:
    if not isinstance(samples, Mapping):
        raise InputTypeError(
            "samples must be MultimodalData or map modality names to tensors, "
            f"found {type(samples).__name__}"
        )
    for name in samples:
        if name not in names:
            raise ModalityError(f"modality {name!r} is not known; {suggestion(str(name), names)}")
    for name in names:
        if name not in samples:
            raise ModalityError(f"modality {name!r} is not among the inputs")
    return _of_equal_length({name: samples[name] for name in names})


def _of_equal_length(found: Mapping[str, object]) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    for name, x in found.items():
        if not isinstance(x, Tensor):
            raise InputTypeError(
                f"modality {name!r} must be a tensor, found {type(x).__name__}; "
                "wrap arrays in MultimodalData, or use torch.as_tensor"
            )
        _check_finite(name, x)
        out[name] = x
    if len({len(x) for x in out.values()}) > 1:
        rows = ", ".join(f"{name!r} {len(x)}" for name, x in out.items())
        raise ShapeError(f"modalities must have as many rows each, found {rows}")
    return out


def _check_finite(name: str, x: Tensor) -> None:
    wrong = ~x.isfinite()
    if bool(wrong.any()):
        row = (
            int(wrong.flatten(1).any(dim=1).nonzero()[0])
            if x.ndim > 1
            else int(wrong.nonzero()[0])
        )
        raise DataError(
            f"modality {name!r} has values that are not finite numbers (first: row {row}); "
            "fill them in, or pass MultimodalData, in which what is missing is marked"
        )


def _column(data: MultimodalData, name: str) -> int:
    return data.schema.names.index(data.schema[name].name)


def _schema(data: MultimodalData, name: str) -> ModalitySchema:
    return data.schema[name]


def _array(data: MultimodalData, schema: ModalitySchema) -> NDArray[np.number]:
    stored = data.modalities[schema.name]
    if schema.kind == "text" or isinstance(stored, Ragged):
        raise DataError(
            f"modality {schema.name!r} is {schema.describe()}; turn it into a tensor first, "
            "with consilience.encoders.preprocessor_for, and pass a mapping of tensors"
        )
    return np.asarray(stored)
