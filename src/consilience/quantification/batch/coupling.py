"""The coupling of two modalities with the least information about y, learnt or certified."""

import math
from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from consilience.data.splits import holdout
from consilience.functional.pid import pid
from consilience.functional.pid.bounds import coupled, dual_value, information
from consilience.functional.randomness import seeded
from consilience.functional.sinkhorn import sinkhorn
from consilience.quantification.batch.compression import Side, matched
from consilience.training import Batch, TensorBatches, fit

HIDDEN = 32
EMBEDDING = 16
LEARNING_RATE = 1e-2
TRAIN_TOL = 1e-4
TOL = 1e-7
SWEEPS = 2000
GAP = 1e-5


@final
@dataclass(frozen=True, slots=True)
class Least:
    """The least information that a coupling of two sides can hold, in bits.

    Attributes:
        value: Of the coupling found; the least lies within `gap` below it.
        gap: Certified.
        singles: What each side tells alone.
        converged: Whether the search ended by its own rule.
    """

    value: float
    gap: float
    singles: tuple[float, float]
    converged: bool

    @property
    def unique(self) -> tuple[float, float]:
        """What only the first or only the second side tells."""
        return self.value - self.singles[1], self.value - self.singles[0]


@runtime_checkable
class Coupler(Protocol):
    """Finds a coupling of two sides with little information about y."""

    def __call__(self, first: Side, second: Side, /) -> Least:
        """The least information found, with its certificate."""
        ...


def certified(first: Side, second: Side) -> Least:
    """The least information by the exact solver.

    Args:
        first: What the first modality tells.
        second: What the second tells; made to agree with the first about the classes.

    Returns:
        The least information with its certified gap.

    Example:
        >>> coin = Side(np.array([[0.4, 0.1], [0.1, 0.4]]))
        >>> round(certified(coin, coin).value, 4), round(coin.information(), 4)
        (0.2781, 0.2781)
    """
    p1, p2, share = _tables(first, second)
    found = pid(p1[:, None] * p2[None] / share, tol=GAP)
    one, two, _ = found.information
    value = found.redundancy + sum(found.unique)
    return Least(float(value), float(found.gap), (float(one), float(two)), bool(found.converged))


@final
class CouplingNetwork(nn.Module):
    r"""Embeds both modalities so that $e^{f_1(x_1, y) \cdot f_2(x_2, y)}$ is a kernel.

    A modality enters by its posterior $p(y \mid x)$, which is all of x that the least
    information depends on.

    Args:
        classes: Number of classes.

    Shape:
        `first` is `(n, classes)` and `second` `(m, classes)`, log-probabilities; the result is
        `(classes, n, m)`.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.first, self.second = self._embedder(), self._embedder()

    def _embedder(self) -> nn.Sequential:
        last = nn.Linear(HIDDEN, self.classes * EMBEDDING)
        return nn.Sequential(
            nn.Linear(2 * self.classes, HIDDEN),
            nn.GELU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.GELU(),
            last,
        ).double()

    def forward(
        self, first: Float[Tensor, "n k"], second: Float[Tensor, "m k"]
    ) -> Float[Tensor, "k n m"]:
        """The log-kernel."""
        one, two = (
            part(torch.cat([log_p / 4, log_p.exp()], 1)).unflatten(1, (self.classes, EMBEDDING))
            for part, log_p in ((self.first, first), (self.second, second))
        )
        return torch.einsum("iye,jye->yij", one, two) / EMBEDDING**0.5


@final
class NetworkCoupler:
    """Couples by a trained network, as the paper does, and certifies what it found.

    Args:
        network: The trained network.
        converged: Whether its training ended by its own rule.
    """

    def __init__(self, network: CouplingNetwork, *, converged: bool) -> None:
        self.network = network
        self.converged = converged

    def __call__(self, first: Side, second: Side) -> Least:
        """The information of the network's coupling, rounded onto the marginals.

        Args:
            first: What the first modality tells.
            second: What the second tells.

        Returns:
            The information of a true coupling, and its distance from a certified lower bound.
        """
        p1, p2, _ = _tables(first, second)
        one, two = torch.as_tensor(p1), torch.as_tensor(p2)
        with torch.no_grad():
            kernel = self.network(_log_posterior(one), _log_posterior(two))
            found = sinkhorn(kernel, one.T, two.T, tol=TOL, max_iter=SWEEPS)
            pair = found.log_plan.logsumexp(0)
            again = sinkhorn(pair.expand_as(kernel), one.T, two.T, tol=TOL, max_iter=SWEEPS)
        plans = [x.log_plan.exp().permute(1, 2, 0).numpy()[None] for x in (found, again)]
        exact = [coupled(plan, p1[None], p2[None]) for plan in plans]
        value = min(float(information(q)[0]) for q in exact)
        a, b = again.row_potential.T.numpy()[None], again.column_potential.T.numpy()[None]
        entropy = -float((p1.sum(0) * np.log2(p1.sum(0))).sum())
        singles = (Side(p1).information(), Side(p2).information())
        bound = entropy + float(dual_value(p1[None], p2[None], a, b)[0]) / math.log(2)
        gap = max(value - max(bound, *singles), 0.0)
        return Least(value, gap, singles, self.converged)


def train_coupler(
    first: Float64[np.ndarray, "n k"],
    second: Float64[np.ndarray, "n k"],
    *,
    batch_size: int,
    steps: int,
    seed: int,
) -> NetworkCoupler:
    """Trains a coupling network on batches of pairs; stops by the rows left out.

    Args:
        first: Log-probabilities from the first modality, `(n, k)`.
        second: From the second.
        batch_size: Pairs a batch.
        steps: Most updates.
        seed: Of weights, batches and the rows left out.

    Returns:
        The coupler.
    """
    inputs = {"first": torch.as_tensor(first), "second": torch.as_tensor(second)}
    train, stop = holdout(np.arange(len(first)) % 2, task="classification", random_state=seed)
    batch_size = min(batch_size, len(train))

    def part(rows: np.ndarray, order: int | None) -> TensorBatches:
        whole = rows[: len(rows) // batch_size * batch_size] if len(rows) > batch_size else rows
        taken = {name: x[torch.as_tensor(whole)] for name, x in inputs.items()}
        return TensorBatches(taken, batch_size=batch_size, seed=order)

    with seeded(seed):
        network = CouplingNetwork(first.shape[1])
    rng = np.random.default_rng(seed)
    batches = part(rng.permutation(train), seed)
    history = fit(
        network,
        least_information,
        batches,
        validation=part(rng.permutation(stop), None),
        max_epochs=max(1, steps // len(batches)),
        patience=10,
        learning_rate=LEARNING_RATE,
        weight_decay=0.0,
    )
    return NetworkCoupler(network, converged=history.stopped_early)


def least_information(network: nn.Module, batch: Batch) -> Tensor:
    """The information in nats of the coupling that a network makes of a batch.

    Args:
        network: Gives the log-kernel.
        batch: Log-probabilities `first` and `second`, `(b, k)`.

    Returns:
        A scalar; its gradient is that of the converged scaling.
    """
    first, second = (Side.of(batch.inputs[name].numpy()) for name in ("first", "second"))
    p1, p2, share = (torch.as_tensor(x) for x in _tables(first, second))
    kernel = network(batch.inputs["first"], batch.inputs["second"])
    log_q = sinkhorn(kernel, p1.T, p2.T, tol=TRAIN_TOL, max_iter=SWEEPS).log_plan
    surprise = log_q - log_q.logsumexp(0) - share.log()[:, None, None]
    return (log_q.exp() * surprise).sum()


def _tables(first: Side, second: Side) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first, second = matched(first, second)
    return first.table, second.table, first.table.sum(0)


def _log_posterior(table: Tensor) -> Tensor:
    return (table / table.sum(1, keepdim=True)).log().clamp_min(-14.0)
