"""JSON objects to frozen dataclasses, with errors that name the place."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import partial
from pathlib import Path
from types import EllipsisType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from consilience.errors import DataError


def read_json(path: Path) -> Any:  # noqa: ANN401  whatever it holds
    """The content of a JSON file.

    Args:
        path: The file.

    Returns:
        The parsed value.

    Raises:
        DataError: If it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"'{path}' is not valid JSON: {error}.") from error


def decode(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401  the type is an argument
    """Builds a value of a type from what JSON holds.

    Numbers may be integers where floats are expected, and `null` where a float
    is expected means "not a number". Keys that the type does not know are
    ignored, so that later versions may add some.

    Args:
        kind: A dataclass, a plain type, or `tuple[T, ...]`, `tuple[T, T]`,
            `Mapping[str, T]`, `Literal` and unions of these.
        value: The parsed JSON.
        where: Path of the value inside the file, for errors.

    Returns:
        The value as `kind`.

    Raises:
        DataError: If something lacks or has another type; the path is told.

    Example:
        >>> decode(tuple[float, ...], [1, 2.5], "numbers")
        (1.0, 2.5)
    """
    if is_dataclass(kind):
        return _record(kind, value, where)
    handler = _BY_ORIGIN.get(get_origin(kind), _plain)
    return handler(kind, value, where)


def _record(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401  the type is an argument
    content = _expect(dict, value, where)
    hints = get_type_hints(kind)
    known = [field for field in fields(kind) if field.init]
    lacking = [
        field.name
        for field in known
        if field.name not in content
        and field.default is MISSING
        and field.default_factory is MISSING
    ]
    if lacking:
        names = ", ".join(repr(name) for name in lacking)
        raise DataError(f"{where} lacks {names}; it holds {', '.join(map(repr, content))}.")
    return kind(
        **{
            field.name: decode(hints[field.name], content[field.name], f"{where}.{field.name}")
            for field in known
            if field.name in content
        }
    )


def _tuple(kind: Any, value: object, where: str) -> tuple[Any, ...]:  # noqa: ANN401  the type is an argument
    kinds = get_args(kind)
    items = _expect(list, value, where)
    if isinstance(kinds[-1], EllipsisType):
        kinds = kinds[:1] * len(items)
    if len(kinds) != len(items):
        raise DataError(f"{where} has {len(items)} entries; expected {len(kinds)}.")
    pairs = zip(kinds, items, strict=True)
    return tuple(decode(item, entry, f"{where}[{i}]") for i, (item, entry) in enumerate(pairs))


def _mapping(kind: Any, value: object, where: str) -> dict[str, Any]:  # noqa: ANN401  the type is an argument
    item = get_args(kind)[1]
    content = _expect(dict, value, where)
    return {str(key): decode(item, entry, f"{where}[{key!r}]") for key, entry in content.items()}


def _literal(kind: Any, value: object, where: str) -> object:  # noqa: ANN401  the type is an argument
    options = get_args(kind)
    if value not in options:
        legal = " or ".join(repr(option) for option in options)
        raise DataError(f"{where} is {value!r}; expected {legal}.")
    return value


def _union(kind: Any, value: object, where: str) -> object:  # noqa: ANN401  the type is an argument
    options = get_args(kind)
    if value is None and type(None) in options:
        return None
    return decode(next(o for o in options if o is not type(None)), value, where)


def _plain(kind: Any, value: object, where: str) -> object:  # noqa: ANN401  the type is an argument
    if kind is float:
        return _number(value, where)
    return _expect(kind, value, where)


def _number(value: object, where: str) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"{where} is {_named(value)}; expected a number.")
    return float(value)


def _expect(kind: type, value: object, where: str) -> Any:  # noqa: ANN401  the type is an argument
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise DataError(f"{where} is {_named(value)}; expected {_WORDS[kind]}.")
    return value


def _named(value: object) -> str:
    return "null" if value is None else _WORDS.get(type(value), type(value).__name__)


_WORDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}

_BY_ORIGIN: dict[Any, Any] = {
    tuple: _tuple,
    dict: _mapping,
    Mapping: _mapping,
    Literal: _literal,
    UnionType: _union,
    Union: _union,
    None: partial(_plain),
}
