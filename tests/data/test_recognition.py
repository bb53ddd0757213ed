import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

from consilience.data.ragged import Ragged
from consilience.data.recognition import kinds_by_modality, recognise
from consilience.errors import (
    ConfigurationError,
    ConsilienceError,
    DataError,
    InputTypeError,
    ShapeError,
)


@pytest.mark.parametrize(
    "values",
    [
        np.array([[1, 2], [3, 4]]),
        [[1, 2], [3, 4]],
        torch.tensor([[1, 2], [3, 4]]),
        pd.DataFrame({0: [1, 3], 1: [2, 4]}),
        pl.DataFrame({"0": [1, 3], "1": [2, 4]}),
        pa.table({"0": [1, 3], "1": [2, 4]}),
    ],
)
def test_numbers_from_any_library_are_the_same_table(values: object) -> None:
    schema, stored = recognise("x", values, {})
    assert schema.kind == "table"
    assert [c.name for c in schema.columns] == ["0", "1"]
    assert isinstance(stored, np.ndarray)
    assert stored.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "column",
    [
        ["m", None, "f"],
        pd.Series(["m", None, "f"]),
        pd.Series(["m", None, "f"], dtype="category"),
        pl.Series(["m", None, "f"]),
        np.array(["m", "", "f"]),
        np.array(["m", np.nan, "f"], dtype=object),
        pd.Series(["m", pd.NA, "f"], dtype="string"),
    ],
)
def test_words_from_any_library_are_the_same_codes(column: object) -> None:
    schema, stored = recognise("sex", column, {})
    assert schema.columns[0].categories == ("f", "m")
    np.testing.assert_array_equal(np.asarray(stored)[:, 0], [1, np.nan, 0])


def test_whole_numbers_declared_as_categories_are_categories() -> None:
    schema, stored = recognise("ward", pd.DataFrame({"w": pd.Categorical([3, 1, 3])}), {})
    assert schema.columns[0].categories == ("1", "3")
    assert np.asarray(stored)[:, 0].tolist() == [1.0, 0.0, 1.0]


def test_precision_of_floats_is_kept() -> None:
    assert np.asarray(recognise("x", np.ones((2, 2), dtype=np.float32), {})[1]).dtype == np.float32
    frame = pl.DataFrame({"a": pl.Series([1.0, 2.0], dtype=pl.Float32)})
    assert np.asarray(recognise("x", frame, {})[1]).dtype == np.float32


@pytest.mark.parametrize(
    ("values", "length"),
    [
        ([[1.0, 2.0], [3.0]], None),
        ([np.ones((2, 3)), np.ones((4, 3))], None),
        ([np.ones((2, 3)), None, np.ones((2, 3))], 2),
        (np.ones((5, 4, 3)), 4),
        (torch.ones(5, 4, 3), 4),
        ([torch.ones(2, 3), torch.ones(4, 3)], None),
        (pl.DataFrame({"s": [[1.0], [2.0, 3.0]]}), None),
        (pa.table({"s": [[[1.0, 2.0]], [[3.0, 4.0]]]}), 1),
        (Ragged.of([[1.0], [2.0]]), None),
    ],
)
def test_sequences_are_fixed_where_those_present_have_one_length(
    values: object, length: int | None
) -> None:
    schema, stored = recognise("s", values, {})
    assert schema.kind == "sequence"
    assert schema.length == length
    assert isinstance(stored, Ragged) == (length is None)


def test_an_absent_sequence_of_fixed_length_is_nan() -> None:
    _, stored = recognise("s", [np.ones((2, 1)), None], {})
    np.testing.assert_array_equal(np.asarray(stored)[:, :, 0], [[1, 1], [np.nan, np.nan]])


def test_arrow_lists_equal_python_lists_with_gaps() -> None:
    lists = [[1.0, None], None, [], [2.0, 3.0, 4.0]]
    _, stored = recognise("s", pa.table({"s": lists}), {})
    assert isinstance(stored, Ragged)
    assert stored.lengths.tolist() == [2, 0, 0, 3]
    np.testing.assert_array_equal(stored.values[:, 0], [1, np.nan, 2, 3, 4])


def test_a_slice_of_an_arrow_table_has_its_own_lists_only() -> None:
    table = pa.table({"s": [[1.0], [2.0, 3.0], [4.0, 5.0, 6.0]]}).slice(1)
    _, stored = recognise("s", table, {})
    assert isinstance(stored, Ragged)
    assert [s[:, 0].tolist() for s in stored] == [[2, 3], [4, 5, 6]]


def test_free_text_is_told_from_categories() -> None:
    notes = ["the patient slept well", "no pain was felt today", "asked for some more water"]
    schema, stored = recognise("note", [*notes, None, " "], {})
    assert schema.kind == "text"
    assert np.asarray(stored).tolist() == [*notes, None, None]
    assert recognise("w", ["a", "b"] * 40, {})[0].kind == "table"
    assert recognise("w", [f"w{i}" for i in range(51)], {})[0].kind == "text"


def test_a_fixed_kind_wins() -> None:
    assert recognise("w", ["a", "b"], {"w": "text"})[0].kind == "text"
    fixed = recognise("n", [f"word {i}" for i in range(60)], {"n": "categorical"})[0]
    assert len(fixed.columns[0].categories) == 60
    schema, stored = recognise("x", np.array([[3, 0.5], [1, 0.5]]), {"x.0": "categorical"})
    assert [c.kind for c in schema.columns] == ["categorical", "numeric"]
    assert schema.columns[0].categories == ("1", "3")
    assert np.asarray(stored).tolist() == [[1, 0.5], [0, 0.5]]


@pytest.mark.parametrize("values", [np.ones((4, 7)), pd.DataFrame(np.ones((4, 7)))])
def test_columns_can_be_the_steps_of_a_sequence(values: object) -> None:
    schema, stored = recognise("ecg", values, {"ecg": "sequence"})
    assert (schema.kind, schema.length, schema.width) == ("sequence", 7, 1)
    assert np.asarray(stored).shape == (4, 7, 1)


@pytest.mark.parametrize(
    ("values", "kinds", "error", "message"),
    [
        ([1, "x", 2], {}, DataError, "holds numbers but also 1 word, first 'x' in row 1"),
        (pd.DataFrame({"a": [1.0], "t": ["2020-01-01"]}).astype({"t": "datetime64[ns]"}), {},
         DataError, "column 't' of modality 'm' holds dates"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), {}, DataError, "holds dates"),
        (np.ones((2, 2)) * 1j, {}, DataError, "complex128"),
        (np.ones((2, 2, 2, 2)), {}, ShapeError, "has shape (2, 2, 2, 2)"),
        (np.float64(3), {}, InputTypeError, "is a float64"),
        ("words", {}, InputTypeError, "modality 'm' is a str"),
        ({"a": [1]}, {}, InputTypeError, "modality 'm' is a mapping"),
        (pl.LazyFrame({"a": [1]}), {}, InputTypeError, "pass .collect()"),
        (np.ones((2, 0)), {}, DataError, "modality 'm' has no column"),
        (pd.DataFrame(index=[0, 1]), {}, DataError, "modality 'm' has no column"),
        (np.ones((2, 3, 0)), {}, DataError, "modality 'm' has no column"),
        ([[1.0, 2.0], ["a", "b", "c"]], {}, DataError, "not of numbers"),
        (pa.table({"s": [["a"], ["b"]]}), {}, DataError, "lists of string"),
        (pa.table({"s": [[[1.0], [1.0, 2.0]]]}), {}, ShapeError, "differ in their number"),
        (pl.DataFrame({"s": [{"a": 1}]}), {}, DataError, "expected numbers, words or lists"),
        (np.ones((2, 2)), {"m": "text"}, ConfigurationError, "its kind cannot be 'text'"),
        (np.ones((2, 2, 2)), {"m": "categorical"}, ConfigurationError, "is a sequence, its kind"),
        (pd.DataFrame({"sex": ["m"]}), {"m.sx": "categorical"}, ConfigurationError,
         "has no such column; did you mean 'sex'?"),
        (pd.DataFrame({"a": ["x"], "b": [1]}), {"m.a": "text"}, ConfigurationError,
         "expected 'numeric' or 'categorical'"),
        (pd.DataFrame({"a": ["x"]}), {"m.a": "numeric"}, DataError,
         "holds 'x' in row 0, which is not a number"),
        (pd.DataFrame([[1, 2]], columns=pd.Index(["a", "a"])), {}, ConfigurationError,
         "column 'a' stands in the frame more than once"),
        (pd.DataFrame({"a": [f"w{i}" for i in range(60)], "b": range(60)}), {}, DataError,
         "holds text (60 different values); give it a modality of its own"),
        (pd.DataFrame({"a": [str(i) for i in range(60)], "b": range(60)}), {}, DataError,
         "holds numbers stored as words (60 different values); turn them into numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_says_why(
    values: object, kinds: dict[str, str], error: type[ConsilienceError], message: str
) -> None:
    with pytest.raises(error) as caught:
        recognise("m", values, kinds)
    assert message in str(caught.value)


def test_fixed_kinds_go_to_the_longest_name_that_fits() -> None:
    parts = kinds_by_modality({"a.b": "text", "a.c": "numeric"}, ["a", "a.b"])
    assert parts == {"a": {"a.c": "numeric"}, "a.b": {"a.b": "text"}}


def test_all_faults_of_kinds_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        kinds_by_modality({"lab": "text", "labs": "word"}, ["labs"])
    assert caught.value.faults == (
        "kinds names 'lab', which is no modality nor column of one; did you mean 'labs'?",
        "kind 'word' of 'labs' is not known; there are: 'table', 'numeric', 'categorical', "
        "'text', 'sequence'",
    )
