"""Training that leans on evidence of a group, not on what usually goes with it."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError, DataError, ModalityError, suggestion
from consilience.functional.unimodal_bias import appearance_confusion_loss, confident_loss
from consilience.training.batches import Batch

Mask = Callable[[Batch], Batch]
"""A batch whose evidence of the group is hidden."""


@final
class Equalizer:
    r"""Cross-entropy that does not let a model guess a group from its surroundings.

    $$L = \alpha L_\text{CE} + \beta L_\text{confusion} + \mu L_\text{confident}$$

    Where the evidence is hidden, both groups are to get equal mass
    (`appearance_confusion_loss`); where it is there, the right one is to get all of it
    (`confident_loss`). All three are sums over words and means over samples.

    Args:
        first: The words, or classes, of one group (such as woman, she).
        second: Those of the other (such as man, he).
        masked: Hides the evidence in a batch, such as the pixels of the person;
            `hiding("person")` hides a whole modality.
        cross_entropy: $\alpha$.
        confusion: $\beta$.
        confidence: $\mu$.

    Raises:
        ConfigurationError: If a setting cannot be used; all faults at once.

    References:
        Hendricks et al., Women also Snowboard: Overcoming Bias in Captioning Models, ECCV
        2018, equation 7.

    Example:
        >>> objective = Equalizer([0], [1], hiding("person"))
        >>> objective.confusion
        10.0
    """

    def __init__(
        self,
        first: Sequence[int],
        second: Sequence[int],
        masked: Mask,
        *,
        cross_entropy: float = 1.0,
        confusion: float = 10.0,
        confidence: float = 1.0,
    ) -> None:
        weights = {
            "cross_entropy": cross_entropy,
            "confusion": confusion,
            "confidence": confidence,
        }
        faults = [
            f"{name} must not be negative, found {weight!r}"
            for name, weight in weights.items()
            if not weight >= 0
        ]
        faults += [
            f"the {name} group has no word"
            for name, words in (("first", first), ("second", second))
            if not len(words)
        ]
        both = sorted(set(first) & set(second))
        if both:
            faults.append(f"a word must be in one group; in both are {both}")
        if faults:
            raise ConfigurationError(faults)
        self.first, self.second = tuple(first), tuple(second)
        self.masked = masked
        self.cross_entropy, self.confusion = cross_entropy, confusion
        self.confidence = confidence

    def __call__(self, model: nn.Module, batch: Batch) -> Tensor:
        """The loss over the batch.

        Args:
            model: Gives logits `(batch, words)` or `(batch, length, words)` from
                `batch.inputs` and `batch.presence`.
            batch: Its target are words, integer `(batch,)` or `(batch, length)`; negative
                ones are padding.

        Returns:
            A scalar.

        Raises:
            DataError: If the batch has no target.
        """
        if batch.target is None:
            raise DataError("the Equalizer needs a target in every batch")
        spoken = batch.target.reshape(len(batch.target), -1)
        seen = _log_probabilities(model, batch)
        right = seen.gather(2, spoken.clamp(min=0)[..., None]).squeeze(2)
        loss = -self.cross_entropy * torch.where(spoken >= 0, right, 0.0).sum() / len(spoken)
        groups = self.first, self.second
        if self.confidence > 0:
            loss = loss + self.confidence * confident_loss(seen.exp(), spoken, *groups)
        if self.confusion > 0:
            blind = _log_probabilities(model, self.masked(batch)).exp()
            loss = loss + self.confusion * appearance_confusion_loss(blind, spoken, *groups)
        return loss


def hiding(modality: str) -> Mask:
    """What hides a modality in every sample of a batch.

    Args:
        modality: Its name.

    Returns:
        A function of a batch. It raises `ModalityError` if the batch has no such modality.

    Example:
        >>> batch = Batch({"scene": torch.ones(2, 1), "person": torch.ones(2, 1)}, None, None)
        >>> hiding("person")(batch).presence.tolist()
        [[True, False], [True, False]]
    """

    def masked(batch: Batch) -> Batch:
        names = list(batch.inputs)
        if modality not in names:
            raise ModalityError(f"no modality {modality!r}; {suggestion(modality, names)}")
        first = batch.inputs[modality]
        given = batch.presence
        presence = (
            torch.ones(len(first), len(names), dtype=torch.bool, device=first.device)
            if given is None
            else given.clone()
        )
        presence[:, names.index(modality)] = False
        return Batch(batch.inputs, presence, batch.target)

    return masked


def _log_probabilities(model: nn.Module, batch: Batch) -> Tensor:
    logits: Tensor = model(batch.inputs, batch.presence)
    return logits.reshape(len(logits), -1, logits.shape[-1]).log_softmax(dim=2)
