import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.utils import _safe_indexing  # pyright: ignore[reportPrivateUsage]  what scikit-learn itself indexes with

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.errors import (
    ConfigurationError,
    ConsilienceError,
    DataError,
    InputTypeError,
    ModalityError,
    ShapeError,
)


def example(rows: int = 12) -> MultimodalData:
    """Every kind of modality, each row telling its own number."""
    numbers = np.arange(rows, dtype=float)
    return MultimodalData(
        {
            "labs": pd.DataFrame({"n": numbers, "sex": ["f", "m"] * (rows // 2)}),
            "ecg": np.repeat(numbers, 4).reshape(rows, 2, 2),
            "steps": [np.full((1 + i % 3, 1), float(i)) for i in range(rows)],
            "note": [None if i == 1 else f"row number {i} says so" for i in range(rows)],
        },
        target=np.arange(rows) % 2,
        ids=[f"p{i}" for i in range(rows)],
        groups=np.arange(rows) // 2,
    )


def rows_of(data: MultimodalData) -> list[int]:
    """The numbers that the rows tell, once all parts of a row agree."""
    found: list[int] = []
    steps = data.modalities["steps"]
    assert isinstance(steps, Ragged)
    for i in range(len(data)):
        number = int(np.asarray(data.modalities["labs"])[i, 0])
        assert np.asarray(data.modalities["ecg"])[i].tolist() == [[number] * 2] * 2
        assert steps[i].tolist() == [[number]] * (1 + number % 3)
        note = np.asarray(data.modalities["note"])[i]
        assert note == (None if number == 1 else f"row number {number} says so")
        assert data.target is not None
        assert data.target[i] == number % 2
        assert data.ids is not None
        assert data.ids[i] == f"p{number}"
        assert data.groups is not None
        assert data.groups[i] == number // 2
        assert data.presence[i].tolist() == [True, True, True, number != 1]
        found.append(number)
    return found


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        (3, [3]),
        (-1, [11]),
        (slice(2, 5), [2, 3, 4]),
        ([7, 1, 1], [7, 1, 1]),
        (np.arange(12) > 9, [10, 11]),
        ([], []),
    ],
)
def test_rows_are_chosen_in_all_parts_at_once(index: Any, rows: list[int]) -> None:
    assert rows_of(example()[index]) == rows


def test_iteration_gives_one_sample_each() -> None:
    assert [rows_of(one) for one in example(4)] == [[0], [1], [2], [3]]
    with pytest.raises(IndexError):
        example()[12]


def test_kinds_and_shape_are_seen() -> None:
    data = example()
    assert data.shape == (12, 4)
    assert [m.kind for m in data.schema.modalities] == ["table", "sequence", "sequence", "text"]
    assert repr(data) == (
        "MultimodalData(12 samples; labs: table of 2 columns (1 categorical), "
        "ecg: sequence of 2 steps, 2 channels, steps: sequence of any length, 1 channel, "
        "note: text)"
    )


def test_modalities_are_selected_in_the_order_given() -> None:
    data = example().select(["note", "labs"])
    assert data.schema.names == tuple(data.modalities) == ("note", "labs")
    assert data.presence[1].tolist() == [False, True]
    with pytest.raises(ModalityError, match="did you mean 'labs'"):
        data.select(["lab"])


def test_absence_leaves_the_original_as_it_was() -> None:
    data = example()
    assert not data.absent("ecg").presence[:, 1].any()
    assert data.presence[:, 1].all()
    with pytest.raises(ModalityError, match="no modality 'eeg'"):
        data.absent("eeg")


def test_a_target_is_replaced_or_dropped() -> None:
    data = example(2)
    other = data.with_target(["x", None])
    assert other.target is not None
    assert other.target.tolist() == ["x", None]
    assert data.with_target(None).target is None
    with pytest.raises(ShapeError, match="target must have 2 rows"):
        data.with_target([1])


def test_pickling_between_processes_loses_nothing() -> None:
    assert rows_of(pickle.loads(pickle.dumps(example()))) == list(range(12))  # noqa: S301  our own bytes


def test_the_view_in_a_notebook_escapes_names() -> None:
    html = MultimodalData({"<b>": [[1.0], [np.nan]]})._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "<td>&lt;b&gt;</td><td>table of 1 column</td><td>50%</td>" in html
    assert "2 samples, no target" in html


def test_scikit_learn_indexes_and_splits_it() -> None:
    data = example()
    picked: Any = _safe_indexing(data, np.array([5, 2]))
    assert rows_of(picked) == [5, 2]
    halves: Any = train_test_split(data, test_size=4, random_state=0)
    train, test = halves
    assert sorted(rows_of(train) + rows_of(test)) == list(range(12))
    splitter = StratifiedGroupKFold(n_splits=3)
    for first, second in splitter.split(data, data.target, data.groups):
        assert not set(np.asarray(data.groups)[first]) & set(np.asarray(data.groups)[second])


class Reader(ClassifierMixin, BaseEstimator):
    """Reads the class off the first column, so that only right rows give full marks."""

    def __init__(self, shift: int = 0) -> None:
        self.shift = shift

    def fit(self, X: MultimodalData, y: np.ndarray) -> "Reader":  # noqa: N803  scikit-learn's name
        """Checks that rows and classes belong together."""
        assert [row % 2 for row in rows_of(X)] == list(y)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: MultimodalData) -> np.ndarray:  # noqa: N803  scikit-learn's name
        """The parity of each row's number."""
        return (np.array(rows_of(X)) + self.shift) % 2


def test_scikit_learn_validates_and_searches_over_it() -> None:
    data = example()
    scores = cross_val_score(Reader(), data, data.target, cv=3)  # pyright: ignore[reportArgumentType]  scikit-learn's types know arrays only
    assert scores.tolist() == [1, 1, 1]
    search = GridSearchCV(Reader(), {"shift": [0, 1]}, cv=3).fit(data, data.target)  # pyright: ignore[reportArgumentType]  scikit-learn's types know arrays only
    assert search.best_params_ == {"shift": 0}
    dummy = cross_val_score(DummyClassifier(), data, data.target, cv=2)  # pyright: ignore[reportArgumentType]  scikit-learn's types know arrays only
    assert dummy.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"modalities": {}}, DataError, "there is no modality; pass at least one, by name"),
        ({"modalities": [[1]]}, InputTypeError, "must be a mapping of names to arrays"),
        ({"modalities": {"a": [1], "b": [1, 2]}}, ShapeError, "'b' has 2 rows but 'a' has 1"),
        ({"modalities": {"a": [1]}, "kinds": {"b": "text"}}, ConfigurationError, "there are: 'a'"),
        ({"modalities": {"a": [1]}, "ids": [1, 2]}, ShapeError, "ids must be (1,)"),
        ({"modalities": {"a": [1]}, "groups": [None]}, DataError, "groups are missing in 1 of 1"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_is_no_data_set_is_refused(
    arguments: dict[str, Any], error: type[ConsilienceError], message: str
) -> None:
    with pytest.raises(error) as caught:
        MultimodalData(**arguments)
    assert message in str(caught.value)


def test_importing_it_loads_nothing_heavy() -> None:
    code = (
        "import sys, consilience.data as d, consilience.data.frames, consilience.data.audit;"
        "d.MultimodalData, d.read, d.make_splits;"
        "print([m for m in ('sklearn', 'torch', 'pandas', 'polars', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
