"""What is said of a graph is enough to feed it without this library."""

import re
import unicodedata
import zlib
from itertools import pairwise

import numpy as np
import pytest

import consilience as cs
from consilience.encoders.text import TextHasher
from consilience.estimators.sidecar import Span, describe, names_of, output_of

CLASSES = {"outputs": 2, "classes": ["no", "yes"], "multilabel": False}


def test_everything_a_caller_must_know(mixed: cs.MultimodalData) -> None:
    lengths = {"note": Span(65, None), "wave": Span(16, 900)}
    told = describe(mixed.schema, CLASSES, presence=True, rows=Span(1, 992), lengths=lengths)
    labs, note, wave, sex, presence = told["inputs"]
    assert (labs["dtype"], labs["shape"], labs["missing"]) == ("float64", ["rows", 3], "NaN")
    assert (note["dtype"], note["shape"], note["padding"]) == ("int64", ["rows", "tokens"], 0)
    assert note["length"] == {"least": 65, "most": None}
    assert (wave["shape"], wave["padding"]) == (["rows", "steps", 2], "NaN")
    assert wave["length"] == {"least": 16, "most": 900}
    assert sex["columns"][0]["categories"] == ["f", "m"]
    assert presence["order"] == ["labs", "note", "wave", "sex"]
    assert (presence["dtype"], presence["shape"]) == ("bool", ["rows", 4])
    assert told["rows"] == {"least": 1, "most": 992}
    assert told["output"] == {
        "name": "probabilities",
        "dtype": "float64",
        "shape": ["rows", 2],
        "classes": ["no", "yes"],
    }


def test_sequences_of_one_length_say_it() -> None:
    data = cs.MultimodalData({"w": np.ones((3, 7, 2))})
    told = describe(data.schema, CLASSES, presence=False, rows=Span(1, None), lengths={})
    assert len(told["inputs"]) == 1
    assert told["inputs"][0]["shape"] == ["rows", 7, 2]
    assert "length" not in told["inputs"][0]


def test_labels_and_quantities_are_told_apart(mixed: cs.MultimodalData) -> None:
    several = {"outputs": 3, "classes": [0, 1, 2], "multilabel": True}
    quantity = {"outputs": 1, "target_mean": [0.0], "target_scale": [1.0]}
    told = [
        describe(mixed.schema, state, presence=True, rows=Span(1, None), lengths={})["output"]
        for state in (several, quantity)
    ]
    assert told[0]["labels"] == [0, 1, 2]
    assert (told[1]["name"], told[1]["unit"]) == ("quantities", "raw")


def test_names_differ_whatever_modalities_are_called() -> None:
    data = cs.MultimodalData({"presence": [[1.0]], "probabilities": [[1.0]]})
    assert names_of(data.schema, presence=True) == ("presence", "probabilities", "presence_")
    assert names_of(data.schema, presence=False) == ("presence", "probabilities")
    assert output_of(data.schema, CLASSES) == "probabilities_"


@pytest.mark.parametrize("text", ["Chest pain", "Übel, U\u0308bel; no  fever!", "", "one"])
def test_the_words_on_hashing_give_the_hashers_ids(text: str) -> None:
    """Follows the sentence in the sidecar."""

    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())[:512]
    tokens = [*words, *(f"{a} {b}" for a, b in pairwise(words))]
    ids = [1 + zlib.crc32(token.encode()) % 8191 for token in tokens] or [0]
    assert TextHasher()(np.array([text], dtype=object))[0].tolist() == ids
