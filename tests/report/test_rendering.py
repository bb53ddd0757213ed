"""Rendering writes one complete file, the same each time, or nothing."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from consilience.errors import MissingFileError
from consilience.report import page as page_module
from consilience.report import render

WriteRun = Callable[..., Path]


def test_the_report_stands_in_the_run_folder(write_run: WriteRun) -> None:
    run = write_run()
    path = render(run)
    assert path == run / "report.html"
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")


def test_the_same_run_gives_the_same_bytes(write_run: WriteRun) -> None:
    run = write_run()
    assert render(run).read_bytes() == render(run).read_bytes()


def test_every_report_is_small(report: Path) -> None:
    assert report.stat().st_size < 1_000_000


def test_a_failure_leaves_the_old_report_and_no_rubbish(
    write_run: WriteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run()
    before = render(run).read_bytes()
    names = sorted(path.name for path in run.iterdir())

    def unwritable(_run: object) -> str:
        return "\ud800"

    monkeypatch.setattr(page_module, "page", unwritable)
    with pytest.raises(UnicodeEncodeError):
        render(run)
    assert (run / "report.html").read_bytes() == before
    assert sorted(path.name for path in run.iterdir()) == names


def test_nothing_is_written_for_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        render(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_drawing_is_loaded_late_and_torch_never(write_run: WriteRun) -> None:
    program = (
        "import sys; from pathlib import Path; from consilience.report import render; "
        "late = 'matplotlib' not in sys.modules; render(Path(sys.argv[1])); "
        "heavy = {'torch', 'sklearn', 'matplotlib.pyplot'} & set(sys.modules); "
        "sys.exit(f'{late} {heavy}' if heavy or not late else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(write_run())],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
