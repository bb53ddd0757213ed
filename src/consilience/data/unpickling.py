"""Published pickles read without running any code: an allow-list, and stand-ins for arrays."""

import io
import pickle
from collections.abc import Callable
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.errors import DataError

_PLAIN = "biufcSU"


def unpickle(content: bytes, source: str, *, encoding: str = "ASCII") -> object:
    r"""The value of a pickle that holds only plain containers, numbers, words and arrays.

    Nothing a pickle names is ever imported or called: the few names that arrays
    need are answered by stand-ins, every other name is refused.

    Args:
        content: The pickle.
        source: What it is, for the error, such as a file's name.
        encoding: Encoding of strings that Python 2 wrote.

    Returns:
        Dictionaries, lists, tuples, numbers, strings and NumPy arrays.

    Raises:
        DataError: If the pickle names anything else, or is damaged.

    Example:
        >>> unpickle(pickle.dumps({"x": np.arange(3)}), "demo")
        {'x': array([0, 1, 2])}
        >>> unpickle(b"cos\nsystem\n(S'true'\ntR.", "demo")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        consilience.errors.DataError: demo is a pickle that asks for 'os.system'; only plain ...
    """
    try:
        return _resolved(_AllowList(io.BytesIO(content), source, encoding).load())
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{source} is a damaged pickle: {error}") from error


def read_pickled_npy(content: bytes, source: str) -> NDArray[np.object_]:
    """An NPY file of Python objects, read through the allow-list.

    Args:
        content: The file's bytes.
        source: What it is, for the error.

    Returns:
        The object array.

    Raises:
        DataError: If it is not an NPY file of objects, or its pickle is refused.
    """
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        dtype = read(file)[2]
    except ValueError as error:
        raise DataError(f"{source} is not an NPY file: {error}") from error
    if dtype != np.dtype(object):
        raise DataError(f"{source} holds {dtype}, not Python objects; read it with numpy.load")
    return np.asarray(unpickle(file.read(), source), dtype=object)


class _AllowList(pickle.Unpickler):  # noqa: S301  it imports nothing
    def __init__(self, file: io.BytesIO, source: str, encoding: str) -> None:
        super().__init__(file, encoding=encoding)
        self._source = source

    def find_class(self, module_name: str, global_name: str, /) -> object:
        try:
            return _STAND_INS[module_name, global_name]
        except KeyError:
            raise DataError(
                f"{self._source} is a pickle that asks for '{module_name}.{global_name}'; only "
                "plain containers, numbers, words and arrays are read, since more could run code. "
                "Where you trust it, convert it to NPZ or Parquet"
            ) from None


@final
class _Dtype:
    """Takes the place of `numpy.dtype`: only numbers, fixed-width words and objects."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = np.dtype(code)
        if self.dtype.kind not in _PLAIN + "O" or self.dtype.fields:
            raise DataError(f"arrays of {self.dtype} are not read")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if self.dtype.kind in "SU":
            self.dtype = np.dtype(f"{self.dtype.kind}{self.dtype.itemsize // self._unit}")
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])

    @property
    def _unit(self) -> int:
        return 4 if self.dtype.kind == "U" else 1


@final
class _Array:
    """Takes the place of an array until all of its parts are there."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[tuple[int, ...], _Dtype, bool, Any] = ((0,), _Dtype("u1"), False, b"")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        shape, dtype, fortran, values = state[-4:]
        self.state = (tuple(shape), dtype, bool(fortran), values)

    def resolved(self) -> NDArray[Any]:
        """The array itself, in memory of its own."""
        shape, stand_in, fortran, values = self.state
        order = "F" if fortran else "C"
        if stand_in.dtype.kind == "O":
            flat = np.empty(len(values), dtype=object)
            for i, value in enumerate(values):
                flat[i] = _resolved(value)
            return flat.reshape(shape, order=order)
        content = values.encode("latin1") if isinstance(values, str) else values
        array = np.frombuffer(content, dtype=stand_in.dtype).reshape(shape, order=order)
        return array.astype(stand_in.dtype.newbyteorder("="))


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _scalar(dtype: _Dtype, content: bytes | str) -> object:
    content = content.encode("latin1") if isinstance(content, str) else content
    if dtype.dtype.kind == "O":
        raise DataError("scalars of Python objects are not read")
    return np.frombuffer(content, dtype=dtype.dtype)[0]


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise DataError(f"bytes written as {encoding!r} are not read")
    return text.encode(encoding)


def _no_bytes() -> bytes:
    """How protocols below 3 write bytes that are empty."""
    return b""


_NDARRAY = "numpy.ndarray"

_STAND_INS: dict[tuple[str, str], Callable[..., Any] | str] = {
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    ("__builtin__", "set"): set,
    ("__builtin__", "frozenset"): frozenset,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("collections", "OrderedDict"): dict,
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
}


def _resolved(value: object) -> object:
    if isinstance(value, _Array):
        return value.resolved()
    if isinstance(value, dict):
        return {_resolved(k): _resolved(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_resolved(v) for v in value)
    return value
