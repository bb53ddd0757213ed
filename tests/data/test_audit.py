from typing import Any, cast

import numpy as np
import pytest

from consilience.data.audit import audit
from consilience.data.container import MultimodalData
from consilience.data.splits import make_splits
from consilience.errors import InputTypeError


def healthy(rows: int = 200) -> MultimodalData:
    """Samples with nothing wrong about them."""
    rng = np.random.default_rng(0)
    return MultimodalData(
        {
            "labs": rng.normal(size=(rows, 4)),
            "ecg": rng.normal(size=(rows, 10, 2)),
            "steps": [rng.normal(size=(1 + i % 4, 1)) for i in range(rows)],
            "note": [f"note number {i} of many" for i in range(rows)],
        },
        target=np.arange(rows) % 2,
        ids=np.arange(rows),
    )


def test_nothing_is_reported_about_healthy_data() -> None:
    data = healthy()
    splits = make_splits(data, random_state=0)
    assert str(audit(data, splits=splits)) == "200 samples: nothing to report."


def test_the_gravest_comes_first_and_everything_has_numbers_and_a_fix() -> None:
    data = healthy().absent("ecg")
    labs = np.array(data.modalities["labs"])
    labs[:, 1] = 3
    sick = MultimodalData({"labs": labs, "ecg": np.full((200, 3), np.nan)}, target=[1] * 200)
    report = audit(sick)
    assert [f.severity for f in report.findings] == ["error", "error", "warning"]
    assert [f.code for f in report.findings] == [
        "one_class",
        "absent_everywhere",
        "constant_column",
    ]
    assert all(f.message and f.fix for f in report.findings)
    assert not report.ok


def test_pairs_of_rows_serve_as_splits() -> None:
    data = MultimodalData({"a": np.arange(8.0)}, ids=[1, 1, 2, 3, 4, 5, 6, 7])
    report = audit(data, splits=[(np.arange(1, 8), np.array([0]))])
    assert "id_across_splits" in {f.code for f in report.findings}


@pytest.mark.usefixtures("unchecked")
def test_only_samples_are_audited() -> None:
    with pytest.raises(InputTypeError, match="data is a dict; expected MultimodalData"):
        audit(cast("Any", {"a": [1]}))
