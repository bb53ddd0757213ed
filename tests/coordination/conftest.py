"""What tests of several files of this folder need."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def of_two_processes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, np.ndarray]]:
    """What each of two processes found, by the names of `spread.py`."""
    folder = tmp_path_factory.mktemp("spread")
    script = Path(__file__).with_name("spread.py")
    done = subprocess.run(
        [sys.executable, script, folder], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, np.ndarray]] = []
    for rank in range(2):
        with np.load(folder / f"found{rank}.npz", allow_pickle=False) as archive:
            found.append(dict(archive))
    return found
