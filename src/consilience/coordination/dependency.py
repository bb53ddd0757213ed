"""Dependency between the representations of modalities, to be maximised beside a task."""

from collections.abc import Callable, Mapping
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from consilience.coordination.critics import perceptron
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, ShapeError, suggestion
from consilience.functional.checks import check_inputs
from consilience.functional.dependency import (
    f_dependency,
    kl_dependency,
    shuffled_apart,
    slope_penalty,
    wasserstein_dependency,
)
from consilience.functional.randomness import seeded

Scalar = Float[Tensor, ""]

DIVERGENCES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "kl": kl_dependency,
    "f": f_dependency,
    "wasserstein": wasserstein_dependency,
}


@final
class DependencyObjective(nn.Module):
    r"""How much representations depend on each other, by a critic of its own.

    $$\mathcal L = \mathcal L_{task} - \lambda\, M(Z_1, \dots, Z_J)$$

    $M$ is a divergence between the joint distribution of the representations and the product
    of their marginals, whose samples are the batch with modalities shuffled apart. Two updates
    alternate: some steps of the critic on `critic_loss`, with the encoders fixed; then one of
    encoders and head on `task_loss - weight * objective(representations)`, with the critic
    fixed (give the critic's parameters to their own optimiser only).

    With `"kl"` and `"f"` rescaling a representation changes nothing; with `"wasserstein"` it
    does, so normalise representations first.

    Args:
        dims: Width of each representation, by name; at least two.
        divergence: `"kl"` (Donsker and Varadhan), `"f"` (the f-divergence form) or
            `"wasserstein"` (a critic whose slopes are kept at 1 by a penalty).
        hidden: Width of the critic's hidden layers.
        penalty: Weight of the slopes above 1, for `"wasserstein"`.
        random_state: Of the critic's first weights and of the shuffles.

    Shape:
        A mapping of names to `(batch, width)`; the result is a scalar, in nats but for
        `"wasserstein"`.

    Raises:
        ConfigurationError: If a setting cannot be used; all are told at once.

    References:
        Colombo et al., Improving Multimodal Fusion via Mutual Dependency Maximisation, EMNLP
        2021.

    Example:
        >>> objective = DependencyObjective({"audio": 2, "text": 3}, random_state=0)
        >>> z = {"audio": torch.randn(8, 2), "text": torch.randn(8, 3)}
        >>> objective(z).shape, objective.critic_loss(z).shape
        (torch.Size([]), torch.Size([]))
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        divergence: str = "kl",
        *,
        hidden: int = 64,
        penalty: float = 10.0,
        random_state: RandomState = None,
    ) -> None:
        super().__init__()
        _check(dims, divergence, hidden, penalty)
        self.dims = dict(dims)
        self.divergence = divergence
        self.penalty = penalty
        seed = seed_of(random_state)
        with seeded(seed):
            self.critic = perceptron(sum(dims.values()), hidden, 1)
        self._generator = torch.Generator().manual_seed(seed)

    def forward(self, representations: Mapping[str, Float[Tensor, "batch _"]]) -> Scalar:
        """The dependency of a batch, to be maximised by the encoders.

        Args:
            representations: By name, `(batch, width)`, at least two rows.

        Returns:
            The critic's estimate; lower than the truth in expectation, if it is poor.
        """
        joint, product = self._samples(representations)
        return self._measure(joint, product)

    def critic_loss(self, representations: Mapping[str, Float[Tensor, "batch _"]]) -> Scalar:
        """What the critic minimises; the representations get no gradient.

        Args:
            representations: By name, `(batch, width)`, at least two rows.

        Returns:
            Minus the dependency, plus the penalty of slopes above 1 for `"wasserstein"`.
        """
        detached = {name: z.detach() for name, z in representations.items()}
        joint, product = self._samples(detached)
        loss = -self._measure(joint, product)
        if self.divergence != "wasserstein":
            return loss
        share = torch.rand(len(joint), 1, generator=self._generator).to(joint)
        between = (share * joint + (1 - share) * product).requires_grad_()
        return loss + self.penalty * slope_penalty(self._scores(between), between)

    def _measure(self, joint: Tensor, product: Tensor) -> Tensor:
        return DIVERGENCES[self.divergence](self._scores(joint), self._scores(product))

    def _scores(self, samples: Tensor) -> Tensor:
        return self.critic(samples).squeeze(1)

    def _samples(self, representations: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        check_inputs(representations, self.dims, None)
        ordered = [representations[name] for name in self.dims]
        if len(ordered[0]) < 2:
            raise ShapeError("dependency needs at least 2 rows, found 1")
        apart = shuffled_apart(ordered, self._generator)
        return torch.cat(ordered, dim=1), torch.cat(apart, dim=1)


def _check(dims: Mapping[str, int], divergence: str, hidden: int, penalty: float) -> None:
    faults: list[str] = []
    if len(dims) < 2:
        faults.append(f"dims must name at least two representations, found {list(dims)}")
    faults += [
        f"the width of {name!r} must be at least 1, found {w}" for name, w in dims.items() if w < 1
    ]
    if divergence not in DIVERGENCES:
        faults.append(
            f"there is no divergence {divergence!r}; {suggestion(divergence, DIVERGENCES)}"
        )
    if hidden < 1:
        faults.append(f"hidden must be at least 1, found {hidden}")
    if not 0 < penalty < float("inf"):
        faults.append(f"penalty must be above 0, found {penalty}")
    if faults:
        raise ConfigurationError(faults)
