"""The test tree mirrors the source tree."""

from pathlib import Path

APART = {"house", "journeys"}
WITHOUT_SOURCE = {
    "report/test_browser.py",  # looks at whole reports in Chromium
}


def _source(root: Path) -> set[str]:
    base = root / "src" / "consilience"
    return {
        path.relative_to(base).as_posix()
        for path in base.rglob("*.py")
        if path.name != "__init__.py"
    }


def _tests(root: Path) -> set[str]:
    base = root / "tests"
    found = {path.relative_to(base).as_posix() for path in base.rglob("test_*.py")}
    return {path for path in found if path.split("/")[0] not in APART}


def _test_of(source: str) -> str:
    folder, _, name = source.rpartition("/")
    return f"{folder}/test_{name}" if folder else f"test_{name}"


def test_every_source_file_has_its_test(root: Path) -> None:
    lacking = {path for path in _source(root) if _test_of(path) not in _tests(root)}
    assert sorted(lacking) == []


def test_every_test_has_its_source_file(root: Path) -> None:
    known = {_test_of(path) for path in _source(root)} | WITHOUT_SOURCE
    assert sorted(_tests(root) - known) == []


def test_every_test_file_tests(root: Path) -> None:
    empty = [
        p.name for p in (root / "tests").rglob("test_*.py") if "def test_" not in p.read_text()
    ]
    assert empty == []
