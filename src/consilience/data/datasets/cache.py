"""The user's cache folder: arrays and their cards, written whole or not at all."""

import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from consilience.data.datasets.cards import Card
from consilience.errors import UnavailableError


def folder() -> Path:
    """Where fetched data sets are kept.

    Returns:
        What the environment's `CONSILIENCE_CACHE` says, else the platform's own
        cache folder for `consilience`. It may not exist yet.
    """
    chosen = os.environ.get("CONSILIENCE_CACHE")
    return Path(chosen).expanduser() if chosen else _platform_folder(sys.platform)


def _platform_folder(platform: str) -> Path:
    if platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "consilience"


def sha256(content: bytes) -> str:
    """SHA-256 of some bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write(path: Path, content: bytes) -> None:
    """Writes a file so that any reader sees all of it or none.

    Args:
        path: Where; folders are made as needed.
        content: The file's bytes.

    Raises:
        UnavailableError: If the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"cannot write {path.name} to the cache folder {path.parent}: {error.strerror}; "
            "set CONSILIENCE_CACHE to a folder that can be written to"
        ) from error


def store(card: Card, arrays: Mapping[str, NDArray[Any]]) -> Card:
    """Puts a data set into the cache.

    Args:
        card: Its card.
        arrays: Its arrays by name, none of Python objects.

    Returns:
        The card as it was written, with the SHA-256 of the arrays.

    Raises:
        UnavailableError: If the folder cannot be written to.
    """
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    content = buffer.getvalue()
    full = card.model_copy(update={"data_sha256": sha256(content)})
    write(_arrays_path(card), content)
    write(_card_path(card), full.model_dump_json(indent=2).encode())
    return full


def stored_card(expected: Card) -> Card | None:
    """The card of a cached data set, if there is one of the expected recipe."""
    try:
        card = Card.model_validate_json(_card_path(expected).read_bytes())
    except (OSError, ValidationError):
        return None
    same = (card.name, card.recipe, card.wheel_sha256) == (
        expected.name,
        expected.recipe,
        expected.wheel_sha256,
    )
    return card if same and card.built else None


def stored_arrays(expected: Card) -> dict[str, NDArray[Any]] | None:
    """The arrays of a cached data set, if they are those its card was written for."""
    card = stored_card(expected)
    if card is None:
        return None
    try:
        content = _arrays_path(expected).read_bytes()
        if sha256(content) != card.data_sha256:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, zipfile.BadZipFile):
        return None


def _arrays_path(card: Card) -> Path:
    return folder() / "datasets" / f"{card.name}.npz"


def _card_path(card: Card) -> Path:
    return folder() / "datasets" / f"{card.name}.json"
