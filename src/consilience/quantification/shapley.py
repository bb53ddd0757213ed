"""A model's score shared out among its modalities."""

from typing import Any

import torch

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError
from consilience.functional.shapley import shapley_values
from consilience.quantification.bootstrapping import Cell, Sampled
from consilience.quantification.patterns import presence_patterns
from consilience.quantification.scoring import Metric
from consilience.quantification.staged import StagedScore, examined, resampled
from consilience.results.reliance import ShapleyValues

MOST_MODALITIES = 8
"""More would make more than 256 patterns of presence to score."""


def modality_shapley(
    model: Any,  # noqa: ANN401  whatever encodes, decodes and predicts
    data: MultimodalData,
    *,
    metric: str | Metric | None = None,
    n_boot: int = 1000,
    random_state: RandomState = None,
) -> ShapleyValues:
    """What each modality adds to a model's score, over all orders of showing them.

    The score is taken under every pattern of which modalities are shown, as the model deals
    with absence, so a model that was not trained for it (`modality_dropout`) may lose more
    than a modality tells. The values add up exactly to the score of all less that of none.

    Args:
        model: A fitted `FusionClassifier` or `FusionRegressor` of at most 8 modalities.
        data: Samples with a target that the model was not fitted on.
        metric: `"accuracy"`, `"auroc"`, `"r2"` or a function of targets and predictions,
            better the higher; None takes accuracy, or R² for quantities.
        n_boot: Bootstrap draws over samples, or groups of them.
        random_state: Seeds the draws.

    Returns:
        The value of each modality with its 95 % interval.

    Raises:
        ConfigurationError: If there are too many modalities or an option cannot be used.
        DataError: If the target cannot be used.
        InputTypeError: If the model cannot encode and decode in two stages.

    References:
        Shapley, A Value for n-Person Games, 1953; Parcalabescu and Frank, MM-SHAP, ACL
        2023, who share out outputs among tokens instead.
    """
    what = "a Shapley value"
    examiner = examined(model, data, metric, what=what)
    staged = StagedScore(model, examiner, data, what=what)
    names = tuple(staged.encoded.features)
    if len(names) > MOST_MODALITIES:
        raise ConfigurationError(
            [
                f"exact Shapley values are for at most {MOST_MODALITIES} modalities, found "
                f"{len(names)}; perceptual_scores and utilization take any number"
            ]
        )
    found = presence_patterns(model, data)
    cells: list[Cell] = [[staged.prepared(torch.from_numpy(raw))] for raw in found.outputs]
    sampled, bounds = resampled(
        cells, data, examiner.score, n_boot=n_boot, seed=seed_of(random_state)
    )
    values = Sampled(shapley_values(sampled.point), shapley_values(sampled.draws))
    return ShapleyValues(
        metric=examiner.score.name,
        score=bounds.value(sampled[len(found) - 1]),
        empty=bounds.value(sampled[0]),
        values={name: bounds.difference(values[m]) for m, name in enumerate(names)},
        patterns={
            tuple(n for n, there in zip(names, pattern, strict=True) if there): float(score)
            for pattern, score in zip(found.patterns, sampled.point, strict=True)
        },
        samples=len(data),
    )
