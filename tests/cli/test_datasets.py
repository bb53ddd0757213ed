"""`consilience datasets`."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from consilience.data import datasets

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture(autouse=True)
def nothing_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache of their own."""
    monkeypatch.setenv("CONSILIENCE_CACHE", str(tmp_path))


def test_a_line_each_under_one_head(command: Command) -> None:
    said = command("datasets")
    head, *lines = said.stdout.split("\n\n")[0].splitlines()
    assert head.split("  ")[0] == "name"
    assert head.endswith("  samples  modalities  what it is")
    assert [line.split()[0] for line in lines] == list(datasets.list())
    (watch,) = (line for line in lines if line.startswith("watch *  "))
    assert watch.index("1,149") + 5 == head.index("samples") + 7
    assert watch.endswith("  2  Seven shoulder exercises of ten people, from a smart watch")


def test_details_of_one(command: Command) -> None:
    said = command("datasets", "nutrimouse/diet")
    lines = said.stdout.splitlines()
    assert lines[:4] == [
        "nutrimouse/diet: Genes and fatty acids in the livers of 40 mice",
        "samples     40",
        "modalities  gene 120, lipid 21",
        "target      diet",
    ]
    assert max(map(len, lines)) <= 96


def test_stated_truth(command: Command) -> None:
    assert "synergy 0.531" in command("datasets", "synthetic/xor").stdout


def test_as_json(command: Command) -> None:
    listed = json.loads(command("datasets", "--json").stdout)
    assert [line["name"] for line in listed] == list(datasets.list())
    assert json.loads(command("datasets", "watch", "--json").stdout)["rows"] == 1149


def test_an_unknown_name(command: Command) -> None:
    said = command("datasets", "wacth")
    assert (said.returncode, said.stderr) == (
        2,
        "error: there is no data set 'wacth'; did you mean 'watch'?\n",
    )


def test_offline_is_a_failure_that_names_what_to_fetch(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consilience.data.datasets import wheels  # noqa: PLC0415  patched for this test only

    monkeypatch.setattr(wheels, "client", lambda: ["false"])
    said = command("audit", "watch")
    assert said.returncode == 1
    assert said.stderr.startswith("error: cannot fetch seglearn-1.2.5-py3-none-any.whl (SHA-256 ")
