"""From predictions to a table: every estimate and difference with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.functional.statistics import Estimate, corrected_t, holm, rule_of_three
from consilience.fusion.catalogue import fusion_class
from consilience.results.comparison import ComparisonTable, Contrast, MethodRow
from consilience.studies.metrics import Metric, metrics_for
from consilience.studies.plan import Plan
from consilience.studies.running import Outcome


@final
@dataclass(frozen=True, slots=True)
class Scores:
    """One metric of every method on every complete fold.

    Attributes:
        metric: The metric.
        values: By method, `(folds,)`, the folds in the same order; NaN where a fold's
            test part does not allow the metric, such as AUROC of one class.
        test_share: Mean share of samples in a test part.
        samples: Number of different samples tested.
    """

    metric: Metric
    values: dict[str, NDArray[np.float64]]
    test_share: float
    samples: int

    @property
    def defined(self) -> int:
        """Number of folds in which the metric is defined."""
        return int(np.isfinite(list(self.values.values())).all(axis=0).sum())

    def estimate(self, method: str) -> Estimate:
        """The method's mean with its interval, cut to the values the metric can take."""
        found = self._interval(self.values[method])
        least, most = sorted((self.metric.worst, self.metric.best))
        return replace(found, low=max(found.low, least), high=min(found.high, most))

    def difference(self, method: str, reference: str) -> Estimate:
        """The paired difference, positive when `method` is better, cut likewise."""
        sign = 1.0 if self.metric.higher_is_better else -1.0
        found = self._interval(sign * (self.values[method] - self.values[reference]))
        most = abs(self.metric.best - self.metric.worst)
        return replace(found, low=max(found.low, -most), high=min(found.high, most))

    def best(self, names: Sequence[str]) -> str:
        """The method with the best mean; the first of equals."""
        sign = 1.0 if self.metric.higher_is_better else -1.0
        return max(names, key=lambda n: sign * np.nanmean(self.values[n]))

    def _interval(self, values: NDArray[np.float64]) -> Estimate:
        least = rule_of_three(self.samples) if self.metric.rate else 0.0
        known = values[np.isfinite(values)]
        return corrected_t(known, test_share=self.test_share, least=least)


def score(outcomes: Sequence[Outcome], codes: NDArray[Any], plan: Plan) -> dict[str, Scores]:
    """Every metric of the task for every method and fold.

    Args:
        outcomes: Of complete splits.
        codes: The target: class codes, or quantities.
        plan: What was run.

    Returns:
        Scores by the name of the metric.
    """
    ran = sorted({o.split for o in outcomes})
    by = {(o.method, o.split): o for o in outcomes}
    tests = [plan.splits[i].test for i in ran]
    share = float(np.mean([len(t) for t in tests])) / len(codes)
    samples = len(np.unique(np.concatenate(tests)))
    out: dict[str, Scores] = {}
    for metric in metrics_for(plan.task):
        values = {
            method.name: np.array(
                [
                    metric.score(codes[plan.splits[i].test], o.prediction, o.probabilities)
                    for i in ran
                    for o in [by[method.name, i]]
                ]
            )
            for method in plan.methods
        }
        out[metric.name] = Scores(metric, values, share, samples)
    return out


def compare(scores: Scores, plan: Plan, outcomes: Sequence[Outcome]) -> ComparisonTable:
    """The table of a study.

    Args:
        scores: Of the metric the study is judged by.
        plan: What was run.
        outcomes: For the times of the fits.

    Returns:
        A row a method, best first.
    """
    yardstick = scores.best([m.name for m in plan.methods if m.kind == "unimodal"])
    fused = [m.name for m in plan.methods if m.kind == "fusion"]
    differences = {m.name: scores.difference(m.name, yardstick) for m in plan.methods}
    adjusted = dict(zip(fused, holm([differences[n].p_value for n in fused]), strict=True))
    rows: list[MethodRow] = []
    for method in plan.methods:
        estimate, delta = scores.estimate(method.name), differences[method.name]
        own = method.name == yardstick
        seconds = [o.seconds for o in outcomes if o.method == method.name]
        rows.append(
            MethodRow(
                method=method.name,
                kind=method.kind,
                estimate=estimate.mean,
                low=estimate.low,
                high=estimate.high,
                delta=delta.mean,
                delta_low=0.0 if own else delta.low,
                delta_high=0.0 if own else delta.high,
                p_adjusted=float(adjusted[method.name]) if method.name in adjusted else None,
                seconds=float(np.mean(seconds)),
            )
        )
    rows.sort(key=lambda r: -r.delta)
    return ComparisonTable(tuple(rows), scores.metric.name, scores.metric.higher_is_better)


def contrast_interactions(scores: Scores, plan: Plan) -> tuple[Contrast, ...]:
    """Every method that can model interactions against the additive one.

    Args:
        scores: Of the metric the study is judged by.
        plan: What was run.

    Returns:
        A contrast a method, largest difference first; none without an additive method.
    """
    fused = [m for m in plan.methods if m.kind == "fusion"]
    late = [m.name for m in fused if getattr(fusion_class(m.fusion), "late", False)]
    interacting = [m.name for m in fused if m.name not in late]
    if not late or not interacting:
        return ()
    additive = scores.best(late)
    found = [scores.difference(name, additive) for name in interacting]
    adjusted = holm([f.p_value for f in found])
    contrasts = [
        Contrast(name, additive, f.mean, f.low, f.high, float(p))
        for name, f, p in zip(interacting, found, adjusted, strict=True)
    ]
    return tuple(sorted(contrasts, key=lambda c: -c.delta))
