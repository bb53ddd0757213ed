from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from consilience.data.patterns import Roles
from consilience.data.readers.folder import read_folder
from consilience.errors import ConfigurationError, ConsilienceError, DataError, ShapeError


@pytest.fixture
def matched(tmp_path: Path) -> Path:
    """Files matched by pid, the target in one of its own name."""
    frame = pd.DataFrame({"pid": ["a", "b", "c"], "na": [1.0, 2.0, 3.0], "k": ["x", "y", "x"]})
    frame.to_csv(tmp_path / "labs.csv", index=False)
    frame.iloc[[2, 0]][["pid", "na"]].to_parquet(tmp_path / "ecg.parquet")
    pd.DataFrame({"pid": ["b", "a", "c"], "value": [1, 0, 0]}).to_csv(
        tmp_path / "died.csv", index=False
    )
    pd.DataFrame({"pid": ["a", "b", "c"], "site": ["s", "t", "t"], "z": [1, 1, 1]}).to_csv(
        tmp_path / "sites.tsv", index=False, sep="\t"
    )
    (tmp_path / "README.md").write_text("about")
    return tmp_path


@pytest.fixture
def rowwise(tmp_path: Path) -> Path:
    """Files without ids."""
    np.save(tmp_path / "image.npy", np.arange(6.0).reshape(3, 2))
    np.savez(tmp_path / "sound.npz", wave=np.ones((3, 4, 1)))
    pd.DataFrame({"age": [1, 2, 3], "y": [0, 1, 1]}).to_csv(tmp_path / "who.csv", index=False)
    return tmp_path


def test_files_are_matched_by_id_and_gaps_are_absent(matched: Path) -> None:
    data = read_folder(matched, {"labs": "labs", "ecg": "ecg.parquet"}, Roles("died", "pid"), None)
    assert data.schema.names == ("labs", "ecg")
    assert data.ids is not None
    assert data.target is not None
    assert dict(zip(data.ids, data.target, strict=True)) == {"a": 0, "b": 1, "c": 0}
    assert dict(zip(data.ids, data.presence[:, 1], strict=True)) == {
        "a": True,
        "b": False,
        "c": True,
    }


def test_a_group_may_stand_in_a_file_that_is_no_modality(matched: Path) -> None:
    roles = Roles("died", "pid", "site")
    data = read_folder(matched, {"labs": "labs"}, roles, {"labs.na": "categorical"})
    assert data.groups is not None
    assert data.groups.tolist() == ["s", "t", "t"]
    assert data.schema["labs"].columns[0].kind == "categorical"


def test_every_file_is_a_modality_unless_it_is_a_role(matched: Path) -> None:
    data = read_folder(matched, None, Roles("died", "pid"), None)
    assert data.schema.names == ("ecg", "labs", "sites")


def test_without_id_rows_are_samples(rowwise: Path) -> None:
    data = read_folder(rowwise, None, Roles("y"), None)
    assert data.schema.names == ("image", "sound", "who")
    assert data.ids is None
    assert data.target is not None
    assert data.target.tolist() == [0, 1, 1]
    assert np.asarray(data.modalities["image"]).tolist() == [[0, 1], [2, 3], [4, 5]]


def test_a_target_may_be_an_array(rowwise: Path) -> None:
    np.save(rowwise / "label.npy", np.array(["u", "v", "u"]))
    data = read_folder(rowwise, {"image": "image"}, Roles("label"), None)
    assert data.target is not None
    assert data.target.tolist() == ["u", "v", "u"]


@pytest.mark.parametrize(
    ("modalities", "roles", "error", "message"),
    [
        ({"a": "lab", "b": "eeg"}, Roles(id="pid"), ConfigurationError,
         "modality 'a': the folder has no file 'lab'; did you mean 'labs'?\n"
         "modality 'b': the folder has no file 'eeg'; did you mean 'ecg'?"),
        (None, Roles(), ShapeError,
         "'ecg' has 2 rows but 'died' has 3; name the column that matches them: id="),
        ({"labs": "labs", "ecg": "ecg"}, Roles(id="pidd"), ConfigurationError,
         "part 'labs' has no id column 'pidd'; did you mean 'pid'?\npart 'ecg' has no id"),
        ({"labs": "labs"}, Roles("dead", "pid"), ConfigurationError,
         "no part has target column 'dead'"),
    ],
)  # fmt: skip
def test_folders_that_do_not_fit_say_why(
    matched: Path,
    modalities: dict[str, str] | None,
    roles: Roles,
    error: type[ConsilienceError],
    message: str,
) -> None:
    with pytest.raises(error) as caught:
        read_folder(matched, modalities, roles, None)
    assert message in str(caught.value)


def test_arrays_have_no_ids(rowwise: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'image\.npy' holds no ids 'pid'"):
        read_folder(rowwise, {"image": "image"}, Roles(id="pid"), None)


def test_two_files_of_one_name_are_refused(rowwise: Path) -> None:
    np.save(rowwise / "who.npy", np.ones(3))
    with pytest.raises(ConfigurationError, match=r"'who\.csv' and 'who\.npy' would be one"):
        read_folder(rowwise, None, Roles(), None)


def test_a_folder_of_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file that can be read \(it is empty\); expected one"):
        read_folder(tmp_path, None, Roles(), None)
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(DataError, match=r"it holds 'notes\.md'"):
        read_folder(tmp_path, None, Roles(), None)
