"""Log-probabilities calibrated on labels that their models did not see."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int
from scipy.optimize import minimize
from scipy.special import logsumexp

LARGEST_WEIGHT = 20.0


def calibrated(
    sources: Sequence[Float64[np.ndarray, "n k"]], y: Int[np.ndarray, " n"]
) -> Float64[np.ndarray, "n k"]:
    r"""The best calibrated combination of classifiers, on held-out labels.

    $$\log p(y) = \sum_s w_s \log p_s(y) + c_y + \text{const}, \qquad w_s \ge 0$$

    With one source $w$ is an inverse temperature. At the least cross-entropy the average of
    $p(y)$ is the share of class y, and the cross-entropy equals the average entropy of p: what
    the probabilities claim to know is what the labels confirm. Weights of 0 are allowed, so a
    source that knows nothing tells exactly nothing, and a combination is never worse than any
    of its sources.

    Args:
        sources: Held-out log-probabilities of each classifier, `(n, k)`.
        y: Classes, `(n,)`.

    Returns:
        Log-probabilities in nats, `(n, k)`.

    References:
        Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (temperature). Wolpert,
        Stacked Generalization, Neural Networks 1992.

    Example:
        >>> bold = np.log([[0.99, 0.01], [0.99, 0.01], [0.01, 0.99], [0.99, 0.01]])
        >>> np.exp(calibrated([bold], np.array([0, 0, 1, 1]))).round(2).tolist()
        [[0.67, 0.33], [0.67, 0.33], [0.0, 1.0], [0.67, 0.33]]
    """
    stack = np.stack(sources)
    n, k = stack.shape[1:]
    share = np.bincount(y, minlength=k) / n
    own = stack[:, np.arange(n), y].mean(1)

    def loss(parameters: Float64[np.ndarray, " p"]) -> tuple[float, Float64[np.ndarray, " p"]]:
        weights, levels = parameters[: len(stack)], parameters[len(stack) :]
        p = np.tensordot(weights, stack, 1) + levels
        top = p.max(1, keepdims=True)
        p -= top
        np.exp(p, out=p)
        total = p.sum(1, keepdims=True)
        p /= total
        value = float(np.mean(top + np.log(total)) - weights @ own - levels @ share)
        expected = np.einsum("snk,nk->s", stack, p) / n
        return value, np.concatenate([expected - own, p.mean(0) - share])

    found = minimize(
        loss,
        np.concatenate([np.full(len(stack), 1 / len(stack)), np.zeros(k)]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, LARGEST_WEIGHT)] * len(stack) + [(None, None)] * k,
        options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9},
    )
    return _combined(stack, found.x)


def _combined(
    stack: Float64[np.ndarray, "s n k"], parameters: Float64[np.ndarray, " p"]
) -> Float64[np.ndarray, "n k"]:
    logits = np.tensordot(parameters[: len(stack)], stack, 1) + parameters[len(stack) :]
    return logits - logsumexp(logits, axis=1, keepdims=True)
