"""Each floor imports only what lies below it."""

import subprocess
import sys
from pathlib import Path


def test_the_contracts_hold(root: Path, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-logo", "--cache-dir", tmp_path],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
