"""Which modalities a model uses, and which it merely takes in."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError
from consilience.functional.dynamics import conditional_utilization
from consilience.quantification.bootstrapping import Cell, Sampled
from consilience.quantification.bounding import Bounds
from consilience.quantification.scoring import Metric
from consilience.quantification.staged import StagedScore, examined, resampled
from consilience.quantification.two_stage import Encoded, encode
from consilience.results.reliance import PerceptualScores, Utilization


def utilization(
    model: Any,  # noqa: ANN401  whatever encodes, decodes and predicts
    data: MultimodalData,
    *,
    reference: MultimodalData | None = None,
    metric: str | Metric | None = None,
    n_boot: int = 1000,
    random_state: RandomState = None,
) -> Utilization:
    r"""What share of its score a model loses when its fusion is not told one modality.

    $$u(m \mid \text{rest}) = \frac{A(f) - A(\tilde f_m)}{A(f)}$$

    $\tilde f_m$ is the same model with the features of modality $m$ replaced by their mean,
    in the samples that have it. A large difference between modalities is a sign of greedy
    learning, but a modality that tells less also deserves less.

    Args:
        model: A fitted `FusionClassifier` or `FusionRegressor`.
        data: Samples with a target that the model was not fitted on.
        reference: Samples to take the mean of, such as the training samples; None takes
            `data`.
        metric: `"accuracy"`, `"auroc"`, `"r2"` or a function of targets and predictions,
            better the higher; None takes accuracy, or R² for quantities.
        n_boot: Bootstrap draws over samples, or groups of them.
        random_state: Seeds the draws.

    Returns:
        The rate of each modality with its 95 % interval; NaN where the score is not positive.

    Raises:
        ConfigurationError: If an option cannot be used.
        DataError: If the target cannot be used, or a modality is absent in all of `reference`.
        InputTypeError: If the model cannot encode and decode in two stages.

    References:
        Wu et al., Characterizing and Overcoming the Greedy Nature of Learning in
        Multi-modal Deep Neural Networks, ICML 2022, section 3.1, where the features that are
        replaced are those that two branches exchange.
    """
    examiner = examined(model, data, metric, what="utilization")
    staged = StagedScore(model, examiner, data, what="utilization")
    encoded = staged.encoded
    means = feature_means(encoded if reference is None else encode(model, reference))
    whole = encoded.decoded(encoded.features, encoded.presence)
    cells: list[Cell] = [[staged.prepared(whole)]]
    for name in encoded.features:
        without = {**encoded.features, name: flattened(encoded.features[name], means[name])}
        cells.append([staged.prepared(encoded.decoded(without, encoded.presence))])
    sampled, bounds = resampled(
        cells, data, examiner.score, n_boot=n_boot, seed=seed_of(random_state)
    )
    return utilization_of(
        sampled,
        bounds,
        names=tuple(encoded.features),
        metric=examiner.score.name,
        samples=len(data),
    )


def perceptual_scores(
    model: Any,  # noqa: ANN401  whatever predicts
    data: MultimodalData,
    *,
    metric: str | Metric | None = None,
    n_repeats: int = 5,
    n_boot: int = 1000,
    random_state: RandomState = None,
) -> PerceptualScores:
    """By how much a score falls when one modality is taken from other samples at random.

    Args:
        model: Fitted; anything with `predict` that takes `MultimodalData`.
        data: Samples with a target that the model was not fitted on.
        metric: As in `utilization`.
        n_repeats: Permutations of each modality.
        n_boot: Bootstrap draws over samples, or groups of them, and permutations.
        random_state: Seeds permutations and draws.

    Returns:
        The fall of each modality with its 95 % interval.

    Raises:
        ConfigurationError: If an option cannot be used.
        DataError: If the target cannot be used.
        InputTypeError: If the model cannot predict.

    References:
        Gat et al., Perceptual Score: What Data Modalities Does Your Model Perceive?,
        NeurIPS 2021.
    """
    examiner = examined(model, data, metric, what="the perceptual score")
    if n_repeats < 1:
        raise ConfigurationError([f"n_repeats must be at least 1, found {n_repeats}"])
    permuting, resampling = np.random.default_rng(seed_of(random_state)).spawn(2)
    orders = [permuting.permutation(len(data)) for _ in range(n_repeats)]
    cells: list[Cell] = [[examiner.prepared(data)[0]]]
    for name in data.schema.names:
        draws = (permuted(data, name, order) for order in orders)
        cells.append([examiner.prepared(drawn)[0] for drawn in draws])
    seed = int(resampling.integers(2**31))
    sampled, bounds = resampled(cells, data, examiner.score, n_boot=n_boot, seed=seed)
    return PerceptualScores(
        metric=examiner.score.name,
        score=bounds.value(sampled[0]),
        scores={
            name: bounds.difference(sampled[0] - sampled[k])
            for k, name in enumerate(data.schema.names, 1)
        },
        repeats=n_repeats,
        samples=len(data),
    )


def permuted(data: MultimodalData, name: str, order: NDArray[np.int64]) -> MultimodalData:
    """The samples with one modality, and whether it is there, taken from others.

    Args:
        data: Samples, which do not change.
        name: The modality.
        order: The sample that each takes it from, `(samples,)`.

    Returns:
        Samples with targets, groups and other modalities as they were.
    """
    column = data.schema.names.index(data.schema[name].name)
    presence = data.presence.copy()
    presence[:, column] = presence[order, column]
    stored = {**data.modalities, name: data.modalities[name][order]}
    return MultimodalData.from_stored(
        stored, data.schema, presence, target=data.target, ids=data.ids, groups=data.groups
    )


def feature_means(encoded: Encoded) -> dict[str, Tensor]:
    """The mean features of each modality over the samples that have it.

    Args:
        encoded: Encoded samples.

    Returns:
        By modality, `(width,)`; of tokens the mean over all that are no padding.

    Raises:
        DataError: If no sample has a modality.
    """
    means: dict[str, Tensor] = {}
    for m, (name, x) in enumerate(encoded.features.items()):
        here = x[encoded.presence[:, m]].flatten(0, -2)
        here = here[~torch.isnan(here).any(dim=1)]
        if not len(here):
            raise DataError(
                f"modality {name!r} is absent in all samples, so its features have no mean; "
                "pass the training samples as reference"
            )
        means[name] = here.double().mean(dim=0).to(x.dtype)
    return means


def flattened(features: Tensor, mean: Tensor) -> Tensor:
    """Features that tell the fusion nothing.

    Args:
        features: `(samples, width)`, or `(samples, length, width)` with NaN as padding.
        mean: `(width,)`.

    Returns:
        The mean for every sample, and every token that is no padding.
    """
    return torch.where(torch.isnan(features), torch.nan, mean)


def utilization_of(
    sampled: Sampled, bounds: Bounds, *, names: tuple[str, ...], metric: str, samples: int
) -> Utilization:
    """What each modality's features are worth, from scores with and without them.

    Args:
        sampled: The score of everything, then without each modality's features in turn.
        bounds: Of its intervals.
        names: The modalities.
        metric: Name of the score.
        samples: Number of samples.

    Returns:
        The rates.
    """
    score, cells = (
        bounds.value(sampled[0]),
        dict(zip(names, range(1, len(names) + 1), strict=True)),
    )
    rates = {
        name: Sampled(
            conditional_utilization(sampled[0].point, sampled[k].point),
            conditional_utilization(sampled[0].draws, sampled[k].draws),
        )
        for name, k in cells.items()
    }
    return Utilization(
        metric=metric,
        score=score,
        without={name: bounds.value(sampled[k]) for name, k in cells.items()},
        rates={n: bounds.difference(rate, per=score.estimate) for n, rate in rates.items()},
        samples=samples,
    )
