import json
from pathlib import Path

import pytest

import consilience as cs
from consilience.errors import DataError, MissingFileError


def test_a_folder_without_a_study_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"holds no study: there is no study.json"):
        cs.Study(tmp_path)
    (tmp_path / "study.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(DataError, match="has format 99; expected 1"):
        cs.Study(tmp_path)
