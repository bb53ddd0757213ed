"""How far the joint distribution of several representations is from their product."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

Scores = Float[Tensor, " batch"]
Scalar = Float[Tensor, ""]


def kl_dependency(joint: Scores, product: Scores) -> Scalar:
    r"""The divergence of Kullback and Leibler, by Donsker and Varadhan.

    $$D \ge E_p[T] - \log E_q[e^T]$$

    Args:
        joint: A critic's scores of samples as they are, `(batch,)`.
        product: Its scores of samples whose modalities were shuffled apart, `(batch,)`.

    Returns:
        A lower bound of the total correlation for any critic (in expectation), in nats.

    References:
        Colombo et al., Improving Multimodal Fusion via Mutual Dependency Maximisation, EMNLP
        2021.

    Example:
        >>> kl_dependency(torch.tensor([1.0, 3.0]), torch.zeros(2)).item()
        2.0
    """
    return joint.mean() - (product.logsumexp(dim=0) - math.log(len(product)))


def f_dependency(joint: Scores, product: Scores) -> Scalar:
    r"""The same divergence in the form of f-divergences (Nguyen, Wainwright and Jordan).

    $$D \ge E_p[T] - E_q[e^{T - 1}]$$

    Linear in both expectations, so batches are unbiased; of more variance.

    Args:
        joint: A critic's scores of samples as they are, `(batch,)`.
        product: Its scores of samples whose modalities were shuffled apart, `(batch,)`.

    Returns:
        A lower bound of the total correlation, in nats.

    Example:
        >>> f_dependency(torch.tensor([1.0, 3.0]), torch.ones(2)).item()
        1.0
    """
    return joint.mean() - (product - 1).exp().mean()


def wasserstein_dependency(joint: Scores, product: Scores) -> Scalar:
    r"""The distance of Wasserstein, by a critic of slope at most 1.

    $$W = \sup_{\lVert T \rVert_{Lip} \le 1} E_p[T] - E_q[T]$$

    In units of the representations: twice as large ones are twice as dependent.

    Args:
        joint: A critic's scores of samples as they are, `(batch,)`.
        product: Its scores of samples whose modalities were shuffled apart, `(batch,)`.

    Returns:
        A lower bound, so far as the critic's slope is at most 1.

    Example:
        >>> wasserstein_dependency(torch.tensor([1.0, 3.0]), torch.ones(2)).item()
        1.0
    """
    return joint.mean() - product.mean()


def slope_penalty(scores: Scores, at: Float[Tensor, "batch width"]) -> Scalar:
    r"""How far a critic's slopes are above 1: the mean of $\max(0, \lVert \nabla T \rVert - 1)^2$.

    Args:
        scores: A critic's scores, `(batch,)`, whose graph leads to `at`.
        at: Where the slopes are measured, `(batch, width)`.

    Returns:
        The penalty, differentiable by the critic's weights.

    References:
        Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017; Petzka, Fischer
        and Lukovnikov, On the Regularization of Wasserstein GANs, ICLR 2018 (one side only).

    Example:
        >>> x = torch.ones(3, 2, requires_grad=True)
        >>> slope_penalty((x * torch.tensor([3.0, 4.0])).sum(dim=1), x).item()
        16.0
    """
    (slopes,) = torch.autograd.grad(scores.sum(), at, create_graph=True)
    return (slopes.norm(dim=1) - 1).clamp_min(0).square().mean()


def shuffled_apart(
    representations: list[Float[Tensor, "batch _"]], generator: torch.Generator
) -> list[Float[Tensor, "batch _"]]:
    """Samples of the product of the marginals: each modality but the first shuffled by itself.

    Args:
        representations: Of each modality, `(batch, width)`.
        generator: On the CPU.

    Returns:
        The same rows in other company.
    """
    first, *others = representations
    orders = [torch.randperm(len(first), generator=generator) for _ in others]
    return [first, *(z[order.to(z.device)] for z, order in zip(others, orders, strict=True))]
