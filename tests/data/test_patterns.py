import pytest

from consilience.data.patterns import Roles, match
from consilience.errors import ConfigurationError

COLUMNS = ["id", "lab_a", "lab_b", "ecg_1", "ecg_2", "[x]", "died"]


def test_names_patterns_and_lists_are_understood() -> None:
    patterns = {"labs": "lab_?", "ecg": ["ecg_2", "ecg_*"], "odd": "[x]"}
    assert match(COLUMNS, patterns, Roles()) == {
        "labs": ["lab_a", "lab_b"],
        "ecg": ["ecg_2", "ecg_1"],
        "odd": ["[x]"],
    }


def test_a_wildcard_leaves_out_columns_with_a_role() -> None:
    roles = Roles(target="died", id="id")
    assert match(COLUMNS, {"all": "*"}, roles)["all"] == COLUMNS[1:-1]


def test_every_fault_is_told_at_once() -> None:
    patterns = {"labs": ["lab_*", "died"], "lab2": "lab_*", "ecg": "ekg_*"}
    with pytest.raises(ConfigurationError) as caught:
        match(COLUMNS, patterns, Roles(target="died", id="ids", group="died"))
    assert caught.value.faults == (
        "id column 'ids' is not there; did you mean 'id'?",
        "column 'died' is both target and group; name another group column",
        "modality 'labs' names column 'died', which is the group; leave it out of one of them",
        "columns 'lab_a', 'lab_b' belong to both 'labs' and 'lab2'; narrow one pattern",
        "modality 'ecg': pattern 'ekg_*' matches no column; did you mean 'ecg_2' or 'ecg_1'?",
    )


def test_a_modality_of_nothing_but_roles_is_a_fault() -> None:
    with pytest.raises(ConfigurationError, match="modality 'y' has no column but those of died"):
        match(COLUMNS, {"y": "d*"}, Roles(target="died"))


def test_upper_and_lower_case_differ() -> None:
    with pytest.raises(ConfigurationError, match="matches no column"):
        match(COLUMNS, {"labs": "LAB_*"}, Roles())


def test_columns_without_a_role_are_left() -> None:
    assert Roles(target="died", group="id").leave(COLUMNS) == COLUMNS[1:-1]
    with pytest.raises(ConfigurationError, match="target column 'dead' is not there"):
        Roles(target="dead").leave(COLUMNS)


def test_a_pattern_of_the_target_means_all_columns_it_matches() -> None:
    columns = ["label_a", "x_1", "label_b", "label_id"]
    several = Roles(target="label_*", id="label_id").resolved(columns)
    assert several.target == ("label_a", "label_b")
    assert several.leave(columns) == ["x_1"]
    assert match(columns, {"rest": "*"}, several) == {"rest": ["x_1"]}
    assert Roles(target=("label_b", "label_*")).resolved(columns[:3]).target == (
        "label_b",
        "label_a",
    )


def test_a_pattern_that_matches_one_column_is_that_column() -> None:
    assert Roles(target="x_*").resolved(["x_1", "y"]).target == "x_1"
    assert Roles(target="[x]").resolved(["[x]", "x"]).target == "[x]"
    assert Roles().resolved(["x"]).target is None


def test_every_target_that_is_not_there_or_has_two_roles_is_a_fault() -> None:
    roles = Roles(target=("a", "lost", "none_*"), id="a").resolved(["a", "b"])
    assert [fault.partition(";")[0] for fault in roles.faults(["a", "b"])] == [
        "target column 'lost' is not there",
        "target column 'none_*' is not there",
        "column 'a' is both target and id",
    ]
