"""The mice: named genes and lipids, two targets."""

from collections import Counter

import numpy as np
import pytest

from consilience.data import datasets
from consilience.data.container import MultimodalData


@pytest.fixture(scope="module")
def nutrimouse() -> MultimodalData:
    return datasets.load("nutrimouse")


def test_it_is_what_its_card_says(nutrimouse: MultimodalData) -> None:
    card = datasets.card("nutrimouse")
    assert len(nutrimouse) == card.rows == 40
    assert {n: np.asarray(v).shape[1:] for n, v in nutrimouse.modalities.items()} == dict(
        card.modalities
    )


def test_columns_have_their_names(nutrimouse: MultimodalData) -> None:
    genes = [column.name for column in nutrimouse.schema["gene"].columns]
    assert genes[:2] == ["X36b4", "ACAT1"]
    assert len(set(genes)) == 120
    lipids = [column.name for column in nutrimouse.schema["lipid"].columns]
    assert lipids[:2] == ["C14.0", "C16.0"]
    assert all(column.kind == "numeric" for column in nutrimouse.schema["gene"].columns)


def test_lipids_are_shares_that_sum_to_the_whole(nutrimouse: MultimodalData) -> None:
    total = np.asarray(nutrimouse.modalities["lipid"]).sum(axis=1)
    np.testing.assert_allclose(total, 100, atol=0.2)


def test_four_mice_for_each_diet_and_genotype(nutrimouse: MultimodalData) -> None:
    genotype = datasets.load("nutrimouse", target="genotype")
    assert nutrimouse.target is not None
    assert genotype.target is not None
    pairs = Counter(zip(nutrimouse.target, genotype.target, strict=True))
    assert set(pairs.values()) == {4}
    assert {diet for diet, _ in pairs} == {"coc", "fish", "lin", "ref", "sun"}
    assert {kind for _, kind in pairs} == {"ppar", "wt"}


@pytest.mark.parametrize("target", ["diet", "genotype"])
def test_a_variant_is_the_set_with_that_target(target: str) -> None:
    variant = datasets.load(f"nutrimouse/{target}")
    chosen = datasets.load("nutrimouse", target=target)
    assert variant.target is not None
    assert chosen.target is not None
    assert variant.target.tolist() == chosen.target.tolist()
