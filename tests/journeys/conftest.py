"""A user's desk: tables on disk, and the commands to work on them."""

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

from consilience.cli import main

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs `consilience` with a line of words.

    Yields:
        A function of the line.
    """

    def run(line: str) -> CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["consilience", *line.split()])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return CompletedProcess(line, ended.value.code, *capsys.readouterr())

    yield run
    logging.getLogger("consilience").setLevel(logging.NOTSET)


def patients(n: int, seed: int) -> pd.DataFrame:
    """Patients whose laboratory values and ECG each tell half of the outcome."""
    rng = np.random.default_rng(seed)
    sodium, rate = rng.normal(size=(2, n))
    ward = rng.choice(["north", "south"], size=n)
    return pd.DataFrame(
        {
            "patient": [f"p{seed}-{i}" for i in range(n)],
            "died": np.where(sodium + rate > 0, "yes", "no"),
            "lab_sodium": sodium,
            "lab_ward": ward,
            "ecg_rate": rate,
            "ecg_qt": rng.normal(size=n),
        }
    )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder with `cohort.csv`, `new.csv`, and `labs_only.csv` without the ECG."""
    monkeypatch.chdir(tmp_path)
    patients(840, 0).to_csv("cohort.csv", index=False)
    new = patients(60, 1)
    new.to_csv("truth.csv", index=False)
    new.drop(columns="died").to_csv("new.csv", index=False)
    new.drop(columns=["died", "ecg_rate", "ecg_qt"]).to_csv("labs_only.csv", index=False)
    return tmp_path
