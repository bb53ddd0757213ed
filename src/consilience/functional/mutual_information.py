"""Bounds on mutual information from a critic's scores of all pairs of a batch."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import ConfigurationError, ShapeError

Scores = Float[Tensor, "batch batch"]
Scalar = Float[Tensor, ""]


def infonce_bound(scores: Scores) -> Scalar:
    r"""InfoNCE: how well a critic tells a sample's partner among the batch.

    $$I \ge \frac1N \sum_i T_{ii} - \log \frac1N \sum_j e^{T_{ij}} \le \log N$$

    Never above $\log N$, whatever the truth: with $N$ pairs at most $\log N$ can be shown.
    Do not compare values at different $N$.

    Args:
        scores: $T_{ij}$ of $x_i$ with $y_j$, `(batch, batch)`; partners on the diagonal.

    Returns:
        A lower bound in expectation, in nats.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        van den Oord, Li and Vinyals, Representation Learning with Contrastive Predictive
        Coding, 2018; Poole et al., On Variational Bounds of Mutual Information, ICML 2019.

    Example:
        >>> infonce_bound(torch.zeros(4, 4)).item(), infonce_bound(99 * torch.eye(4)).item()
        (0.0, 1.3862943649291992)
    """
    n = _square(scores)
    return (scores.diagonal() - scores.logsumexp(dim=1)).mean() + math.log(n)


def nwj_bound(scores: Scores) -> Scalar:
    r"""The bound of Nguyen, Wainwright and Jordan, unbiased but of high variance.

    $$I \ge E_p[T] - e^{-1} E_q[e^T]$$

    tight where $T = 1 + \log \frac{p(x, y)}{p(x) p(y)}$. The product of the marginals $q$ is
    all pairs off the diagonal.

    Args:
        scores: $T_{ij}$, `(batch, batch)`; partners on the diagonal.

    Returns:
        A lower bound in expectation, in nats.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Nguyen, Wainwright and Jordan, Estimating Divergence Functionals and the Likelihood
        Ratio by Convex Risk Minimization, IEEE Transactions on Information Theory 2010.

    Example:
        >>> nwj_bound(torch.ones(4, 4)).item()
        0.0
    """
    return scores.diagonal().mean() - (log_mean_apart(scores) - 1).exp()


def dv_bound(scores: Scores) -> Scalar:
    r"""The bound of Donsker and Varadhan, which MINE maximises.

    $$I \ge E_p[T] - \log E_q[e^T]$$

    A lower bound of the expectations; of a batch it is too high on average, the more so the
    larger the information (the logarithm of a mean is below the mean of logarithms).

    Args:
        scores: $T_{ij}$, `(batch, batch)`; partners on the diagonal.

    Returns:
        In nats.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Donsker and Varadhan, Asymptotic Evaluation of Certain Markov Process Expectations IV,
        Communications on Pure and Applied Mathematics 1983; Belghazi et al., Mutual
        Information Neural Estimation, ICML 2018.

    Example:
        >>> abs(dv_bound(torch.full((4, 4), 7.0)).item()) < 1e-5
        True
    """
    return scores.diagonal().mean() - log_mean_apart(scores)


def mine_bound(
    scores: Scores, log_average: Scalar | None = None, decay: float = 0.99
) -> tuple[Scalar, Scalar]:
    r"""The Donsker-Varadhan bound with the gradient that MINE corrects.

    The gradient of $\log E_q[e^T]$ on a batch is biased, for it divides by the batch's mean.
    It is divided by a moving average over batches instead.

    Args:
        scores: $T_{ij}$, `(batch, batch)`; partners on the diagonal.
        log_average: Log of the moving average so far; None at the first batch.
        decay: Weight of what was before.

    Returns:
        The value of `dv_bound`, with the corrected gradient, and the new log of the average,
        to be passed with the next batch.

    Raises:
        ConfigurationError: If `decay` is not in [0, 1).
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Belghazi et al., Mutual Information Neural Estimation, ICML 2018, section 3.2.

    Example:
        >>> value, average = mine_bound(torch.full((4, 4), 2.0))
        >>> value.item(), average.item()
        (0.0, 2.0)
    """
    if not 0 <= decay < 1:
        raise ConfigurationError([f"decay must be in [0, 1), found {decay}"])
    log_mean = log_mean_apart(scores)
    now = log_mean.detach()
    if log_average is None:
        average = now
    else:
        average = torch.logaddexp(
            log_average + math.log(decay) if decay else log_average - math.inf,
            now + math.log1p(-decay),
        )
    ratio = (log_mean - average).exp()
    value = scores.diagonal().mean() - now
    surrogate = scores.diagonal().mean() - ratio
    return value.detach() + surrogate - surrogate.detach(), average


def smile_bound(scores: Scores, clip: float = 5.0) -> Scalar:
    r"""SMILE: the Donsker-Varadhan value with the density ratio clipped.

    $$E_p[T] - \log E_q[\min(\max(e^T, e^{-\tau}), e^{\tau})]$$

    Less variance for some bias: with a finite $\tau$ it is no bound and may lie above the
    truth. Train the critic by `js_objective`; where clipped, this has no gradient.

    Args:
        scores: $T_{ij}$, the log of the density ratio, `(batch, batch)`; partners on the
            diagonal.
        clip: $\tau$, above 0.

    Returns:
        An estimate, in nats.

    Raises:
        ConfigurationError: If `clip` is not above 0.
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Song and Ermon, Understanding the Limitations of Variational Mutual Information
        Estimators, ICLR 2020.

    Example:
        >>> smile_bound(99 * torch.eye(4), clip=2.0).item()
        99.0
    """
    if not clip > 0:
        raise ConfigurationError([f"clip must be above 0, found {clip}"])
    return scores.diagonal().mean() - log_mean_apart(scores.clamp(-clip, clip))


def js_objective(scores: Scores) -> Scalar:
    r"""What a critic of Jensen and Shannon maximises: steady, but no bound on information.

    $$E_p[-\operatorname{softplus}(-T)] - E_q[\operatorname{softplus}(T)]$$

    Its best critic is the log of the density ratio, which `js_bound`, `smile_bound` or
    `nwj_bound` of $T + 1$ turn into an estimate.

    Args:
        scores: $T_{ij}$, `(batch, batch)`; partners on the diagonal.

    Returns:
        Between minus infinity and 0; twice the Jensen-Shannon divergence less $\log 4$ at the
        best critic, in nats.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Nowozin, Cseke and Tomioka, f-GAN, NeurIPS 2016; Hjelm et al., Learning Deep
        Representations by Mutual Information Estimation and Maximization, ICLR 2019.

    Example:
        >>> js_objective(torch.zeros(4, 4)).item().__round__(4)
        -1.3863
    """
    n = _square(scores)
    apart = F.softplus(scores).sum() - F.softplus(scores.diagonal()).sum()
    return -F.softplus(-scores.diagonal()).mean() - apart / (n * (n - 1))


def js_bound(scores: Scores) -> Scalar:
    """The bound `nwj_bound` at a critic trained by `js_objective`.

    Args:
        scores: The log of the density ratio, `(batch, batch)`; partners on the diagonal.

    Returns:
        A lower bound in expectation, in nats.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Poole et al., On Variational Bounds of Mutual Information, ICML 2019, section 2.4.

    Example:
        >>> js_bound(torch.zeros(4, 4)).item()
        0.0
    """
    return nwj_bound(scores + 1)


def club_bound(log_conditional: Scores) -> Scalar:
    r"""CLUB: how much likelier a sample's partner is than a stranger, on average.

    $$I \le E_p[\log p(y \mid x)] - E_q[\log p(y \mid x)]$$

    An upper bound only with the exact conditional; a fitted one that is poor can fall below
    the truth. It bounds loosely: it is the information plus a divergence the other way, of
    Gaussians $d \rho^2 / (1 - \rho^2)$ (34 nats where the truth is 10, at $d = 20$). Values
    near the truth come from critics that fit badly. Scores of a critic trained by InfoNCE may
    be used in place of the conditional (NCE-CLUB): what they lack, a function of $x$, cancels.

    Args:
        log_conditional: $\log q(y_j \mid x_i)$, or scores, `(batch, batch)`; partners on the
            diagonal.

    Returns:
        In nats; unbiased, for strangers are only the pairs off the diagonal.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Cheng et al., CLUB: A Contrastive Log-ratio Upper Bound of Mutual Information, ICML
        2020; Liang et al., Factorized Contrastive Learning, NeurIPS 2023 (NCE-CLUB).

    Example:
        >>> club_bound(torch.tensor([[0.0, -2.0], [-4.0, 0.0]])).item()
        3.0
    """
    n = _square(log_conditional)
    diagonal = log_conditional.diagonal()
    return diagonal.mean() - (log_conditional.sum() - diagonal.sum()) / (n * (n - 1))


def sampled_club_bound(
    log_conditional: Float[Tensor, " batch"], strangers: Float[Tensor, " batch"]
) -> Scalar:
    r"""CLUB with one stranger a sample (vCLUB-S): linear in the batch, of more variance.

    Args:
        log_conditional: $\log q(y_i \mid x_i)$, `(batch,)`.
        strangers: $\log q(y_{k(i)} \mid x_i)$ with $k(i) \ne i$ drawn at random, `(batch,)`.

    Returns:
        In nats, with the expectation of `club_bound`.

    Example:
        >>> sampled_club_bound(torch.tensor([0.0, 1.0]), torch.tensor([-1.0, -2.0])).item()
        2.0
    """
    return (log_conditional - strangers).mean()


def leave_one_out_bound(log_conditional: Scores) -> Scalar:
    r"""The leave-one-out upper bound: strangers of the batch stand for the marginal.

    $$I \le \frac1N \sum_i \log p(y_i \mid x_i) - \log \frac{1}{N - 1} \sum_{j \ne i}
    p(y_i \mid x_j)$$

    An upper bound in expectation with the exact conditional; tighter than CLUB.

    Args:
        log_conditional: $\log q(y_j \mid x_i)$, `(batch, batch)`; partners on the diagonal.

    Returns:
        In nats.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.

    References:
        Poole et al., On Variational Bounds of Mutual Information, ICML 2019, equation 15.

    Example:
        >>> leave_one_out_bound(torch.tensor([[0.0, -2.0], [-4.0, 0.0]])).item()
        3.0
    """
    n = _square(log_conditional)
    eye = torch.eye(n, dtype=torch.bool, device=log_conditional.device)
    others = log_conditional.masked_fill(eye, -math.inf).logsumexp(dim=0) - math.log(n - 1)
    return (log_conditional.diagonal() - others).mean()


def log_mean_apart(scores: Scores) -> Scalar:
    """Log of the mean exponential off the diagonal.

    Args:
        scores: `(batch, batch)`.

    Returns:
        A scalar.

    Raises:
        ShapeError: If the scores are not square or there are fewer than two pairs.
    """
    n = _square(scores)
    eye = torch.eye(n, dtype=torch.bool, device=scores.device)
    apart = scores.masked_fill(eye, -math.inf)
    return apart.flatten().logsumexp(dim=0) - math.log(n * (n - 1))


def _square(scores: Tensor) -> int:
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1] or len(scores) < 2:
        raise ShapeError(
            "scores must be (batch, batch) of at least 2 pairs, with partners on the diagonal; "
            f"found {tuple(scores.shape)}"
        )
    return len(scores)
