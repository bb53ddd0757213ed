"""The errors a user can meet: one root, each child also of the built-in kind it refines."""

from collections.abc import Iterable
from difflib import get_close_matches


class ConsilienceError(Exception):
    """Root of every error that Consilience raises on purpose."""


class DataError(ConsilienceError, ValueError):
    """The content of the data does not allow what was asked."""


class ModalityError(ConsilienceError, ValueError):
    """A modality is unknown, lacking, or named twice."""


class ShapeError(ConsilienceError, ValueError):
    """An array's shape does not fit what it stands for."""


class InputTypeError(ConsilienceError, TypeError):
    """An argument has a type that cannot be used here."""


class UnavailableError(ConsilienceError, RuntimeError):
    """Something outside the library is lacking: a package, the network."""


class MissingFileError(ConsilienceError, FileNotFoundError):
    """A file or folder that was named is not there."""


class ConfigurationError(ConsilienceError, ValueError):
    """One or more settings cannot be used; all faults are told at once.

    Args:
        faults: One sentence a fault, each with its fix.

    Attributes:
        faults: The same sentences, in the order found.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def suggestion(name: str, valid: Iterable[str]) -> str:
    """Words that lead from a wrong name to the right one.

    Args:
        name: What was given.
        valid: What could have been given.

    Returns:
        A clause to end an error with: the nearest names, else the whole list.

    Example:
        >>> suggestion("lbas", ["labs", "ecg"])
        "did you mean 'labs'?"
        >>> suggestion("zzz", ["labs", "ecg"])
        "there are: 'labs', 'ecg'"
    """
    options = list(valid)
    near = get_close_matches(name, options, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(n) for n in near) + "?"
    shown = ", ".join(repr(option) for option in options[:12])
    more = f" and {len(options) - 12} more" if len(options) > 12 else ""
    return f"there are: {shown}{more}" if options else "there are none"
