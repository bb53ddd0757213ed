"""Every example runs as its first lines say."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_first_study(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "first_study.py", tmp_path / "first"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "\nFusing helps: low_rank reaches auroc " in done.stdout
    accuracy = re.search(r"accuracy on new samples: (0\.\d+)", done.stdout)
    assert accuracy
    assert float(accuracy[1]) > 0.65
    assert (tmp_path / "first" / "report.html").is_file()


def test_every_example_says_how_to_run_it() -> None:
    for path in EXAMPLES.glob("*.py"):
        assert f"`python examples/{path.name}`" in path.read_text("utf-8")
