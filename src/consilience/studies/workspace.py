"""The hidden folder a study works in, so that it can go on after being killed."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final
from zipfile import BadZipFile

import numpy as np

from consilience.errors import ConfigurationError, DataError, MissingFileError
from consilience.studies.plan import Plan
from consilience.studies.running import Outcome
from consilience.studies.settings import read_record, write_record

RECORD = "study.toml"


@final
class Workspace:
    """Where a study keeps what is done until it takes its place.

    It stands beside the folder that the study will write, under a hidden name, and
    holds the settings and one small file a fit.

    Args:
        folder: The folder that the study will write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder.parent / f".{folder.name or 'study'}.unfinished"
        self._journal = self.path / "journal"

    @property
    def exists(self) -> bool:
        """Whether an unfinished study stands there."""
        return (self.path / RECORD).is_file()

    @property
    def fits(self) -> int:
        """Number of fits that are done."""
        return len(list(self._journal.glob("*.npz")))

    def begin(self, record: Mapping[str, Any]) -> None:
        """Makes the folder anew and writes the settings.

        Args:
            record: Settings as `settings.record` gives them.

        Raises:
            ConfigurationError: If it cannot be written.
        """
        try:
            shutil.rmtree(self.path, ignore_errors=True)
            self._journal.mkdir(parents=True)
            write_record(self.path / RECORD, record)
        except OSError as error:
            raise ConfigurationError(
                [f"output folder {self.folder} cannot be written: {error.strerror}"]
            ) from error

    def noted(self, name: str) -> int | None:
        """A number that `note` wrote down.

        Args:
            name: Its name.

        Returns:
            The number; None if there is none.
        """
        return read_record(self.path / RECORD)["record"].get(name)

    def note(self, name: str, number: int) -> None:
        """Writes a number into the record that is no setting but decides the study's numbers.

        Args:
            name: Its name.
            number: The number.
        """
        content = read_record(self.path / RECORD)
        content["record"][name] = number
        write_record(self.path / RECORD, content)

    def go_on(self, record: Mapping[str, Any]) -> None:
        """Takes an unfinished study up again.

        Args:
            record: Settings as they are now.

        Raises:
            ConfigurationError: If its settings or data were others; names them all.
            MissingFileError: If there is no unfinished study.
        """
        if not self.exists:
            known = (
                "is finished already" if (self.folder / RECORD).is_file() else "was never begun"
            )
            raise MissingFileError(
                f"there is nothing to resume: the study of {self.folder} {known}"
            )
        earlier = read_record(self.path / RECORD)
        faults = [
            f"{name} was {earlier.get(name)!r} when the study of {self.folder} began, "
            f"now it is {record.get(name)!r}; resume with the same, or start anew with overwrite"
            for name in sorted({*earlier, *record} - {"record"})
            if earlier.get(name) != record.get(name)
        ]
        if earlier["record"]["fingerprint"] != record["record"]["fingerprint"]:
            faults.append(
                f"the data have changed since the study of {self.folder} began; "
                "start anew with overwrite"
            )
        if faults:
            raise ConfigurationError(faults)
        for left in self.path.iterdir():
            if left.name not in {RECORD, self._journal.name}:
                shutil.rmtree(left) if left.is_dir() else left.unlink()

    def keep(self, outcome: Outcome, plan: Plan) -> None:
        """Writes one fit's outcome, whole or not at all.

        Args:
            outcome: What a method predicted on a split.
            plan: What is run.
        """
        names = [method.name for method in plan.methods]
        target = self._journal / f"{outcome.split:05d}-{names.index(outcome.method):03d}.npz"
        arrays = {"prediction": outcome.prediction, "seconds": np.float64(outcome.seconds)}
        if outcome.probabilities is not None:
            arrays["probabilities"] = outcome.probabilities
        handle, name = tempfile.mkstemp(dir=self._journal, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]  numpy's stub means allow_pickle
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def kept(self, plan: Plan) -> tuple[Outcome, ...]:
        """The outcomes written before.

        Args:
            plan: What is run.

        Returns:
            In no particular order.

        Raises:
            DataError: If a file is damaged.
        """
        out: list[Outcome] = []
        for path in self._journal.glob("*.npz"):
            split, method = (int(part) for part in path.stem.split("-"))
            try:
                with np.load(path, allow_pickle=False) as held:
                    out.append(
                        Outcome(
                            plan.methods[method].name,
                            split,
                            held["prediction"],
                            held.get("probabilities"),
                            float(held["seconds"]),
                        )
                    )
            except (OSError, ValueError, KeyError, IndexError, BadZipFile) as error:
                raise DataError(
                    f"{path} is damaged ({error}); remove it and resume: that fit is done again"
                ) from error
        return tuple(out)

    def finish(self) -> None:
        """Lets the finished study take its place, over an earlier one."""
        shutil.rmtree(self._journal)
        self.path.chmod(0o755)
        if self.folder.exists():
            shutil.rmtree(self.folder)
        os.replace(self.path, self.folder)  # noqa: PTH105  atomic, also over an empty folder

    def abandon_if_empty(self) -> None:
        """Removes the folder if no fit was done, for then nothing is lost."""
        if not self.fits:
            shutil.rmtree(self.path, ignore_errors=True)
