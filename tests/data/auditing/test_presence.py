import numpy as np

from consilience.data.auditing.presence import presence_findings
from consilience.data.container import MultimodalData


def data_with(presence: np.ndarray, target: np.ndarray | None = None) -> MultimodalData:
    """Two modalities, absent as told."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(len(presence), 2))
    return MultimodalData({"a": values, "b": values}, target=target, presence=presence)


def test_complete_data_give_no_finding() -> None:
    assert list(presence_findings(data_with(np.ones((5, 2), dtype=bool)))) == []


def test_a_modality_absent_everywhere_is_an_error() -> None:
    presence = np.tile([True, False], (5, 1))
    (only,) = presence_findings(data_with(presence))
    assert (only.severity, only.where, only.message) == ("error", "b", "absent everywhere")


def test_patterns_and_empty_samples_are_told() -> None:
    presence = np.array([[1, 1]] * 3 + [[1, 0]] * 6 + [[0, 0]], dtype=bool)
    findings = {f.code: f.message for f in presence_findings(data_with(presence))}
    assert findings == {
        "mostly_absent": "absent in 70% of samples",
        "absent_patterns": "3 patterns of presence: without 'b' in 60%, all present in 30%, "
        "none present in 10%",
        "empty_sample": "1 sample with no modality at all (first: row 9)",
    }


def test_presence_that_predicts_is_warned_of_and_other_is_not() -> None:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, 400)
    for target in (classes, classes + rng.normal(size=400)):
        telling = np.c_[np.ones(400), rng.random(400) < 0.3 + 0.3 * classes].astype(bool)
        codes = {f.code: f for f in presence_findings(data_with(telling, target))}
        assert codes["presence_predicts_target"].where == "b"
        silent = np.c_[np.ones(400), rng.random(400) < 0.7].astype(bool)
        others = {f.code for f in presence_findings(data_with(silent, target))}
        assert others == {"absent_patterns"}
