import subprocess
import sys

from consilience import __version__


def test_python_can_run_the_package() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "consilience", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert __version__ in told.stdout
