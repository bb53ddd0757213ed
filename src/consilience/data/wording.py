"""Counts and examples in the sentences of errors and findings."""

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "id"), counted(3, "id"), counted(2, "class")
        ('1 id', '3 ids', '2 classes')
    """
    ending = "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending if number != 1 else ''}"


def shown(values: Sequence[object], total: int | None = None) -> str:
    """The first three values, and how many more there are.

    Args:
        values: At least the first three of them.
        total: How many there are; the length of `values` if None.

    Returns:
        The words.

    Example:
        >>> shown(["a", "b", "c", "d"])
        "'a', 'b', 'c' and 1 more"
    """
    first = ", ".join(repr(getattr(v, "item", lambda v=v: v)()) for v in values[:3])
    more = (len(values) if total is None else total) - 3
    return first + (f" and {more:,} more" if more > 0 else "")


def rounded_up(number: int) -> str:
    """A number known only roughly, to two digits upwards.

    Example:
        >>> rounded_up(12293), rounded_up(785), rounded_up(42)
        ('13,000', '790', '42')
    """
    unit = 10 ** max(len(str(number)) - 2, 0)
    return f"{-(-number // unit) * unit:,}"
