from typing import Any

import numpy as np
import pandas as pd
import pytest

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.errors import ModalityError


def fitted(**modalities: Any) -> MultimodalData:
    """Data whose schema others conform to."""
    return MultimodalData(modalities)


def values(data: MultimodalData, name: str) -> list[Any]:
    """Stored values of a modality as lists."""
    return np.asarray(data.modalities[name]).tolist()


TABLE = pd.DataFrame({"age": [1.0, 2.0], "sex": ["f", "m"], "ward": ["10", "20"]})


def test_columns_and_categories_take_the_fitted_order() -> None:
    new = pd.DataFrame(
        {"sex": ["m", "m", "x"], "extra": [0, 0, 0], "ward": [20, 30, 10], "age": [3, 4, None]}
    )
    model = fitted(labs=TABLE)
    data = MultimodalData({"more": [1, 2, 3], "labs": new}).conform(model.schema)
    assert data.schema == model.schema
    np.testing.assert_array_equal(
        np.asarray(data.modalities["labs"]), [[3, 1, 1], [4, 1, np.nan], [np.nan, np.nan, 0]]
    )


def test_conforming_to_its_own_schema_changes_nothing() -> None:
    model = fitted(labs=TABLE, s=[[1.0], [2.0, 3.0]], note=["a b c d", "e f g h"])
    data = model.conform(model.schema)
    assert data.schema == model.schema
    assert all(data.modalities[n] is model.modalities[n] for n in model.schema.names)


def test_what_is_lacking_becomes_absent() -> None:
    model = MultimodalData(
        {"a": [[1.0], [2.0]], "t": ["x", "y"], "s": np.ones((2, 3, 2))}, kinds={"t": "text"}
    )
    data = MultimodalData({"a": [[5.0]]}).conform(model.schema)
    assert data.presence.tolist() == [[True, False, False]]
    assert values(data, "t") == [None]
    assert np.asarray(data.modalities["s"]).shape == (1, 3, 2)


def test_few_texts_that_look_like_categories_are_text() -> None:
    model = fitted(note=[f"note number {i} of many" for i in range(9)])
    assert model.schema["note"].kind == "text"
    data = MultimodalData({"note": ["short", None, "short"]}).conform(model.schema)
    assert values(data, "note") == ["short", None, "short"]
    assert data.presence[:, 0].tolist() == [True, False, True]


def test_long_words_that_look_like_text_are_categories() -> None:
    model = fitted(diet=["fish oil and bread", "corn"] * 3)
    new = MultimodalData(
        {"diet": ["fish oil and bread", "some other new food", "what is this one"]}
    )
    assert new.schema["diet"].kind == "text"
    np.testing.assert_array_equal(
        np.asarray(new.conform(model.schema).modalities["diet"]), [[1], [np.nan], [np.nan]]
    )


def test_sequences_of_one_length_by_chance_are_sequences() -> None:
    model = fitted(s=[[1.0], [2.0, 3.0]])
    data = MultimodalData({"s": [[1.0, 2.0], [3.0, 4.0]]}).conform(model.schema)
    assert np.asarray(data.modalities["s"]).shape == (2, 2, 1)
    assert data.schema["s"].length == 2
    longer = fitted(s=np.ones((2, 3, 1)))
    free = MultimodalData({"s": Ragged.of([[1.0], [2.0]])}).conform(longer.schema)
    assert isinstance(free.modalities["s"], Ragged)
    assert free.schema["s"].length is None


def test_an_empty_modality_has_any_kind() -> None:
    model = fitted(
        note=[f"note number {i} of many" for i in range(9)], ward=["a", "b"] * 4 + ["a"]
    )
    data = MultimodalData({"note": [None, None], "ward": [None, None]}).conform(model.schema)
    assert values(data, "note") == [None, None]
    assert not data.presence.any()


def test_columns_without_names_are_taken_in_order() -> None:
    model = fitted(labs=pd.DataFrame({"a": [1.0], "b": [2.0]}))
    data = MultimodalData({"labs": [[3.0, 4.0]]}).conform(model.schema)
    assert values(data, "labs") == [[3, 4]]
    assert [c.name for c in data.schema["labs"].columns] == ["a", "b"]


@pytest.mark.parametrize(
    ("model", "new", "message"),
    [
        ({"a": [1.0]}, {"b": [1.0]}, "it knows a; the data have b"),
        ({"a": TABLE}, {"a": TABLE[["age"]].assign(sexe="m")},
         "modality 'a' lacks columns 'sex', 'ward', which the model was fitted with; "
         "did you mean 'sexe'?"),
        ({"a": [[1.0, 2.0]]}, {"a": [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]][:1]}, None),
        ({"a": [[1.0, 2.0, 3.0]]}, {"a": [[1.0, 2.0]]}, "lacks column '2'"),
        ({"a": TABLE[["age"]]}, {"a": pd.DataFrame({"age": ["x", "y"]})},
         "column 'age' of modality 'a' holds words such as 'x', but the model was fitted with"),
        ({"a": np.ones((2, 3, 2))}, {"a": np.ones((2, 3, 1))}, "has 1 channels, but the model"),
        ({"a": np.ones((2, 3, 2))}, {"a": [[1.0], [2.0]]},
         "modality 'a' is a table of 1 column, but the model was fitted with a sequence of 3"),
        ({"a": [1.0, 2.0]}, {"a": np.ones((2, 3, 1))}, "is a sequence of 3 steps, 1 channel"),
        ({"a": [f"note number {i} of many" for i in range(9)]}, {"a": [1.0]},
         "is a table of 1 column, but the model was fitted with a text"),
        ({"a": [1.0]}, {"a": [f"note number {i} of many" for i in range(9)]}, "is a text, but"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_how(
    model: dict[str, Any], new: dict[str, Any], message: str | None
) -> None:
    schema = MultimodalData(model).schema
    if message is None:
        assert MultimodalData(new).conform(schema).schema == schema
        return
    with pytest.raises(ModalityError) as caught:
        MultimodalData(new).conform(schema)
    assert message in str(caught.value)
