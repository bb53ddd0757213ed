"""Exit codes, help, and what becomes of errors."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from consilience import __version__, report
from consilience.errors import UnavailableError

Command = Callable[..., CompletedProcess[str]]

COMMANDS = (
    "study",
    "interactions",
    "robustness",
    "audit",
    "predict",
    "export",
    "compare",
    "coordinate",
    "embed",
    "retrieve",
    "report",
    "datasets",
    "doctor",
)


def test_help_names_every_command(command: Command) -> None:
    said = command("--help")
    assert said.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in said.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(command: Command, name: str) -> None:
    said = command(name, "--help")
    assert said.returncode == 0
    assert f"    consilience {name}" in said.stdout.split("Example")[1]
    assert "--json" in said.stdout


def test_the_version(command: Command) -> None:
    said = command("--version")
    assert (said.returncode, said.stdout) == (0, f"consilience {__version__}\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["stdy"], "No such command 'stdy'"),
        (["study"], "nothing says what the data are; pass DATA"),
        (["report", "run", "--fast"], "No such option: --fast"),
        (["study", "watch", "--folds", "five"], "--folds"),
        (["study", "watch", "--task", "ranking"], "'classification', 'multilabel', 'regression'"),
    ],
)
def test_wrong_usage_is_bad_input(command: Command, words: list[str], expected: str) -> None:
    said = command(*words)
    assert said.returncode == 2
    assert said.stdout == ""
    assert expected in said.stderr


def _failing_with(error: BaseException) -> Callable[[Path], Path]:
    def fail(_: Path) -> Path:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UnavailableError("no network"), "error: no network\n"),
        (
            ZeroDivisionError("by\nzero"),
            "error: ZeroDivisionError: by zero (CONSILIENCE_DEBUG=1 shows where)\n",
        ),
        (AssertionError(), "error: AssertionError (CONSILIENCE_DEBUG=1 shows where)\n"),
    ],
)
def test_what_is_not_the_input_is_a_failure_in_one_line(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: BaseException, expected: str
) -> None:
    monkeypatch.setattr(report, "render", _failing_with(error))
    said = command("report", "run")
    assert (said.returncode, said.stdout, said.stderr) == (1, "", expected)


def test_an_interrupt_ends_as_the_shell_expects(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "render", _failing_with(KeyboardInterrupt()))
    assert command("report", "run").returncode == 130


def test_debugging_shows_where_an_error_arose(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIENCE_DEBUG", "1")
    monkeypatch.setattr(report, "render", _failing_with(ZeroDivisionError("by zero")))
    said = command("report", "run")
    assert said.returncode == 1
    assert said.stderr.startswith("Traceback (most recent call last):")
    assert "test_main.py" in said.stderr
