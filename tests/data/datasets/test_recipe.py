"""A data set is made once, kept with its card, and remade when damaged."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from consilience.data.container import MultimodalData
from consilience.data.datasets.cards import Card
from consilience.data.datasets.recipe import Arrays, Files, Recipe
from consilience.data.datasets.wheels import Wheel

pytestmark = pytest.mark.usefixtures("only_index")


class Counting:
    def __init__(self) -> None:
        self.times = 0

    def build(self, files: Files) -> Arrays:
        self.times += 1
        text = files("demo_data/numbers.csv").decode()
        return {"x": np.loadtxt(io.StringIO(text), delimiter=","), "y": np.array(["no", "yes"])}

    def assemble(self, arrays: Arrays, target: str) -> MultimodalData:
        return MultimodalData({"x": arrays["x"]}, arrays[target])


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def recipe(wheel: tuple[Wheel, Path], counting: Counting) -> Recipe:
    known = wheel[0]
    card = Card(
        name="demo",
        title="A demonstration",
        rows=2,
        modalities={"x": (2,)},
        target="y",
        licence="MIT",
        source="here",
        wheel_sha256=known.sha256,
    )
    return Recipe(card, known, counting.build, counting.assemble, ("y",))


@pytest.mark.usefixtures("cache_folder")
def test_it_is_made_once(recipe: Recipe, counting: Counting) -> None:
    for _ in range(2):
        data = recipe.load("y")
        assert np.asarray(data.modalities["x"]).tolist() == [[1, 2], [3, 4]]
        assert data.target is not None
        assert data.target.tolist() == ["no", "yes"]
    assert counting.times == 1


def test_its_card_tells_licence_digests_and_date(recipe: Recipe, cache_folder: Path) -> None:
    assert recipe.known().built == ""
    recipe.load("y")
    card = recipe.known()
    assert card.licence_text == "Do what you like.\n"
    assert card.wheel_sha256 == recipe.wheel.sha256
    assert len(card.data_sha256) == 64
    assert card.built.endswith("+00:00")
    stored = json.loads((cache_folder / "datasets" / "demo.json").read_text())
    assert stored["licence"] == "MIT"
    assert stored["modalities"] == {"x": [2]}


@pytest.mark.parametrize("file", ["demo.npz", "demo.json"])
def test_a_damaged_cache_is_remade(
    file: str, recipe: Recipe, counting: Counting, cache_folder: Path
) -> None:
    recipe.load("y")
    path = cache_folder / "datasets" / file
    path.write_bytes(path.read_bytes()[:20])
    assert len(recipe.load("y")) == 2
    assert counting.times == 2
    recipe.load("y")
    assert counting.times == 2


def test_loads_at_the_same_time_do_not_disturb_each_other(
    recipe: Recipe, cache_folder: Path
) -> None:
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(recipe.load, ["y"] * 8))
    assert all(np.asarray(data.modalities["x"]).tolist() == [[1, 2], [3, 4]] for data in loaded)
    left = sorted(p.name for p in cache_folder.rglob("*") if p.is_file())
    assert left == ["demo.json", "demo.npz", recipe.wheel.filename]
