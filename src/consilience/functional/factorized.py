"""What factorized contrastive learning is made of: bounds from scores, and how they add up."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from consilience.errors import DataError, ShapeError

NATS = math.log(2)

NCE_12, NCE_1Y, NCE_2Y, NCE_12_GIVEN_Y = "nce(1;2)", "nce(1;y)", "nce(2;y)", "nce(1;2|y)"
CLUB_12, CLUB_12_GIVEN_Y = "club(1;2)", "club(1;2|y)"

FACTORS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "shared": MappingProxyType({NCE_12: 1, CLUB_12_GIVEN_Y: -1}),
        "unique_1": MappingProxyType({NCE_1Y: 1, CLUB_12: -1, NCE_12_GIVEN_Y: 1}),
        "unique_2": MappingProxyType({NCE_2Y: 1, CLUB_12: -1, NCE_12_GIVEN_Y: 1}),
    }
)
"""Each factor's lower bound as a signed sum of lower (nce) and upper (club) bounds."""


def total_weights() -> dict[str, int]:
    """How often each bound stands in the sum of the three factors.

    Example:
        >>> total_weights()["club(1;2)"], total_weights()["nce(1;2|y)"]
        (-2, 2)
    """
    out: dict[str, int] = {}
    for terms in FACTORS.values():
        for name, sign in terms.items():
            out[name] = out.get(name, 0) + sign
    return out


def infonce_bound(scores: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    r"""A lower bound of $I(A; B)$ in bits, from scores of all pairs of a batch.

    $$\frac{1}{n}\sum_i T_{ii} - \log \frac{1}{n}\sum_j e^{T_{ij}}$$

    Never above $\log_2 n$, so it tells nothing of larger informations.

    Args:
        scores: $T_{ij}$, the critic of $a_i$ and $b_j$; pairs that belong together stand on
            the diagonal.

    Returns:
        The bound, in bits.

    Raises:
        ShapeError: If the scores are not a square.

    References:
        van den Oord, Li, Vinyals, Representation Learning with Contrastive Predictive Coding,
        2018, equation 4.

    Example:
        >>> round(float(infonce_bound(100 * torch.eye(8))), 4)
        3.0
    """
    _square(scores)
    n = scores.shape[0]
    return (scores.diagonal() - scores.logsumexp(dim=1) + math.log(n)).mean() / NATS


def infonce_bound_given(
    scores: Float[Tensor, "n n"], weights: Float[Tensor, "n n"]
) -> Float[Tensor, ""]:
    r"""A lower bound of $I(A; B \mid C)$ in bits: negatives share the anchor's condition.

    $$\frac{1}{n}\sum_i T_{ii} - \log \sum_j w_{ij} e^{T_{ij}}$$

    Joining $c$ to $a$ and drawing negatives from everything bounds another quantity,
    $I(A, C; B)$, which is 1 bit, not 0, where $A = B = C$ is a fair coin.

    Args:
        scores: $T_{ij}$, the critic of $a_i$ and $b_j$ under the condition $c_i$.
        weights: Row $i$ is the distribution of $b$ given $c_i$, from `same_class` or
            `alike`; $w_{ii} > 0$.

    Returns:
        The bound, in bits; 0 where a sample is alone with its condition.

    Raises:
        ShapeError: If the shapes differ or are not a square.

    References:
        Liang et al., Factorized Contrastive Learning, NeurIPS 2023, section 3.1; Tsai et al.,
        Conditional Contrastive Learning with Kernel, ICLR 2022.

    Example:
        >>> x = torch.tensor([0, 0, 1, 1])
        >>> copies = 50.0 * (x[:, None] == x)
        >>> round(float(infonce_bound(copies)), 4)
        1.0
        >>> round(float(infonce_bound_given(copies, same_class(x))), 4)
        0.0
    """
    _square(scores, weights)
    drawn = (scores + weights.clamp_min(torch.finfo(scores.dtype).tiny).log()).masked_fill(
        weights <= 0, -torch.inf
    )
    return (scores.diagonal() - drawn.logsumexp(dim=1)).mean() / NATS


def club_bound(scores: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    r"""An upper bound of $I(A; B)$ in bits, if the critic is the optimal one of `infonce_bound`.

    $$\frac{1}{n}\sum_i T_{ii} - \frac{1}{n(n-1)}\sum_{i \neq j} T_{ij}$$

    With the optimal critic, a log ratio up to a function of $a$ which cancels, this is
    $I(A; B)$ plus the divergence of the product from the joint: far above $I$, not near it.
    With any other critic it bounds nothing, and what is trained to lower it will lower the
    critic: train the critic in an inner loop.

    Args:
        scores: As for `infonce_bound`.

    Returns:
        The bound, in bits.

    Raises:
        ShapeError: If the scores are not a square of at least 2 rows.

    References:
        Liang et al., Factorized Contrastive Learning, NeurIPS 2023, theorem 2; Cheng et al.,
        CLUB, ICML 2020.

    Example:
        >>> float(club_bound(math.log(2) * torch.eye(4)))
        1.0
    """
    _square(scores)
    n = scores.shape[0]
    if n < 2:
        raise ShapeError("an upper bound needs at least 2 rows, found 1")
    others = (scores.sum() - scores.diagonal().sum()) / (n * (n - 1))
    return (scores.diagonal().mean() - others) / NATS


def club_bound_given(
    scores: Float[Tensor, "n n"], weights: Float[Tensor, "n n"]
) -> Float[Tensor, ""]:
    r"""An upper bound of $I(A; B \mid C)$ in bits, if the critic is optimal.

    $$\frac{1}{n}\sum_i T_{ii} - \sum_{j \neq i} \tfrac{w_{ij}}{1 - w_{ii}} T_{ij}$$

    Args:
        scores: As for `infonce_bound_given`.
        weights: As for `infonce_bound_given`.

    Returns:
        The bound, in bits; a sample that is alone with its condition counts as 0.

    Raises:
        ShapeError: If the shapes differ or are not a square.

    Example:
        >>> x = torch.tensor([0, 0, 1, 1])
        >>> float(club_bound_given(50.0 * (x[:, None] == x), same_class(x)))
        0.0
    """
    _square(scores, weights)
    off = weights - torch.diag(weights.diagonal())
    mass = off.sum(dim=1)
    others = (off * scores).sum(dim=1) / mass.clamp_min(torch.finfo(scores.dtype).tiny)
    return torch.where(mass > 0, scores.diagonal() - others, 0.0).mean() / NATS


def same_class(
    codes: Integer[Tensor, " n"], *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "n n"]:
    """Equal weight on every sample of the same class, itself among them.

    Args:
        codes: Class of each sample.
        dtype: Of the weights.

    Returns:
        Weights whose rows sum to 1.

    Example:
        >>> same_class(torch.tensor([0, 1, 0])).tolist()
        [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]
    """
    same = (codes[:, None] == codes).to(dtype)
    return same / same.sum(dim=1, keepdim=True)


def alike(conditions: Float[Tensor, "n width"], *, share: float = 0.1) -> Float[Tensor, "n n"]:
    r"""Weights on samples whose condition is near, for conditions that are quantities.

    $w_{ij} \propto \exp(-\lVert c_i - c_j \rVert^2 / 2 h_i^2)$ where $h_i$ is the distance
    within which the share of the batch lies.

    Args:
        conditions: What is conditioned on.
        share: Share of the batch that counts as near, in (0, 1].

    Returns:
        Weights whose rows sum to 1.

    Raises:
        DataError: If `share` is not in (0, 1].

    Example:
        >>> w = alike(torch.tensor([[0.0], [0.1], [9.0], [9.1]]), share=0.5)
        >>> w[0, :2].sum() > 0.99
        tensor(True)
    """
    if not 0 < share <= 1:
        raise DataError(f"share must be in (0, 1], found {share}")
    apart = (conditions[:, None] - conditions).square().sum(dim=2)
    rank = max(1, math.ceil(share * len(apart)) - 1)
    near = apart.sort(dim=1).values[:, min(rank, len(apart) - 1)]
    floor = torch.finfo(apart.dtype).tiny
    return (-apart / (2 * near.clamp_min(floor))[:, None]).softmax(dim=1)


def factorize(table: Float[Tensor, "a b c"]) -> dict[str, float]:
    r"""Shared and unique information of an exact joint table, in bits.

    $S = I(X_1; X_2) - I(X_1; X_2 \mid Y)$, $U_1 = I(X_1; Y \mid X_2)$,
    $U_2 = I(X_2; Y \mid X_1)$, with $S + U_1 + U_2 = I(X_1, X_2; Y)$. $S$ is the interaction
    information, negative where the modalities are complementary; it is not the redundancy of
    `consilience.pid`, nor are $U_1, U_2$ its unique informations.

    Args:
        table: $p(x_1, x_2, y)$, which sums to 1.

    Returns:
        `shared`, `unique_1`, `unique_2`, `total`.

    Raises:
        DataError: If it has negative entries or does not sum to 1.

    Example:
        >>> xor = torch.zeros(2, 2, 2)
        >>> xor[0, 0, 0] = xor[0, 1, 1] = xor[1, 0, 1] = xor[1, 1, 0] = 0.25
        >>> factorize(xor)
        {'shared': -1.0, 'unique_1': 1.0, 'unique_2': 1.0, 'total': 1.0}
    """
    p = table.double()
    if bool((p < 0).any()) or abs(float(p.sum()) - 1) > 1e-6:
        raise DataError(f"the table must be a distribution; it sums to {float(p.sum()):g}")

    def entropy(*kept: int) -> float:
        gone = tuple(i for i in range(3) if i not in kept)
        q = p.sum(dim=gone) if gone else p
        return -float(torch.xlogy(q, q).sum()) / NATS

    one, two, y = entropy(0), entropy(1), entropy(2)
    pair, one_y, two_y, every = entropy(0, 1), entropy(0, 2), entropy(1, 2), entropy(0, 1, 2)
    return {
        "shared": (one + two - pair) - (one_y + two_y - every - y),
        "unique_1": pair + two_y - every - two,
        "unique_2": pair + one_y - every - one,
        "total": pair + y - every,
    }


def _square(scores: Tensor, weights: Tensor | None = None) -> None:
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1]:
        raise ShapeError(f"scores must be (batch, batch), found {tuple(scores.shape)}")
    if weights is not None and weights.shape != scores.shape:
        raise ShapeError(
            f"weights must have the shape of scores {tuple(scores.shape)}, "
            f"found {tuple(weights.shape)}"
        )
