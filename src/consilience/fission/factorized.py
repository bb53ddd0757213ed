"""Factorized contrastive learning: what modalities share about a task, and what is unique."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import cast, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError
from consilience.fission.augmentation import Augmentation, view_of
from consilience.fission.backbones import (
    Encoders,
    backbones,
    check_named,
    encode_present,
    input_of,
    width_of,
)
from consilience.fission.fitting import Schedule, adam, minimise
from consilience.fission.inputs import Samples, StandardInputs, targets_of, widths_of
from consilience.fission.learning import LABELS, required, rows_of, target_of
from consilience.fission.pairs import (
    Condition,
    Factor,
    PairBounds,
    label_condition,
    view_condition,
)
from consilience.fission.settings import whole
from consilience.functional.checks import present_or_zero
from consilience.functional.randomness import seeded

LEAST = 2
"""A batch with fewer rows where both modalities of a pair are present tells nothing of it."""


@final
class FactorizedEncoders(nn.Module):
    r"""Encoders whose representation is split into shared and unique information about a task.

    Each modality gets a shared factor $s_m$ and a unique factor $u_m$, trained to raise

    $$S = I(s_1; s_2) - I(s_1; s_2 \mid Y), \qquad
      U_1 = I(u_1; Y) - I(u_1; X_2) + I(u_1; X_2 \mid Y)$$

    and $U_2$ likewise; what is added is bounded from below by InfoNCE, what is subtracted
    from above by NCE-CLUB, whose critics take `inner_steps` steps of their own before each
    step of the encoders. Conditional bounds compare with samples of the *same* class, or of
    near values of a quantity. In the sum $S + U_1 + U_2$ the bounds on $I(X_1; X_2)$ and
    $I(X_1; X_2 \mid Y)$ stand twice: once for each unique factor, against all that the other
    modality's factors hold.

    Without labels, `augmentation` gives a second view $X'$ which takes the place of $Y$:
    $I(u_1; X_1')$ for $I(u_1; Y)$, and conditional bounds compare samples with similar views.

    More than two modalities are treated by pairs: every bound is averaged over the pairs, and
    information that three modalities hold only together is not sought. $S$ is interaction
    information, not the redundancy of `consilience.pid`.

    Args:
        encoders: By modality, the width of its columns, for a perceptron of width `hidden`, or
            a module with an attribute `out_dim`.
        dim: Width of each factor.
        targets: Number of classes, or of outputs where the target is a quantity; None with an
            augmentation.
        augmentation: Gives another view of a batch; None learns from labels.
        hidden: Width of the default encoders and of the critics.
        inner_steps: Steps of the critics of upper bounds before a step of the encoders.
        random_state: Seeds weights, views and the order of batches.

    Raises:
        ConfigurationError: If settings cannot be used; all faults at once.
        InputTypeError: If `encoders` is no mapping.

    References:
        Liang, Deng, Ma, Zou, Morency, Salakhutdinov, Factorized Contrastive Learning: Going
        Beyond Multi-view Redundancy, NeurIPS 2023, section 3.

    Example:
        >>> from consilience.data import datasets
        >>> data = datasets.load("synthetic/redundant", n=64, random_state=0)
        >>> model = FactorizedEncoders.for_data(data, 2, random_state=0).fit(data, epochs=2)
        >>> model.transform(data).shape
        (64, 8)
    """

    def __init__(
        self,
        encoders: Encoders,
        dim: int,
        *,
        targets: int | None = None,
        augmentation: Augmentation | None = None,
        hidden: int = 64,
        inner_steps: int = 2,
        random_state: RandomState = None,
    ) -> None:
        super().__init__()
        _check(encoders, dim, targets, augmentation, inner_steps)
        self.names = tuple(encoders)
        self.dim = dim
        self.targets = targets or 0
        self.inner_steps = inner_steps
        self.augmentation: Augmentation | None = augmentation
        self.pairs = tuple(combinations(range(len(self.names)), 2))
        self.seed = seed_of(random_state)
        self.inputs = StandardInputs(self.names)
        self._generator = torch.Generator().manual_seed(self.seed)
        own, condition = (dim, 4 * dim) if augmentation else (self.targets, self.targets)
        with seeded(self.seed):
            self.backbones = nn.ModuleList(backbones(encoders, hidden).values())
            self.heads = nn.ModuleList(nn.Linear(width_of(b), 2 * dim) for b in self.backbones)
            self.bounds = nn.ModuleList(
                PairBounds(dim, own, condition, hidden) for _ in self.pairs
            )

    @classmethod
    def for_data(
        cls,
        data: MultimodalData,
        dim: int,
        *,
        augmentation: Augmentation | None = None,
        hidden: int = 64,
        inner_steps: int = 2,
        random_state: RandomState = None,
    ) -> "FactorizedEncoders":
        """Encoders for the tables of some samples, and for their target.

        Args:
            data: Samples of tables, with a target unless there is an augmentation.
            dim: Width of each factor.
            augmentation: As in the constructor.
            hidden: As in the constructor.
            inner_steps: As in the constructor.
            random_state: As in the constructor.

        Returns:
            The encoders, not yet fitted.

        Raises:
            DataError: If there is neither a target nor an augmentation, or a modality is text
                or of differing lengths.
            InputTypeError: If `data` is no `MultimodalData`.
        """
        widths = widths_of(data)
        return cls(
            widths,
            dim,
            targets=targets_of(data, LABELS) if augmentation is None else None,
            augmentation=augmentation,
            hidden=hidden,
            inner_steps=inner_steps,
            random_state=random_state,
        )

    def forward(
        self, inputs: Mapping[str, Tensor], presence: Tensor | None = None
    ) -> dict[str, Factor]:
        """The factors of a batch; one pass of each encoder.

        Args:
            inputs: By modality, what its encoder takes.
            presence: Bool `(batch, modalities)`; None when all are present.

        Returns:
            By modality the shared and the unique factor, `(batch, dim)`; zero where absent.

        Raises:
            ModalityError: If a modality is not among the inputs.
        """
        out: dict[str, Factor] = {}
        for i, name in enumerate(self.names):
            present = None if presence is None else presence[:, i]
            encoder = nn.Sequential(self.backbones[i], self.heads[i])
            joined = encode_present(encoder, input_of(inputs, name), present)
            out[name] = (joined[:, : self.dim], joined[:, self.dim :])
        return out

    def loss(
        self,
        inputs: Mapping[str, Tensor],
        target: Tensor | None = None,
        presence: Tensor | None = None,
    ) -> Tensor:
        """What a step lowers: minus the bounds of the factors, and the critics' own loss.

        Gradients are routed: critics of upper bounds learn only from their own loss, encoders
        only from the bounds. A loop of one optimiser over this takes one inner step; `fit`
        takes `inner_steps`.

        Args:
            inputs: By modality, what its encoder takes.
            target: Class codes, int64 `(batch,)`, or quantities, `(batch, outputs)`; not
                looked at with an augmentation.
            presence: Bool `(batch, modalities)`; rows where a modality of a pair is absent
                are left out of that pair.

        Returns:
            A scalar, in bits.
        """
        seen = self._seen(inputs, target, presence)
        return self._critics_loss(seen) - self._objective(seen)

    def bounds_of(
        self,
        inputs: Mapping[str, Tensor],
        target: Tensor | None = None,
        presence: Tensor | None = None,
    ) -> dict[tuple[str, str], dict[str, float]]:
        """Each pair's bounds of `shared`, `unique_1` and `unique_2`, in bits.

        Args:
            inputs: As in `loss`.
            target: As in `loss`.
            presence: As in `loss`.

        Returns:
            The bounds by the two names of a pair; a pair without rows is left out.
        """
        with torch.no_grad():
            return {
                (self.names[p.first], self.names[p.second]): {
                    name: float(bound) for name, bound in self._bounds(p).items()
                }
                for p in self._seen(inputs, target, presence)
            }

    def fit(
        self,
        samples: Samples,
        target: Tensor | None = None,
        *,
        epochs: int = 50,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
    ) -> "FactorizedEncoders":
        """Trains the encoders.

        Args:
            samples: `MultimodalData` with its target, or tensors by modality.
            target: With tensors, as in `loss`.
            epochs: Passes over the samples.
            batch_size: Samples a step; more make the bounds tell more.
            learning_rate: Of encoders and critics.

        Returns:
            Itself.

        Raises:
            ConfigurationError: If a number is not positive.
            DataError: If there are too few samples, no target, or the loss is not finite.
        """
        plan = Schedule(epochs, batch_size, learning_rate, self.seed)
        inputs, presence = self.inputs.fit(samples)(samples)
        if self.augmentation is None:
            target = target_of(samples, target, self.targets)
        upper = [p for k in range(len(self.pairs)) for p in self._of(k).upper.parameters()]
        critics = adam(upper, learning_rate)

        def step(rows: Tensor) -> Tensor:
            seen = self._seen(*rows_of(inputs, target, presence, rows))
            for _ in range(self.inner_steps if seen else 0):
                critics.zero_grad(set_to_none=True)
                self._critics_loss(seen).backward()
                critics.step()
            return -self._objective(seen)

        minimise(self, step, len(inputs[self.names[0]]), plan)
        return self

    def factors(self, samples: Samples) -> dict[str, dict[str, NDArray[np.float32]]]:
        """The factors of samples.

        Args:
            samples: As in `fit`.

        Returns:
            Under `shared` and `unique`, by modality, `(samples, dim)`; zero where absent.
        """
        inputs, presence = self.inputs(samples)
        with torch.no_grad():
            found = self(inputs, presence)
        return {
            kind: {name: pair[i].numpy() for name, pair in found.items()}
            for i, kind in enumerate(("shared", "unique"))
        }

    def transform(self, samples: Samples) -> NDArray[np.float32]:
        """All factors side by side: the shared ones of every modality, then the unique ones.

        Args:
            samples: As in `fit`.

        Returns:
            `(samples, 2 * modalities * dim)`.
        """
        found = self.factors(samples)
        return np.hstack([x for kind in found.values() for x in kind.values()])

    def _seen(
        self, inputs: Mapping[str, Tensor], target: Tensor | None, presence: Tensor | None
    ) -> list["_Pair"]:
        """The factors of each pair where both are present, with their condition."""
        found = self(inputs, presence)
        views = None
        if self.augmentation is not None:
            plain = _clean(inputs, presence, self.names)
            views = self(view_of(self.augmentation, plain, self._generator), presence)
        out: list[_Pair] = []
        for k, (i, j) in enumerate(self.pairs):
            rows = slice(None) if presence is None else presence[:, [i, j]].all(dim=1)
            one, two = (_some(found[self.names[m]], rows) for m in (i, j))
            if len(one[0]) < LEAST:
                continue
            if views is None:
                condition = label_condition(required(target)[rows], self.targets)
            else:
                condition = view_condition(*(_some(views[self.names[m]], rows) for m in (i, j)))
            out.append(_Pair(k, i, j, one, two, condition))
        return out

    def _of(self, pair: int) -> PairBounds:
        return cast("PairBounds", self.bounds[pair])

    def _bounds(self, pair: "_Pair") -> dict[str, Tensor]:
        return self._of(pair.number)(pair.one, pair.two, pair.condition)

    def _objective(self, seen: list["_Pair"]) -> Tensor:
        return self._mean([sum(self._bounds(p).values(), self._zero) for p in seen])

    def _critics_loss(self, seen: list["_Pair"]) -> Tensor:
        losses = [self._of(p.number).critics_loss(p.one, p.two, p.condition) for p in seen]
        return self._mean(losses)

    def _mean(self, parts: list[Tensor]) -> Tensor:
        return torch.stack(parts).mean() if parts else self._zero

    @property
    def _zero(self) -> Tensor:
        """Zero with a gradient of zero, for a batch without a pair."""
        return next(self.heads.parameters()).sum() * 0


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    number: int
    first: int
    second: int
    one: Factor
    two: Factor
    condition: Condition


def _check(
    encoders: Encoders,
    dim: int,
    targets: int | None,
    augmentation: Augmentation | None,
    inner_steps: int,
) -> None:
    check_named(encoders)
    faults: list[str] = []
    if len(encoders) < 2:
        faults.append(f"factors need two modalities or more, found {len(encoders)}")
    faults += whole("dim", dim)
    if augmentation is not None and not callable(augmentation):
        faults.append(
            "augmentation must be callable with a batch and a generator, "
            f"found {augmentation!r}; such as cs.fission.NoiseAugmentation()"
        )
    if augmentation is None and whole("targets", targets):
        faults.append(
            f"targets must be the number of classes or of outputs, found {targets!r}; "
            "or pass augmentation= to learn without labels"
        )
    wrong = whole("inner_steps", inner_steps)
    faults += [f"{fault}; without them the upper bounds bound nothing" for fault in wrong]
    if faults:
        raise ConfigurationError(faults)


def _some(factor: Factor, rows: slice | Tensor) -> Factor:
    return factor[0][rows], factor[1][rows]


def _clean(
    inputs: Mapping[str, Tensor], presence: Tensor | None, names: tuple[str, ...]
) -> dict[str, Tensor]:
    """Absent rows as zeros, so that no view carries what they hold into rows that are there."""
    if presence is None:
        return {name: inputs[name] for name in names}
    return {n: present_or_zero(inputs[n], presence[:, i]) for i, n in enumerate(names)}
