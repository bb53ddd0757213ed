import logging

import numpy as np
import pytest
from rich.console import Console

from consilience.studies.progress import progress
from consilience.studies.running import Outcome

OUTCOME = Outcome("gated", 0, np.zeros(2), None, 0.1)


def test_elsewhere_than_on_a_terminal_there_are_plain_lines(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consilience.studies.progress.EVERY", 0.0)
    with caplog.at_level(logging.INFO, "consilience"), progress(show=True) as tell:
        tell(OUTCOME, 1, 4)
        tell(OUTCOME, 4, 4)
    assert [r.getMessage()[:24] for r in caplog.records] == [
        "fitted 1 of 4 (gated), a",
        "fitted 4 of 4 (gated), a",
    ]


def test_lines_are_seldom_but_the_last_is_always_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "consilience"), progress(show=True) as tell:
        for done in range(1, 101):
            tell(OUTCOME, done, 100)
    assert [r.getMessage()[:17] for r in caplog.records] == ["fitted 100 of 100"]


def test_on_a_terminal_there_is_a_bar_and_no_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(force_terminal=True, record=True, width=100)

    def make(**_: bool) -> Console:
        return console

    monkeypatch.setattr("consilience.studies.progress.Console", make)
    with caplog.at_level(logging.INFO, "consilience"), progress(show=True) as tell:
        tell(OUTCOME, 4, 4)
    assert caplog.records == []
    assert "4/4" in console.export_text()
