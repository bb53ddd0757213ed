"""Checks at the door of every fusion module: names, widths, batch size, presence."""

from collections.abc import Mapping

import torch
from torch import Tensor

from consilience.errors import InputTypeError, ModalityError, ShapeError, suggestion


def check_dims(dims: Mapping[str, int], out_dim: int) -> None:
    """Refuses widths that no module can be built with.

    Args:
        dims: Width of each modality, by name.
        out_dim: Width of the fused vector.

    Raises:
        ModalityError: If there is no modality.
        ShapeError: If a width is not positive.
    """
    if not dims:
        raise ModalityError("dims names no modality; pass at least one name and width")
    for name, width in dims.items():
        if width < 1:
            raise ShapeError(f"the width of modality {name!r} must be at least 1, found {width}")
    if out_dim < 1:
        raise ShapeError(f"out_dim must be at least 1, found {out_dim}")


def take(
    inputs: Mapping[str, Tensor], dims: Mapping[str, int], presence: Tensor | None
) -> list[Tensor]:
    """The inputs in the order of `dims`, checked, with absent rows set to zero.

    Args:
        inputs: By name, `(batch, dims[name])`; the order of the mapping is free.
        dims: Width of each modality, by name.
        presence: Bool `(batch, modalities)` in the order of `dims`; None when all
            are present.

    Returns:
        One tensor `(batch, width)` a modality. Absent rows are zero whatever the
        buffer holds and send no gradient back.

    Raises:
        InputTypeError: If `inputs` is not a mapping of tensors or `presence` not bool.
        ModalityError: If its names are not those of `dims`.
        ShapeError: If a width, a batch size or the shape of `presence` does not fit.
    """
    check_inputs(inputs, dims, presence)
    ordered = [inputs[name] for name in dims]
    if presence is None:
        return ordered
    return [present_or_zero(x, presence[:, i]) for i, x in enumerate(ordered)]


def present_or_zero(x: Tensor, present: Tensor) -> Tensor:
    """`x` where present, zero elsewhere; NaN in absent rows does not survive.

    Args:
        x: `(batch, ...)`.
        present: Bool of the first dimensions of `x`, such as `(batch,)`.

    Returns:
        A tensor of the shape of `x`.
    """
    mask = present.reshape(*present.shape, *([1] * (x.ndim - present.ndim)))
    return torch.where(mask, x, torch.zeros((), dtype=x.dtype, device=x.device))


def check_inputs(inputs: object, dims: Mapping[str, int], presence: object) -> None:
    """Refuses inputs that do not fit `dims`; raises as `take` does.

    Args:
        inputs: By name, `(batch, dims[name])`.
        dims: Width of each modality, by name.
        presence: Bool `(batch, modalities)` or None.

    Raises:
        InputTypeError: If `inputs` is not a mapping of tensors or `presence` not bool.
        ModalityError: If its names are not those of `dims`.
        ShapeError: If a width, a batch size or the shape of `presence` does not fit.
    """
    if not isinstance(inputs, Mapping):
        raise InputTypeError(
            f"inputs must map modality names to tensors, found {_kind(inputs)}; "
            f"pass {{{', '.join(f'{name!r}: ...' for name in dims)}}}"
        )
    for name in inputs:
        if name not in dims:
            raise ModalityError(f"modality {name!r} is not known; {suggestion(str(name), dims)}")
    first: tuple[str, int] | None = None
    for name, width in dims.items():
        if name not in inputs:
            raise ModalityError(
                f"modality {name!r} is not among the inputs; "
                "for a modality that is absent pass any tensor and presence=False"
            )
        rows = _rows(name, inputs[name], width)
        first = first or (name, rows)
        if rows != first[1]:
            raise ShapeError(f"modality {name!r} has {rows} rows but {first[0]!r} has {first[1]}")
    if presence is not None and first is not None:
        _check_presence(presence, (first[1], len(dims)))


def _kind(value: object) -> str:
    return type(value).__name__


def _rows(name: str, x: object, width: int) -> int:
    if not isinstance(x, Tensor):
        raise InputTypeError(
            f"modality {name!r} must be a tensor, found {_kind(x)}; use torch.as_tensor"
        )
    if x.ndim != 2 or x.shape[1] != width:
        raise ShapeError(f"modality {name!r} must be (batch, {width}), found {tuple(x.shape)}")
    return len(x)


def _check_presence(presence: object, shape: tuple[int, int]) -> None:
    if not isinstance(presence, Tensor) or presence.dtype != torch.bool:
        found = presence.dtype if isinstance(presence, Tensor) else _kind(presence)
        raise InputTypeError(f"presence must be a bool tensor, found {found}")
    if tuple(presence.shape) != shape:
        raise ShapeError(
            f"presence must be (batch, modalities) = {shape}, found {tuple(presence.shape)}"
        )
