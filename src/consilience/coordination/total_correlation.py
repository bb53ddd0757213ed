"""How much three or more variables tell of each other in all, by the chain of pairs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from consilience.coordination.mutual_information import columns_of, mutual_information
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, ModalityError, ShapeError
from consilience.results.dependence import MutualInformation


def total_correlation(
    views: Mapping[str, ArrayLike],
    bound: str = "infonce",
    *,
    random_state: RandomState = None,
    **settings: Any,  # noqa: ANN401  those of mutual_information
) -> MutualInformation:
    r"""Bounds or estimates what several variables tell of each other in all, in bits.

    $$TC(X_1, \dots, X_J) = \sum_{j=2}^{J} I(X_1 \dots X_{j-1};\, X_j)$$

    the divergence of the joint distribution from the product of the marginals, 0 only under
    independence. Each term is bounded by `mutual_information`, so that the sum lies on the same
    side of the truth. The interval's ends are the sums of the terms' ends: no narrower than it
    has to be, whatever the terms' errors have to do with each other.

    Args:
        views: By name, `(samples,)` or `(samples, columns)` of numbers, two at least.
        bound: As in `mutual_information`. Of the chain with `"infonce"` each term has the
            ceiling log2 of the block; the sum's is $J - 1$ times that.
        random_state: Of folds, first weights and batches.
        settings: The other settings of `mutual_information`.

    Returns:
        The bound with its interval, its ceiling and warnings, which name the term.

    Raises:
        ConfigurationError: If a setting cannot be used.
        DataError: If a value is no finite number or there are too few samples.
        ModalityError: If there are fewer than two views.
        ShapeError: If numbers of samples differ.

    References:
        Watanabe, Information Theoretical Analysis of Multivariate Correlation, IBM Journal of
        Research and Development 1960; Bai et al., Estimating Total Correlation with Mutual
        Information Estimators, AISTATS 2023 (the chain of bounds).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z, e, f = rng.standard_normal((3, 1000))
        >>> found = total_correlation({"a": z, "b": z + e, "c": z + f}, "gaussian")
        >>> round(found.estimate, 1)
        1.0
    """
    if len(views) < 2:
        raise ModalityError(f"at least two views are needed, found {[*views]}")
    if unknown := {"xa", "xb"} & set(settings):
        raise ConfigurationError([f"{sorted(unknown)} are given as views"])
    arrays = {name: columns_of(f"view {name!r}", view) for name, view in views.items()}
    rows = {name: len(view) for name, view in arrays.items()}
    if len(set(rows.values())) > 1:
        raise ShapeError(f"the views differ in samples: {rows}")
    rng = np.random.default_rng(seed_of(random_state))
    (first, before), *others = arrays.items()
    terms: dict[str, MutualInformation] = {}
    for name, view in others:
        terms[f"{first} with {name}"] = mutual_information(
            before, view, bound, random_state=int(rng.integers(2**31)), **settings
        )
        first, before = f"{first}, {name}", np.hstack([before, view])
    return _summed(terms)


def _summed(terms: Mapping[str, MutualInformation]) -> MutualInformation:
    found = list(terms.values())
    ceilings = [term.ceiling for term in found if term.ceiling is not None]
    notes = [(warning, name) for name, term in terms.items() for warning in term.warnings]
    said = {warning: [n for w, n in notes if w == warning] for warning, _ in notes}
    return MutualInformation(
        sum(term.estimate for term in found),
        sum(term.low for term in found),
        sum(term.high for term in found),
        found[0].bound,
        found[0].kind,
        min(term.samples for term in found),
        found[0].batch,
        sum(ceilings) if len(ceilings) == len(found) else None,
        tuple(f"{'; '.join(where)}: {warning}" for warning, where in said.items()),
    )
