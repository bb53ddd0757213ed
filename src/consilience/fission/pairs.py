"""The bounds on what two modalities' factors hold, with their critics."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from consilience.fission.critics import SeparableCritic, frozen
from consilience.functional.factorized import (
    alike,
    club_bound,
    club_bound_given,
    infonce_bound,
    infonce_bound_given,
    same_class,
)

Factor = tuple[Tensor, Tensor]
"""The shared and the unique factor of a modality, each `(n, dim)`."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What the bounds are about: labels, or views that stand in for them.

    Attributes:
        features: What conditional critics see, `(n, width)`.
        weights: Row $i$ is the distribution of samples given the condition of $i$, `(n, n)`.
        own: What the unique factor of each side is to tell of, two of `(n, width)`.
    """

    features: Tensor
    weights: Tensor
    own: tuple[Tensor, Tensor]


def label_condition(target: Tensor, width: int) -> Condition:
    """Labels as a condition: negatives are of the same class, or of near values.

    Args:
        target: Class codes, integers `(n,)`, or quantities, `(n, width)`.
        width: Number of classes or of quantities.

    Returns:
        The condition.

    Example:
        >>> label_condition(torch.tensor([1, 0, 1]), 2).weights[0].tolist()
        [0.5, 0.0, 0.5]
    """
    if target.is_floating_point():
        features = target.reshape(len(target), -1)
        return Condition(features, alike(features), (features, features))
    features = nn.functional.one_hot(target, width).float()
    return Condition(features, same_class(target), (features, features))


def view_condition(one: Factor, two: Factor) -> Condition:
    """Other views of two modalities as a condition: negatives are of similar views.

    Args:
        one: Factors of the first modality's view.
        two: Factors of the second modality's view.

    Returns:
        The condition; gradients reach the views only through `own`.
    """
    features = torch.cat([*one, *two], dim=1).detach()
    return Condition(features, alike(features), (one[1], two[1]))


@final
class PairBounds(nn.Module):
    """Bounds of the shared and unique information of two modalities.

    Args:
        dim: Width of each factor.
        own: Width of what a unique factor is to tell of.
        condition: Width of what conditional critics see.
        hidden: Width of the critics.
    """

    def __init__(self, dim: int, own: int, condition: int, hidden: int) -> None:
        super().__init__()

        def critic(other: int, given: int = 0) -> SeparableCritic:
            return SeparableCritic(dim, other, condition=given, hidden=hidden)

        self.shared = critic(dim)
        self.own = nn.ModuleList(critic(own) for _ in range(2))
        self.leak_given = nn.ModuleList(critic(2 * dim, condition) for _ in range(2))
        self.upper = nn.ModuleList([critic(dim, condition), critic(2 * dim), critic(2 * dim)])

    def forward(self, one: Factor, two: Factor, condition: Condition) -> dict[str, Tensor]:
        """The bounds, in bits; gradients pass through the critics of upper bounds only.

        Args:
            one: Factors of the first modality.
            two: Factors of the second modality.
            condition: Labels or views.

        Returns:
            `shared`, `unique_1` and `unique_2`.
        """
        c, weights = condition.features, condition.weights
        with frozen(self.upper):
            given, *leaks = self._upper_scores(one, two, c)
        doubt = club_bound_given(given, weights).clamp_min(0)
        out = {"shared": infonce_bound(self.shared(one[0], two[0])) - doubt}
        others = (_whole(two), _whole(one))
        for i, (unique, other) in enumerate(zip((one[1], two[1]), others, strict=True)):
            told = infonce_bound(self.own[i](unique, condition.own[i]))
            kept = infonce_bound_given(self.leak_given[i](unique, other, c), weights)
            out[f"unique_{i + 1}"] = told - club_bound(leaks[i]).clamp_min(0) + kept
        return out

    def critics_loss(self, one: Factor, two: Factor, condition: Condition) -> Tensor:
        """Minus the lower bounds that make the critics of upper bounds optimal, in bits.

        Args:
            one: Factors of the first modality; no gradient reaches them.
            two: Factors of the second modality; no gradient reaches them.
            condition: Labels or views.

        Returns:
            A scalar.
        """
        held = [(s.detach(), u.detach()) for s, u in (one, two)]
        given, *leaks = self._upper_scores(held[0], held[1], condition.features)
        conditional = infonce_bound_given(given, condition.weights)
        return -conditional - torch.stack([infonce_bound(leak) for leak in leaks]).sum()

    def _upper_scores(self, one: Factor, two: Factor, c: Tensor) -> tuple[Tensor, ...]:
        shared, leak_1, leak_2 = self.upper
        return (
            shared(one[0], two[0], c),
            leak_1(one[1], _whole(two)),
            leak_2(two[1], _whole(one)),
        )


def _whole(factor: Factor) -> Tensor:
    """All that a modality's factors hold, fixed: a unique factor avoids it, not it the factor."""
    return torch.cat(factor, dim=1).detach()
