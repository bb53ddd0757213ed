"""Whether codes that should be apart are: HSIC of shared with private, private with private."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from consilience.errors import DataError
from consilience.functional.independence import hsic_permuted
from consilience.results.codes import CodeDependence, CodePair

LEAST = 4
"""Fewer rows leave too few permutations to tell anything."""


def code_dependence(
    shared: Mapping[str, Tensor],
    private: Mapping[str, Tensor],
    presence: Tensor | None = None,
    *,
    permutations: int = 199,
    most: int = 1000,
    seed: int = 0,
) -> CodeDependence:
    """How dependent each shared code is on its private one, and private codes on each other.

    What `difference_of` lowers is correlation alone; this finds dependence of any form.

    Args:
        shared: By modality, `(samples, width)`.
        private: By modality, `(samples, width)`.
        presence: Bool `(samples, modalities)`; rows where a modality is absent count nowhere.
        permutations: Permutations of the test; the least p value is one over one more.
        most: Most rows compared; of more, so many are drawn, for the cost grows with their
            square.
        seed: Of the draw and the permutations.

    Returns:
        A row a pair of codes.

    Raises:
        DataError: If a pair has fewer than 4 rows in common.

    References:
        Gretton et al., A Kernel Statistical Test of Independence, NeurIPS 2007.

    Example:
        >>> codes = {m: torch.randn(50, 1) for m in "ab"}
        >>> found = code_dependence(codes, codes, permutations=19)
        >>> round(found["shared of a", "private of a"].share, 3), len(found)
        (1.0, 3)
    """
    names = list(shared)
    pairs = [(f"shared of {n}", f"private of {n}", shared[n], private[n], [n]) for n in names]
    pairs += [
        (f"private of {n}", f"private of {m}", private[n], private[m], [n, m])
        for n, m in combinations(names, 2)
    ]
    rows: list[CodePair] = []
    compared = 0
    for first, second, x, y, of in pairs:
        there = _rows(presence, [names.index(n) for n in of], len(x))
        if len(there) < LEAST:
            raise DataError(
                f"{first} and {second} have {len(there)} samples in common, "
                f"but a test of independence needs {LEAST}"
            )
        picked = _some(there, most, seed)
        compared = max(compared, len(picked))
        rows.append(_pair(first, second, (x[picked], y[picked]), (permutations, seed)))
    return CodeDependence(tuple(rows), compared)


def _pair(
    first: str, second: str, codes: tuple[Tensor, Tensor], drawn: tuple[int, int]
) -> CodePair:
    x, y = (code.detach().double().flatten(1) for code in codes)
    permutations, seed = drawn
    found, permuted = hsic_permuted(x, y, permutations=permutations, seed=seed)
    whole = float(np.sqrt(hsic_permuted(x, x)[0] * hsic_permuted(y, y)[0]))
    scale = 1 / whole if whole > 0 else 0.0
    p_value = (1 + int((permuted >= found).sum())) / (1 + permutations)
    expected = float(permuted.mean()) if permutations else float("nan")
    return CodePair(first, second, found, found * scale, expected * scale, p_value)


def _rows(presence: Tensor | None, of: list[int], samples: int) -> Tensor:
    if presence is None:
        return torch.arange(samples)
    return presence[:, of].all(dim=1).nonzero()[:, 0]


def _some(rows: Tensor, most: int, seed: int) -> Tensor:
    if len(rows) <= most:
        return rows
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    return rows[order[:most].sort().values]
