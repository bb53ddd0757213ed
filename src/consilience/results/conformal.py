"""What a study's own out-of-fold predictions say of the certainty of new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

FORMAT = 1


@final
@dataclass(frozen=True, slots=True)
class Errors:
    """How large the errors on samples were that the models had not seen.

    Attributes:
        samples: Number of different samples.
        units: Number of samples, or of groups where samples come in groups.
        sizes: Errors, ascending: one less the probability of the true class, or the
            distance from the quantity.
        levels: The share of new samples that is promised an error no larger, of each.
    """

    samples: int
    units: int
    sizes: tuple[float, ...]
    levels: tuple[float, ...]

    @property
    def most(self) -> float:
        """The largest level that can be promised."""
        return self.units / (self.units + 1)


@final
@dataclass(frozen=True, slots=True)
class Calibration:
    """How to correct a model's probabilities, and how far off its predictions may be.

    Attributes:
        method: The method whose out-of-fold predictions were looked at.
        task: What was predicted.
        modalities: The modalities the method sees, in order.
        temperature: What logits are divided by; 1 for quantities.
        log_loss: The out-of-fold log loss as predicted; None for quantities.
        calibrated_log_loss: The same with the temperature.
        grouped: Whether the units are groups of samples.
        pooled: The errors of all samples.
        patterns: The errors by the modalities present.
    """

    method: str
    task: Literal["classification", "multilabel", "regression"]
    modalities: tuple[str, ...]
    temperature: float
    log_loss: float | None
    calibrated_log_loss: float | None
    grouped: bool
    pooled: Errors
    patterns: Mapping[tuple[str, ...], Errors]

    @property
    def unit(self) -> str:
        """What the promise counts: `"sample"` or `"group"`."""
        return "group" if self.grouped else "sample"

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "format": FORMAT,
            "method": self.method,
            "task": self.task,
            "modalities": list(self.modalities),
            "temperature": self.temperature,
            "log_loss": self.log_loss,
            "calibrated_log_loss": self.calibrated_log_loss,
            "grouped": self.grouped,
            "pooled": _plain(self.pooled),
            "patterns": [
                {"present": list(present), **_plain(errors)}
                for present, errors in self.patterns.items()
            ],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Calibration":
        """What `to_dict` gave.

        Args:
            content: Everything by name.

        Returns:
            The calibration.

        Raises:
            KeyError: If something is lacking.
            ValueError: If it is of another format.
        """
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}; expected {FORMAT}")
        return cls(
            method=content["method"],
            task=content["task"],
            modalities=tuple(content["modalities"]),
            temperature=float(content["temperature"]),
            log_loss=content["log_loss"],
            calibrated_log_loss=content["calibrated_log_loss"],
            grouped=bool(content["grouped"]),
            pooled=_errors(content["pooled"]),
            patterns={tuple(p["present"]): _errors(p) for p in content["patterns"]},
        )


def _plain(errors: Errors) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(errors).items()}


def _errors(content: Mapping[str, Any]) -> Errors:
    sizes: Sequence[float] = content["sizes"]
    levels: Sequence[float] = content["levels"]
    if len(sizes) != len(levels):
        raise ValueError(f"{len(sizes)} sizes but {len(levels)} levels")
    return Errors(int(content["samples"]), int(content["units"]), tuple(sizes), tuple(levels))


@final
@dataclass(frozen=True, slots=True)
class Thresholds:
    """The error to allow for in each of some new samples.

    Attributes:
        level: The coverage asked for.
        sizes: The largest error to allow for, one a sample.
        notes: What the coverage does not hold for, a sentence each.
    """

    level: float
    sizes: tuple[float, ...]
    notes: tuple[str, ...] = ()
