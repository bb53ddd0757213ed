"""How modalities were learnt from: speeds, overfitting, weights of their losses."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from consilience.errors import DataError
from consilience.results.training import History


@final
@dataclass(frozen=True, slots=True)
class Overfitting:
    """What a head learnt between two epochs, and what of it holds for new samples.

    Attributes:
        train: Training loss before and after.
        validation: Validation loss before and after.
        epochs: The two epochs; 0 is before training.

    Example:
        >>> found = Overfitting(train=(1.0, 0.4), validation=(1.0, 0.6), epochs=(0, 10))
        >>> round(found.gain, 3), round(found.overfitting, 3), round(found.ratio, 3)
        (0.4, 0.2, 0.5)
    """

    train: tuple[float, float]
    validation: tuple[float, float]
    epochs: tuple[int, int]

    @classmethod
    def of(cls, history: History, *, first: int = 1, last: int | None = None) -> "Overfitting":
        """That of a training run.

        Args:
            history: With validation losses. Its training loss is the mean while the weights
                moved, with dropout, so the gap is a little too small early on.
            first: Epoch to count from, from 1.
            last: Epoch to count to; None takes the one whose weights were kept.

        Returns:
            The losses at both epochs.

        Raises:
            DataError: If there is no validation loss at one of the epochs, or `last` is not
                later than `first`.
        """
        last = history.best_epoch if last is None else last
        known = len(history.validation_loss)
        if not 1 <= first < last <= known:
            raise DataError(
                f"overfitting is between two epochs with validation loss, of which there are "
                f"{known}; found epochs {first} and {last}"
            )
        train, validation = history.train_loss, history.validation_loss
        return cls(
            train=(train[first - 1], train[last - 1]),
            validation=(validation[first - 1], validation[last - 1]),
            epochs=(first, last),
        )

    @property
    def gain(self) -> float:
        """By how much the validation loss fell."""
        return self.validation[0] - self.validation[1]

    @property
    def overfitting(self) -> float:
        """By how much validation minus training loss grew."""
        return (self.validation[1] - self.train[1]) - (self.validation[0] - self.train[0])

    @property
    def ratio(self) -> float:
        """Overfitting to generalisation; infinite if nothing was gained."""
        return abs(self.overfitting) / self.gain if self.gain > 0 else math.inf

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "train": list(self.train),
            "validation": list(self.validation),
            "epochs": list(self.epochs),
            "gain": self.gain,
            "overfitting": self.overfitting,
            "ratio": self.ratio if math.isfinite(self.ratio) else None,
        }

    def __str__(self) -> str:
        first, last = self.epochs
        if self.gain <= 0:
            return f"From epoch {first} to {last} the validation loss did not fall."
        return (
            f"From epoch {first} to {last} the validation loss fell by {self.gain:.3g} and the "
            f"gap to the training loss grew by {self.overfitting:.3g}: {self.ratio:.2f} of "
            "overfitting for each unit gained."
        )


@final
@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of the heads' losses and what they rest on.

    Attributes:
        weights: By head, with sum 1; the last is that of all modalities together.
        heads: By head, what it learnt by itself.
    """

    weights: Mapping[str, float]
    heads: Mapping[str, Overfitting]

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a head, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        return pa.Table.from_pylist(
            [
                {
                    "head": name,
                    "weight": weight,
                    "gain": self.heads[name].gain,
                    "overfitting": self.heads[name].overfitting,
                    "ratio": self.heads[name].ratio,
                }
                for name, weight in self.weights.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        heads = {name: head.to_dict() for name, head in self.heads.items()}
        return {"weights": dict(self.weights), "heads": heads}

    def __str__(self) -> str:
        said = ", ".join(f"{name} {weight:.2f}" for name, weight in self.weights.items())
        worst = max(self.heads, key=lambda name: self.heads[name].ratio)
        return f"Losses are weighed {said}; {worst} overfits most for what it gains."


@final
@dataclass(frozen=True, slots=True)
class LearningSpeeds:
    """How fast each modality was learnt from; compare within one run only.

    Attributes:
        travelled: By modality, the sum over steps of squared gradient to squared size of its
            encoder.
        speeds: By modality, the logarithm of that to the mean of the others', in nats.
        steps: Steps summed over.
    """

    travelled: Mapping[str, float]
    speeds: Mapping[str, float]
    steps: int

    @property
    def fastest(self) -> str:
        """The modality that is learnt from fastest."""
        return max(self.speeds, key=self.speeds.__getitem__)

    @property
    def slowest(self) -> str:
        """The modality that is learnt from slowest."""
        return min(self.speeds, key=self.speeds.__getitem__)

    @property
    def spread(self) -> float:
        """Difference between the fastest and the slowest, in nats."""
        return self.speeds[self.fastest] - self.speeds[self.slowest]

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a modality, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        return pa.Table.from_pylist(
            [
                {"modality": name, "travelled": self.travelled[name], "speed": speed}
                for name, speed in self.speeds.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        speeds = {k: v if math.isfinite(v) else None for k, v in self.speeds.items()}
        return {"travelled": dict(self.travelled), "speeds": speeds, "steps": self.steps}

    def __str__(self) -> str:
        if len(self.speeds) < 2 or not self.spread > 0:
            return f"After {self.steps} steps all modalities are learnt from equally fast."
        return (
            f"After {self.steps} steps {self.fastest} is learnt from fastest and {self.slowest} "
            f"slowest; their speeds differ by {self.spread:.2f} nats."
        )
