"""One encoder a modality, the user's own or a small perceptron."""

from collections.abc import Mapping
from typing import final

from torch import Tensor, nn

from consilience.errors import ConfigurationError, InputTypeError, ModalityError, ShapeError
from consilience.fission.settings import whole

Encoders = Mapping[str, int | nn.Module]


def backbones(encoders: Encoders, hidden: int) -> dict[str, nn.Module]:
    """An encoder a modality, each with an attribute `out_dim`.

    Args:
        encoders: By modality, a width, for a perceptron of one hidden layer, or a module with
            an attribute `out_dim`.
        hidden: Width of the perceptrons.

    Returns:
        The modules, by modality.

    Raises:
        ConfigurationError: If a width is not positive or a module has no `out_dim`; all
            faults at once.
        InputTypeError: If `encoders` is no mapping.
        ModalityError: If there is none.

    Example:
        >>> import torch
        >>> backbones({"a": 3}, 8)["a"](torch.zeros(2, 3)).shape
        torch.Size([2, 8])
    """
    check_named(encoders)
    faults = [fault for name, given in encoders.items() if (fault := _fault(name, given))]
    faults += whole("hidden", hidden)
    if faults:
        raise ConfigurationError(faults)
    return {
        n: e if isinstance(e, nn.Module) else _Perceptron(n, int(e), hidden)
        for n, e in encoders.items()
    }


def check_named(encoders: Encoders) -> None:
    """Refuses encoders that do not go by the names of modalities.

    Args:
        encoders: By modality, a width or a module.

    Raises:
        InputTypeError: If `encoders` is no mapping.
        ModalityError: If there is none.
    """
    if not isinstance(encoders, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  users pass lists
        raise InputTypeError(
            "encoders must map modality names to widths or modules, "
            f"found {type(encoders).__name__}"
        )
    if not encoders:
        raise ModalityError("encoders names no modality; pass at least one, by name")


def input_of(inputs: Mapping[str, Tensor], name: str) -> Tensor:
    """A modality's input.

    Args:
        inputs: By modality.
        name: The modality.

    Returns:
        What is there under its name.

    Raises:
        ModalityError: If nothing is.
    """
    if name not in inputs:
        raise ModalityError(
            f"modality {name!r} is not among the inputs; "
            "where it is absent pass any tensor and presence=False"
        )
    return inputs[name]


def encode_present(module: nn.Module, x: Tensor, present: Tensor | None) -> Tensor:
    """What an encoder gives of the rows that are there; zero for the others, which it never sees.

    Args:
        module: The encoder.
        x: `(batch, ...)`.
        present: Bool `(batch,)`; None when all are.

    Returns:
        `(batch, width)`.
    """
    if present is None or bool(present.all()):
        return module(x)
    rows = present.nonzero()[:, 0]
    some = module(x[rows])
    return some.new_zeros(len(x), some.shape[1]).index_copy(0, rows, some)


def width_of(module: nn.Module) -> int:
    """The width of what an encoder gives."""
    return int(getattr(module, "out_dim"))  # noqa: B009  a module's attribute, checked before


def _fault(name: str, given: int | nn.Module) -> str | None:
    if not isinstance(given, nn.Module):
        return next(iter(whole(f"the width of modality {name!r}", given)), None)
    if hasattr(given, "out_dim"):
        return None
    return (
        f"the encoder of modality {name!r} has no attribute out_dim; "
        "set it to the width of its features"
    )


@final
class _Perceptron(nn.Sequential):
    """Two hidden layers, and a word when given columns of another number."""

    def __init__(self, name: str, width: int, hidden: int) -> None:
        super().__init__(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.name = name
        self.width = width
        self.out_dim = hidden

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  the name that torch gives it
        if input.shape[-1] != self.width:
            raise ShapeError(
                f"modality {self.name!r} has {input.shape[-1]} columns, "
                f"but its encoder takes {self.width}"
            )
        weight = next(self.parameters())
        if input.dtype != weight.dtype:
            raise InputTypeError(
                f"modality {self.name!r} holds {input.dtype}, but its encoder takes "
                f"{weight.dtype}; convert it: x.to({weight.dtype})"
            )
        return super().forward(input)
