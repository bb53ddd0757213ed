import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.data.tables import categories_of, is_free_text, table_of, texts_of
from consilience.errors import DataError


@given(st.lists(st.one_of(st.none(), st.sampled_from(["b", "a", "c"])), min_size=1, max_size=9))
def test_codes_and_categories_give_the_words_back(words: list[str | None]) -> None:
    array = np.empty(len(words), dtype=object)
    array[:] = words
    schema, codes = categories_of("c", array)
    back = [None if np.isnan(c) else schema.categories[int(c)] for c in codes]
    assert back == words
    assert list(schema.categories) == sorted({w for w in words if w is not None})


def test_whole_floats_and_integers_are_one_category() -> None:
    schema, codes = categories_of("c", np.array([1, 1.0, 2.5, np.int64(1)], dtype=object))
    assert schema.categories == ("1", "2.5")
    assert codes.tolist() == [0, 0, 1, 0]


def test_columns_stand_in_order_with_a_common_type() -> None:
    columns = {"w": np.array(["y", "x"]), "n": np.array([1.0, 2.0], dtype=np.float32)}
    schemas, table = table_of("m", columns, {"w": None, "n": None})
    assert [s.kind for s in schemas] == ["categorical", "numeric"]
    assert table.tolist() == [[1, 1], [0, 2]]
    assert table.dtype == np.float64


def test_few_odd_words_among_numbers_are_refused_but_few_numbers_among_words_are_not() -> None:
    mixed = np.array(["1", "2", "?", "3", "?"], dtype=object)
    with pytest.raises(DataError) as caught:
        table_of("labs", {"sodium": mixed}, {"sodium": None})
    assert str(caught.value) == (
        "column 'sodium' of modality 'labs' holds numbers but also 2 words, first '?' in row 2; "
        "replace by an empty cell, or say kinds={'labs.sodium': 'categorical'}"
    )
    words = np.array(["low", "high", "3"], dtype=object)
    (schema,), _ = table_of("labs", {"level": words}, {"level": None})
    assert schema.categories == ("3", "high", "low")


def test_a_column_of_empty_words_is_numbers_all_missing() -> None:
    (schema,), table = table_of("m", {"c": np.array(["", ""])}, {"c": "numeric"})
    assert schema.kind == "numeric"
    assert np.isnan(table).all()


def test_numbers_are_never_text_and_blank_text_is_missing() -> None:
    assert not is_free_text(np.arange(100.0))
    assert texts_of(np.array(["a", "  ", None, 3.0], dtype=object)).tolist() == [
        "a",
        None,
        None,
        "3",
    ]
