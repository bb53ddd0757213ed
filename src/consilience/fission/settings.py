"""Faults of settings, told in one form."""

from collections.abc import Mapping
from numbers import Integral

from torch import nn


def whole(what: str, value: object, *, least: int = 1) -> list[str]:
    """The fault of a setting that is to be a whole number.

    Args:
        what: Name of the setting.
        value: What was given.
        least: Smallest value that will do.

    Returns:
        One fault, or none.

    Example:
        >>> whole("dim", 3), whole("dim", 0), whole("dim", "3")
        ([], ['dim must be at least 1, found 0'], ["dim must be a whole number, found '3'"])
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        return [f"{what} must be a whole number, found {value!r}"]
    return [f"{what} must be at least {least}, found {value}"] if value < least else []


def decoders_lacking(encoders: Mapping[str, object], decoders: Mapping[str, object]) -> list[str]:
    """Faults of encoders that are modules but have no decoder beside them.

    Args:
        encoders: By modality, widths or modules.
        decoders: By modality, modules.

    Returns:
        One fault a modality.

    Example:
        >>> decoders_lacking({"a": 3, "b": nn.Identity()}, {})[0][:40]
        "modality 'b' has an encoder of its own; "
    """
    return [
        f"modality {name!r} has an encoder of its own; give its decoder too: "
        f"decoders={{{name!r}: ...}}"
        for name, encoder in encoders.items()
        if isinstance(encoder, nn.Module) and name not in decoders
    ]
