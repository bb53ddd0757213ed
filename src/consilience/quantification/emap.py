"""Empirical multimodally-additive projection: a function without its interactions."""

import logging
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.data.frames import as_multimodal
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, InputTypeError, ShapeError
from consilience.functional.projection import additive_projection
from consilience.quantification.head_marginals import Found, Task, by_evaluation, head_marginals
from consilience.quantification.heads import (
    Head,
    evaluating,
    head_of,
    known_head,
    order_of,
    pairwise,
    side_by_side,
)
from consilience.quantification.surfaces import (
    Predict,
    projection_error,
    scores_of,
    surface_of_predict,
)
from consilience.quantification.two_stage import IDENTITY, stage_behind
from consilience.results.additivity import Projection

MAX_EVALUATIONS = 10_000_000
"""Combinations evaluated at most, unless another number is asked for."""

_log = logging.getLogger(__name__)


def emap(
    predict: Predict,
    data: object,
    *,
    max_evaluations: int = MAX_EVALUATIONS,
    random_state: RandomState = None,
) -> NDArray[np.float64]:
    r"""What a function gives for each sample when its interactions are averaged out.

    $$\hat f(x) = \sum_{m=1}^{M} E[f \mid x_m] - (M - 1)\,E f$$

    where every modality is drawn by itself from the samples: of all functions that are sums
    over modalities the nearest to $f$ in the mean of squares over all combinations. It is no
    refit: an additive model trained on the same samples may use that modalities go together,
    the projection may not. Project logits, not probabilities or classes, and compare the
    metric of the two.

    Args:
        predict: Maps samples to scores `(rows,)` or `(rows, outputs)`. Of a method of a
            fitted estimator, such as `model.decision_function`, the encoders run once; the
            result is the same but for rounding.
        data: Samples to evaluate on, or a data frame of the modalities' prefixed columns;
            presence travels with each modality, so absence is one of its values.
        max_evaluations: With `rows ** modalities` up to this the projection is exact; beyond
            it, it is an unbiased estimate from as many random combinations, and `project`
            tells its standard error.
        random_state: Seeds the draws.

    Returns:
        The projection at each sample, of the shape of `predict(data)`.

    Raises:
        ConfigurationError: If `predict` is a classifier's `predict`, or `max_evaluations`
            is too small.
        DataError: If scores are no finite numbers, or there is no sample.
        InputTypeError: If `predict` cannot be called.
        ShapeError: If `predict` gives another number of rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(size=(2, 50, 1))
        >>> data = MultimodalData({"a": a - a.mean(), "b": b - b.mean()})
        >>> def product(x: MultimodalData) -> NDArray[np.float64]:
        ...     return (x.modalities["a"] * x.modalities["b"])[:, 0]
        >>> float(abs(product(data)).max()) > 1, float(abs(emap(product, data)).max()) < 1e-12
        (True, True)

    References:
        Hessel and Lee, Does my multimodal model learn cross-modal interactions? It's harder
        to tell than you might think!, EMNLP 2020.
    """
    found = project(predict, data, max_evaluations=max_evaluations, random_state=random_state)
    if not found.is_exact:
        _log.warning("%r; pass a larger max_evaluations for less", found)
    return found.values


def project(
    predict: Predict,
    data: object,
    *,
    max_evaluations: int = MAX_EVALUATIONS,
    random_state: RandomState = None,
) -> Projection:
    """The additive part of a function, taken apart by modality; see `emap`.

    Args:
        predict: As in `emap`.
        data: As in `emap`.
        max_evaluations: As in `emap`.
        random_state: As in `emap`.

    Returns:
        The projection with the part of each modality and its standard error.

    Raises:
        ConfigurationError: As in `emap`.
        DataError: As in `emap`.
        InputTypeError: As in `emap`.
        ShapeError: As in `emap`.

    Example:
        >>> data = MultimodalData({"a": [1.0, 2.0, 3.0], "b": [0.0, 0.0, 6.0]})
        >>> found = project(lambda x: (x.modalities["a"] + x.modalities["b"])[:, 0], data)
        >>> found
        Projection((3,), all combinations)
        >>> found.mean.tolist(), found.effects["b"].round(9).tolist()
        ([4.0], [[-2.0], [-2.0], [4.0]])
    """
    samples = as_multimodal(data)
    check_predict(predict, samples, max_evaluations)
    seed = seed_of(random_state)
    scores, is_flat = scores_of(predict, samples)
    own = torch.from_numpy(scores)
    encoded, link = stage_behind(predict, samples, scores)
    if encoded is None:
        surface = surface_of_predict(predict, samples)
        found = by_evaluation(surface, max_evaluations, seed, "all combinations")
        return _projection(found, surface.axes, own, is_flat=is_flat)
    with evaluating(encoded.modules):
        head = known_head(encoded)
        task = Task(head, encoded.features, encoded.presence, link)
        found = head_marginals(task, max_evaluations, seed)
        return _projection(found, task.axes, own, is_flat=is_flat)


def emap_of_head(
    head: nn.Module,
    features: Mapping[str, Tensor],
    presence: Tensor | None = None,
    *,
    max_evaluations: int = MAX_EVALUATIONS,
    random_state: RandomState = None,
) -> Tensor:
    """The projection of a module of features, by the quickest way that is exact.

    Closed forms hold for additive and for bilinear, tensor and low-rank heads (linear in the
    rows), and for one hidden layer with ReLU (by sorting). One hidden layer of smooth units
    (GELU, SiLU, tanh ...) and two modalities is interpolated to rounding. Any other head that
    begins with a linear layer has that layer split by modality; of the rest all combinations
    are evaluated.

    Args:
        head: A fusion module, `nn.Sequential` of one and what follows, `nn.Bilinear`, or
            `nn.Linear` or `nn.Sequential` that begins with one and takes the modalities side
            by side. It is used as in evaluation, whatever its mode.
        features: By modality, `(rows, width)`.
        presence: Bool `(rows, modalities)` in the order of `features`; None where all are
            present. For plain layers an absent modality counts as zeros.
        max_evaluations: As in `emap`.
        random_state: As in `emap`.

    Returns:
        The projection at each row, `(rows, outputs)`, in the type of the head's output.

    Raises:
        ConfigurationError: If `max_evaluations` is too small.
        DataError: If there is no row.
        ModalityError: If the modalities do not fit the head.
        ShapeError: If widths, rows or presence do not fit.

    Example:
        >>> a, b = torch.randn(2, 300, 8)
        >>> head = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 3))
        >>> emap_of_head(head, {"a": a, "b": b}).shape
        torch.Size([300, 3])
    """
    given = _checked_presence(features, presence)
    names = list(features)
    order = order_of([head], names)
    ordered = {name: features[name] for name in order}
    given = given[:, [names.index(name) for name in order]]
    with evaluating([head]):
        task = Task(_plain_head(head, ordered), ordered, given, IDENTITY)
        own = task.head.decode(ordered, given)
        found = head_marginals(task, max_evaluations, seed_of(random_state))
    return additive_projection(found.marginals.values, found.marginals.mean).to(own.dtype)


def check_predict(predict: object, data: MultimodalData, max_evaluations: int) -> None:
    """Refuses what cannot be projected.

    Args:
        predict: A function of samples.
        data: The samples.
        max_evaluations: Combinations to evaluate at most.

    Raises:
        ConfigurationError: If `predict` is a classifier's `predict`, or `max_evaluations`
            is not positive.
        DataError: If there is no sample.
        InputTypeError: If `predict` cannot be called.
    """
    if not callable(predict):
        raise InputTypeError(
            f"predict must be a function of samples, found {type(predict).__name__}; "
            "of an estimator pass a method, such as model.decision_function"
        )
    faults: list[str] = []
    owner = getattr(predict, "__self__", None)
    if getattr(predict, "__name__", "") == "predict" and hasattr(owner, "classes_"):
        faults.append(
            "classes cannot be averaged: pass model.decision_function in place of model.predict"
        )
    if max_evaluations < 1:
        faults.append(f"max_evaluations must be at least 1, found {max_evaluations}")
    if faults:
        raise ConfigurationError(faults)
    if len(data) == 0:
        raise DataError("there is no sample to project at")


def _projection(found: Found, axes: tuple[str, ...], own: Tensor, *, is_flat: bool) -> Projection:
    marginals = found.marginals
    values = additive_projection(marginals.values, marginals.mean).cpu()
    if found.way == "additive":
        values = own
    error = projection_error(marginals)
    error = torch.zeros_like(own) if error is None else error.cpu()
    effects = [x - marginals.mean for x in marginals.values]
    return Projection(
        (values[:, 0] if is_flat else values).numpy(),
        marginals.mean.cpu().numpy(),
        {name: x.cpu().numpy() for name, x in zip(axes, effects, strict=False)},
        (error[:, 0] if is_flat else error).numpy(),
        marginals.variance is None,
        marginals.evaluations,
        found.way,
    )


def _plain_head(head: nn.Module, features: Mapping[str, Tensor]) -> Head:
    if isinstance(head, nn.Bilinear):
        return pairwise(head, list(features))
    if all(x.ndim == 2 for x in features.values()):
        found = side_by_side(head, {name: x.shape[1] for name, x in features.items()})
        if found is not None:
            return found
    return head_of([head])


def _checked_presence(features: Mapping[str, Tensor], presence: Tensor | None) -> Tensor:
    first = next(iter(features.values()), None)
    if first is None or len(first) == 0:
        raise DataError("there is no row to project at")
    shape = (len(first), len(features))
    if presence is None:
        return torch.ones(shape, dtype=torch.bool, device=first.device)
    if presence.dtype != torch.bool or tuple(presence.shape) != shape:
        raise ShapeError(
            f"presence must be bool (rows, modalities) = {shape}, found {presence.dtype} "
            f"{tuple(presence.shape)}"
        )
    return presence
