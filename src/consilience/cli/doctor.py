"""`consilience doctor`."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer

from consilience import __version__
from consilience.cli.inputs import Json

NEEDED = ("torch", "numpy", "scipy", "scikit-learn", "pyarrow", "narwhals", "safetensors")
OPTIONAL = ("pandas", "polars")


def doctor(*, as_json: Json = False) -> None:
    """Shows versions, devices and which optional packages are there.

    \b
    Example:
      consilience doctor
    """  # noqa: D301  typer's mark against reflowing
    facts = examine()
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for section, entries in facts.items():
        typer.echo(section)
        for key, value in entries.items():
            typer.echo(f"  {key:<14} {value}")


def examine() -> dict[str, dict[str, Any]]:
    """What this machine and environment offer, by section."""
    import torch  # noqa: PLC0415  heavy

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "consilience": {
            "version": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
        "devices": {
            "processors": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "cuda": ", ".join(gpus) or "none",
            "mps": "yes" if torch.backends.mps.is_available() else "none",
        },
        "packages": {name: _version(name) for name in NEEDED},
        "optional": {name: _version(name) for name in OPTIONAL},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
