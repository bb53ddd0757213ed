"""A cache of their own for tests that must not see the user's, and a wheel to fetch."""

import base64
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from consilience.data.datasets.wheels import Wheel


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder that the library uses during one test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CONSILIENCE_CACHE", str(folder))
    return folder


@pytest.fixture
def wheel(tmp_path: Path) -> tuple[Wheel, Path]:
    """A small valid wheel and its file, which lies outside the cache."""
    files = {
        "demo_data/__init__.py": b"raise RuntimeError('the code of the package was run')\n",
        "demo_data/numbers.csv": b"1,2\n3,4\n",
        "demo_data-1.0.dist-info/LICENSE": b"Do what you like.\n",
        "demo_data-1.0.dist-info/METADATA": (
            b"Metadata-Version: 2.1\nName: demo-data\nVersion: 1.0\n"
        ),
        "demo_data-1.0.dist-info/WHEEL": (
            b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = "demo_data-1.0.dist-info/RECORD"
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    content = buffer.getvalue()
    known = Wheel("demo_data", "1.0", hashlib.sha256(content).hexdigest())
    path = tmp_path / "index" / known.filename
    path.parent.mkdir()
    path.write_bytes(content)
    return known, path


def _digest(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return digest.decode().rstrip("=")


@pytest.fixture
def only_index(wheel: tuple[Wheel, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package client sees only the folder that holds the small wheel."""
    folder = wheel[1].parent
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder
