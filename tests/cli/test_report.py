"""`consilience report`."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

Command = Callable[..., CompletedProcess[str]]
Refused = Callable[..., str]


def test_it_renders_anew(command: Command, finished: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(finished / "run", tmp_path / "run"))
    (run / "report.html").unlink()
    said = command("report", str(run))
    assert (said.returncode, said.stdout) == (0, f"{run / 'report.html'}\n")
    again = (run / "report.html").read_bytes()
    assert again == (finished / "run" / "report.html").read_bytes()


def test_as_json(command: Command, finished: Path) -> None:
    said = command("report", str(finished / "run"), "--json")
    assert json.loads(said.stdout) == {"report": str(finished / "run" / "report.html")}


def test_no_torch_is_needed(finished: Path) -> None:
    without = (
        "import sys; sys.modules['torch'] = None; "
        "from consilience.cli import main; sys.argv = ['consilience', 'report', 'run']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", without], cwd=finished, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "run/report.html\n", "")


def test_a_folder_that_is_no_run(refused: Refused) -> None:
    assert refused("report", "parts") == (
        "'parts' is no run folder: it has no study.json. "
        "Name the folder that `consilience study --out` wrote."
    )
    assert refused("report", "nowhere") == "there is no run folder at 'nowhere'."
