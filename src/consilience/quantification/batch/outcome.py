"""What the batch estimator found, in bits."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64


@final
@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Unique information where batches of one size are each coupled on their own.

    Attributes:
        size: Samples a batch.
        batches: Number of batches.
        unique: Mean over batches, of the first and of the second modality, in bits.
        standard_error: Of these means, in bits; 0 for a single batch.
    """

    size: int
    batches: int
    unique: tuple[float, float]
    standard_error: tuple[float, float]


@final
@dataclass(frozen=True, slots=True, eq=False)
class BatchEstimate:
    r"""Redundant, unique and synergistic information, estimated from classifiers.

    The atoms obey $R + U_1 = I_1$, $R + U_2 = I_2$ and $R + U_1 + U_2 + S = I_{12}$ with the
    three informations below. None is clipped.

    Attributes:
        redundancy: $R$, in bits.
        unique: $(U_1, U_2)$, in bits.
        synergy: $S$, in bits; below 0 only if the joint classifier knows less than any coupling
            of the two modalities holds.
        information: $I_1, I_2, I_{12}$: entropy of the classes minus held-out log loss, in bits.
        log_losses: Held-out log losses of the three classifiers, in bits.
        entropy: Log loss of the shares of the classes, in bits.
        least: $I^*$, the least information of a coupling, in bits.
        gap: How far below `least` the coupling's optimum may lie, in bits: certified, given the
            posteriors.
        compression: Information of each modality lost by merging near posteriors before
            coupling, in bits.
        trend: Unique information by batch size, up to the whole sample.
        contributions: Information of each sample, `(n, 3)`; its mean is `information`.
        log_posteriors: Calibrated held-out log-probabilities in nats, `(3, n, k)`.
        judged: The same before calibration; `log_posteriors` where that is not known.
        classifiers_converged: Whether every classifier stopped by its own rule.
        coupling_converged: Whether the coupling's search did.
        notes: What to heed, one sentence each.
    """

    redundancy: float
    unique: tuple[float, float]
    synergy: float
    information: tuple[float, float, float]
    log_losses: tuple[float, float, float]
    entropy: float
    least: float
    gap: float
    compression: tuple[float, float]
    trend: tuple[TrendPoint, ...]
    contributions: Float64[np.ndarray, "n 3"]
    log_posteriors: Float64[np.ndarray, "3 n k"]
    judged: Float64[np.ndarray, "3 n k"]
    classifiers_converged: bool
    coupling_converged: bool
    notes: tuple[str, ...]
