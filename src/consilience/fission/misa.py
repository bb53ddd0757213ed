"""MISA's losses: shared codes alike, private codes unlike."""

from collections.abc import Mapping
from itertools import combinations

import torch
from torch import Tensor

from consilience.functional.discrepancy import central_moment_discrepancy
from consilience.functional.independence import difference_loss

MOMENTS = 5
LEAST = 2


def similarity_of(
    shared: Mapping[str, Tensor], presence: Tensor | None = None, *, moments: int = MOMENTS
) -> Tensor:
    """Mean central moment discrepancy of the shared codes of every pair of modalities.

    Codes pass a logistic function first, for the discrepancy needs bounded values.

    Args:
        shared: By modality, `(batch, dim)`.
        presence: Bool `(batch, modalities)`; None when all are present.
        moments: Number of moments compared.

    Returns:
        A scalar; 0 where no pair has two rows.

    References:
        Hazarika, Zimmermann, Poria, MISA, ACM Multimedia 2020, equation 8.

    Example:
        >>> code = torch.randn(8, 2)
        >>> float(similarity_of({"a": code, "b": code}))
        0.0
    """
    present = _present(shared, presence)
    found = [
        central_moment_discrepancy(x.sigmoid(), y.sigmoid(), moments=moments)
        for x, y in combinations(present, 2)
        if min(len(x), len(y)) >= LEAST
    ]
    return _mean(found, shared)


def difference_of(
    shared: Mapping[str, Tensor], private: Mapping[str, Tensor], presence: Tensor | None = None
) -> Tensor:
    """Mean squared correlation: each shared with its private code, and private with private.

    Args:
        shared: By modality, `(batch, dim)`.
        private: By modality, `(batch, dim)`.
        presence: Bool `(batch, modalities)`; None when all are present.

    Returns:
        A scalar in [0, 1]; 0 where no pair has two rows.

    References:
        Hazarika, Zimmermann, Poria, MISA, ACM Multimedia 2020, equation 9.

    Example:
        >>> code = torch.randn(8, 1)
        >>> round(float(difference_of({"a": code}, {"a": code})), 4)
        1.0
    """
    names = list(shared)
    both: list[tuple[Tensor, Tensor, Tensor | None]] = []
    for i, name in enumerate(names):
        both.append((shared[name], private[name], None if presence is None else presence[:, i]))
    for i, j in combinations(range(len(names)), 2):
        rows = None if presence is None else presence[:, i] & presence[:, j]
        both.append((private[names[i]], private[names[j]], rows))
    picked = [(x, y) if rows is None else (x[rows], y[rows]) for x, y, rows in both]
    return _mean([difference_loss(x, y) for x, y in picked if len(x) >= LEAST], shared)


def _present(codes: Mapping[str, Tensor], presence: Tensor | None) -> list[Tensor]:
    values = list(codes.values())
    return values if presence is None else [x[presence[:, i]] for i, x in enumerate(values)]


def _mean(found: list[Tensor], codes: Mapping[str, Tensor]) -> Tensor:
    if not found:
        return next(iter(codes.values())).sum() * 0
    return torch.stack(found).mean()
