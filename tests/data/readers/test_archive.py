import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consilience.data.patterns import Roles
from consilience.data.ragged import Ragged
from consilience.data.readers.archive import plain, read_archive, read_array, read_arrays
from consilience.errors import ConfigurationError, DataError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two modalities, a target, ids and groups."""
    path = tmp_path / "data.npz"
    arrays: dict[str, Any] = {
        "x": np.arange(6.0).reshape(3, 2),
        "s.values": np.arange(4.0),
        "s.offsets": [0, 1, 1, 4],
        "y": [0, 1, 0],
        "who": ["a", "b", "c"],
        "site": [1, 1, 2],
    }
    np.savez(path, **arrays)
    return path


def test_every_key_without_a_role_is_a_modality(archive: Path) -> None:
    data = read_archive(archive, None, Roles("y", "who", "site"), None)
    assert data.schema.names == ("x", "s")
    assert [s.ravel().tolist() for s in data.modalities["s"]] == [[0], [], [1, 2, 3]]
    assert data.presence.tolist() == [[True, True], [True, False], [True, True]]
    assert data.target is not None
    assert data.ids is not None
    assert data.groups is not None
    assert (data.target.tolist(), data.ids.tolist()) == ([0, 1, 0], ["a", "b", "c"])
    assert data.groups.tolist() == [1, 1, 2]


def test_keys_are_chosen_and_renamed(archive: Path) -> None:
    data = read_archive(archive, {"image": "x", "w": "who"}, Roles(), {"w": "categorical"})
    assert data.schema.names == ("image", "w")
    assert data.schema["w"].columns[0].categories == ("a", "b", "c")


def test_every_wrong_key_is_told_at_once(archive: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_archive(archive, {"a": "xs", "b": ["x"]}, Roles(target="z"), None)
    keys = "there are: 'x', 's', 'y', 'who', 'site'"
    assert caught.value.faults == (
        f"target column 'z' is not there; {keys}",
        "modality 'a': 'data.npz' has no array 'xs'; did you mean 'x' or 's'?",
        f"modality 'b': 'data.npz' has no array ['x']; {keys}",
    )


def test_python_objects_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "o.npz", a=np.array([None, 1], dtype=object))
    with pytest.raises(DataError, match=r"array 'a' of 'o\.npz' holds Python objects, which only"):
        read_arrays(tmp_path / "o.npz")
    np.save(tmp_path / "o.npy", np.array([None], dtype=object))
    with pytest.raises(DataError, match=r"'o.npy' holds Python objects.*array.astype\(str\)"):
        read_array(tmp_path / "o.npy")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"garbage", "it is none of NumPy's files (damaged, or a pickle)"),
        (pickle.dumps([1]), "it is none of NumPy's files (damaged, or a pickle)"),
        (b"PK\x03\x04 cut short", "cannot read 'b.npz': "),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "b.npz").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_arrays(tmp_path / "b.npz")
    assert message in str(caught.value)


def test_an_archive_of_nothing_or_of_one_bare_array_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "e.npz")
    with pytest.raises(DataError, match=r"'e\.npz' holds no array"):
        read_arrays(tmp_path / "e.npz")
    np.save(tmp_path / "a.npy", np.ones(2))
    (tmp_path / "a.npy").rename(tmp_path / "a.npz")
    with pytest.raises(DataError, match="is a single array, not an NPZ archive"):
        read_arrays(tmp_path / "a.npz")


def test_sequences_must_fit_their_offsets(tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    wrong: dict[str, Any] = {"s.values": np.ones(3), "s.offsets": [0, 2]}
    np.savez(path, **wrong)
    with pytest.raises(
        DataError, match=r"sequences 's' of 's\.npz': offsets must run from 0 to 3"
    ):
        read_arrays(path)
    wrong["s.offsets"] = [0.0, 3.0]
    np.savez(path, **wrong)
    with pytest.raises(DataError, match="must hold whole numbers"):
        read_arrays(path)


def test_sequences_are_no_target() -> None:
    with pytest.raises(DataError, match="array 's' holds sequences; a target"):
        plain({"s": Ragged.of([[1.0]])}, "s")
