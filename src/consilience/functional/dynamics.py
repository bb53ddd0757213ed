"""How fast modalities learn, overfit and get in each other's way, as formulas."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from consilience.data.missing import Values
from consilience.errors import DataError, ShapeError

Numbers = NDArray[np.float64]


def overfitting_ratio(gain: Values, overfitting: Values) -> Numbers:
    r"""Overfitting bought for each unit of generalisation.

    $$\mathrm{OGR} = \left| \frac{\Delta O}{\Delta G} \right|$$

    Args:
        gain: $\Delta G$, by how much the validation loss fell, `(...)`.
        overfitting: $\Delta O$, by how much validation minus training loss grew, `(...)`.

    Returns:
        The ratio, `(...)`; infinite where nothing was gained (`gain <= 0`).

    References:
        Wang et al., What Makes Training Multi-modal Classification Networks Hard?, CVPR
        2020, equation 1.

    Example:
        >>> overfitting_ratio([0.4, 0.1, -0.1], [0.2, 0.2, 0.2]).tolist()
        [0.5, 2.0, inf]
    """
    g, o = np.asarray(gain, dtype=np.float64), np.asarray(overfitting, dtype=np.float64)
    return np.where(g > 0, np.abs(o) / np.where(g > 0, g, 1.0), np.inf)


def blend_weights(gain: Values, overfitting: Values, *, least_ratio: float = 0.0) -> Numbers:
    r"""Weights of losses that blend with the least overfitting for what they gain.

    $$w_k = \frac1Z \frac{G_k}{O_k^2}, \qquad \sum_k w_k = 1$$

    They do not change if all losses are multiplied by one number. A head that gained
    nothing ($G_k \le 0$) has weight 0; if none gained, all weigh the same.

    Args:
        gain: $G_k$, by how much the validation loss of head $k$ fell, `(heads,)`.
        overfitting: $O_k$, by how much its validation minus training loss grew, `(heads,)`.
        least_ratio: Ratios $|O_k| / G_k$ below this count as this much: a gap that is near
            zero by chance would else take all the weight. 0 is the formula as it stands,
            where heads with $O_k = 0$ share all the weight.

    Returns:
        $w$, `(heads,)`, at least 0, with sum 1.

    Raises:
        ShapeError: If the two are not a number a head each.
        DataError: If a number is not finite.

    References:
        Wang et al., What Makes Training Multi-modal Classification Networks Hard?, CVPR
        2020, proposition 1 and equation 7.

    Example:
        >>> blend_weights([0.4, 0.1], [0.2, 0.2]).round(12).tolist()
        [0.8, 0.2]
        >>> blend_weights([0.4, 0.4, -0.1], [0.2, 0.4, 0.1]).round(12).tolist()
        [0.8, 0.2, 0.0]
    """
    g, o = np.asarray(gain, dtype=np.float64), np.asarray(overfitting, dtype=np.float64)
    if g.ndim != 1 or g.shape != o.shape or not len(g):
        raise ShapeError(
            f"gain and overfitting must be a number a head each; found {g.shape} and {o.shape}"
        )
    if not (np.isfinite(g).all() and np.isfinite(o).all()):
        raise DataError(f"weights need finite losses; found gains {g.tolist()}")
    gained = g > 0
    if not gained.any():
        return np.full(len(g), 1 / len(g))
    ratio = np.maximum(overfitting_ratio(g, o), least_ratio)
    free = ratio == 0
    if free.any():
        return free / free.sum()
    # Scaled by the smallest ratio, so that no square over- or underflows.
    share = (ratio[gained].min() / ratio) ** 2 / np.where(gained, g / g[gained].max(), 1.0)
    share = np.where(gained, share, 0.0)
    return share / share.sum()


def relative_speed(
    parameters: Sequence[Float[Tensor, "..."]], gradients: Sequence[Float[Tensor, "..."] | None]
) -> float:
    r"""How fast parameters move relative to their size.

    $$\mu(\theta) = \|\nabla_\theta L\|^2 / \|\theta\|^2$$

    Not invariant to scale (of a network whose output does not change when $\theta$ is
    multiplied by $c$, $\mu$ is divided by $c^4$): compare within one run only.

    Args:
        parameters: The parts of $\theta$.
        gradients: Their gradients; None counts as zero.

    Returns:
        $\mu$; 0 where all parameters are zero.

    References:
        Wu et al., Characterizing and Overcoming the Greedy Nature of Learning in
        Multi-modal Deep Neural Networks, ICML 2022, section 3.2.

    Example:
        >>> import torch
        >>> relative_speed([torch.tensor([3.0, 4.0])], [torch.tensor([0.0, 5.0])])
        1.0
    """
    size = sum(float(p.detach().square().sum()) for p in parameters)
    moved = sum(float(g.detach().square().sum()) for g in gradients if g is not None)
    return moved / size if size > 0 else 0.0


def conditional_speeds(travelled: Values) -> Numbers:
    r"""How fast each modality is learnt from, compared with the others.

    $$s_m = \log \frac{\sum_t \mu(\theta_m; t)}
    {\operatorname{mean}_{k \ne m} \sum_t \mu(\theta_k; t)}$$

    The paper's two branches exchange features midway; here $\theta_m$ is what brings in
    modality $m$, its encoder, and with two modalities the difference of speeds
    $s_1 - s_2$ is $2 \log(\mu_1 / \mu_2)$.

    Args:
        travelled: $\sum_t \mu(\theta_m; t)$ of each modality, `(modalities,)`.

    Returns:
        $s$ in nats, `(modalities,)`; 0 for a single modality and where nothing has moved.

    References:
        Wu et al., Characterizing and Overcoming the Greedy Nature of Learning in
        Multi-modal Deep Neural Networks, ICML 2022, section 3.2.

    Example:
        >>> conditional_speeds([np.e, 1.0]).tolist()
        [1.0, -1.0]
    """
    own = np.asarray(travelled, dtype=np.float64)
    if len(own) < 2 or not own.sum() > 0:
        return np.zeros(len(own))
    others = (own.sum() - own) / (len(own) - 1)
    with np.errstate(divide="ignore"):
        return np.log(own) - np.log(others)


def conditional_utilization(score: Values | float, without: Values) -> Numbers:
    r"""What share of a score is lost when the model is not told one modality.

    $$u(m \mid \text{rest}) = \frac{A(f) - A(\tilde f_m)}{A(f)}$$

    Args:
        score: $A(f)$, such as an accuracy, `(...)`.
        without: $A(\tilde f_m)$, with the features of $m$ replaced by their mean, `(...)`.

    Returns:
        $u$, `(...)`; NaN where the score is not positive.

    References:
        Wu et al., Characterizing and Overcoming the Greedy Nature of Learning in
        Multi-modal Deep Neural Networks, ICML 2022, section 3.1.

    Example:
        >>> conditional_utilization(1.0, [1.0, 0.5]).tolist()
        [0.0, 0.5]
    """
    whole, left = np.asarray(score, dtype=np.float64), np.asarray(without, dtype=np.float64)
    return np.where(whole > 0, 1 - left / np.where(whole > 0, whole, 1.0), np.nan)


def modulation(scores: Values, alpha: float) -> Numbers:
    r"""Factors that slow down the modalities ahead of the others.

    $$\rho_m = \frac{s_m}{\operatorname{mean}_{k \ne m} s_k}, \qquad
    k_m = \begin{cases} 1 - \tanh(\alpha \rho_m) & \rho_m > 1 \\ 1 & \text{else} \end{cases}$$

    Args:
        scores: $s_m$, the mean probability that modality $m$ alone gives to the true
            class, `(modalities,)`.
        alpha: How strongly, at least 0.

    Returns:
        $k$, `(modalities,)`; of two modalities at most one is slowed down.

    References:
        Peng et al., Balanced Multimodal Learning via On-the-fly Gradient Modulation, CVPR
        2022, equations 8 to 10, which are for two modalities.

    Example:
        >>> modulation([0.6, 0.4], alpha=0.1).round(5).tolist()
        [0.85111, 1.0]
    """
    own = np.asarray(scores, dtype=np.float64)
    if len(own) < 2:
        return np.ones(len(own))
    others = (own.sum() - own) / (len(own) - 1)
    ahead = own > others
    rho = np.divide(own, others, out=np.full(len(own), np.inf), where=others > 0)
    return np.where(ahead, 1 - np.tanh(alpha * np.where(ahead, rho, 1.0)), 1.0)


def min_norm_share(first: Float[Tensor, " n"], second: Float[Tensor, " n"]) -> float:
    r"""The share of the first of two gradients in their shortest convex combination.

    $$\gamma = \operatorname{clip}_{[0, 1]}
    \frac{(g_2 - g_1) \cdot g_2}{\|g_1 - g_2\|^2}, \qquad
    \gamma g_1 + (1 - \gamma) g_2$$

    No step along it makes either loss rise, to first order.

    Args:
        first: $g_1$, `(n,)`.
        second: $g_2$, `(n,)`.

    Returns:
        $\gamma$; 1/2 where both are the same.

    References:
        Sener and Koltun, Multi-Task Learning as Multi-Objective Optimization, NeurIPS 2018,
        equation 6.

    Example:
        >>> import torch
        >>> min_norm_share(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]))
        0.8
    """
    one, two = first.double(), second.double()
    apart = two - one
    distance = float(apart @ apart)
    return min(1.0, max(0.0, float(apart @ two) / distance)) if distance > 0 else 0.5


def pareto_gradient(
    joint: Float[Tensor, " n"], alone: Float[Tensor, " n"], *, boost: float = 1.5
) -> Float[Tensor, " n"]:
    r"""One gradient out of the multimodal and the unimodal one of the same encoder.

    Where they agree, their sum; where they conflict ($g_1 \cdot g_2 < 0$), twice their
    shortest convex combination, made as long as the sum if it is shorter. Either is then
    multiplied by `boost`, for larger noise of the steps generalises better.

    Args:
        joint: $g_1$ of the multimodal loss, `(n,)`.
        alone: $g_2$ of the unimodal loss, `(n,)`.
        boost: A factor above 0.

    Returns:
        `(n,)`.

    References:
        Wei and Hu, MMPareto: Boosting Multimodal Learning with Innocent Unimodal
        Assistance, ICML 2024, algorithm 1. The authors' code sets the length of each
        parameter tensor by itself, the paper that of the encoder, as here.

    Example:
        >>> import torch
        >>> pareto_gradient(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]), boost=1.0)
        tensor([1., 2.])
    """
    total = joint + alone
    if float(joint @ alone) >= 0:
        return boost * total
    share = min_norm_share(joint, alone)
    combined = 2 * (share * joint + (1 - share) * alone)
    length = float(combined.norm())
    stretch = max(1.0, float(total.norm()) / length) if length > 0 else 1.0
    return boost * stretch * combined
