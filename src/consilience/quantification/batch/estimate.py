"""Interactions of two high-dimensional or continuous modalities, by classifiers and a coupling."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from consilience.data.seeds import RandomState, seed_of
from consilience.data.splits import Split, holdout, make_splits
from consilience.errors import ConfigurationError, suggestion
from consilience.quantification.batch.assembly import (
    Coupled,
    Posteriors,
    assemble,
    calibrate,
)
from consilience.quantification.batch.checks import (
    check_settings,
    checked_classes,
    checked_modality,
)
from consilience.quantification.batch.coupling import train_coupler
from consilience.quantification.batch.outcome import BatchEstimate
from consilience.quantification.batch.remembering import Asked, Remembered

COUPLINGS = ("certified", "network")


def batch_pid(
    x1: ArrayLike,
    x2: ArrayLike,
    y: ArrayLike,
    *,
    groups: Sequence[object] | np.ndarray | None = None,
    folds: int = 5,
    coupling: Literal["certified", "network"] = "certified",
    batch_size: int = 128,
    coupling_steps: int = 300,
    max_epochs: int = 100,
    train_share: float = 1.0,
    trend: bool = True,
    remembered: Remembered | None = None,
    random_state: RandomState = None,
) -> BatchEstimate:
    r"""Redundant, unique and synergistic information of two modalities about a class.

    $$I^* = \min_{q \in \Delta_p} I_q(X_1, X_2; Y), \quad U_1 = I^* - I_2, \quad
      U_2 = I^* - I_1, \quad R = I_1 + I_2 - I^*, \quad S = I_{12} - I^*$$

    Small networks learn $p(y \mid x_1)$, $p(y \mid x_2)$ and $p(y \mid x_1, x_2)$. Every sample
    is judged by networks that did not see it or its group; the joint prediction is a calibrated
    stack of all three, so it falls back on one modality where it knows no better. Information
    is what held-out labels confirm: the entropy of the classes minus the log loss. The published
    estimator averages $\mathrm{KL}(\hat p(y \mid x) \,\|\, \hat p(y))$ instead, which takes
    overconfidence for information.

    $I^*$ depends on a modality through its posteriors only. They are coupled by the exact solver
    with its certificate, or as published by a network whose kernel is scaled to the marginals
    of every batch; it couples samples that did not train it.

    Args:
        x1: First modality, `(n, d1)`, finite numbers.
        x2: Second modality, `(n, d2)`, finite numbers.
        y: Classes 0 to k - 1, `(n,)`.
        groups: Group of each sample, `(n,)`; none is divided between training and judging.
        folds: Parts for cross-fitting.
        coupling: Who finds the coupling; "network" is slower and a little above the least.
        batch_size: Samples of the smallest batch of the trend, and of the network's batches.
        coupling_steps: Most updates of the coupling network.
        max_epochs: Most epochs of each classifier.
        train_share: Share of its training samples that a classifier gets to see; the judged
            ones stay the same, so what a smaller share finds less tells what more samples
            would bring.
        trend: Whether to tell how uniqueness falls with the size of a batch.
        remembered: What classifiers said in earlier calls; asked the same of the same samples,
            none is trained again. It is added to.
        random_state: Seed or generator; the same seed gives the same bits.

    Returns:
        The four atoms in bits with what they rest on.

    Raises:
        InputTypeError: If an argument does not hold numbers of its kind.
        ShapeError: If numbers of samples differ.
        DataError: If a value is NaN, the classes are not 0 to k - 1, or there are too few
            samples or groups for the folds.
        ConfigurationError: If a setting cannot be used.

    References:
        Liang et al., Quantifying & Modeling Multimodal Interactions: An Information
        Decomposition Framework, NeurIPS 2023, section 3.2 and algorithm 2.

    Example:
        The label says whether the signs of two numbers differ.

        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.choice([-1.0, 1.0], (2, 240, 1))
        >>> y = (a * b < 0)[:, 0].astype(int)
        >>> found = batch_pid(a, b, y, folds=2, random_state=0)
        >>> found.synergy > 0.9, found.redundancy < 0.02, max(found.unique) < 0.02
        (True, True, True)
    """
    first = checked_modality(x1, "x1")
    second = checked_modality(x2, "x2", len(first))
    classes = checked_classes(y, len(first))
    check_settings(
        folds=(folds, 2),
        batch_size=(batch_size, 8),
        coupling_steps=(coupling_steps, 1),
        max_epochs=(max_epochs, 1),
    )
    if coupling not in COUPLINGS:
        raise ConfigurationError(
            [f"coupling {coupling!r} is not known; {suggestion(coupling, COUPLINGS)}"]
        )
    if not 0 < train_share <= 1:
        raise ConfigurationError(
            [f"train_share must be above 0 and at most 1, found {train_share}"]
        )
    seed = seed_of(random_state)
    named = None if groups is None else np.asarray(groups)
    splits = make_splits(
        classes, folds=folds, groups=named, task="classification", random_state=seed
    )
    if train_share < 1:
        splits = tuple(_thinned(split, classes, named, train_share, seed) for split in splits)
    asked = Asked(
        classes, splits, named, max_epochs, seed, {} if remembered is None else remembered
    )
    judged = [asked.of(first), asked.of(second), asked.of(first, second)]
    raw = np.stack([p.log_p for p in judged])
    posteriors = calibrate(raw, classes)
    couplers = None
    if coupling == "network":
        couplers = _networks(posteriors, classes, named, (batch_size, coupling_steps), seed)
    return assemble(
        posteriors,
        classes,
        couplers=couplers,
        batch_size=batch_size if trend else None,
        seed=seed,
        converged=all(p.converged for p in judged),
        judged=raw,
    )


def _thinned(
    split: Split, classes: np.ndarray, groups: np.ndarray | None, share: float, seed: int
) -> Split:
    kept, _ = holdout(
        classes[split.train],
        share=1 - share,
        groups=None if groups is None else groups[split.train],
        task="classification",
        random_state=seed,
    )
    return Split(split.repeat, split.fold, split.train[kept], split.test)


def _networks(
    posteriors: Posteriors,
    classes: np.ndarray,
    groups: np.ndarray | None,
    settings: tuple[int, int],
    seed: int,
) -> list[Coupled]:
    """Either half of the rows with the network that the other half trained."""
    halves = holdout(classes, share=0.5, groups=groups, task="classification", random_state=seed)
    size, steps = settings
    out: list[Coupled] = []
    for taught, judged in (halves, halves[::-1]):
        first, second = posteriors[:2, taught]
        network = train_coupler(first, second, batch_size=size, steps=steps, seed=seed)
        out.append((judged, network))
    return out
