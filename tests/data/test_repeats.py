import narwhals as nw
import pandas as pd
import pytest

import consilience as cs
from consilience.data.repeats import repeating_identifiers

FRAME = pd.DataFrame(
    {
        "lab_a": [1.0, 2.0, 3.0, 4.0],
        "ecg_a": [1.0, 0.0, 3.0, 4.0],
        "died": [0, 1, 0, 1],
        "patient_id": [7, 7, 8, 8],
    }
)


@pytest.mark.parametrize("name", ["patient_id", "PatientID", "subject", "user.id", "userId"])
def test_names_of_identifiers_are_known(name: str) -> None:
    frame = nw.from_native(pd.DataFrame({name: ["x", "x", "y"]}), eager_only=True)
    assert repeating_identifiers(frame, [name]) == {name: 2}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("humidity", [1, 1, 2]),
        ("patient_id", [1, 2, 3]),
        ("patient_id", [1, 1, 1]),
        ("patient_weight", [70.5, 70.5, 60.0]),
    ],
)
def test_other_words_unlike_values_and_measurements_are_none(
    name: str, values: list[float]
) -> None:
    frame = nw.from_native(pd.DataFrame({name: values}), eager_only=True)
    assert repeating_identifiers(frame, [name]) == {}


def test_what_was_used_for_nothing_is_kept_with_the_samples() -> None:
    parts = {"labs": "lab_*", "ecg": "ecg_*"}
    data = cs.MultimodalData.from_frame(FRAME, target="died", modalities=parts)
    assert data.repeating == {"patient_id": 2}
    assert data[:3].repeating == {}
    grouped = cs.MultimodalData.from_frame(
        FRAME, target="died", group="patient_id", modalities=parts
    )
    assert grouped.repeating == {}


def test_the_audit_names_it_with_both_ways_out() -> None:
    data = cs.MultimodalData.from_frame(
        FRAME, target="died", modalities={"labs": "lab_*", "ecg": "ecg_*"}
    )
    (finding,) = [f for f in cs.audit(data).findings if f.code == "repeated_identifier"]
    assert finding.severity == "error"
    assert finding.message == (
        "column 'patient_id' looks like an identifier and repeats: 2 values in 4 samples, so "
        "that those of one may stand both in training and test"
    )
    assert finding.fix == (
        "keep them together with group='patient_id' (--group patient_id); or, if samples do not "
        "depend on each other, leave the column out of the data"
    )
