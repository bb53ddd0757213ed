"""How a model's score falls as its inputs grow noisy or are absent."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, final

from consilience.errors import ModalityError, suggestion
from consilience.results.robustness_display import RobustnessCurveDisplay

EVERY = "all modalities"
"""What the curve with noise on everything is called."""


@final
@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its 95 % interval.

    Attributes:
        estimate: The number.
        low: Lower end of the interval.
        high: Upper end of the interval.

    Example:
        >>> str(Measured(0.9, 0.85, 0.94)), str(Measured(0.9, math.nan, math.nan))
        ('0.900 [0.850, 0.940]', '0.900 [no interval]')
    """

    estimate: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """The numbers by name; what is not known is None."""
        return {k: v if math.isfinite(v) else None for k, v in asdict(self).items()}

    def __str__(self) -> str:
        if math.isnan(self.low) or math.isnan(self.high):
            return f"{self.estimate:z.3f} [no interval]"
        return f"{self.estimate:z.3f} [{self.low:z.3f}, {self.high:z.3f}]"


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """A score by the level of noise on one modality, or on all of them.

    Attributes:
        modality: The modality with noise; None for noise on all.
        noise: Name of the noise model.
        levels: Levels of noise, the first 0.
        scores: The score at each level, the mean over draws of noise.
        relative: Mean score over the levels, in the score's unit.
        calibration: Expected calibration error at each level; empty if the model gives no
            probabilities.
        baseline: The baseline's score at each level; empty without a baseline.
        effective: How much better the score stands up than the baseline shifted to equal
            clean score, positive is better; None without a baseline.
    """

    modality: str | None
    noise: str
    levels: tuple[float, ...]
    scores: tuple[Measured, ...]
    relative: Measured
    calibration: tuple[Measured, ...] = ()
    baseline: tuple[Measured, ...] = ()
    effective: Measured | None = None

    @property
    def title(self) -> str:
        """The modality's name, or that it is all of them."""
        return EVERY if self.modality is None else self.modality

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values."""
        return {
            "modality": self.modality,
            "noise": self.noise,
            "levels": list(self.levels),
            "scores": [s.to_dict() for s in self.scores],
            "relative": self.relative.to_dict(),
            "calibration": [c.to_dict() for c in self.calibration],
            "baseline": [b.to_dict() for b in self.baseline],
            "effective": self.effective.to_dict() if self.effective else None,
        }

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a level, for data frames."""
        rows: list[dict[str, Any]] = []
        for i, (level, score) in enumerate(zip(self.levels, self.scores, strict=True)):
            row = {"modality": self.title, "noise": self.noise, "level": level, **score.to_dict()}
            row["calibration"] = self.calibration[i].estimate if self.calibration else None
            row["baseline"] = self.baseline[i].estimate if self.baseline else None
            rows.append(row)
        return rows


@final
@dataclass(frozen=True, slots=True)
class PatternScore:
    """The score with some modalities only.

    Attributes:
        present: Modalities that are there.
        absent: Modalities that are not.
        score: The score.
        loss: How much worse than with all, sample by sample; positive is worse.
    """

    present: tuple[str, ...]
    absent: tuple[str, ...]
    score: Measured
    loss: Measured

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values."""
        return {
            "present": list(self.present),
            "absent": list(self.absent),
            "score": self.score.to_dict(),
            "loss": self.loss.to_dict(),
        }


@final
@dataclass(frozen=True, slots=True)
class Robustness:
    """How a model stands up to noise and to absent modalities.

    Attributes:
        metric: Name of the score.
        higher_is_better: Whether larger scores are better.
        clean: The score without noise, everything present that is.
        curves: A curve a modality, and one for noise on all of several.
        patterns: Scores with some modalities absent, each single one first.
        samples: Number of samples.
        repeats: Draws of noise a level.
        grouped: Whether the intervals keep groups of samples together.
        clean_baseline: The baseline's clean score; None without a baseline.
        warnings: What makes the intervals less certain than they look.
    """

    metric: str
    higher_is_better: bool
    clean: Measured
    curves: tuple[Curve, ...]
    patterns: tuple[PatternScore, ...]
    samples: int
    repeats: int
    grouped: bool = False
    clean_baseline: Measured | None = None
    warnings: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Curve]:
        return iter(self.curves)

    def __len__(self) -> int:
        return len(self.curves)

    def __getitem__(self, modality: str | None) -> Curve:
        """The curve of a modality, or of all with None.

        Raises:
            ModalityError: If there is no such curve.
        """
        for curve in self.curves:
            if curve.modality == modality:
                return curve
        wanted = EVERY if modality is None else modality
        names = [curve.title for curve in self.curves]
        raise ModalityError(f"no curve of {wanted!r}; {suggestion(wanted, names)}")

    def without(self, *names: str) -> PatternScore:
        """The score without one or several modalities.

        Raises:
            ModalityError: If no such pattern was measured.
        """
        for pattern in self.patterns:
            if set(pattern.absent) == set(names):
                return pattern
        wanted = " & ".join(names)
        known = [" & ".join(pattern.absent) for pattern in self.patterns]
        raise ModalityError(f"no pattern without {wanted!r}; {suggestion(wanted, known)}")

    @property
    def worst(self) -> PatternScore | None:
        """The pattern with the worst score, None if none was measured.

        As the worst of many it looks a little worse than it is.
        """
        known = [p for p in self.patterns if not math.isnan(p.loss.estimate)]
        return max(known, key=lambda p: p.loss.estimate, default=None)

    @property
    def weakest(self) -> Curve | None:
        """The curve of the single modality whose noise costs most; None if none is known."""
        sign = 1.0 if self.higher_is_better else -1.0
        single = [
            c
            for c in self.curves
            if c.modality is not None and not math.isnan(c.relative.estimate)
        ]
        return min(single, key=lambda c: sign * c.relative.estimate, default=None)

    def plot(self) -> Any:  # noqa: ANN401  a matplotlib figure, which is not imported here
        """The curves with their intervals, as a matplotlib figure."""
        return RobustnessCurveDisplay.from_results(self).plot().figure

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a level of a curve, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        rows = [row for curve in self.curves for row in curve.to_dicts()]
        return pa.Table.from_pylist([{"metric": self.metric, **row} for row in rows])

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
            "clean": self.clean.to_dict(),
            "curves": [curve.to_dict() for curve in self.curves],
            "patterns": [pattern.to_dict() for pattern in self.patterns],
            "worst": self.worst.to_dict() if self.worst else None,
            "samples": self.samples,
            "repeats": self.repeats,
            "grouped": self.grouped,
            "clean_baseline": self.clean_baseline.to_dict() if self.clean_baseline else None,
            "warnings": list(self.warnings),
        }

    @property
    def words(self) -> str:
        """What was found, in a few sentences."""
        return " ".join(_sentences(self))

    def __str__(self) -> str:
        head, rows = _table(self)
        lines = _aligned([head, *rows]) if rows else []
        return "\n".join([self.words, *lines, *(f"Beware: {w}" for w in self.warnings)])

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        head, rows = _table(self)
        heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
        )
        notes = "".join(f"<p>Beware: {escape(warning)}</p>" for warning in self.warnings)
        return (
            f"<p>{escape(self.words)}</p><table><thead><tr>{heads}</tr></thead>"
            f"<tbody>{body}</tbody></table>{notes}"
        )


def _sentences(found: Robustness) -> Iterator[str]:
    draws = f"{found.repeats} draw{'s' * (found.repeats != 1)}"
    yield (
        f"{found.metric} is {found.clean} on {found.samples:,} clean samples "
        f"(95 % intervals over {'groups' if found.grouped else 'samples'} and "
        f"{draws} of noise a level)."
    )
    weakest, worst = found.weakest, found.worst
    if weakest is not None:
        yield (
            f"Noise costs most in {weakest.title}: at level {weakest.levels[-1]:g} it is "
            f"{weakest.scores[-1]}, on average over the levels {weakest.relative}."
        )
    if worst is not None:
        yield (
            f"Of {len(found.patterns)} pattern{'s' * (len(found.patterns) != 1)} of absence the "
            f"worst is without {_listed(worst.absent)}: {worst.score}."
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _table(found: Robustness) -> tuple[list[str], list[list[str]]]:
    """Heads and cells: what was done, the score, and what is known beside it."""
    effective = any(c.effective for c in found.curves)
    calibrated = any(c.calibration for c in found.curves)
    head = ["input", f"{found.metric} at the last level", "mean over levels"]
    head += ["against baseline"] * effective + ["calibration error"] * calibrated
    rows: list[list[str]] = []
    for curve in found.curves:
        row = [f"{curve.title}: {curve.noise}", str(curve.scores[-1]), str(curve.relative)]
        row += [str(curve.effective)] * effective
        row += [str(curve.calibration[-1]) if curve.calibration else ""] * calibrated
        rows.append(row)
    blank = [""] * (len(head) - 2)
    told = [p for p in found.patterns if len(p.absent) == 1 or p == found.worst]
    rows += [[f"without {_listed(p.absent)}", str(p.score), *blank] for p in told]
    return head, rows


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
