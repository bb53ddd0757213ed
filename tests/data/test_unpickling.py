"""Pickles are read as data or refused; nothing in them runs."""

import collections
import io
import pickle
import shutil
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from consilience.data.unpickling import read_pickled_npy, unpickle
from consilience.errors import DataError


class Malicious:
    def __reduce__(self) -> tuple[Any, ...]:
        return shutil.rmtree, ("nowhere",)


PLAIN = npst.arrays(
    st.sampled_from(["f4", "f8", ">f8", "i8", "<i2", "?", "c16", "S3", "U2", ">U2"]),
    npst.array_shapes(min_dims=0, max_dims=3, max_side=3, min_side=0),
)


@given(array=PLAIN, protocol=st.integers(0, 4), fortran=st.booleans())
def test_plain_arrays_come_back_as_they_were(
    array: np.ndarray, protocol: int, *, fortran: bool
) -> None:
    array = np.asfortranarray(array) if fortran and array.ndim else array
    back = unpickle(pickle.dumps({"x": [array]}, protocol), "demo")
    assert isinstance(back, dict)
    np.testing.assert_array_equal(back["x"][0], array)
    assert back["x"][0].dtype == array.dtype.newbyteorder("=")
    assert back["x"][0].flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        {"a": (1, 2.5, None, True), "b": {"c": b"raw \xff"}},
        {1, 2},
        frozenset({"x"}),
        ["ä", b""],
        2**100,
        collections.OrderedDict(b=1, a=2),
    ],
)
@pytest.mark.parametrize("protocol", range(5))
def test_plain_containers_come_back(value: object, protocol: int) -> None:
    assert unpickle(pickle.dumps(value, protocol), "demo") == value


def test_an_array_of_objects_is_resolved_all_the_way_down() -> None:
    array = np.empty(2, dtype=object)
    array[:] = [np.arange(3), {"deep": np.float32(2.5)}]
    back = unpickle(pickle.dumps(array), "demo")
    assert isinstance(back, np.ndarray)
    assert back.shape == (2,)
    assert back[0].tolist() == [0, 1, 2]
    assert back[1] == {"deep": 2.5}


def test_a_pickle_with_the_names_of_numpy_1_reads_without_a_warning() -> None:
    old = pickle.dumps(np.arange(4.0), 2).replace(b"numpy._core.", b"numpy.core.")
    assert b"numpy.core.multiarray" in old
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.asarray(unpickle(old, "old")).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("protocol", range(5))
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(
    protocol: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pickle.dumps(Malicious(), protocol)
    ran: list[str] = []
    monkeypatch.setattr(shutil, "rmtree", ran.append)
    with pytest.raises(DataError) as caught:
        unpickle(content, "evil.pkl")
    assert str(caught.value) == (
        "evil.pkl is a pickle that asks for 'shutil.rmtree'; only plain containers, numbers, "
        "words and arrays are read, since more could run code. Where you trust it, convert it to "
        "NPZ or Parquet"
    )
    assert ran == []


@pytest.mark.parametrize(
    "content",
    [
        b"cbuiltins\neval\n(V1\ntR.",
        b"cnumpy\nload\n(Vx\ntR.",
        b"cnumpy.core.multiarray\nfromfile\n(Vx\ntR.",
        b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93.",
        pickle.dumps(collections.Counter()),
    ],
)
def test_any_other_name_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="is a pickle that asks for"):
        unpickle(content, "demo")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (b"\x80\x04garbage", "damaged"),
        (pickle.dumps(list(range(9)))[:-3], "damaged"),
        (b"c_codecs\nencode\n(Vx\nVzip\ntR.", "bytes written as 'zip' are not read"),
        (b"cnumpy\nndarray\n(I3\ntR.", "damaged"),
        (pickle.dumps(np.zeros(2, dtype=[("a", "f8")])), "not read"),
        (pickle.dumps(np.array(["2020"], dtype="M8[D]")), "not read"),
    ],
)
def test_what_cannot_be_data_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        unpickle(content, "demo")


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(DataError, match="damaged"):
        unpickle(pickle.dumps(endless), "demo")


def test_bytes_where_an_array_of_objects_needs_a_list_cannot_become_pointers() -> None:
    array = np.array([{}], dtype=object)
    make, arguments, state = array.__reduce__()[:3]
    forged = (*state[:4], b"\x41" * 8)

    class Forged:
        def __reduce__(self) -> tuple[Any, ...]:
            return make, arguments, forged

    with pytest.raises(DataError, match="damaged"):
        unpickle(pickle.dumps(Forged()), "forged")


def npy(value: object, *, allow: bool = True) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(value), allow_pickle=allow)
    return file.getvalue()


def test_an_npy_file_of_objects_is_read() -> None:
    value = np.empty((), dtype=object)
    value[()] = {"X": [np.eye(2)], "names": ["a"]}
    back = read_pickled_npy(npy(value), "demo.npy").item()
    assert back["names"] == ["a"]
    assert back["X"][0].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nothing", "demo.npy is not an NPY file"),
        (npy(np.arange(3)), "demo.npy holds int64, not Python objects; read it with numpy.load"),
    ],
)
def test_another_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_pickled_npy(content, "demo.npy")
