"""Run folders like those a study writes, simulated from known strengths."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from consilience.report import render
from consilience.report.evidence import Explanation
from consilience.results import (
    Curve,
    Gap,
    History,
    Interactions,
    Interval,
    Learning,
    LearningCurves,
    LearningSpeeds,
    Measured,
    PairInteractions,
    PatternScore,
    Quantity,
    Robustness,
    Utilization,
)
from consilience.results.interactions import QUANTITIES

Explained = Literal["no", "lacking", "yes", "with nulls"]
"""Whether a run has the files of the explanation; `"no"` is a run of before."""


@dataclass(frozen=True)
class Scenario:
    """What to simulate: methods by name with their kind and strength of signal."""

    name: str
    rows: int
    metric: str
    methods: dict[str, tuple[str, float]]
    modalities: list[tuple[str, str, str, float]]
    classes: tuple[str, ...] = ()
    folds: int = 5
    repeats: int = 2
    groups: int | None = None
    additive: str | None = None
    interacting: tuple[str, ...] = ()
    answer: str = "helps"
    audit: list[dict[str, str]] = field(default_factory=list)
    explained: Explained = "no"
    seed: int = 0


WATCH = Scenario(
    name="watch",
    rows=1149,
    metric="balanced_accuracy",
    methods={
        "accelerometer": ("unimodal", 2.55),
        "gyroscope": ("unimodal", 2.05),
        "concat": ("fusion", 2.95),
        "additive": ("fusion", 2.85),
        "low_rank": ("fusion", 2.9),
        "gated": ("fusion", 2.6),
    },
    modalities=[
        ("accelerometer", "sequence", "sequence of 200 steps, 3 channels", 1.0),
        ("gyroscope", "sequence", "sequence of 200 steps, 3 channels", 0.934),
    ],
    classes=("arm raise", "curl", "external rotation", "row", "press", "shrug", "fly"),
    groups=10,
    additive="additive",
    interacting=("low_rank", "gated"),
    audit=[
        {
            "severity": "warning",
            "code": "few_groups",
            "where": "groups",
            "message": "There are only 10 groups, so that a test fold holds 2.",
            "fix": "Collect more subjects; until then read the intervals as optimistic.",
        },
        {
            "severity": "note",
            "code": "absent_modality",
            "where": "gyroscope",
            "message": "76 of 1,149 samples have no gyroscope.",
            "fix": "",
        },
    ],
    explained="yes",
)

SYNERGY = Scenario(
    name="mfeat-pairs",
    rows=2000,
    metric="accuracy",
    methods={
        "first": ("unimodal", 0.02),
        "second": ("unimodal", 0.0),
        "additive": ("fusion", 0.04),
        "concat": ("fusion", 1.4),
        "low_rank": ("fusion", 1.5),
        "gated": ("fusion", 1.1),
    },
    modalities=[
        ("first", "table", "table of 64 columns", 1.0),
        ("second", "table", "table of 64 columns", 1.0),
    ],
    classes=("different", "same"),
    additive="additive",
    interacting=("concat", "low_rank", "gated"),
    explained="with nulls",
)

CEILING = Scenario(
    name="nutrimouse diet",
    rows=40,
    metric="accuracy",
    methods={
        "lipid": ("unimodal", 7.0),
        "gene": ("unimodal", 1.6),
        "concat": ("fusion", 6.2),
        "additive": ("fusion", 6.0),
        "low_rank": ("fusion", 4.2),
        "gated": ("fusion", 5.0),
    },
    modalities=[
        ("gene", "table", "table of 120 columns", 1.0),
        ("lipid", "table", "table of 21 columns", 1.0),
    ],
    classes=("coc", "fish", "lin", "ref", "sun"),
    repeats=4,
    answer="does not help",
    additive="additive",
    interacting=("low_rank", "gated"),
)

REGRESSION = Scenario(
    name="length of stay",
    rows=320,
    metric="rmse",
    methods={
        "labs": ("unimodal", 1.2),
        "ecg": ("unimodal", 0.6),
        "notes": ("unimodal", 1.0),
        "imaging of the chest, frontal and lateral view": ("unimodal", 0.4),
        "concat": ("fusion", 1.27),
        "additive": ("fusion", 1.25),
        "low_rank": ("fusion", 1.15),
        "gated": ("fusion", 1.24),
        "tensor": ("fusion", 1.0),
        "residual": ("fusion", 1.2),
    },
    modalities=[
        ("labs", "table", "table of 31 columns (4 categorical)", 0.998),
        ("ecg", "sequence", "sequence of any length, 12 channels", 0.71),
        ("notes", "text", "text", 0.4),
        ("imaging of the chest, frontal and lateral view", "table", "table of 512 columns", 0.003),
    ],
    answer="cannot tell",
    explained="yes",
)

MANY = Scenario(
    name="forty classes",
    rows=900,
    metric="log_loss",
    methods={
        "sound": ("unimodal", 3.0),
        "picture": ("unimodal", 3.4),
        "concat": ("fusion", 3.9),
        "additive": ("fusion", 3.8),
    },
    modalities=[
        ("sound", "sequence", "sequence of any length, 1 channel", 0.5),
        ("picture", "table", "table of 768 columns", 1.0),
    ],
    classes=tuple(f"class {i:02d}" for i in range(40)),
    explained="lacking",
)

HOSTILE = Scenario(
    name="<script>alert('name')</script>",
    rows=60,
    metric="accuracy",
    methods={
        "<script>alert(1)</script>": ("unimodal", 1.0),
        '$\\frac{a}{b}$ & "quoted" -->': ("unimodal", 0.8),
        "</title><img src=x onerror=alert(2)>": ("fusion", 1.4),
        "心電図\n\x07 and 🫀 " + "x" * 120: ("fusion", 1.2),
    },
    modalities=[
        ("<script>alert(1)</script>", "table", "</td><script>alert(3)</script>", 1.0),
        ('$\\frac{a}{b}$ & "quoted" -->', "text", "text", 0.5),
    ],
    classes=("<b>yes</b>", "' onload='alert(4)", "]]>"),
    additive="</title><img src=x onerror=alert(2)>",
    interacting=("心電図\n\x07 and 🫀 " + "x" * 120,),
    audit=[
        {
            "severity": "error",
            "code": "<i>",
            "where": "<script>alert(5)</script>",
            "message": "<script>alert(6)</script>",
            "fix": "javascript:alert(7)",
        }
    ],
    explained="with nulls",
)

SCENARIOS = {s.name: s for s in (WATCH, SYNERGY, CEILING, REGRESSION, MANY)} | {"hostile": HOSTILE}

WriteRun = Callable[..., Path]


@pytest.fixture
def write_run(tmp_path: Path) -> WriteRun:
    """Writes the run folder of a scenario; `change` edits the parsed study.json first."""

    def write(
        name: str = "nutrimouse diet", change: Callable[[dict[str, Any]], None] | None = None
    ) -> Path:
        return simulate(SCENARIOS[name], tmp_path / "run", change)

    return write


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The report of a scenario, drawn once a session."""
    done: dict[str, Path] = {}

    def report(name: str) -> Path:
        if name not in done:
            folder = tmp_path_factory.mktemp("runs") / "run"
            done[name] = render(simulate(SCENARIOS[name], folder))
        return done[name]

    return report


@pytest.fixture(scope="session", params=list(SCENARIOS))
def report(request: pytest.FixtureRequest, rendered: Callable[[str], Path]) -> Path:
    """The report of each scenario in turn."""
    return rendered(request.param)


@pytest.fixture
def make_learning() -> Callable[..., Learning]:
    """Makes what a method made of modalities of given strengths."""
    return learning_of


@pytest.fixture
def make_curves() -> Callable[..., LearningCurves]:
    """Makes a watched training on modalities of given strengths."""
    return curves_of


@pytest.fixture
def make_history() -> Callable[..., History]:
    """Makes losses that fall to a kept epoch and then rise."""
    return history_of


def simulate(
    scenario: Scenario, run: Path, change: Callable[[dict[str, Any]], None] | None = None
) -> Path:
    """Writes the artefacts of a simulated study."""
    rng = np.random.default_rng(scenario.seed)
    truth = _truth(scenario, rng)
    predictions, scores = _simulated_methods(scenario, truth, rng)
    run.mkdir(parents=True, exist_ok=True)
    study = _study(scenario, truth, scores) | explained(scenario, run)
    if change is not None:
        change(study)
    (run / "study.json").write_text(json.dumps(study, indent=2), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(scores), run / "metrics.parquet")
    pq.write_table(pa.concat_tables(predictions), run / "predictions.parquet")
    return run


def _truth(scenario: Scenario, rng: np.random.Generator) -> np.ndarray:
    if not scenario.classes:
        return rng.normal(6.5, 2.1, scenario.rows)
    return rng.permutation(np.arange(scenario.rows) % len(scenario.classes))


def _simulated_methods(
    scenario: Scenario, truth: np.ndarray, rng: np.random.Generator
) -> tuple[list[Any], list[dict[str, Any]]]:
    n, k = scenario.rows, max(len(scenario.classes), 1)
    shared = rng.normal(size=(n, k))
    tables: list[pa.Table] = []
    scores: list[dict[str, Any]] = []
    for repeat in range(scenario.repeats):
        fold = rng.permutation(np.arange(n) % scenario.folds)
        for index, (method, (kind, strength)) in enumerate(scenario.methods.items()):
            noise = 0.8 * shared + 0.6 * rng.normal(size=(n, k))
            outcome, measures = _outcome(scenario, truth, strength, noise)
            tables.append(
                pa.table(
                    {
                        "row": np.arange(n),
                        "repeat": np.full(n, repeat),
                        "fold": fold,
                        "method": [method] * n,
                        **outcome,
                    }
                )
            )
            for held_out in range(scenario.folds):
                inside = fold == held_out
                for metric, values in measures.items():
                    value = float(values[inside].mean())
                    scores.append(
                        {
                            "method": method,
                            "kind": kind,
                            "repeat": repeat,
                            "fold": held_out,
                            "metric": metric,
                            "value": math.sqrt(value) if metric == "rmse" else value,
                            "seconds": 0.4 + 0.37 * index,
                            "n_test": int(inside.sum()),
                        }
                    )
    return tables, scores


def _outcome(
    scenario: Scenario, truth: np.ndarray, strength: float, noise: np.ndarray
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    if not scenario.classes:
        weight = strength**2 / (1 + strength**2)
        made = 6.5 + weight * (truth - 6.5 + 2.1 * noise[:, 0] / strength)
        error = np.abs(made - truth)
        return {"target": truth, "prediction": made}, {"rmse": error**2, "mae": error}
    names = np.array(scenario.classes)
    logits = strength * np.eye(len(names))[truth] + noise
    odds = np.exp(1.25 * strength * (logits - logits.max(axis=1, keepdims=True)))
    shares = odds / odds.sum(axis=1, keepdims=True)
    hit = (shares.argmax(axis=1) == truth).astype(float)
    loss = -np.log(np.maximum(shares[np.arange(len(truth)), truth], 1e-12))
    columns = {f"p:{name}": shares[:, i] for i, name in enumerate(names)}
    content = {"target": names[truth], "prediction": names[shares.argmax(axis=1)], **columns}
    accuracy = "accuracy" if scenario.metric != "balanced_accuracy" else "balanced_accuracy"
    return content, {accuracy: hit, "log_loss": loss}


def _interval(values: np.ndarray, folds: int) -> dict[str, float]:
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    error = spread * math.sqrt(1 / len(values) + 1 / (folds - 1))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * error
    return {"estimate": mean, "low": mean - half, "high": mean + half}


def _difference(a: np.ndarray, b: np.ndarray, scenario: Scenario) -> tuple[float, ...]:
    sign = -1 if _lower(scenario.metric) else 1
    found = _interval(sign * (a - b), scenario.folds)
    half = (found["high"] - found["low"]) / 2
    t = found["estimate"] / max(half / float(stats.t.ppf(0.975, len(a) - 1)), 1e-12)
    p = float(2 * stats.t.sf(abs(t), len(a) - 1))
    return found["estimate"], found["low"], found["high"], min(1.0, 2 * p)


def _lower(metric: str) -> bool:
    return metric in {"log_loss", "rmse", "mae"}


def _study(scenario: Scenario, truth: np.ndarray, scores: list[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, dict[str, np.ndarray]] = {}
    for metric in dict.fromkeys(row["metric"] for row in scores):
        values[metric] = {
            method: np.array(
                [
                    row["value"]
                    for row in scores
                    if row["metric"] == metric and row["method"] == method
                ]
            )
            for method in scenario.methods
        }
    main = values[scenario.metric]
    sign = -1 if _lower(scenario.metric) else 1
    single = [m for m, (kind, _) in scenario.methods.items() if kind == "unimodal"]
    yardstick = max(single, key=lambda m: sign * main[m].mean())
    ranked = sorted(main, key=lambda m: -sign * main[m].mean())
    rows = [_row(scenario, method, main, yardstick) for method in ranked]
    best = next(m for m in ranked if m not in single) if scenario.answer == "helps" else yardstick
    return {
        "format": 1,
        "consilience": "0.1.0",
        "created": "2026-11-24T19:02:59+00:00",
        "name": scenario.name,
        "data": {
            "rows": scenario.rows,
            "modalities": [
                dict(zip(("name", "kind", "description", "present"), m, strict=True))
                for m in scenario.modalities
            ],
            "target": _target(scenario, truth),
            "groups": scenario.groups,
        },
        "audit": scenario.audit,
        "plan": {
            "metric": scenario.metric,
            "higher_is_better": sign > 0,
            "folds": scenario.folds,
            "repeats": scenario.repeats,
            "random_state": 0,
            "budget_minutes": 5.0,
            "methods": list(scenario.methods),
        },
        "table": rows,
        "verdict": _verdict(scenario, main, best, yardstick, rows),
        "other_metrics": {
            metric: {m: _interval(v, scenario.folds) for m, v in by_method.items()}
            for metric, by_method in values.items()
        },
        "seconds": 161.4,
        "command": f"consilience study {scenario.name} --out run --budget 5 --random-state 0",
    }


def _target(scenario: Scenario, truth: np.ndarray) -> dict[str, Any]:
    if not scenario.classes:
        return {"task": "regression", "classes": None, "counts": None}
    counts = np.bincount(truth, minlength=len(scenario.classes)).tolist()
    return {"task": "classification", "classes": list(scenario.classes), "counts": counts}


def _row(
    scenario: Scenario, method: str, values: dict[str, np.ndarray], yardstick: str
) -> dict[str, Any]:
    kind = scenario.methods[method][0]
    delta, low, high, p = (
        (0.0, 0.0, 0.0, 1.0)
        if method == yardstick
        else _difference(values[method], values[yardstick], scenario)
    )
    return {
        "method": method,
        "kind": kind,
        **_interval(values[method], scenario.folds),
        "delta": delta,
        "delta_low": low,
        "delta_high": high,
        "p_adjusted": p if kind == "fusion" else None,
        "seconds": 1.7 if kind == "fusion" else 0.9,
    }


def _verdict(
    scenario: Scenario,
    values: dict[str, np.ndarray],
    best: str,
    yardstick: str,
    rows: list[dict[str, Any]],
) -> dict[str, Any]:
    row = next(r for r in rows if r["method"] == best)
    p = row["p_adjusted"] or 1.0
    contrasts: list[dict[str, Any]] = []
    for method in scenario.interacting:
        assert scenario.additive is not None
        delta, low, high, adjusted = _difference(
            values[method], values[scenario.additive], scenario
        )
        contrasts.append(
            {
                "better": method,
                "reference": scenario.additive,
                "delta": delta,
                "low": low,
                "high": high,
                "p_adjusted": adjusted,
            }
        )
    found = any(c["low"] > 0 for c in contrasts)
    paragraphs = {
        "helps": f"{best} reaches {row['estimate']:.3f} [{row['low']:.3f}, "
        f"{row['high']:.3f}], {row['delta']:+.3f} [{row['delta_low']:+.3f}, "
        f"{row['delta_high']:+.3f}] over {yardstick} alone, adjusted p {p:.3f}.",
        "does not help": f"{yardstick} alone reaches "
        f"{row['estimate']:.3f}, and no fusion method is better by more than chance explains. "
        f"Use {yardstick} alone: it is simpler and as good.",
        "cannot tell": f"These data cannot tell whether fusing helps. {yardstick} alone reaches "
        f"{row['estimate']:.3f}; the fusion methods lie close to it on both sides. About 1,900 "
        "samples would be needed to tell the difference seen from none.",
    }
    return {
        "answer": scenario.answer,
        "paragraph": paragraphs[scenario.answer],
        "best_method": best,
        "best_unimodal": yardstick,
        "interaction": ("found" if found else "not found") if contrasts else "not tested",
        "contrasts": contrasts,
        "samples_needed": 1900 if scenario.answer == "cannot tell" else None,
    }


def explained(scenario: Scenario, run: Path) -> dict[str, Any]:
    """Writes the files of the explanation, if any; gives what study.json says of them."""
    fused = next(m for m, (kind, _) in scenario.methods.items() if kind == "fusion")
    if scenario.explained == "no":
        return {}
    if scenario.explained == "lacking":
        return {
            "explanation": asdict(
                Explanation(fused, "too few rows.", "one label at most.", "no fold has it.")
            )
        }
    names = [name for name, *_ in scenario.modalities]
    strength = {name: scenario.methods[name][1] / 10 for name in names}
    told = interactions_of(strength, nulls=scenario.explained == "with nulls")
    (run / "interactions.json").write_text(json.dumps(told.to_dict()), encoding="utf-8")
    stands = robustness_of(strength, scenario.metric, higher=not _lower(scenario.metric))
    (run / "robustness.json").write_text(json.dumps(stands.to_dict()), encoding="utf-8")
    learnt = learning_of(strength, fused, scenario.metric, higher=not _lower(scenario.metric))
    (run / "learning.json").write_text(json.dumps(learnt.to_dict()), encoding="utf-8")
    return {"explanation": asdict(Explanation(fused))}


def history_of(first: float, last: float, *, gap: float = 0.05, best: int = 5) -> History:
    """Six epochs whose validation loss falls to that of the kept one, and then rises."""
    steps = [first + (last - first) * k / (best - 1) for k in range(best)]
    validation = (*steps, *(last + 0.02 * k for k in range(1, 7 - best)))
    train = tuple(v - gap * k for k, v in enumerate(validation))
    return History(train, validation, best, 1.0, stopped_early=True)


def curves_of(strength: dict[str, float]) -> LearningCurves:
    """A training in which a stronger modality's head ends at a lower loss and moves faster."""
    heads = {name: history_of(1.0, 1.0 - value) for name, value in strength.items()}
    speeds = {name: 4 * value for name, value in strength.items()}
    joint = history_of(1.0, 0.4, gap=0.01)
    return LearningCurves(joint, heads, LearningSpeeds(speeds, speeds, 60))


def learning_of(
    strength: dict[str, float], method: str, metric: str, *, higher: bool = True
) -> Learning:
    """What a method made of modalities of given strengths."""
    used = Utilization(
        metric,
        measured(0.9),
        {name: measured(0.9 - value) for name, value in strength.items()},
        {name: measured(value / 0.9, 0.05) for name, value in strength.items()},
        620,
    )
    gap = Gap(metric, 0.9, 0.8, Interval(0.1, 0.02, 0.18))
    runs = (curves_of(strength), curves_of(strength))
    return Learning(method, used if higher else None, gap, higher, runs)


def quantity(estimate: float, half: float = 0.02, *, null: float = math.nan) -> Quantity:
    """An information with an interval; found if it lies above zero and the null."""
    p = math.nan if math.isnan(null) else 0.005 if estimate > null else 0.7
    return Quantity(estimate, estimate - half, estimate + half, null, p)


def pair_of(
    names: tuple[str, str],
    atoms: tuple[float, float, float, float],
    *,
    null: float = math.nan,
    **more: Any,
) -> PairInteractions:
    """A pair whose informations follow from redundancy, unique ones and synergy."""
    r, one, two, s = atoms
    every = (*atoms, r + one, r + two, r + one + two + s)
    found = [quantity(value, null=null) for value in every]
    about: dict[str, Any] = {
        "estimator": "clustered",
        "reason": f"The estimator is clustered for {names[0]} and {names[1]}.",
        "rows_used": 620,
        "rows_left_out": 3,
        "alphabet": (8, 8, 2),
    }
    return PairInteractions(names, **dict(zip(QUANTITIES, found, strict=True)), **about, **more)


def interactions_of(strength: dict[str, float], *, nulls: bool = False) -> Interactions:
    """Informations of every pair and, of three or more modalities, against the rest."""
    null = 0.01 if nulls else math.nan
    sides = list(combinations(strength, 2))
    pairs = tuple(
        pair_of((a, b), (0.01, strength[a], strength[b], 0.1), null=null, warnings=("few rows",))
        for a, b in sides
    )
    rest = tuple(
        pair_of((name, "+".join(n for n in strength if n != name)), (0.1, value, 0.3, 0.0))
        for name, value in strength.items()
    )
    return Interactions(pairs, quantity(0.9), "Target", rest if len(strength) > 2 else ())


def measured(estimate: float, half: float = 0.03) -> Measured:
    """A number with an interval."""
    return Measured(estimate, estimate - half, estimate + half)


def pattern_of(present: tuple[str, ...], absent: tuple[str, ...], loss: float) -> PatternScore:
    """A pattern whose loss has an interval of 0.03 to each side, of a clean score of 0.9."""
    return PatternScore(present, absent, measured(0.9 - loss), measured(loss))


def curve_of(name: str | None, cost: float, *, sign: int = 1) -> Curve:
    """A curve from 0.9 down by `cost` at full noise, or up where `sign` is -1."""
    levels = (0.0, 0.5, 1.0)
    scores = tuple(measured(0.9 - sign * cost * level) for level in levels)
    errors = tuple(measured(0.05 + cost * level, 0.01) for level in levels)
    relative = measured(0.9 - sign * cost / 2, 0.01)
    return Curve(name, "noise", levels, scores, relative, errors)


def robustness_of(strength: dict[str, float], metric: str, *, higher: bool = True) -> Robustness:
    """Losses that add up over the absent modalities."""
    sign = 1 if higher else -1
    curves = [curve_of(name, value, sign=sign) for name, value in strength.items()]
    patterns: list[PatternScore] = []
    for size in range(len(strength) - 1, 0, -1):
        for present in combinations(strength, size):
            absent = tuple(name for name in strength if name not in present)
            loss = sum(strength[name] for name in absent)
            score = measured(0.9 - sign * loss)
            patterns.append(PatternScore(present, absent, score, measured(loss)))
    return Robustness(
        metric=metric,
        higher_is_better=higher,
        clean=measured(0.9),
        curves=(*curves, curve_of(None, sum(strength.values()), sign=sign)),
        patterns=tuple(patterns),
        samples=1149,
        repeats=3,
        warnings=("intervals rest on 10 samples or groups",),
    )
