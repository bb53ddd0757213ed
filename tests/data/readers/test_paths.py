from pathlib import Path

import pytest

from consilience.data.readers.paths import kind_of_file, require_path, stem_of
from consilience.errors import DataError, MissingFileError


@pytest.mark.parametrize(
    ("name", "kind", "stem"),
    [
        ("labs.csv", ".csv", "labs"),
        ("labs.CSV.gz", ".csv", "labs"),
        ("v1.labs.parquet", ".parquet", "v1.labs"),
        ("labs.npy.gz", ".gz", "labs.npy"),
        ("labs", "", "labs"),
    ],
)
def test_names_tell_format_and_modality(name: str, kind: str, stem: str) -> None:
    assert kind_of_file(Path(name)) == kind
    assert stem_of(Path(name)) == stem


def test_a_missing_file_leads_to_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("a\n1\n")
    with pytest.raises(MissingFileError) as caught:
        require_path(tmp_path / "patient.csv")
    assert str(caught.value) == (
        f"there is no 'patient.csv' in {str(tmp_path)!r}; did you mean 'patients.csv'?"
    )
    with pytest.raises(MissingFileError, match=r"its folder .* does not exist"):
        require_path(tmp_path / "no" / "patient.csv")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(DataError, match=r"'a\.csv' is an empty file"):
        require_path(tmp_path / "a.csv")
