"""Answers that do not need all modalities: how to count them, and losses against them."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from consilience.errors import DataError, ShapeError


def vqa_accuracy(answer: Hashable, given: Sequence[Hashable]) -> float:
    r"""Agreement of an answer with those of several people.

    $$\frac1n \sum_{i=1}^{n} \min\bigl(\tfrac13 \#\{j \ne i : a_j = a\},\, 1\bigr)$$

    The mean over leaving each person out in turn.

    Args:
        answer: The answer $a$; spell as the people do.
        given: Their answers $a_j$, at least two; usually ten.

    Returns:
        Agreement in [0, 1]: 1 where four or more of the people gave the answer.

    Raises:
        DataError: If there are fewer than two people.

    References:
        Antol et al., VQA: Visual Question Answering, ICCV 2015.

    Example:
        >>> vqa_accuracy("red", ["red"] * 3 + ["blue"] * 7)
        0.9
    """
    people = len(given)
    if people < 2:
        raise DataError(f"agreement needs the answers of at least two people, found {people}")
    same = sum(other == answer for other in given)
    with_one_less = min((same - 1) / 3, 1.0) if same else 0.0
    return (same * with_one_less + (people - same) * min(same / 3, 1.0)) / people


def pair_accuracy(right: Bool[np.ndarray, " samples"], pairs: ArrayLike) -> float:
    """The share of pairs in which every answer is right.

    Where the samples of a pair agree in one modality and differ in their target, whatever
    sees that modality only is right in no pair at all, and in at most half the samples.

    Args:
        right: Whether each answer is right, `(samples,)`.
        pairs: The pair that each sample belongs to, `(samples,)`; labels of any kind.

    Returns:
        A share in [0, 1].

    Raises:
        ShapeError: If there is not one label a sample.
        DataError: If there is no sample.

    References:
        Goyal et al., Making the V in VQA Matter, CVPR 2017.

    Example:
        >>> pair_accuracy(np.array([True, True, True, False]), ["p", "p", "q", "q"])
        0.5
    """
    labels = np.asarray(pairs)
    if labels.shape != right.shape:
        raise ShapeError(f"pairs must be one label a sample, {right.shape}; found {labels.shape}")
    if not len(right):
        raise DataError("there is no pair")
    _, codes = np.unique(labels, return_inverse=True)
    wrong = np.bincount(codes, weights=~right)
    return float((wrong == 0).mean())


def most_frequent(targets: NDArray[np.generic]) -> Hashable:
    """The most frequent target; of several the one that comes first.

    Args:
        targets: `(samples,)`, at least one.

    Returns:
        A target.

    Raises:
        DataError: If there is none.

    Example:
        >>> most_frequent(np.array(["no", "yes", "yes"]))
        'yes'
    """
    if not len(targets):
        raise DataError("there is no target to find the most frequent of")
    return Counter(targets.tolist()).most_common(1)[0][0]


def appearance_confusion_loss(
    probabilities: Float[Tensor, "batch length words"],
    spoken: Int[Tensor, "batch length"],
    first: Sequence[int],
    second: Sequence[int],
) -> Float[Tensor, ""]:
    r"""How sure a model is of a group where the evidence for it was hidden.

    $$\frac1N \sum_{n,t} \mathbb 1[w_{nt} \in G_1 \cup G_2] \,
    \Bigl| \sum_{g \in G_1} p_{nt}(g) - \sum_{g \in G_2} p_{nt}(g) \Bigr|$$

    Zero just when both groups get equal mass wherever one of them is spoken of.

    Args:
        probabilities: $p$ of the words given input whose evidence (the person) is masked,
            `(batch, length, words)`.
        spoken: The true words $w$, `(batch, length)`.
        first: The words of one group $G_1$ (such as woman, she).
        second: The words of the other $G_2$ (such as man, he).

    Returns:
        A scalar, at least 0: the sum over words, the mean over samples.

    References:
        Hendricks et al., Women also Snowboard: Overcoming Bias in Captioning Models, ECCV
        2018, equations 2 and 3.

    Example:
        >>> import torch
        >>> p = torch.tensor([[[0.5, 0.25, 0.25]]])
        >>> appearance_confusion_loss(p, torch.tensor([[0]]), [0], [1]).item()
        0.25
    """
    one, other = _mass(probabilities, first), _mass(probabilities, second)
    grouped = _among(spoken, [*first, *second])
    return ((one - other).abs() * grouped).sum() / len(spoken)


def confident_loss(
    probabilities: Float[Tensor, "batch length words"],
    spoken: Int[Tensor, "batch length"],
    first: Sequence[int],
    second: Sequence[int],
    *,
    floor: float = 1e-6,
) -> Float[Tensor, ""]:
    r"""How unsure a model is of the right group where the evidence for it is there.

    $$\frac1N \sum_{n,t} \mathbb 1[w_{nt} \in G_1] \frac{p_{nt}(G_2)}{p_{nt}(G_1) + \epsilon}
    + \mathbb 1[w_{nt} \in G_2] \frac{p_{nt}(G_1)}{p_{nt}(G_2) + \epsilon}$$

    Args:
        probabilities: $p$ of the words given the whole input, `(batch, length, words)`.
        spoken: The true words $w$, `(batch, length)`.
        first: The words of one group $G_1$.
        second: The words of the other $G_2$.
        floor: $\epsilon$.

    Returns:
        A scalar, at least 0: the sum over words, the mean over samples. It tends to 0 as
        the model gets sure of the right group, whichever of its words it says.

    References:
        Hendricks et al., Women also Snowboard: Overcoming Bias in Captioning Models, ECCV
        2018, equations 4 to 6.

    Example:
        >>> import torch
        >>> p = torch.tensor([[[0.5, 0.25, 0.25]]])
        >>> round(confident_loss(p, torch.tensor([[0]]), [0], [1]).item(), 5)
        0.5
    """
    one, other = _mass(probabilities, first), _mass(probabilities, second)
    wrong = _among(spoken, first) * other / (one + floor)
    return (wrong + _among(spoken, second) * one / (other + floor)).sum() / len(spoken)


def _mass(probabilities: Tensor, words: Sequence[int]) -> Tensor:
    return probabilities[..., list(words)].sum(dim=-1)


def _among(spoken: Tensor, words: Sequence[int]) -> Tensor:
    return (spoken[..., None] == spoken.new_tensor(list(words))).any(dim=-1)
