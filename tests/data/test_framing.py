import pandas as pd
import pytest

from consilience.data.framing import by_prefix, divide
from consilience.data.patterns import Roles
from consilience.errors import ConfigurationError


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["lab_a__x", "ecg__y_z"], ["lab_a", "ecg"]),
        (["lab.a_1", "ecg.b"], ["lab", "ecg"]),
        (["lab:a", "lab:b"], ["lab"]),
        (["lab/a_1", "ecg_1/b"], ["lab", "ecg_1"]),
        (["lab_a.1", "ecg_b"], ["lab", "ecg"]),
    ],
)
def test_the_separator_stands_in_every_name(columns: list[str], names: list[str]) -> None:
    assert list(by_prefix(columns)) == names


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["lab_a", "age", "_x", "y_"], "cannot tell the modality of columns 'age', '_x', 'y_'"),
        (["lab_a", "age"], "of column 'age': no prefix ends in one of '__', '.', ':', '/', '_'"),
        ([], "no column is left for the modalities; name the columns of each modality"),
    ],
)
def test_names_without_a_common_separator_are_refused(columns: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        by_prefix(columns)
    assert message in str(caught.value)


def test_columns_are_divided_by_modality_and_role() -> None:
    frame = pd.DataFrame({"lab_a": [1], "ecg_b": [2], "died": [0], "pid": ["x"]})
    parts = divide(frame, None, Roles("died", "pid"))
    assert {n: p.columns for n, p in parts.modalities.items()} == {
        "lab": ["lab_a"],
        "ecg": ["ecg_b"],
    }
    assert parts.target is not None
    assert parts.ids is not None
    assert (parts.target.tolist(), parts.ids.tolist(), parts.groups) == ([0], ["x"], None)
