"""What is imported stays light."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "scipy", "sklearn", "pandas", "polars", "pyarrow", "matplotlib")


def _loaded_after(code: str) -> set[str]:
    shown = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", shown], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import consilience",
        "import consilience; dir(consilience); consilience.__version__",
        "import consilience.cli",
        "import consilience.errors, consilience.results",
        "import consilience.report",
    ],
)
def test_nothing_heavy_is_imported(code: str) -> None:
    loaded = _loaded_after(code)
    assert "consilience" in loaded
    allowed = {"numpy", "pyarrow"} if "report" in code else set[str]()
    assert loaded & set(HEAVY) <= allowed


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import consilience.cli\n"
        "sys.argv = ['consilience', '--help']\n"
        "try:\n    consilience.cli.main()\nexcept SystemExit:\n    pass"
    )
    assert not _loaded_after(code) & {*HEAVY, "pydantic", "jinja2"}


@pytest.mark.parametrize(
    "code",
    [
        "import consilience as cs; cs.datasets.load('synthetic/xor', n=9); cs.read; cs.join",
        "import consilience as cs; cs.audit(cs.datasets.load('synthetic/xor', n=9))",
        "from consilience.report import artefacts, page, pictures",
    ],
)
def test_data_and_reports_do_without_torch(code: str) -> None:
    assert "torch" not in _loaded_after(code)
