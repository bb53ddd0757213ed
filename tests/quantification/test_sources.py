"""Modalities as symbols and numbers."""

import numpy as np
import pytest

import consilience as cs
from consilience.errors import DataError
from consilience.quantification.sources import Source, joined, source_of

RNG = np.random.default_rng(0)


def _sources(**modalities: object) -> list[Source]:
    data = cs.MultimodalData(modalities)
    return [source_of(data.schema[n], data.modalities[n]) for n in data.schema.names]


def test_few_distinct_rows_are_discrete_and_many_are_not() -> None:
    bits, numbers = _sources(a=RNG.integers(0, 2, (200, 3)), b=RNG.standard_normal(200))
    assert (bits.symbols, bits.is_discrete) == (8, True)
    assert (numbers.symbols, numbers.is_discrete) == (200, False)


def test_codes_tell_rows_apart_and_missing_is_a_symbol_of_its_own() -> None:
    (source,) = _sources(a=[[0.0, 1.0], [np.nan, 1.0], [0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]])
    codes = source.rows.tolist()
    assert codes[0] == codes[2] == codes[3]
    assert len(set(codes)) == 3
    assert source.notes == ("'a' misses a value in 20% of the rows used",)


def test_categories_are_indicators() -> None:
    (source,) = _sources(a=["x", "y", "x", "y", "y"] * 4)
    assert source.symbols == 2
    assert source.is_discrete
    if source.values is not None:
        assert set(source.values.ravel().tolist()) == {0.0, 1.0}


def test_sequences_of_several_lengths_are_summarised() -> None:
    (source,) = _sources(a=[np.arange(float(n))[:, None] for n in (2, 3, 5)])
    assert source.numbers()[1].tolist() == pytest.approx([1.0, np.std([0, 1, 2]), 0.0, 2.0])
    assert source.notes == (
        "sequences of several lengths enter as mean, spread, first and last step",
    )


def test_sequences_of_one_length_enter_with_all_steps() -> None:
    (source,) = _sources(a=RNG.standard_normal((6, 4, 2)))
    assert source.numbers().shape == (6, 8)


def test_text_of_many_values_cannot_be_clustered() -> None:
    (source,) = _sources(note=[f"patient number {i} does well" for i in range(60)])
    with pytest.raises(DataError, match=r"modality 'note' is text of 60 distinct values, which"):
        source.numbers()


def test_joined_rows_are_pairs_of_rows() -> None:
    one, two = _sources(a=RNG.integers(0, 2, 100), b=RNG.integers(0, 3, 100))
    both = joined([one, two])
    assert both.name == "a+b"
    assert both.symbols == 6
    pairs = {(a, b, c) for a, b, c in zip(one.rows, two.rows, both.rows, strict=True)}
    assert len(pairs) == 6
    assert both.numbers().shape[1] >= 2


def test_few_distinct_rows_are_grouped_when_asked_and_possible() -> None:
    digits, bits, words = _sources(
        a=RNG.integers(0, 9, (200, 1)), b=RNG.integers(0, 2, 200), note=["yes no", "no yes"] * 100
    )
    assert digits.is_discrete
    assert not digits.grouped().is_discrete
    assert digits.grouped().symbols == digits.symbols
    for fewest in (bits, words):
        assert not fewest.groupable
        assert fewest.grouped().is_discrete
