"""How the examined method learnt from each modality, and what its fusion makes of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, softmax
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.data.units import units_of
from consilience.errors import ConsilienceError
from consilience.estimators import FusionClassifier
from consilience.functional.randomness import seeded
from consilience.quantification.bootstrapping import Sampled, bootstrap
from consilience.quantification.bounding import Bounds
from consilience.quantification.emap import project
from consilience.quantification.scoring import SCORES, Outputs, Score, score_named
from consilience.quantification.two_stage import encode
from consilience.quantification.utilization import feature_means, flattened, utilization_of
from consilience.results.additivity import Gap
from consilience.results.interval import Interval
from consilience.results.learning import Learning, LearningCurves
from consilience.studies.foldwise import Foldwise
from consilience.studies.plan import Method, Plan, width_of
from consilience.studies.running import Model, estimator, fold_seed
from consilience.training import Supervised
from consilience.training.balance import Observed, Regime, fit_balanced

COMBINATIONS = 1_000_000
"""Most combinations of test samples evaluated a fold where no closed form holds."""

DRAWS = 1000
"""Bootstrap draws over samples, or groups of them."""

Floats = NDArray[np.float64]
Observation = tuple[tuple[LearningCurves, ...], str | None]
"""Observed trainings, and why there are none."""


def observe(data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method) -> Observation:
    """Trains a method on the first training part once more, watched, on one thread.

    Args:
        data: The samples.
        codes: Their target: class codes, labels as 0 and 1, or quantities.
        plan: What was run.
        method: The method.

    Returns:
        The training that the first inner validation goes with; none with the reason where the
        data bear none.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        train = plan.splits[0].train
        model = estimator(plan, method, fold_seed(plan.random_state, 0))
        job = next(model.fitting(data.select(method.modalities)[train], codes[train]))[0]
        if job.validation is None or not isinstance(job.objective, Supervised):
            return (), "there are too few samples to validate a training"
        watched = Observed()
        regime = Regime(
            job.objective.criterion,
            job.data,
            validation=job.validation,
            max_epochs=job.max_epochs,
            patience=job.patience,
            learning_rate=job.learning_rate,
            weight_decay=job.weight_decay,
        )
        with seeded(job.seed):
            fit_balanced(job.network, watched, regime, outputs=model.n_outputs_)
    except ConsilienceError as error:
        return (), str(error)
    finally:
        torch.set_num_threads(threads)
    return tuple(watched.curves), None


def learning(
    model: Foldwise,
    data: MultimodalData,
    codes: NDArray[Any],
    plan: Plan,
    method: Method,
    *,
    observed: Observation,
) -> Learning:
    """What the fusion uses, and what its interactions are worth, on samples not trained on.

    Each fold's model is asked about its own test samples: with the features of a modality
    replaced by their mean (conditional utilisation), and through its additive projection
    over all combinations of these samples (EMAP).

    Args:
        model: The method's models of one repeat.
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What was run.
        method: The method.
        observed: From `observe`.

    Returns:
        Utilisation, gap and trainings.

    Raises:
        DataError: If a modality is absent in all test samples of a fold.
    """
    classes = width_of(codes, plan.task)
    score = _score(plan, classes)
    names = method.modalities
    said: dict[str, Floats] = {
        key: np.zeros((len(data), max(classes, 1))) for key in ("", *names, "additive")
    }
    for one, rows in model.parts(data):
        for key, values in _asked(one, data.select(names)[rows], plan.random_state).items():
            known = _known(one)
            said[key][np.ix_(rows, known)] = values
    cells = [[score.prepare(_outputs(codes, values, classes))] for values in said.values()]
    units = units_of(data)
    sampled = bootstrap(cells, units, DRAWS, plan.random_state)
    bounds = Bounds.of(score, units)
    curves, lacking = observed
    return Learning(
        method=method.name,
        utilization=utilization_of(
            sampled, bounds, names=names, metric=score.name, samples=len(data)
        )
        if score.higher_is_better
        else None,
        gap=_gap(sampled, bounds, score.name),
        higher_is_better=score.higher_is_better,
        trainings=curves,
        lacking=lacking,
    )


def _known(model: Model) -> NDArray[Any]:
    """Columns of what is said that a model speaks of."""
    if not isinstance(model, FusionClassifier):
        return np.array([0])
    return np.arange(len(model.classes_)) if model.multilabel_ else model.classes_


def _score(plan: Plan, classes: int) -> Score:
    known = {s.name for s in SCORES if s.task == plan.task}
    name = plan.metric.name if plan.metric.name in known else None
    return score_named(name, plan.task, classes=classes, probable=True)


def _asked(model: Model, test: MultimodalData, seed: int) -> dict[str, Floats]:
    """What a model says: of all, without each modality, and by its additive part."""
    limits: Any = {"max_evaluations": COMBINATIONS, "random_state": seed}
    encoded = encode(model, test)
    means = feature_means(encoded)
    heard: dict[str, Mapping[str, Tensor]] = {"": encoded.features}
    for name, x in encoded.features.items():
        heard[name] = {**encoded.features, name: flattened(x, means[name])}
    raw = {
        key: encoded.decoded(features, encoded.presence).cpu().double().numpy()
        for key, features in heard.items()
    }
    if isinstance(model, FusionClassifier):
        logits = project(model.decision_function, test, **limits).values
        if model.multilabel_:
            return {key: expit(z) for key, z in {**raw, "additive": logits}.items()}
        if logits.ndim == 1:
            logits = np.stack([np.zeros_like(logits), logits], axis=1)
        return {key: _softmax(z) for key, z in {**raw, "additive": logits}.items()}
    shift, scale = model.target_mean_, model.target_scale_
    quantities = {key: z * scale + shift for key, z in raw.items()}
    additive = project(model.predict, test, **limits).values.reshape(len(test), -1)
    return {**quantities, "additive": additive}


def _softmax(logits: Floats) -> Floats:
    return np.asarray(softmax(logits, axis=1), dtype=np.float64)


def _outputs(codes: NDArray[Any], said: Floats, classes: int) -> Outputs:
    if not classes:
        return Outputs(codes, said[:, 0])
    if codes.ndim == 2:
        return Outputs(codes, (said > 0.5).astype(np.int64), None, said)
    return Outputs(codes, said.argmax(axis=1), codes.astype(np.int64), said)


def _gap(sampled: Sampled, bounds: Bounds, metric: str) -> Gap:
    whole, additive = sampled[0], sampled[-1]
    found = bounds.difference(whole - additive)
    difference = Interval(found.estimate, found.low, found.high)
    return Gap(metric, float(whole.point), float(additive.point), difference)
