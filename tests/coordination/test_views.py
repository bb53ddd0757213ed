import numpy as np
import pytest

from consilience.coordination.views import views_of
from consilience.data import MultimodalData
from consilience.errors import DataError, InputTypeError, ModalityError, ShapeError

A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
B = np.array([[1.0], [0.5], [2.5]])


def test_arrays_are_not_copied() -> None:
    a32 = A.astype(np.float32)
    found = views_of({"a": a32, "b": B})
    assert found.arrays["a"] is a32
    assert found.whole()[1] is B
    assert found.presence.all()
    assert len(found) == 3


def test_wholly_missing_rows_are_absent() -> None:
    gone = A.copy()
    gone[1] = np.nan
    found = views_of({"a": gone, "b": B})
    assert found.presence.tolist() == [[True, True], [False, True], [True, True]]
    assert found.complete.tolist() == [0, 2]
    assert found.whole()[1].tolist() == [[1.0], [2.5]]


def test_multimodal_data_bring_presence_groups_and_order() -> None:
    presence = [[True, True], [True, False], [True, True]]
    data = MultimodalData({"a": A, "b": B}, presence=presence, groups=[0, 0, 1])
    found = views_of(data, ["b", "a"])
    assert list(found.arrays) == ["b", "a"]
    assert found.presence.tolist() == [[True, True], [False, True], [True, True]]
    assert found.groups is not None
    assert found.groups.tolist() == [0, 0, 1]


def test_what_an_absent_row_holds_does_not_matter() -> None:
    gap = A.copy()
    gap[1, 0] = np.nan
    presence = [[True, True], [False, True], [True, True]]
    assert not views_of(MultimodalData({"a": gap, "b": B}, presence=presence)).presence[1, 0]


def test_gaps_within_a_row_are_refused() -> None:
    gap = A.copy()
    gap[1, 1] = np.nan
    with pytest.raises(DataError, match=r"view 'a' has gaps within rows, in columns \[1\]; fill"):
        views_of({"a": gap, "b": B})
    endless = A.copy()
    endless[0, 0] = np.inf
    with pytest.raises(DataError, match="view 'a' has infinite values"):
        views_of({"a": endless, "b": B})


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"a": A}, ModalityError, r"at least two views are needed, found \['a'\]"),
        ({"a": A, "b": B[:2]}, ShapeError, "view 'b' has 2 rows but 'a' has 3; use cs.join"),
        ({"a": A, "b": np.zeros((3, 1, 1))}, ShapeError, r"view 'b' must be \(samples, columns\)"),
        ({"a": A, "b": ["x", "y", "z"]}, DataError, "view 'b' must hold numbers, found <U1"),
        ([A, B], InputTypeError, 'such as {"a": array, "b": array}; found list'),
    ],
)
def test_what_are_no_views_is_refused(given: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        views_of(given)


def test_a_lacking_view_is_named_with_the_nearest() -> None:
    with pytest.raises(ModalityError, match="view 'labs' is lacking; did you mean 'lab'"):
        views_of({"lab": A, "b": B}, ["labs", "b"])


def test_modalities_that_are_no_tables_of_numbers_are_refused() -> None:
    text = MultimodalData({"a": A, "note": ["all is well today", "a longer note", "none at all"]})
    with pytest.raises(DataError, match="view 'note' is a text; a table of numbers is needed"):
        views_of(text)
    worded = MultimodalData({"a": A, "b": ["x", "y", "x"]}, kinds={"b": "categorical"})
    with pytest.raises(DataError, match="view 'b' has categorical columns"):
        views_of(worded)
