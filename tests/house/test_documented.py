"""Everything public is documented: in its own words, and in the reference."""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in (SOURCE / "consilience").rglob("*.py")
)
FACES = [m for m in MODULES if (SOURCE / Path(*m.split(".")) / "__init__.py").is_file()]


def _public() -> Iterator[str]:
    for face in FACES:
        tree = ast.parse((SOURCE / Path(*face.split(".")) / "__init__.py").read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                yield from (f"{face}.{name}" for name in ast.literal_eval(node.value))


def _errors() -> Iterator[str]:
    tree = ast.parse((SOURCE / "consilience" / "errors.py").read_text("utf-8"))
    yield from (
        f"consilience.errors.{node.name}" for node in tree.body if isinstance(node, ast.ClassDef)
    )


PUBLIC = [*_public(), *_errors()]


def _thing(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


@pytest.fixture(scope="module")
def reference(root: Path) -> list[str]:
    """The names that the reference has an entry for."""
    pages = "\n".join(p.read_text("utf-8") for p in (root / "docs" / "reference").glob("*.md"))
    return re.findall(r"^::: ([\w.]+)$", pages, re.MULTILINE)


def test_there_is_something_to_check() -> None:
    assert {"consilience.MultimodalData", "consilience.fusion.build"} <= set(PUBLIC)
    assert "consilience.errors.DataError" in PUBLIC


def test_everything_public_is_in_the_reference(reference: list[str]) -> None:
    described = [_thing(path) for path in reference]
    lacking = [
        path
        for path in PUBLIC
        if not isinstance(thing := _thing(path), ModuleType)
        and path != "consilience.__version__"
        and not any(thing is other for other in described)
    ]
    assert lacking == []


def test_the_reference_has_public_names_only_and_each_once(reference: list[str]) -> None:
    assert sorted(set(reference) - set(PUBLIC)) == []
    assert len({id(_thing(path)) for path in reference}) == len(reference)


def test_modules_that_are_public_have_their_page(root: Path) -> None:
    index = (root / "docs" / "reference" / "index.md").read_text("utf-8")
    modules = [p for p in PUBLIC if isinstance(_thing(p), ModuleType)]
    assert len(modules) >= 3
    assert [p for p in modules if f"`cs.{p.removeprefix('consilience.')}`" not in index] == []


@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_name_has_a_docstring(path: str) -> None:
    thing = _thing(path)
    if isinstance(thing, ModuleType) or inspect.isclass(thing) or inspect.isroutine(thing):
        assert thing.__doc__
        assert thing.__doc__.split("\n")[0].endswith((".", "?"))
    else:
        assert path in {"consilience.__version__", "consilience.results.Answer"}


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is(module: str) -> None:
    place = SOURCE / Path(*module.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    said = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert said
    assert len(said.split("\n")[0]) <= 99


def test_the_navigation_leads_to_every_page(root: Path) -> None:
    named = set(
        re.findall(r" ([\w/-]+\.md)$", (root / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    )
    pages = {p.relative_to(root / "docs").as_posix() for p in (root / "docs").rglob("*.md")}
    assert named == pages


def test_every_metric_and_method_is_explained(root: Path) -> None:
    from consilience.fusion import available  # noqa: PLC0415  heavy
    from consilience.studies.metrics import metrics_for  # noqa: PLC0415  heavy

    page = (root / "docs" / "deciding.md").read_text("utf-8")
    names = [m.name for task in ("classification", "regression") for m in metrics_for(task)]
    assert [n for n in (*names, *available()) if f"`{n}`" not in page] == []
