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
    for name, width in {**dims, "out_dim": out_dim}.items():
        if width < 1:
            what = "out_dim" if name == "out_dim" else f"the width of modality {name!r}"
            raise ShapeError(f"{what} must be at least 1, found {width}")


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
        InputTypeError: If `inputs` is not a mapping.
        ModalityError: If its names are not those of `dims`.
        ShapeError: If a width, batch size or `presence` does not fit.
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
        present: Bool `(batch,)`.

    Returns:
        A tensor of the shape of `x`.
    """
    mask = present.reshape(-1, *([1] * (x.ndim - 1)))
    return torch.where(mask, x, torch.zeros((), dtype=x.dtype, device=x.device))


def check_inputs(
    inputs: Mapping[str, Tensor], dims: Mapping[str, int], presence: Tensor | None
) -> None:
    """Refuses inputs that do not fit `dims`; raises as `take` does.

    Args:
        inputs: By name, `(batch, dims[name])`.
        dims: Width of each modality, by name.
        presence: Bool `(batch, modalities)` or None.

    Raises:
        InputTypeError: If `inputs` is not a mapping.
        ModalityError: If its names are not those of `dims`.
        ShapeError: If a width, batch size or `presence` does not fit.
    """
    if not isinstance(inputs, Mapping):
        raise InputTypeError(
            f"inputs must map modality names to tensors, found {type(inputs).__name__}; "
            f"pass {{{', '.join(f'{name!r}: ...' for name in dims)}}}"
        )
    for name in inputs:
        if name not in dims:
            raise ModalityError(f"modality {name!r} is not known; {suggestion(name, dims)}")
    for name in dims:
        if name not in inputs:
            raise ModalityError(
                f"modality {name!r} is not among the inputs; "
                "for a modality that is absent pass any tensor and presence=False"
            )
    first, rows = next((name, len(inputs[name])) for name in dims)
    for name, width in dims.items():
        _check_one(name, inputs[name], width, (first, rows))
    _check_presence(presence, rows, len(dims))


def _check_one(name: str, x: Tensor, width: int, first: tuple[str, int]) -> None:
    if x.ndim != 2 or x.shape[1] != width:
        raise ShapeError(
            f"modality {name!r} must be (batch, {width}), found {tuple(x.shape)}"
        )
    if len(x) != first[1]:
        raise ShapeError(
            f"modality {name!r} has {len(x)} rows but {first[0]!r} has {first[1]}"
        )


def _check_presence(presence: Tensor | None, rows: int, modalities: int) -> None:
    if presence is None:
        return
    if presence.dtype != torch.bool:
        raise ShapeError(f"presence must be bool, found {presence.dtype}")
    if presence.shape != (rows, modalities):
        raise ShapeError(
            f"presence must be (batch, modalities) = ({rows}, {modalities}), "
            f"found {tuple(presence.shape)}"
        )
