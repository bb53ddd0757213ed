"""How a network and, beside it, a head on each modality learnt epoch by epoch."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

from consilience.errors import DataError
from consilience.results.additivity import Gap
from consilience.results.dynamics import LearningSpeeds, Overfitting
from consilience.results.reliance import Utilization
from consilience.results.training import History

JOINT = "all together"
"""What the network's own prediction is called beside the modalities."""


@final
@dataclass(frozen=True, slots=True)
class LearningCurves:
    """One joint training, and what each modality's encoder had in it meanwhile.

    A linear head on each modality's features learnt beside the network without changing it;
    its loss tells how much of the target the encoder gives by then.

    Attributes:
        joint: Losses of the network by epoch.
        heads: By modality, losses of its head by epoch, on the samples that have it; the best
            epoch is the network's.
        speeds: How fast each encoder moved.
    """

    joint: History
    heads: Mapping[str, History]
    speeds: LearningSpeeds

    @property
    def curves(self) -> dict[str, History]:
        """The heads' histories, and last the network's."""
        return {**self.heads, JOINT: self.joint}

    @property
    def overfitting(self) -> dict[str, Overfitting]:
        """Of every head and the network, from the first epoch to the kept one.

        Empty where the first epoch is the kept one, or nothing was validated.
        """
        try:
            return {name: Overfitting.of(h) for name, h in self.curves.items()}
        except DataError:
            return {}

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a curve and epoch, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        return pa.Table.from_pylist(
            [
                {
                    "head": name,
                    "epoch": epoch,
                    "train_loss": train,
                    "validation_loss": history.validation_loss[epoch - 1]
                    if history.validation_loss
                    else None,
                }
                for name, history in self.curves.items()
                for epoch, train in enumerate(history.train_loss, 1)
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "joint": _plain(self.joint),
            "heads": {name: _plain(history) for name, history in self.heads.items()},
            "overfitting": {name: found.to_dict() for name, found in self.overfitting.items()},
            "speeds": self.speeds.to_dict(),
        }

    def __str__(self) -> str:
        lines = [str(self.speeds)]
        lines += [f"{name}: {found}" for name, found in self.overfitting.items()]
        return "\n".join(lines)


def _plain(history: History) -> dict[str, Any]:
    losses = {
        name: [x if math.isfinite(x) else None for x in getattr(history, name)]
        for name in ("train_loss", "validation_loss")
    }
    return {**asdict(history), **losses}


@final
@dataclass(frozen=True, slots=True)
class Learning:
    """How a study's examined method learnt, and what it makes of the modalities.

    Scores are of samples that the models were not trained on.

    Attributes:
        method: The method.
        utilization: What its fusion uses; None for a score that is better the lower.
        gap: What its interactions are worth.
        higher_is_better: Whether a larger score is better.
        trainings: Observed trainings on one training part, each with its inner validation.
        lacking: Why there are none, if so.
    """

    method: str
    utilization: Utilization | None
    gap: Gap
    higher_is_better: bool
    trainings: tuple[LearningCurves, ...]
    lacking: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "method": self.method,
            "utilization": None if self.utilization is None else self.utilization.to_dict(),
            "gap": self.gap.to_dict(),
            "higher_is_better": self.higher_is_better,
            "trainings": [curves.to_dict() for curves in self.trainings],
            "lacking": self.lacking,
        }
