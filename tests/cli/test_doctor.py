"""`consilience doctor`."""

import json
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from subprocess import CompletedProcess

import pytest

from consilience.cli.doctor import examine

Command = Callable[..., CompletedProcess[str]]


def test_versions_and_devices(command: Command) -> None:
    said = command("doctor")
    assert said.returncode == 0
    assert f"  python         {platform.python_version()}\n" in said.stdout
    assert f"  torch          {version('torch')}\n" in said.stdout
    assert "\n  cuda           " in said.stdout


def test_as_json(command: Command) -> None:
    facts = json.loads(command("doctor", "--json").stdout)
    assert list(facts) == ["consilience", "devices", "packages", "optional"]
    assert facts["devices"]["processors"] >= 1


def test_an_optional_package_that_is_not_there(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[examine.__module__], "OPTIONAL", ("no-such-package",))
    said = command("doctor", "--json")
    assert json.loads(said.stdout)["optional"] == {"no-such-package": "not installed"}
