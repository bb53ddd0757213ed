"""Interactions of two high-dimensional or continuous modalities, by classifiers and a coupling."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from consilience.data.seeds import RandomState, seed_of
from consilience.data.splits import make_splits
from consilience.errors import ConfigurationError, suggestion
from consilience.quantification.batch.assembly import assemble, calibrate
from consilience.quantification.batch.checks import (
    check_settings,
    checked_classes,
    checked_modality,
)
from consilience.quantification.batch.classifiers import held_out
from consilience.quantification.batch.coupling import certified, train_coupler
from consilience.quantification.batch.outcome import BatchEstimate

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
    of every batch.

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
    seed = seed_of(random_state)
    named = None if groups is None else np.asarray(groups)
    splits = make_splits(
        classes, folds=folds, groups=named, task="classification", random_state=seed
    )
    views = ({"x1": first}, {"x2": second}, {"x1": first, "x2": second})
    judged = [
        held_out(view, classes, splits, groups=named, max_epochs=max_epochs, seed=seed)
        for view in views
    ]
    posteriors = calibrate(np.stack([p.log_p for p in judged]), classes)
    coupler = certified
    if coupling == "network":
        coupler = train_coupler(
            posteriors[0], posteriors[1], batch_size=batch_size, steps=coupling_steps, seed=seed
        )
    return assemble(
        posteriors,
        classes,
        coupler=coupler,
        batch_size=batch_size,
        seed=seed,
        converged=all(p.converged for p in judged),
    )
