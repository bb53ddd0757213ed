from pathlib import Path

import pytest

import consilience as cs
from consilience.data.fingerprint import fingerprint
from consilience.errors import ConfigurationError, DataError, MissingFileError
from consilience.studies.settings import read_record, read_settings, record, write_record


def test_what_is_written_is_read_back(tmp_path: Path, coin: cs.MultimodalData) -> None:
    settings = {"data": "x.csv", "folds": 3, "methods": ["concat"], "kinds": {}, "budget": None}
    path = tmp_path / "study.toml"
    write_record(path, record(settings, coin, "consilience study x.csv"))
    found = read_settings(path)
    assert (found.data, found.folds, found.methods) == ("x.csv", 3, ["concat"])
    assert (found.budget, found.kinds, found.seeds) == (None, {}, None)
    written = read_record(path)["record"]
    assert written["fingerprint"] == fingerprint(coin)
    assert written["rows"] == 100
    assert written["consilience"] == cs.__version__
    assert [p.name for p in tmp_path.iterdir()] == ["study.toml"]


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('fold = 3\nseeds = "many"\ntask = "guess"\n')
    with pytest.raises(ConfigurationError) as raised:
        read_settings(path)
    assert sorted(raised.value.faults) == [
        f"{path}: seeds is 'many'; input should be a valid integer, "
        "unable to parse string as an integer",
        f"{path}: task is 'guess'; input should be 'classification', 'multilabel' or 'regression'",
        f"{path}: there is no setting 'fold'; did you mean 'folds'?",
    ]


def test_numbers_out_of_range_are_told_with_the_other_faults(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("fold = 3\nfolds = 1\nseeds = 0\nbudget = -3\nworkers = 0\n")
    with pytest.raises(ConfigurationError) as raised:
        read_settings(path)
    assert sorted(raised.value.faults) == [
        f"{path}: budget is -3; input should be greater than 0",
        f"{path}: folds is 1; input should be greater than or equal to 2",
        f"{path}: seeds is 0; input should be greater than or equal to 1",
        f"{path}: there is no setting 'fold'; did you mean 'folds'?",
        f"{path}: workers is 0; input should be greater than or equal to 1",
    ]


def test_names_that_are_not_known_are_told_with_the_other_faults(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('folds = 1\nmetric = "auc"\nmethods = ["concat", "lowrank"]\n')
    with pytest.raises(ConfigurationError) as raised:
        read_settings(path)
    assert sorted(raised.value.faults) == [
        f"{path}: folds is 1; input should be greater than or equal to 2",
        f"{path}: methods is ['concat', 'lowrank']; not known: 'lowrank': "
        "did you mean 'low_rank'?",
        f"{path}: metric is 'auc'; not known: did you mean 'auroc'?",
    ]


def test_a_file_that_is_no_toml_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    with pytest.raises(MissingFileError, match="there is no file"):
        read_settings(path)
    path.write_text("folds 3")
    with pytest.raises(DataError, match="is not TOML: "):
        read_settings(path)
