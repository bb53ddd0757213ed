"""What a model leans on: which modalities its score needs, and which it does without."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from consilience.results.robustness import Measured


@final
@dataclass(frozen=True, slots=True)
class Utilization:
    r"""What share of a score is lost when the fusion is not told one modality.

    $$u(m \mid \text{rest}) = (A(f) - A(\tilde f_m)) / A(f)$$

    Attributes:
        metric: Name of the score $A$.
        score: $A(f)$.
        without: By modality, $A(\tilde f_m)$: its features replaced by their mean.
        rates: By modality, $u(m \mid \text{rest})$.
        samples: Number of samples.
    """

    metric: str
    score: Measured
    without: Mapping[str, Measured]
    rates: Mapping[str, Measured]
    samples: int

    @property
    def imbalance(self) -> float:
        """Difference between the largest and the smallest rate; 0 for one modality."""
        rates = [rate.estimate for rate in self.rates.values()]
        return max(rates) - min(rates)

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a modality, as an Arrow table (which has `to_pandas`)."""
        return _table(
            [
                {
                    "modality": name,
                    "metric": self.metric,
                    "without": self.without[name].estimate,
                    **rate.to_dict(),
                }
                for name, rate in self.rates.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "metric": self.metric,
            "score": self.score.to_dict(),
            "without": _dicts(self.without),
            "rates": _dicts(self.rates),
            "imbalance": _known(self.imbalance),
            "samples": self.samples,
        }

    def __str__(self) -> str:
        said = ", ".join(f"{rate} of it without {name}" for name, rate in self.rates.items())
        return f"{self.metric} is {self.score} on {self.samples:,} samples; lost is {said}."


@final
@dataclass(frozen=True, slots=True)
class PerceptualScores:
    """How much a score falls when one modality is taken from other samples.

    Attributes:
        metric: Name of the score.
        score: The score.
        scores: By modality, by how much it falls, in the score's unit.
        repeats: Permutations each.
        samples: Number of samples.
    """

    metric: str
    score: Measured
    scores: Mapping[str, Measured]
    repeats: int
    samples: int

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a modality, as an Arrow table (which has `to_pandas`)."""
        return _table(
            [
                {"modality": name, "metric": self.metric, **fall.to_dict()}
                for name, fall in self.scores.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "metric": self.metric,
            "score": self.score.to_dict(),
            "scores": _dicts(self.scores),
            "repeats": self.repeats,
            "samples": self.samples,
        }

    def __str__(self) -> str:
        said = ", ".join(f"{fall} by permuting {name}" for name, fall in self.scores.items())
        return f"{self.metric} is {self.score} on {self.samples:,} samples; it falls {said}."


@final
@dataclass(frozen=True, slots=True)
class ShapleyValues:
    """A score shared out among modalities.

    Attributes:
        metric: Name of the score.
        score: With all modalities.
        empty: With none; with the values it adds up to `score`.
        values: By modality, what it adds, in the score's unit.
        patterns: By the modalities shown, the score, none first.
        samples: Number of samples.
    """

    metric: str
    score: Measured
    empty: Measured
    values: Mapping[str, Measured]
    patterns: Mapping[tuple[str, ...], float]
    samples: int

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a modality, as an Arrow table (which has `to_pandas`)."""
        return _table(
            [
                {"modality": name, "metric": self.metric, **value.to_dict()}
                for name, value in self.values.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "metric": self.metric,
            "score": self.score.to_dict(),
            "empty": self.empty.to_dict(),
            "values": _dicts(self.values),
            "patterns": [
                {"present": list(names), "score": _known(score)}
                for names, score in self.patterns.items()
            ],
            "samples": self.samples,
        }

    def __str__(self) -> str:
        said = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return (
            f"{self.metric} is {self.score} with all modalities and {self.empty} with none; "
            f"to the difference add: {said}."
        )


@final
@dataclass(frozen=True, slots=True)
class UnimodalBias:
    """How far a task is solved without looking at all modalities.

    Attributes:
        majority: Accuracy of always giving the most frequent class.
        alone: By modality, accuracy of a model that sees it only.
        together: Accuracy of the model that sees all.
        pairs: The same three by name, `"majority"`, the modalities and `"all"`: the share of
            pairs with both right; empty without pairs.
        samples: Number of test samples.
    """

    majority: Measured
    alone: Mapping[str, Measured]
    together: Measured
    pairs: Mapping[str, Measured]
    samples: int

    @property
    def best_alone(self) -> str:
        """The modality that goes furthest by itself."""
        return max(self.alone, key=lambda name: self.alone[name].estimate)

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a model, as an Arrow table (which has `to_pandas`)."""
        accuracies = {"majority": self.majority, **self.alone, "all": self.together}
        rows: list[dict[str, Any]] = []
        for name, accuracy in accuracies.items():
            both = self.pairs.get(name)
            rows.append(
                {
                    "sees": name,
                    **accuracy.to_dict(),
                    "both_of_a_pair": both.estimate if both else None,
                }
            )
        return _table(rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "majority": self.majority.to_dict(),
            "alone": _dicts(self.alone),
            "together": self.together.to_dict(),
            "pairs": _dicts(self.pairs),
            "samples": self.samples,
        }

    def __str__(self) -> str:
        best = self.best_alone
        said = (
            f"With all modalities accuracy is {self.together} on {self.samples:,} samples; "
            f"{best} alone reaches {self.alone[best]}, the most frequent class {self.majority}."
        )
        if not self.pairs:
            return said
        return (
            f"{said} Both samples of a pair are right in {self.pairs['all']} of pairs with all "
            f"modalities, in {self.pairs[best]} with {best} alone."
        )


def _dicts(measured: Mapping[str, Measured]) -> dict[str, dict[str, float | None]]:
    return {name: value.to_dict() for name, value in measured.items()}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _table(rows: Sequence[dict[str, Any]]) -> Any:  # noqa: ANN401  a pyarrow.Table
    import pyarrow as pa  # noqa: PLC0415  heavy

    return pa.Table.from_pylist(list(rows))
