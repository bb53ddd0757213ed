"""The cache: where it is, whole or not at all, remade when it does not fit."""

from pathlib import Path

import numpy as np
import pytest

from consilience.data.datasets import cache
from consilience.data.datasets.cards import Card
from consilience.errors import UnavailableError

CARD = Card(
    name="demo",
    title="A demonstration",
    rows=2,
    modalities={"x": (3,)},
    target="y",
    licence="MIT",
    source="here",
    wheel_sha256="12ab",
    built="2026-01-01T00:00:00+00:00",
)
ARRAYS = {"x": np.arange(6.0).reshape(2, 3), "y": np.array(["no", "yes"])}


def test_the_environment_says_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSILIENCE_CACHE", "~/mine")
    assert cache.folder() == Path.home() / "mine"


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", None, Path.home() / ".cache" / "consilience"),
        ("linux", "XDG_CACHE_HOME", Path("/chosen/consilience")),
        ("darwin", None, Path.home() / "Library" / "Caches" / "consilience"),
        ("win32", "LOCALAPPDATA", Path("/chosen/consilience")),
        ("win32", None, Path.home() / "AppData" / "Local" / "consilience"),
    ],
)
def test_else_the_platform_says(
    platform: str, variable: str | None, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONSILIENCE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "/chosen")
    monkeypatch.setattr("sys.platform", platform)
    assert cache.folder() == expected


def test_what_is_stored_comes_back(cache_folder: Path) -> None:
    card = cache.store(CARD, ARRAYS)
    assert cache.stored_card(CARD) == card
    back = cache.stored_arrays(CARD)
    assert back is not None
    assert back.keys() == ARRAYS.keys()
    assert all(np.array_equal(back[k], v) for k, v in ARRAYS.items())
    assert sorted(p.name for p in (cache_folder / "datasets").iterdir()) == [
        "demo.json",
        "demo.npz",
    ]


@pytest.mark.usefixtures("cache_folder")
def test_an_empty_cache_holds_nothing() -> None:
    assert cache.stored_card(CARD) is None
    assert cache.stored_arrays(CARD) is None


@pytest.mark.parametrize("change", [{"recipe": 2}, {"wheel_sha256": "34cd"}])
@pytest.mark.usefixtures("cache_folder")
def test_the_cache_of_another_recipe_or_source_is_not_used(change: dict[str, object]) -> None:
    cache.store(CARD, ARRAYS)
    assert cache.stored_arrays(CARD.model_copy(update=change)) is None


@pytest.mark.parametrize("file", ["demo.npz", "demo.json"])
@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_a_damaged_cache_is_not_used(file: str, content: bytes | None, cache_folder: Path) -> None:
    cache.store(CARD, ARRAYS)
    path = cache_folder / "datasets" / file
    path.write_bytes(path.read_bytes()[:-2] if content is None else content)
    assert cache.stored_arrays(CARD) is None


@pytest.mark.usefixtures("cache_folder")
def test_objects_are_never_stored() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        cache.store(CARD, {"x": np.array([{}], dtype=object)})


def test_the_same_arrays_are_the_same_bytes(cache_folder: Path) -> None:
    cache.store(CARD, ARRAYS)
    first = (cache_folder / "datasets" / "demo.npz").read_bytes()
    cache.store(CARD, ARRAYS)
    assert (cache_folder / "datasets" / "demo.npz").read_bytes() == first


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    cache.write(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UnavailableError) as caught:
        cache.write(path, b"new")
    assert str(caught.value) == (
        f"cannot write file to the cache folder {tmp_path}: No space left on device; "
        "set CONSILIENCE_CACHE to a folder that can be written to"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"
