"""Families of synthetic data: what each modality carries, and what is true of it.

Each family draws latents of modality `a`, of modality `b`, and a label. Latents that
are bits make every information exact by enumeration; latents that are Gaussian, by
quadrature.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLIP = 0.1
"""Share of labels that are flipped at random where labels are one bit."""
SLOPE_PRODUCT = 6.0
SLOPE_SUM = 2.5


@final
@dataclass(frozen=True, slots=True)
class Latents:
    """What lies beneath some samples.

    Attributes:
        a: Latents of modality `a`, `(samples, latents)`, perhaps none.
        b: Latents of modality `b`, `(samples, latents)`, perhaps none.
        label: Classes from 0, `(samples,)`.
    """

    a: Floats
    b: Floats
    label: NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True)
class Family:
    """One way in which two modalities share what there is to know about a label.

    Attributes:
        title: What it is.
        classes: Number of classes.
        draw: Latents of some number of samples. Bits are -1 and 1.
        truth: What is true of it: informations in bits, best accuracies in [0, 1].
    """

    title: str
    classes: int
    draw: Callable[[int, np.random.Generator], Latents]
    truth: Callable[[], Mapping[str, float]]


def entropy(p: Floats | float) -> Floats:
    """Entropy in bits of a coin that shows heads with probability `p`.

    Example:
        >>> entropy(0.5).item(), round(entropy(0.1).item(), 4)
        (1.0, 0.469)
    """
    p = np.clip(np.asarray(p, dtype=np.float64), 1e-300, 1 - 1e-16)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))


def _bits(n: int, width: int, rng: np.random.Generator) -> Floats:
    return rng.choice([-1.0, 1.0], size=(n, width))


def _flipped(bit: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    return ((bit > 0) ^ (rng.random(len(bit)) < FLIP)).astype(np.int64)


def _redundant(n: int, rng: np.random.Generator) -> Latents:
    bit = _bits(n, 1, rng)
    return Latents(bit, bit, _flipped(bit[:, 0], rng))


def _unique(n: int, rng: np.random.Generator) -> Latents:
    bit = _bits(n, 1, rng)
    return Latents(bit, np.empty((n, 0)), _flipped(bit[:, 0], rng))


def _xor(n: int, rng: np.random.Generator) -> Latents:
    a, b = _bits(n, 1, rng), _bits(n, 1, rng)
    return Latents(a, b, _flipped(-a[:, 0] * b[:, 0], rng))


def _synergy(n: int, rng: np.random.Generator) -> Latents:
    a, b = rng.standard_normal((n, 1)), rng.standard_normal((n, 1))
    return Latents(a, b, _coin(SLOPE_PRODUCT * (a * b)[:, 0], rng))


def _additive(n: int, rng: np.random.Generator) -> Latents:
    a, b = rng.standard_normal((n, 1)), rng.standard_normal((n, 1))
    return Latents(a, b, _coin(SLOPE_SUM * (a + b)[:, 0], rng))


def _coin(logit: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    return (rng.random(len(logit)) < _sigmoid(logit)).astype(np.int64)


def _sigmoid(x: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(x / 2))


def _mixed(n: int, rng: np.random.Generator) -> Latents:
    shared, own, one, other = _bits(n, 4, rng).T
    odd = -one * other
    label = 4 * (shared > 0) + 2 * (own > 0) + (odd > 0)
    return Latents(
        np.stack([shared, own, one], axis=1),
        np.stack([shared, other], axis=1),
        label.astype(np.int64),
    )


def _known(
    *, redundancy: float = 0.0, unique_a: float = 0.0, synergy: float = 0.0, best: Sequence[float]
) -> dict[str, float]:
    """The truth from its atoms; `best` are the accuracies of a, b, additive, joint."""
    names = ("accuracy_a", "accuracy_b", "accuracy_additive", "accuracy_joint")
    return {
        "redundancy": redundancy,
        "unique_a": unique_a,
        "unique_b": 0.0,
        "synergy": synergy,
        "information_a": redundancy + unique_a,
        "information_b": redundancy,
        "information_joint": redundancy + unique_a + synergy,
        **dict(zip(names, best, strict=True)),
    }


def _one_bit() -> float:
    """Information in bits of a bit about itself, flipped with probability `FLIP`."""
    return 1 - entropy(FLIP).item()


def _gaussian_plane() -> tuple[Floats, Floats, Floats, Floats]:
    """A grid of two Gaussian latents and its weights along each axis and jointly."""
    line = np.linspace(-8.0, 8.0, 801)
    weight = np.exp(-(line**2) / 2)
    weight /= weight.sum()
    return line[:, None], line[None, :], weight, weight[:, None] * weight[None, :]


def _synergy_truth() -> dict[str, float]:
    a, b, _, joint = _gaussian_plane()
    p = _sigmoid(SLOPE_PRODUCT * a * b)
    information = 1 - float((joint * entropy(p)).sum())
    best = float((joint * np.maximum(p, 1 - p)).sum())
    return _known(synergy=information, best=(0.5, 0.5, 0.5, best))


def _additive_truth() -> dict[str, float]:
    a, b, line, joint = _gaussian_plane()
    p = _sigmoid(SLOPE_SUM * (a + b))
    alone = p @ line
    information = 1 - (line * entropy(alone)).sum()
    best_alone = (line * np.maximum(alone, 1 - alone)).sum()
    best = (joint * np.maximum(p, 1 - p)).sum()
    return {
        "information_a": float(information),
        "information_b": float(information),
        "information_joint": float(1 - (joint * entropy(p)).sum()),
        "accuracy_a": float(best_alone),
        "accuracy_b": float(best_alone),
        "accuracy_additive": float(best),
        "accuracy_joint": float(best),
    }


FAMILIES: Mapping[str, Family] = {
    "redundant": Family(
        "Both modalities carry the same bit; the label is that bit, 10 % flipped",
        2,
        _redundant,
        lambda: _known(redundancy=_one_bit(), best=(0.9, 0.9, 0.9, 0.9)),
    ),
    "unique": Family(
        "Only a carries the label's bit (10 % flipped); b is noise",
        2,
        _unique,
        lambda: _known(unique_a=_one_bit(), best=(0.9, 0.5, 0.9, 0.9)),
    ),
    "synergy": Family(
        f"Log-odds of the label are {SLOPE_PRODUCT:g} times the product of a's and b's Gaussians",
        2,
        _synergy,
        _synergy_truth,
    ),
    "additive": Family(
        f"Log-odds of the label are {SLOPE_SUM:g} times the sum of a's and b's Gaussians",
        2,
        _additive,
        _additive_truth,
    ),
    "xor": Family(
        "The label says whether a's bit differs from b's, 10 % flipped",
        2,
        _xor,
        lambda: _known(synergy=_one_bit(), best=(0.5, 0.5, 0.5, 0.9)),
    ),
    "mixed": Family(
        "The label is three bits: one in both, one only in a, one whether two others differ",
        8,
        _mixed,
        lambda: _known(redundancy=1.0, unique_a=1.0, synergy=1.0, best=(0.5, 0.25, 0.5, 1.0)),
    ),
}
"""Families by name."""
