"""Data sets by name: listed, loaded, described, and wrong names led right."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from consilience.data import datasets
from consilience.errors import ConfigurationError


def test_the_list_names_all_of_them() -> None:
    assert datasets.list() == (
        "emoji",
        "mfeat",
        "mfeat-pairs",
        "nutrimouse",
        "nutrimouse/diet",
        "nutrimouse/genotype",
        "watch",
        "synthetic/redundant",
        "synthetic/unique",
        "synthetic/synergy",
        "synthetic/additive",
        "synthetic/xor",
        "synthetic/mixed",
    )


@pytest.mark.parametrize("name", datasets.list())
def test_each_can_be_loaded_and_is_as_described(name: str) -> None:
    data = datasets.load(name)
    card = datasets.card(name)
    assert len(data) == card.rows
    assert data.schema.names == tuple(card.modalities)
    assert data.target is not None
    assert (data.groups is not None) == bool(card.groups)
    assert data.ids is not None
    assert len(set(data.ids.tolist())) == len(data)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wacth", "there is no data set 'wacth'; did you mean 'watch'?"),
        (
            "nutrimouse/diets",
            "there is no data set 'nutrimouse/diets'; "
            "did you mean 'nutrimouse/diet' or 'nutrimouse' or 'nutrimouse/genotype'?",
        ),
    ],
)
def test_a_wrong_name_is_led_to_the_nearest(name: str, message: str) -> None:
    for call in (datasets.load, datasets.card):
        with pytest.raises(ConfigurationError) as caught:
            call(name)
        assert str(caught.value) == message


def test_all_wrong_options_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        datasets.load("nutrimouse", target="diets", n=10)
    assert caught.value.faults == (
        "data set 'nutrimouse' has no target 'diets'; did you mean 'diet'?",
        "data set 'nutrimouse' has a fixed size; leave n=10 out and pick rows: data[:10]",
    )


@pytest.mark.parametrize(
    ("name", "target", "n", "fault"),
    [
        (
            "synthetic/xor",
            "label",
            None,
            "data set 'synthetic/xor' has one target only; leave target='label' out",
        ),
        ("synthetic/xor", None, 0, "n must be at least 1, found 0"),
        (
            "nutrimouse/diet",
            "genotype",
            None,
            "data set 'nutrimouse/diet' has no target 'genotype'; there are: 'diet'",
        ),
    ],
)
def test_a_wrong_option_is_told(name: str, target: str | None, n: int | None, fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        datasets.load(name, target=target, n=n)
    assert caught.value.faults == (fault,)


def test_synthetic_data_take_size_and_seed() -> None:
    first = datasets.load("synthetic/additive", n=30, random_state=1)
    again = datasets.load("synthetic/additive", n=30, random_state=np.random.default_rng(1))
    other = datasets.load("synthetic/additive", n=30, random_state=2)
    assert len(first) == 30
    shown, same, different = (np.asarray(data.modalities["a"]) for data in (first, again, other))
    assert np.array_equal(shown, same)
    assert not np.array_equal(shown, different)


def test_the_description_needs_no_fetch(cache_folder: Path) -> None:
    lines = datasets.describe()
    assert [line.name for line in lines] == [*datasets.list()]
    assert all(line.cached == line.name.startswith("synthetic/") for line in lines)
    genotype = next(line for line in lines if line.name == "nutrimouse/genotype")
    assert (genotype.rows, genotype.modalities) == (40, "gene 120, lipid 21")
    assert (genotype.target, genotype.licence) == ("genotype", "MIT")
    assert not cache_folder.exists()


def test_once_loaded_it_is_described_as_cached() -> None:
    datasets.load("nutrimouse")
    cached = {line.name for line in datasets.describe() if line.cached}
    assert {"nutrimouse", "nutrimouse/diet", "nutrimouse/genotype"} <= cached


def test_importing_them_loads_neither_torch_nor_scikit_learn() -> None:
    code = (
        "import sys, consilience.data.datasets\n"
        "assert not {'torch', 'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
