"""A network and, beside it while it trains, what each modality alone would say."""

from collections.abc import Mapping, Sequence
from typing import Protocol, final, runtime_checkable

import torch
from torch import Tensor, nn

from consilience.errors import DataError, InputTypeError
from consilience.training.batches import Batch
from consilience.training.objectives import Criterion, sets_its_loss


@runtime_checkable
class Encodes(Protocol):
    """A network that encodes each modality by itself, then fuses and predicts.

    Attributes:
        names: The modalities, in the order of presence.
        encoders: One module a modality, with an attribute `out_dim`, the width of its
            features.
        fusion: What fuses the features; with a method `training_loss` it sets its own loss.
    """

    names: tuple[str, ...]
    encoders: nn.ModuleList
    fusion: nn.Module

    def encode(
        self, inputs: Mapping[str, Tensor], presence: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Features by name, `(batch, width)`, or `(batch, length, width)` with NaN as padding."""
        ...

    def decode(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """Predicts `(batch, out_dim)` from features."""
        ...


@final
class Companion(nn.Module):
    """Trains a network in place, with one linear head a modality beside it.

    The heads see the encoders' features (of tokens the mean) and are dropped after
    training: what the companion predicts is what the network predicts. Torch's generator is
    left as it was, so that the network trains on the same random numbers as without heads.

    Args:
        network: Encodes each modality, fuses, predicts; see `Encodes`.
        outputs: Width of the prediction.

    Attributes:
        names: The modalities.
        network: The network.
        encoders: The encoder of each modality.
        heads: A linear head a modality.

    Raises:
        InputTypeError: If the network does not encode and decode by modality.
    """

    def __init__(self, network: nn.Module, outputs: int) -> None:
        super().__init__()
        if not isinstance(network, Encodes):
            raise InputTypeError(
                "balancing needs a network with `names`, `encoders`, `fusion`, `encode` and "
                f"`decode`, such as that of an estimator; found {type(network).__name__}"
            )
        self.network = network
        self.names = network.names
        like = next((p for p in network.parameters() if p.is_floating_point()), torch.zeros(()))
        widths = [int(getattr(e, "out_dim")) for e in network.encoders]  # noqa: B009  nn.Module's attributes are unknown to types
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            self.heads = nn.ModuleList(nn.Linear(w, outputs) for w in widths)
        self.heads.to(like.device, like.dtype)

    @property
    def encoders(self) -> Sequence[nn.Module]:
        """The encoder of each modality."""
        return tuple(self.network.encoders)

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """What the network predicts."""
        return self.network(inputs, presence)

    def encode(self, batch: Batch) -> dict[str, Tensor]:
        """Features of each modality by name."""
        return self.network.encode(batch.inputs, batch.presence)

    def joint_loss(
        self, criterion: Criterion, features: Mapping[str, Tensor], batch: Batch
    ) -> Tensor:
        """The loss of the network itself, of the fusion's own making where it has one.

        Args:
            criterion: Between an output and the target.
            features: As `encode` gives them.
            batch: With a target.

        Returns:
            A scalar.
        """
        target = target_of(batch)
        if sets_its_loss(self.network.fusion):
            return self.network.fusion.training_loss(criterion, features, target, batch.presence)
        return criterion(self.network.decode(features, batch.presence), target)

    def alone(self, features: Mapping[str, Tensor]) -> list[Tensor]:
        """What each modality's own head says, `(batch, out_dim)` each."""
        pairs = zip(self.names, self.heads, strict=True)
        return [head(pooled(features[name])) for name, head in pairs]

    def unimodal_losses(
        self, criterion: Criterion, features: Mapping[str, Tensor], batch: Batch
    ) -> list[Tensor]:
        """The loss of each modality's own head on the samples that have the modality.

        Args:
            criterion: Between an output and the target.
            features: As `encode` gives them.
            batch: With a target.

        Returns:
            A scalar each; 0 for a modality that no sample has.
        """
        target, losses = target_of(batch), list[Tensor]()
        for m, says in enumerate(self.alone(features)):
            if batch.presence is None:
                losses.append(criterion(says, target))
                continue
            here = batch.presence[:, m]
            losses.append(criterion(says[here], target[here]) if here.any() else 0.0 * says.sum())
        return losses

    def encoder_parameters(self) -> list[list[nn.Parameter]]:
        """What is to be learnt in the encoder of each modality."""
        return [[p for p in e.parameters() if p.requires_grad] for e in self.encoders]


def target_of(batch: Batch) -> Tensor:
    """The target of a batch.

    Args:
        batch: A batch.

    Returns:
        `(batch,)` or `(batch, outputs)`.

    Raises:
        DataError: If it has none.
    """
    if batch.target is None:
        raise DataError("balancing needs a target in every batch")
    return batch.target


def pooled(features: Tensor) -> Tensor:
    """One vector a sample.

    Args:
        features: `(batch, width)`, or `(batch, length, width)` with NaN as padding.

    Returns:
        `(batch, width)`: the mean over what is not padding; 0 where all is.
    """
    if features.ndim == 2:
        return features
    known = ~torch.isnan(features)
    total = torch.where(known, features, 0.0).sum(dim=1)
    return total / known.sum(dim=1).clamp_min(1)


def detached(features: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The features held fixed: no loss of them reaches an encoder."""
    return {name: x.detach() for name, x in features.items()}
