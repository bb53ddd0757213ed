from typing import Any

import numpy as np
import pandas as pd
import pytest

from consilience.data.container import MultimodalData
from consilience.data.join import join
from consilience.errors import ConfigurationError, ConsilienceError, DataError, InputTypeError

LABS = pd.DataFrame({"pid": ["a", "b", "c"], "na": [1.0, 2.0, 3.0], "died": [0, 1, 0]})
ECG = pd.DataFrame({"pid": ["d", "c", "b"], "rate": [40.0, 30.0, 20.0], "site": ["x", "y", "y"]})


def listed(values: Any) -> list[Any]:
    """Values as a list."""
    return np.asarray(values).tolist()


def test_inner_keeps_what_every_part_has_in_order_of_appearance() -> None:
    data = join({"labs": LABS, "ecg": ECG}, id="pid", target="died", group="site")
    assert listed(data.ids) == ["b", "c"]
    assert listed(data.modalities["labs"]) == [[2], [3]]
    assert listed(data.modalities["ecg"]) == [[20], [30]]
    assert listed(data.target) == [1, 0]
    assert listed(data.groups) == ["y", "y"]
    assert data.target is not None
    assert data.target.dtype.kind == "i"


def test_outer_keeps_everything_and_marks_absence() -> None:
    data = join({"labs": LABS, "ecg": ECG}, how="outer", id="pid", target="died")
    assert listed(data.ids) == ["a", "b", "c", "d"]
    assert data.presence.tolist() == [[True, False], [True, True], [True, True], [False, True]]
    np.testing.assert_array_equal(listed(data.target), [0, 1, 0, np.nan])


def test_data_with_ids_join_frames_and_keep_their_kinds() -> None:
    rich = MultimodalData(
        {"s": [[1.0], [2.0, 3.0]], "note": ["a b c d", "e f g h"]},
        target=["x", "y"],
        ids=["b", "e"],
        kinds={"note": "text"},
    )
    data = join({"rich": rich, "labs": LABS[["pid", "na"]]}, how="outer", id="pid")
    assert data.schema.names == ("s", "note", "labs")
    assert listed(data.ids) == ["b", "e", "a", "c"]
    assert data.modalities["s"][1].tolist() == [[2.0], [3.0]]
    assert data.modalities["note"].tolist() == ["a b c d", "e f g h", None, None]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  an object array
    assert listed(data.target) == ["x", "y", None, None]
    assert data.presence.sum(axis=1).tolist() == [3, 2, 1, 1]


def test_one_modality_takes_the_name_of_its_part() -> None:
    one = MultimodalData({"x": [[1.0]]}, ids=["b"])
    assert join({"labs": LABS, "mine": one}, id="pid", target="died").schema.names == (
        "labs",
        "mine",
    )


def test_a_part_of_roles_only_gives_them() -> None:
    outcome = LABS[["pid", "died"]]
    data = join({"outcome": outcome, "ecg": ECG[["pid", "rate"]]}, id="pid", target="died")
    assert data.schema.names == ("ecg",)
    assert listed(data.target) == [1, 0]


def test_parts_that_agree_fill_each_others_gaps() -> None:
    half = pd.DataFrame({"pid": ["a", "b"], "na": [1.0, 2.0], "died": [0.0, None]})
    rest = pd.DataFrame({"pid": ["b", "a"], "rate": [1.0, 2.0], "died": [1, 0]})
    assert listed(join({"h": half, "r": rest}, id="pid", target="died").target) == [0, 1]


@pytest.mark.parametrize(
    ("parts", "options", "error", "message"),
    [
        ({"labs": LABS, "ecg": pd.concat([ECG, ECG[:2]])}, {"id": "pid"}, DataError,
         "'ecg' has 2 ids more than once: 'd', 'c'; keep one row an id, or make the id finer"),
        ({"labs": LABS, "ecg": ECG[:1]}, {"id": "pid", "how": "outer"}, DataError,
         "no id occurs in two parts. 3 ids only in 'labs': 'a', 'b', 'c'. "
         "1 id only in 'ecg': 'd'."),
        ({"labs": LABS, "ecg": ECG.assign(pid=[1, 2, 3])}, {"id": "pid"}, DataError,
         "Ids are words in 'labs', numbers in 'ecg'."),
        ({"l": LABS[:2], "e": ECG[1:], "m": LABS[:1]}, {"id": "pid"}, DataError,
         "no id occurs in every part. 1 id only in 'e': 'c'."),
        ({"labs": LABS, "ecg": ECG.assign(died=[0, 0, 0])}, {"id": "pid", "target": "died"},
         DataError, "the target of id 'b' is 1 in 'labs' but 0 in 'ecg' (1 such); correct one"),
        ({"labs": LABS, "ecg": ECG}, {"id": "pid", "how": "outer", "group": "site"}, DataError,
         "1 id without a group: 'a'; put the group column into the part that has every id"),
        ({"labs": LABS, "ecg": ECG}, {"id": "pidd"}, ConfigurationError,
         "part 'labs' has no id column 'pidd'; did you mean 'pid'?\n"
         "part 'ecg' has no id column 'pidd'; did you mean 'pid'?"),
        ({"labs": LABS}, {}, ConfigurationError, "name the column that identifies a sample: id="),
        ({"labs": LABS}, {"id": "pid", "target": "dead", "group": "sight"}, ConfigurationError,
         "no part has target column 'dead'; did you mean 'died'?\n"
         "no part has group column 'sight'; there are: 'pid', 'na', 'died'"),
        ({"labs": LABS}, {"id": "pid", "how": "left"}, ConfigurationError, "how is 'left'"),
        ({"labs": LABS[["pid"]]}, {"id": "pid"}, ConfigurationError, "no part holds a modality"),
        ({"labs": MultimodalData({"a": [1.0]})}, {}, ConfigurationError, "part 'labs' has no ids"),
        ({"labs": [1]}, {"id": "pid"}, InputTypeError, "part 'labs' is a list; expected a data"),
        ([LABS], {"id": "pid"}, InputTypeError, "parts must be a mapping of names to tables"),
        ({}, {"id": "pid"}, InputTypeError, "parts must be a mapping of names to tables"),
        ({"a": LABS, "b": MultimodalData({"a": [1.0], "c": [1.0]}, ids=["a"])}, {"id": "pid"},
         ConfigurationError, "modality 'a' comes from both 'a' and 'b'"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("unchecked")
def test_parts_that_do_not_join_say_why(
    parts: Any,
    options: dict[str, Any],
    error: type[ConsilienceError],
    message: str,
) -> None:
    with pytest.raises(error) as caught:
        join(parts, **options)
    assert message in str(caught.value)
