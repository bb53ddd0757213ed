"""Lists of one length are vectors; everything else stays what it is."""

import numpy as np

from consilience.data.container import MultimodalData
from consilience.data.vectors import vectors_as_tables


def test_a_list_a_sample_is_a_row_and_the_rest_of_the_sample_stays() -> None:
    rows = np.arange(12.0).reshape(3, 4)
    rows[1] = np.nan
    data = MultimodalData(
        {"emb": rows[:, :, None], "t": [1.0, 2.0, 3.0]}, [0, 1, 0], ids=["a", "b", "c"]
    )
    found = vectors_as_tables(data)
    assert found.schema["emb"].kind == "table"
    np.testing.assert_array_equal(np.asarray(found.modalities["emb"]), rows)
    assert found.presence.tolist() == data.presence.tolist()
    assert found.ids is data.ids
    assert found.target is data.target
    assert found[[0, 2]].conform(found.schema).schema == found.schema


def test_what_is_no_vector_stays() -> None:
    data = MultimodalData(
        {"two": np.ones((3, 4, 2)), "uneven": [np.ones((i + 1, 1)) for i in range(3)]}
    )
    assert vectors_as_tables(data).schema == data.schema


def test_a_sequence_can_be_kept() -> None:
    data = MultimodalData({"wave": np.ones((3, 4, 1)), "emb": np.ones((3, 5, 1))})
    kinds = [m.kind for m in vectors_as_tables(data, {"wave"}).schema.modalities]
    assert kinds == ["sequence", "table"]
