"""How often a study answers "helps" where fusing does not help.

Studies are simulated whose truth is known: each method is a least-squares classifier of features
of its own, all equally telling, so that in truth no method is better than the best single
modality. They are trained for real on the study's own folds, so that training sets overlap as they
do, and the study's own statistics (corrected t, Holm, resampling of samples or groups, verdict)
give the answer. The share of "helps" should be at most 5 %. Beside it stand the share without
resampling, and that of a plain paired t test over folds that finds any method better.

    OMP_NUM_THREADS=1 python benchmarks/false_alarms.py              # 1,000 studies each
    OMP_NUM_THREADS=1 python benchmarks/false_alarms.py --runs 50    # a look
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

import consilience as cs
from consilience.functional.statistics import corrected_t
from consilience.quantification.scoring import Outputs, score_named
from consilience.studies.comparing import Scores, compare, contrast_interactions
from consilience.studies.plan import Plan, codes_of, make_plan
from consilience.studies.resampling import with_resampling
from consilience.studies.running import Outcome
from consilience.studies.verdict import judge

FUSIONS = ("additive", "concat", "gated", "low_rank")
FEATURES = 4
TELLING = 0.35
"""Distance of the two classes in each feature, in standard deviations."""


@dataclass(frozen=True)
class Null:
    """A truth without a gain: samples, labels, samples a group, and what b tells beside a."""

    samples: int
    labels: int = 1
    group: int = 1
    b_tells: bool = False
    metric: str = "auroc"


NULLS: Mapping[str, Null] = {
    "60 samples": Null(60),
    "200 samples": Null(200),
    "1,000 samples": Null(1000),
    "200 samples, both modalities tell": Null(200, b_tells=True),
    "200 samples, accuracy": Null(200, metric="accuracy"),
    "200 samples, log loss": Null(200, metric="log_loss"),
    "300 samples in groups of 5": Null(300, group=5),
    "200 samples, 3 labels": Null(200, labels=3),
}


def drawn(null: Null, rng: np.random.Generator) -> tuple[cs.MultimodalData, Plan]:
    units = null.samples // null.group
    y = np.repeat(rng.permuted(np.arange(units)[:, None] % 2 * np.ones((1, null.labels)), axis=0),
                  null.group, axis=0).astype(np.int64)  # fmt: skip
    groups = np.repeat(np.arange(units), null.group) if null.group > 1 else None
    data = cs.MultimodalData(
        {"a": np.zeros((len(y), 1)), "b": np.zeros((len(y), 1))},
        target=y[:, 0] if null.labels == 1 else y,
        groups=groups,
    )
    seed = int(rng.integers(2**31))
    return data, make_plan(data, methods=FUSIONS, metric=null.metric, random_state=seed)


def features(
    null: Null, codes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Half of what varies is shared by a group, so that its samples are alike."""
    units = len(codes) // null.group
    own = rng.normal(size=(len(codes), FEATURES))
    shared = np.repeat(rng.normal(size=(units, FEATURES)), null.group, axis=0)
    noise = own if null.group == 1 else (own + shared) / np.sqrt(2)
    label = codes.reshape(len(codes), -1)
    signal = TELLING * 2 * (label - 0.5)
    return noise + signal[:, np.arange(FEATURES) % label.shape[1]]


def outcomes_of(
    null: Null, codes: NDArray[np.int64], plan: Plan, rng: np.random.Generator
) -> list[Outcome]:
    made: list[Outcome] = []
    y = 2.0 * codes.reshape(len(codes), -1) - 1
    for method in plan.methods:
        x = features(null, codes, rng)
        if method.name == "b" and not null.b_tells:
            x = rng.normal(size=x.shape)
        x = np.column_stack([x, np.ones(len(x))])
        for i, split in enumerate(plan.splits):
            weights = np.linalg.lstsq(x[split.train], y[split.train], rcond=None)[0]
            p = 1 / (1 + np.exp(-2 * x[split.test] @ weights))
            if null.labels == 1:
                p = np.column_stack([1 - p, p])
            guess = p.argmax(axis=1) if null.labels == 1 else (p > 0.5).astype(np.int64)
            made.append(Outcome(method.name, i, guess, p, 0.0))
    return made


def answer(null: Null, rng: np.random.Generator) -> tuple[bool, bool, bool]:
    """Whether the answer is "helps"; the same without resampling, and without any correction."""
    data, plan = drawn(null, rng)
    codes, _ = codes_of(data, plan.task)
    outcomes = outcomes_of(null, codes, plan, rng)
    scores = scored(outcomes, codes, plan)
    bare = compare(scores, plan, outcomes)
    contrasts = contrast_interactions(scores, plan)
    second = judge(bare, contrasts, scores, rows=len(data)).answer == "helps"
    first = second
    if second:
        table = with_resampling(bare, data, codes, plan, outcomes)
        first = judge(table, contrasts, scores, rows=len(data)).answer == "helps"
    return first, second, naive(scores)


def scored(outcomes: list[Outcome], codes: NDArray[np.int64], plan: Plan) -> Scores:
    """What `consilience.studies.comparing.score` gives, of the one metric that decides."""
    metric = score_named(plan.metric.name, plan.task, classes=2, probable=True)
    values: dict[str, list[float]] = {method.name: [] for method in plan.methods}
    for o in outcomes:
        truth = codes[plan.splits[o.split].test]
        said = Outputs(truth, o.prediction, None if truth.ndim == 2 else truth, o.probabilities)
        values[o.method].append(float(metric.prepare(said)(np.ones((1, len(truth))))[0]))
    share = float(np.mean([len(s.test) for s in plan.splits])) / len(codes)
    arrays = {name: np.array(v) for name, v in values.items()}
    return Scores(plan.metric, arrays, share, len(codes))


def naive(scores: Scores) -> bool:
    """Whether a plain paired t test over folds finds any fusion method better."""
    best = scores.values[scores.best(["a", "b"])]
    sign = 1 if scores.metric.higher_is_better else -1
    gains = [sign * (scores.values[method] - best) for method in FUSIONS]
    return any(
        gain.mean() > 0 and corrected_t(gain, test_share=0.0).p_value < 0.05 for gain in gains
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args()
    print(f"{settings.runs} studies each; percent that answer 'helps'; 2 modalities, 4 methods")
    print(f"{'truth without a gain':36}{'study':>8}{'± 2 se':>8}{'t only':>8}{'plain t':>9}")
    for place, (name, null) in enumerate(NULLS.items()):
        rng = np.random.default_rng([settings.seed, place])
        began = perf_counter()
        found = np.array([answer(null, rng) for _ in range(settings.runs)]).mean(axis=0)
        error = 200 * np.sqrt(found[0] * (1 - found[0]) / settings.runs)
        print(
            f"{name:36}{100 * found[0]:8.1f}{error:8.1f}{100 * found[1]:8.1f}{100 * found[2]:9.1f}"
            f"   ({perf_counter() - began:.0f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
