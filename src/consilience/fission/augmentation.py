"""What stands in for labels: views of a sample that keep what the task would need."""

from collections.abc import Mapping
from typing import Protocol, cast, final, runtime_checkable

import torch
from torch import Tensor, nn

from consilience.errors import (
    ConfigurationError,
    InputTypeError,
    ModalityError,
    ShapeError,
    suggestion,
)


@runtime_checkable
class Augmentation(Protocol):
    """Gives another view of every modality of a batch."""

    def __call__(
        self, inputs: Mapping[str, Tensor], generator: torch.Generator, /
    ) -> dict[str, Tensor]:
        """The other view, by modality, in the shapes of `inputs`."""
        ...


def view_of(
    augmentation: Augmentation, inputs: Mapping[str, Tensor], generator: torch.Generator
) -> Mapping[str, Tensor]:
    """A view of a batch, checked.

    Args:
        augmentation: What gives the view.
        inputs: By modality, what its encoder takes.
        generator: Of the view's random numbers.

    Returns:
        By modality, in the shapes of `inputs`.

    Raises:
        InputTypeError: If the view is no mapping to tensors.
        ModalityError: If it lacks a modality.
        ShapeError: If it has another shape.
    """
    view = cast("object", augmentation(inputs, generator))
    if not isinstance(view, Mapping):
        raise InputTypeError(
            "an augmentation must give tensors by modality, as it was given them, "
            f"found {type(view).__name__}"
        )
    for name, x in inputs.items():
        if name not in view:
            raise ModalityError(f"the augmentation gave no view of modality {name!r}")
        seen = cast("object", view[name])
        if not isinstance(seen, Tensor):
            raise InputTypeError(
                f"the augmentation's view of modality {name!r} must be a tensor, "
                f"found {type(seen).__name__}"
            )
        if seen.shape != x.shape:
            raise ShapeError(
                f"the augmentation's view of modality {name!r} must be {tuple(x.shape)} "
                f"as it was given, found {tuple(seen.shape)}"
            )
    return cast("Mapping[str, Tensor]", view)


@final
class NoiseAugmentation(nn.Module):
    """Adds noise to every number and sets some to zero, each modality on its own.

    What two views share is what is learnt: noise on every column leaves what is loudest, be it
    of use to the task or not. Where that is not the task, write a view that changes all that
    does not matter: crops for pictures, synonyms for text, nuisance drawn anew.

    Args:
        scale: Standard deviation of the noise.
        drop: Share of the numbers set to zero.

    Raises:
        ConfigurationError: If a setting is out of range.

    Example:
        >>> view = NoiseAugmentation(0.0, 1.0)
        >>> view({"a": torch.ones(1, 2)}, torch.Generator())["a"].tolist()
        [[0.0, 0.0]]
    """

    def __init__(self, scale: float = 0.3, drop: float = 0.1) -> None:
        super().__init__()
        faults: list[str] = []
        if scale < 0:
            faults.append(f"scale must not be negative, found {scale}")
        if not 0 <= drop <= 1:
            faults.append(f"drop must be in [0, 1], found {drop}")
        if faults:
            raise ConfigurationError(faults)
        self.scale = scale
        self.drop = drop

    def forward(
        self, inputs: Mapping[str, Tensor], generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Another view of every modality."""
        return {name: self._view(x, generator) for name, x in inputs.items()}

    def _view(self, x: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        kept = torch.rand(x.shape, generator=generator) >= self.drop
        return torch.where(kept.to(x.device), x + self.scale * noise.to(x.device), 0.0)


@final
class UniqueAugmentation(nn.Module):
    r"""Leaves alone what a modality shares with the first, and augments the rest.

    The second modality's view must keep what is shared with the first: for its unique part
    only $I(X_2; X_2' \mid X_1) = I(X_2; Y \mid X_1)$ is asked. What the first modality says
    of the others linearly is taken as shared, learnt by ridge regression with `fit`:

    $$x_2' = B x_1 + a(x_2 - B x_1)$$

    Args:
        inner: $a$, applied to the first modality and to what is left of the others.
        first: The modality that the others are seen against; None takes the first of `fit`.
        ridge: Penalty, as a share of the mean variance of the first modality's columns.

    References:
        Liang et al., Factorized Contrastive Learning, NeurIPS 2023, definitions 2 and 3.

    Example:
        >>> a = torch.randn(50, 1)
        >>> inputs = {"a": a, "b": torch.cat([2 * a, torch.randn(50, 1)], dim=1)}
        >>> view = UniqueAugmentation(NoiseAugmentation(0.0, 1.0), ridge=1e-6).fit(inputs)
        >>> seen = view(inputs, torch.Generator())["b"]
        >>> bool((seen[:, 0] - 2 * a[:, 0]).abs().max() < 0.01)
        True
    """

    mean: Tensor
    names: tuple[str, ...]

    def __init__(
        self, inner: Augmentation, *, first: str | None = None, ridge: float = 1e-2
    ) -> None:
        super().__init__()
        self.inner = inner
        self.first = first
        self.ridge = ridge
        self.names = ()
        self.register_buffer("mean", torch.zeros(0))

    def fit(self, inputs: Mapping[str, Tensor]) -> "UniqueAugmentation":
        """Learns what the first modality says of the others.

        Args:
            inputs: By modality, `(samples, ...)`, complete.

        Returns:
            Itself.

        Raises:
            ModalityError: If the first modality is not among the inputs.
        """
        first = next(iter(inputs)) if self.first is None else self.first
        if first not in inputs:
            raise ModalityError(f"modality {first!r} is not known; {suggestion(first, inputs)}")
        self.first, self.names = first, tuple(name for name in inputs if name != first)
        x = inputs[first].flatten(1)
        self.mean = x.mean(0)
        centred = x - self.mean
        gram = centred.T @ centred
        penalty = self.ridge * gram.diagonal().mean().clamp_min(torch.finfo(x.dtype).tiny)
        gram = gram + penalty * torch.eye(len(gram), dtype=x.dtype, device=x.device)
        for i, name in enumerate(self.names):
            y = inputs[name].flatten(1)
            self.register_buffer(f"centre_{i}", y.mean(0))
            slope = torch.linalg.solve(gram, centred.T @ (y - y.mean(0)))
            self.register_buffer(f"slope_{i}", slope)
        return self

    def forward(
        self, inputs: Mapping[str, Tensor], generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Another view of every modality.

        Raises:
            ConfigurationError: If it was not fitted.
        """
        if self.first is None or not self.names:
            raise ConfigurationError(["fit the augmentation first: augmentation.fit(inputs)"])
        told = {name: self._told(i, inputs) for i, name in enumerate(self.names)}
        rest = {n: x - told[n] if n in told else x for n, x in inputs.items()}
        views = self.inner(rest, generator)
        return {n: view + told[n] if n in told else view for n, view in views.items()}

    def _told(self, i: int, inputs: Mapping[str, Tensor]) -> Tensor:
        x = inputs[str(self.first)].flatten(1) - self.mean
        told = x @ self.get_buffer(f"slope_{i}") + self.get_buffer(f"centre_{i}")
        return told.reshape(inputs[self.names[i]].shape)
