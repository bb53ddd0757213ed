"""What must not stand in any file, and what set-up files must agree on."""

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest

REGISTRY = "|".join(("pypi" + r"\.", "python" + "hosted", "npm" + "js", "deb" + r"ian\.org"))
MACHINE = "|".join(("work", "farm", "root", "home"))


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    """Every text file that git has or would take, by path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  found on the path as anywhere
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    out: dict[str, str] = {}
    for name in listed.stdout.split("\0"):
        path = root / name
        if name and path.is_file() and b"\0" not in (content := path.read_bytes()):
            out[name] = content.decode("utf-8")
    return out


def test_there_are_files(texts: dict[str, str]) -> None:
    assert {"Makefile", "constraints.txt", "README.md", "src/consilience/__init__.py"} <= set(
        texts
    )


def test_no_host_of_a_package_registry_is_named(texts: dict[str, str]) -> None:
    named = [name for name, text in texts.items() if re.search(REGISTRY, text, re.IGNORECASE)]
    assert named == []


def test_no_path_of_one_machine_is_named(texts: dict[str, str]) -> None:
    pattern = re.compile(rf"(?:^|[^\w.~/}}-])/(?:{MACHINE})/", re.MULTILINE)
    named = [name for name, text in texts.items() if pattern.search(text)]
    assert named == []


def test_whoever_silences_a_checker_or_skips_a_test_says_why(texts: dict[str, str]) -> None:
    mark = re.compile(r"#\s*(?:noqa: [A-Z0-9, ]+|(?:pyright|type): ignore\[[^]]*\])(?P<why>.*)$")
    bare = [
        f"{name}:{number}"
        for name, text in texts.items()
        if name.endswith(".py")
        for number, line in enumerate(text.splitlines(), 1)
        if (found := mark.search(line)) and not re.search(r"[a-z]{2}", found["why"])
    ]
    assert bare == []


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_requirement_is_constrained_to_a_version_in_its_range(root: Path) -> None:
    from packaging.requirements import Requirement  # noqa: PLC0415  pytest brings it

    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    needed = list(chain(project["dependencies"], *project["optional-dependencies"].values()))
    outside = [
        text
        for text in needed
        for wanted in [Requirement(text)]
        if not wanted.specifier.contains(pinned.get(_canonical(wanted.name), "0"))
    ]
    assert outside == []
    assert pinned["torch"] == "2.13.0"


@pytest.mark.parametrize("name", [".ci/run", ".ci/venv", ".ci/browser"])
def test_scripts_are_executable_and_well_formed(root: Path, name: str) -> None:
    assert (root / name).stat().st_mode & 0o100
    shell = (root / name).read_text("utf-8").splitlines()[0].rpartition("/")[2].split()[-1]
    subprocess.run([shell, "-n", root / name], check=True)


def test_continuous_integration_runs_the_tests(root: Path) -> None:
    text = (root / ".ci" / "run").read_text("utf-8")
    assert "set -euo pipefail\n" in text
    assert text.endswith("make test\n")


def test_every_target_that_is_promised_is_there(root: Path) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = "\n".join((root / f).read_text("utf-8") for f in ("README.md", "CONTRIBUTING.md"))
    promised = re.findall(r"(?:`|\$ )make ([a-z -]*[a-z])", told)
    assert {word for line in promised for word in line.split()} - targets == set()
    assert {"demo", "test", "test-slow", "check", "docs", "bench", "clean"} <= targets


def test_an_old_python_is_refused_with_the_way_out(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9 ;; *) exit 1 ;; esac\n', "utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", root / ".ci" / "venv", old, tmp_path / "venv"],  # noqa: S607  found on the path as anywhere
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        f"error: {old} is Python 3.9; Consilience needs 3.11 or newer. "
        "Name another: make PYTHON=python3.12 ...\n",
    )
    assert not (tmp_path / "venv").exists()
