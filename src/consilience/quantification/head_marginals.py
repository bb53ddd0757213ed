"""Conditional means of a fusion head, by the quickest way that is exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from torch import Tensor, nn

from consilience.functional.marginals import (
    Norm,
    multiaffine_marginals,
    relu_marginals,
    split_marginals,
)
from consilience.quantification.heads import Head, run
from consilience.quantification.smooth_marginals import SMOOTH, smooth_marginals
from consilience.quantification.surfaces import (
    Marginals,
    Surface,
    marginals_by_draws,
    marginals_over_all,
    surface_of_features,
    varying,
)
from consilience.quantification.two_stage import IDENTITY, Link


@final
@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A head with what it is evaluated on.

    Attributes:
        head: The head.
        features: By modality, `(rows, ...)`.
        presence: Bool `(rows, modalities)` in the order of `features`.
        link: What the function makes of the head's output.
    """

    head: Head
    features: dict[str, Tensor]
    presence: Tensor
    link: Link

    @property
    def axes(self) -> tuple[str, ...]:
        """The modalities that are present anywhere."""
        return varying(list(self.features), self.presence.cpu().numpy())

    def scores(self, features: Mapping[str, Tensor], presence: Tensor) -> Tensor:
        """The function's values `(rows, outputs)` for features."""
        return self.link.apply(self.head.decode(features, presence))

    def surface(self) -> Surface:
        """The function where modalities of different rows meet."""
        return surface_of_features(self.scores, self.features, self.presence)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Conditional means, and how they were found.

    Attributes:
        marginals: The means.
        way: A few words.
    """

    marginals: Marginals
    way: str


def head_marginals(task: Task, max_evaluations: int, seed: int) -> Found:
    """Conditional means by the quickest way that is exact, else by draws.

    Args:
        task: Head, features and presence.
        max_evaluations: Combinations evaluated at most.
        seed: Of the draws.

    Returns:
        The means.
    """
    axes = task.axes
    if len(axes) < 2 or (task.head.is_additive and task.link.affine):
        return Found(_additive(task.surface()), "additive")
    if task.head.is_multiaffine and task.link.affine:
        return Found(_multiaffine(task), "closed form, affine in each modality")
    rows = len(task.presence)
    if task.head.first is not None and rows ** (len(axes) - 1) <= max_evaluations:
        found = _by_first_layer(task, max_evaluations)
        if found is not None:
            return found
    way = "all combinations, encoders run once"
    return by_evaluation(task.surface(), max_evaluations, seed, way)


def _additive(surface: Surface) -> Marginals:
    """Of an additive function: each modality varies while the others stay at one sample."""
    rows, axes = surface.rows, len(surface.axes)
    index = np.repeat(np.arange(rows)[:, None], max(1, axes), axis=1)[:, :axes]
    mean = surface.at(index).mean(dim=0)
    means: list[Tensor] = []
    for m in range(axes):
        alone = np.zeros_like(index)
        alone[:, m] = np.arange(rows)
        values = surface.at(alone)
        means.append(values - values.mean(dim=0) + mean)
    return Marginals(means or [mean.expand(rows, -1)], mean, None, 0)


def _multiaffine(task: Task) -> Marginals:
    names = list(task.features)

    def function(inputs: list[Tensor], presence: Tensor) -> Tensor:
        return task.scores(dict(zip(names, inputs, strict=True)), presence).double()

    every = multiaffine_marginals(function, list(task.features.values()), task.presence)
    means = [x for name, x in zip(names, every, strict=True) if name in task.axes]
    return Marginals(means, means[0].mean(dim=0), None, 0)


def _by_first_layer(task: Task, max_evaluations: int) -> Found | None:
    """With the first layer split by modality; None if there are too many combinations."""
    head, rows = task.head, len(task.presence)
    if head.first is None:
        return None
    known = head.first.parts(task.features, task.presence)
    parts = [known[name] for name in task.axes]
    parts[0] = parts[0] + sum(x[0] for name, x in known.items() if name not in task.axes)
    inner, last = list(head.rest), list[nn.Linear]()
    while task.link.affine and inner and isinstance(inner[-1], nn.Linear):
        last.insert(0, inner.pop())  # pyright: ignore[reportArgumentType]  seen to be linear
    after = task.link if task.link.affine else IDENTITY
    found = _of_units(inner, parts) if task.link.affine else None
    if found is not None:
        means, way, evaluations = *found, 0
    elif rows ** len(parts) <= max_evaluations:
        before = IDENTITY if task.link.affine else task.link
        norm = _norm_of(inner, parts[0].shape[1])
        others = inner if norm is None else inner[1:]
        means = split_marginals(parts, lambda z: before.apply(run(others, z)), norm=norm)
        way, evaluations = "all combinations, first layer split", rows ** len(parts)
    else:
        return None
    means = [after.apply(_linear(last, mean)) for mean in means]
    return Found(Marginals(means, means[0].mean(dim=0), None, evaluations), way)


def _of_units(inner: list[nn.Module], parts: list[Tensor]) -> tuple[list[Tensor], str] | None:
    """The means of one layer whose units are functions of a sum each; None if it is no such."""
    if len(inner) != 1:
        return None
    if isinstance(inner[0], nn.ReLU):
        return relu_marginals(parts), "closed form, one ReLU layer"
    if len(parts) != 2 or not isinstance(inner[0], SMOOTH):
        return None
    means = smooth_marginals(parts[0], parts[1], inner[0])
    return None if means is None else (means, "one smooth layer, interpolated to rounding")


def _norm_of(inner: list[nn.Module], units: int) -> Norm | None:
    """The layer norm that they begin with; None if they begin with no such."""
    first = inner[0] if inner else None
    if type(first) is not nn.LayerNorm or first.normalized_shape != (units,):
        return None
    known = dict(first.named_parameters())
    return Norm(known.get("weight"), known.get("bias"), first.eps)


def _linear(layers: list[nn.Linear], x: Tensor) -> Tensor:
    for layer in layers:
        bias = None if layer.bias is None else layer.bias.double()  # pyright: ignore[reportUnnecessaryComparison]  the stub knows no bias=False
        x = nn.functional.linear(x, layer.weight.double(), bias)
    return x


def by_evaluation(surface: Surface, most: int, seed: int, way: str) -> Found:
    """Conditional means of any function: over all combinations, else by draws.

    Args:
        surface: The function.
        most: Combinations evaluated at most.
        seed: Of the draws.
        way: What to call it where all are evaluated.

    Returns:
        The means.
    """
    if len(surface.axes) < 2:
        return Found(_additive(surface), "additive")
    if surface.points <= most:
        return Found(marginals_over_all(surface), way)
    return Found(marginals_by_draws(surface, most, seed), "random combinations")
