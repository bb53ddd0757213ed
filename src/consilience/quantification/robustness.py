"""How a fitted model stands up to noise and to absent modalities."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.corruption.catalogue import NoiseModel
from consilience.data.corruption.corrupting import Noise, chosen_names, noise_by_modality
from consilience.data.seeds import RandomState, seed_of
from consilience.data.units import units_of
from consilience.errors import ConfigurationError, InputTypeError
from consilience.functional.robustness import effective_robustness, relative_robustness
from consilience.quantification.bootstrapping import Sampled, bootstrap
from consilience.quantification.bounding import Bounds
from consilience.quantification.examining import Examiner
from consilience.quantification.scoring import Metric, Score
from consilience.quantification.trials import Plan, Subject, Trial
from consilience.results.robustness import Curve, Measured, PatternScore, Robustness

LEVELS = tuple(i / 10 for i in range(11))
"""No noise to full noise in tenths."""


def robustness(
    model: Any,  # noqa: ANN401  whatever predicts
    data: MultimodalData,
    *,
    levels: Sequence[float] = LEVELS,
    modalities: Sequence[str] | None = None,
    noise: Noise = "auto",
    absence: bool = True,
    baseline: Any = None,  # noqa: ANN401  whatever predicts
    metric: str | Metric | None = None,
    higher_is_better: bool = True,
    reference: MultimodalData | None = None,
    n_repeats: int = 5,
    n_boot: int = 1000,
    random_state: RandomState = None,
) -> Robustness:
    """The score of a fitted model as noise grows, and with modalities absent.

    One modality after the other is given noise, then all at once. Every level is drawn
    several times; the same draws are used at all levels and for the baseline. Intervals are
    over samples, or groups of them, and over the draws of noise.

    Args:
        model: A fitted estimator; anything with `predict`, and `predict_proba` for scores of
            probabilities, that takes `MultimodalData`.
        data: Samples with a target that the model was not fitted on.
        levels: Levels of noise in increasing order, the first 0.
        modalities: Those to give noise; None for each, and all at once.
        noise: Name of a noise model, or names by modality; `"auto"` takes the usual one of
            each kind. See `corruptions`.
        absence: Whether to look at absent modalities too: every pattern of presence of up to
            6 modalities, of more each absent and each alone.
        baseline: Another fitted model, such as a late fusion, to compare with.
        metric: `"accuracy"`, `"auroc"`, `"log_loss"`, `"r2"`, `"rmse"`, `"mae"`, or a
            function of targets and predictions. None takes AUROC for two classes, accuracy
            for more, R² for quantities.
        higher_is_better: Whether larger values of a function given as `metric` are better.
        reference: The training samples, from which the spread of columns is taken; None takes
            it from `data`.
        n_repeats: Draws of noise a level.
        n_boot: Bootstrap draws, at least 50.
        random_state: Seeds noise and bootstrap.

    Returns:
        Curves and scores with 95 % intervals.

    Raises:
        ConfigurationError: If an option cannot be used; all faults at once.
        DataError: If the target cannot be used.
        InputTypeError: If the model cannot predict or `data` is something else.
        ModalityError: If there is no such modality.

    References:
        Liang et al., MultiBench: Multiscale Benchmarks for Multimodal Representation
        Learning, NeurIPS 2021, section 2.3; Taori et al., Measuring Robustness to Natural
        Distribution Shifts in Image Classification, NeurIPS 2020.
    """
    if not isinstance(data, MultimodalData):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
        raise InputTypeError(
            f"robustness takes MultimodalData with a target, found {type(data).__name__}; split a "
            "data frame by cs.MultimodalData.from_frame(frame, target=...)"
        )
    names = chosen_names(data.schema, modalities)
    faults = _faults(tuple(levels), n_repeats, n_boot)
    models: dict[str, NoiseModel | str] = {}
    try:
        models = noise_by_modality(data.schema, names, noise)
    except ConfigurationError as error:
        faults += error.faults
    examiners: list[Examiner] = []
    for who in [model] if baseline is None else [model, baseline]:
        try:
            examiners.append(Examiner(who, data, metric, higher_is_better=higher_is_better))
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(dict.fromkeys(faults))
    seed = seed_of(random_state)
    noising, resampling = np.random.default_rng(seed).integers(2**31, size=2).tolist()
    seeds = np.random.default_rng(noising).integers(2**31, size=n_repeats).tolist()
    plan = Plan(data, names, models, tuple(float(v) for v in levels), seeds, reference)
    trials = [Trial(examiner, plan, absence=absence) for examiner in examiners]
    units = units_of(data)
    samples = [bootstrap(trial.cells, units, n_boot, resampling) for trial in trials]
    return _result(trials, samples, units)


def _faults(levels: tuple[float, ...], n_repeats: int, n_boot: int) -> list[str]:
    faults: list[str] = []
    steps = np.diff(levels)
    if len(levels) < 2 or levels[0] != 0 or not (steps > 0).all() or levels[-1] > 1:
        faults.append(f"levels must increase from 0 to at most 1, found {list(levels)}")
    if n_repeats < 1:
        faults.append(f"n_repeats must be at least 1, found {n_repeats}")
    if n_boot < 50:
        faults.append(f"n_boot must be at least 50 for an interval; found {n_boot}")
    return faults


def _result(
    trials: Sequence[Trial], samples: Sequence[Sampled], units: NDArray[np.int64]
) -> Robustness:
    trial, sampled = trials[0], samples[0]
    score, plan = trial.examiner.score, trial.plan
    count = int(units.max()) + 1
    bounds = Bounds.of(score, units)
    other = (trials[1], samples[1]) if len(trials) > 1 else None
    return Robustness(
        metric=score.name,
        higher_is_better=score.higher_is_better,
        clean=bounds.value(sampled[0]),
        curves=tuple(_curve(s, trial, sampled, other, bounds) for s in plan.subjects),
        patterns=tuple(
            PatternScore(
                names,
                tuple(n for n in plan.data.schema.names if n not in names),
                bounds.value(sampled[place]),
                bounds.difference(_loss(sampled[0], sampled[place], score)),
            )
            for names, place in trial.patterns.items()
        ),
        samples=len(plan.data),
        repeats=len(plan.seeds),
        grouped=plan.data.groups is not None,
        clean_baseline=bounds.value(other[1][0]) if other else None,
        warnings=tuple(_warnings(len(plan.seeds), count)),
    )


def _curve(
    subject: Subject,
    trial: Trial,
    sampled: Sampled,
    other: tuple[Trial, Sampled] | None,
    bounds: Bounds,
) -> Curve:
    levels, error = trial.plan.levels, trial.errors[subject]
    higher = trial.examiner.score.higher_is_better
    own = sampled[trial.curves[subject]]
    area = Sampled(
        np.asarray(relative_robustness(own.point, levels)),
        np.asarray(relative_robustness(own.draws, levels)),
    )
    excess, baseline = None, None
    if other is not None:
        baseline = other[1][other[0].curves[subject]]
        excess = Sampled(
            *(
                np.asarray(effective_robustness(f, b, levels, higher_is_better=higher))
                for f, b in ((own.point, baseline.point), (own.draws, baseline.draws))
            )
        )
    return Curve(
        modality=subject,
        noise=trial.plan.noise_of(subject),
        levels=levels,
        scores=_each(own, bounds),
        relative=bounds.value(area),
        calibration=tuple(sampled[k].measured((0.0, 1.0), 0.0) for k in error),
        baseline=() if baseline is None else _each(baseline, bounds),
        effective=None if excess is None else bounds.difference(excess),
    )


def _loss(clean: Sampled, other: Sampled, score: Score) -> Sampled:
    return clean - other if score.higher_is_better else other - clean


def _each(sampled: Sampled, bounds: Bounds) -> tuple[Measured, ...]:
    return tuple(bounds.value(sampled[k]) for k in range(len(sampled.point)))


def _warnings(repeats: int, units: int) -> Iterator[str]:
    if repeats < 3:
        yield (
            f"{repeats} draw{'s' * (repeats != 1)} of noise a level cannot tell how much the "
            "noise varies; use n_repeats of 5"
        )
    if units < 30:
        yield f"intervals rest on {units} samples or groups; they are too short below about 30"
