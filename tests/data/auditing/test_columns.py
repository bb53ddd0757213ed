import numpy as np
import pandas as pd

from consilience.data.auditing.columns import column_findings
from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged

RNG = np.random.default_rng(0)


def found(**modalities: object) -> list[tuple[str, str, str]]:
    """Code, place and message of what is found."""
    return [(f.code, f.where, f.message) for f in column_findings(MultimodalData(modalities))]


def test_constants_are_found_in_tables_sequences_and_text() -> None:
    table = np.c_[RNG.normal(size=8), np.full(8, 2.0), np.r_[np.nan, np.zeros(7)]]
    assert found(labs=table) == [
        ("constant_column", "labs", "2 columns of 3 are constant: '1', '2'")
    ]
    steps = Ragged.of([np.c_[RNG.normal(size=3), np.ones(3)] for _ in range(4)])
    assert found(acc=steps) == [("constant_column", "acc.1", "channel '1' is constant")]
    same = MultimodalData({"note": ["the very same words"] * 4}, kinds={"note": "text"})
    assert [f.code for f in column_findings(same)] == ["constant_column"]


def test_mostly_missing_columns_count_only_samples_that_have_the_modality() -> None:
    table = RNG.normal(size=(10, 2))
    table[:4] = np.nan
    table[4:7, 1] = np.nan
    assert found(labs=table) == []
    table[7, 1] = np.nan
    assert found(labs=table) == [
        ("missing_column", "labs.1",
         "column '1' is missing in up to 67% of the samples that have 'labs'")
    ]  # fmt: skip


def test_infinite_and_implausible_values_are_found() -> None:
    table = RNG.normal(size=(100, 3))
    table[3, 0] = np.inf
    table[4, 2] = -999
    codes = found(labs=table)
    assert codes[0] == ("infinite_value", "labs.0", "column '0' holds infinite values")
    assert codes[1][:2] == ("scale_outlier", "labs.2")
    assert "robust standard deviations out" in codes[1][2]


def test_ordinary_tails_binary_columns_and_codes_are_not_outliers() -> None:
    frame = pd.DataFrame(
        {
            "normal": RNG.normal(size=1000),
            "long": RNG.exponential(size=1000),
            "rare": np.r_[np.ones(3), np.zeros(997)],
            "word": [f"w{i}" for i in np.r_[np.zeros(960, int), np.arange(40)]],
        }
    )
    assert found(m=frame) == []


def test_columns_that_identify_are_found_by_name() -> None:
    frame = pd.DataFrame(
        {"patient_id": [1, 2, 3], "acid": [1, 2, 3], "subject": list("abc"), "id": [0.5, 1.5, 2.5]}
    )
    assert found(labs=frame) == [
        ("identifier_column", "labs",
         "2 columns of 4 look like identifiers: 'patient_id', 'subject'")
    ]  # fmt: skip
