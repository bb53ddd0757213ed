"""Temperature scaling: probabilities as bold as labels that the model did not see confirm."""

import numpy as np
from jaxtyping import Float64, Int
from scipy.optimize import root_scalar
from scipy.special import log_softmax

LEAST = 1e-15
"""Probabilities below this are taken for it, as the log loss of a study does."""

STEEPEST = 20.0
"""Temperatures lie between 1 / STEEPEST and STEEPEST."""


def log_probabilities(probabilities: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n k"]:
    """Logarithms that are finite.

    Args:
        probabilities: `(samples, classes)`, rows that add up to 1.

    Returns:
        Nats, `(samples, classes)`.
    """
    return np.log(np.clip(probabilities, LEAST, None))


def log_loss(log_p: Float64[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    """Mean negative log-probability of the true class.

    Args:
        log_p: Log-probabilities, `(samples, classes)`.
        y: Class codes, `(samples,)`.

    Returns:
        Nats.
    """
    return float(-log_p[np.arange(len(y)), y].mean())


def tempered(log_p: Float64[np.ndarray, "n k"], temperature: float) -> Float64[np.ndarray, "n k"]:
    r"""Log-probabilities at another temperature.

    $$\log q(y) = \frac{\log p(y)}{T} - \log \sum_k p(k)^{1/T}$$

    The order of the classes stays.

    Args:
        log_p: Log-probabilities, `(samples, classes)`.
        temperature: $T$; above 1 they become more alike.

    Returns:
        Log-probabilities, `(samples, classes)`.

    Example:
        >>> np.exp(tempered(np.log([[0.9, 0.1]]), 2.0)).round(2).tolist()
        [[0.75, 0.25]]
    """
    return log_softmax(log_p / temperature, axis=1)


def best_temperature(log_p: Float64[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    r"""The temperature of greatest likelihood on labels that the models did not see.

    The log loss is convex in $1/T$; its derivative, the mean of
    $\mathrm{E}_q[\log p] - \log p(y)$, is zero at the best. Where every sample's true
    class is the most probable one already, the likelihood would rise for ever towards
    certainty, which so few errors cannot confirm: then the temperature stays 1.

    Args:
        log_p: Log-probabilities of models that did not see the samples, finite,
            `(samples, classes)`.
        y: Class codes, `(samples,)`.

    Returns:
        $T$; 1.0 when no other makes the log loss less.

    References:
        Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML
        2017, section 4.2.

    Example:
        >>> bold = np.log([[0.99, 0.01]] * 4)
        >>> t = best_temperature(bold, np.array([0, 0, 0, 1]))
        >>> np.exp(tempered(bold, t))[0].round(3).tolist()
        [0.75, 0.25]
    """
    own = log_p[np.arange(len(y)), y]
    if not len(y) or (own >= log_p.max(axis=1)).all():
        return 1.0

    def slope(inverse: float) -> float:
        q = np.exp(tempered(log_p, 1 / inverse))
        return float(((q * log_p).sum(axis=1) - own).mean())

    least, most = 1 / STEEPEST, STEEPEST
    if slope(least) >= 0:
        inverse = least
    elif slope(most) <= 0:
        inverse = most
    else:
        inverse = float(root_scalar(slope, bracket=(least, most), xtol=1e-10).root)
    found = 1 / inverse
    better = log_loss(tempered(log_p, found), y) < log_loss(tempered(log_p, 1.0), y)
    return found if better else 1.0
