"""Synthetic data sets: latents whose truth is known, hidden among noise."""

import numpy as np

from consilience.data.container import MultimodalData
from consilience.data.datasets.cards import Card
from consilience.data.datasets.families import FAMILIES, Floats

ROWS = 2000
"""Samples of a set where none are asked for."""
WIDTH = 10
WIDTH_XOR = 4


def generate(name: str, n: int, rng: np.random.Generator) -> MultimodalData:
    """Samples of a family.

    The rotations that hide the latents belong to the family, not to the draw: samples
    of another seed are new samples of the same population.

    Args:
        name: One of `FAMILIES`.
        n: Number of samples.
        rng: Generator to draw from.

    Returns:
        Samples with modalities `a` and `b` and the label as target.

    Example:
        >>> data = generate("unique", 50, np.random.default_rng(0))
        >>> data.modalities["a"].shape, sorted(set(data.target.tolist()))
        ((50, 10), [0, 1])
    """
    latents = FAMILIES[name].draw(n, rng)
    world = np.random.default_rng(list(name.encode()))
    if name == "xor":
        seen = {"a": _among_bits(latents.a, rng), "b": _among_bits(latents.b, rng)}
    else:
        seen = {"a": _rotated(latents.a, rng, world), "b": _rotated(latents.b, rng, world)}
    return MultimodalData(
        seen,
        latents.label,
        ids=np.arange(n),
    )


def _among_bits(bits: Floats, rng: np.random.Generator) -> Floats:
    """The bits as the first columns, 0 or 1, and random bits after them."""
    noise = rng.integers(0, 2, size=(len(bits), WIDTH_XOR - bits.shape[1]))
    return np.hstack([bits > 0, noise]).astype(np.float64)


def _rotated(latents: Floats, rng: np.random.Generator, world: np.random.Generator) -> Floats:
    """Latents and Gaussian noise, turned so that every column holds some of each.

    A bit is scaled by a random factor in [0.5, 1.5], so its sign stays certain.
    """
    n, width = latents.shape
    if width and np.isin(latents, (-1.0, 1.0)).all():
        latents = latents * rng.uniform(0.5, 1.5, size=latents.shape)
    columns = np.hstack([latents, rng.standard_normal((n, WIDTH - width))])
    turn, _ = np.linalg.qr(world.standard_normal((WIDTH, WIDTH)))
    return columns @ turn


_NOTES = (
    "Modalities a and b have {width} columns each: {how}. In the truth, informations are in bits "
    "and accuracies those of the best possible rules; accuracy_additive is that of the additive "
    "log-odds with the highest expected likelihood, a half where these are even. {atoms}"
)


def card(name: str) -> Card:
    """The card of a family, with its truth.

    Args:
        name: One of `FAMILIES`.

    Returns:
        The card.

    Example:
        >>> card("unique").truth["accuracy_b"]
        0.5
    """
    family = FAMILIES[name]
    width = WIDTH_XOR if name == "xor" else WIDTH
    truth = family.truth()
    return Card(
        name=f"synthetic/{name}",
        title=family.title,
        rows=ROWS,
        modalities={"a": (width,), "b": (width,)},
        target=f"label ({family.classes} classes)",
        licence="none needed",
        source="generated",
        notes=_NOTES.format(
            width=width,
            how="the bit first, then random bits"
            if name == "xor"
            else "the latents and Gaussian noise under a fixed rotation",
            atoms=""
            if "synergy" in truth
            else "Redundancy, unique informations and synergy have no closed form here; "
            "the log-odds have no interaction.",
        ),
        truth=truth,
    )
