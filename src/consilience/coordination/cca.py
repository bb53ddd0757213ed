"""Canonical correlation analysis of two views, with scikit-learn's interface."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from consilience.coordination.ridge_search import folds_of, shares_to_try
from consilience.coordination.variates import pairwise_correlations, project, put_back
from consilience.coordination.views import NamedViews, Views, views_of
from consilience.data.seeds import RandomState
from consilience.errors import ConfigurationError, ModalityError
from consilience.functional.canonical import check_ridges, of_whitened
from consilience.functional.moments import moments
from consilience.functional.ridge_choice import RidgeChoice, choose_ridge, ridges_of
from consilience.functional.whitening import whitened

Floats = NDArray[np.float64]


@final
class CCA(TransformerMixin, BaseEstimator):
    r"""Directions of two views that correlate most.

    $$\max_{u, v} \operatorname{corr}(X u, Y v)$$

    and again, uncorrelated with those before. Samples that lack a view are left out. With more
    columns than samples every correlation is 1 whatever the data: regularise.

    Args:
        n_components: Number of directions; None for all.
        regularisation: Ridge of both views, as a share of the mean variance of a view's
            columns (so units do not matter); one a view by name; `"cv"`, or a list of shares,
            for the one whose correlations hold best on held-out samples.
        folds: Folds of the cross-validation; a group stays together.
        random_state: Deals the samples into folds.

    Attributes:
        names_: Names of the two views.
        correlations_: Singular values, largest first: the canonical correlations, shrunk by a
            ridge.
        weights_: By name, `(columns, components)`; unit variance of the variates without a
            ridge.
        means_: By name, `(columns,)`.
        regularisation_: The share used, by name.
        choice_: Scores of the cross-validation, or None.

    References:
        Hotelling, Relations Between Two Sets of Variates, Biometrika 1936.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.standard_normal(500)
        >>> views = {"a": np.c_[z, rng.standard_normal(500)], "b": np.c_[-z, z**2]}
        >>> model = CCA(n_components=2).fit(views)
        >>> model.correlations_.round(2).tolist()
        [1.0, 0.0]
        >>> model.transform(views)["a"].shape
        (500, 2)
    """

    names_: tuple[str, str]
    correlations_: Floats
    weights_: dict[str, Floats]
    means_: dict[str, Floats]
    regularisation_: dict[str, float]
    choice_: RidgeChoice | None

    def __init__(
        self,
        n_components: int | None = 1,
        regularisation: float | Mapping[str, float] | Sequence[float] | Literal["cv"] = 0.0,
        *,
        folds: int = 5,
        random_state: RandomState = None,
    ) -> None:
        self.n_components = n_components
        self.regularisation = regularisation
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: Views, y: object = None) -> "CCA":  # noqa: N803, ARG002  scikit-learn's names
        """Finds the directions.

        Args:
            X: `MultimodalData` or a mapping of two names to `(samples, columns)`.
            y: Not used.

        Returns:
            This object.

        Raises:
            ConfigurationError: If `n_components` or the regularisation does not fit.
            DataError: If a view has gaps, is no numbers or does not vary.
            ModalityError: If there are not exactly two views.
        """
        given = views_of(X)
        names = tuple(given.arrays)
        if len(names) != 2:
            raise ModalityError(
                f"CCA takes two views, found {len(names)} ({', '.join(names)}); "
                "use GeneralizedCCA, or data.select([...])"
            )
        whole = given.whole()
        self.choice_ = None
        shares = self._shares(given, whole)
        known = moments(whole)
        ridges = ridges_of(known, list(shares.values()))
        found = of_whitened(whitened(whole, ridges, known), self.n_components)
        self.names_ = (names[0], names[1])
        self.regularisation_ = shares
        self.correlations_ = found.values
        self.weights_ = dict(zip(names, found.weights, strict=True))
        self.means_ = dict(zip(names, found.means, strict=True))
        return self

    def _shares(self, given: NamedViews, whole: list[NDArray[Any]]) -> dict[str, float]:
        wanted = self.regularisation
        if isinstance(wanted, Mapping):
            return by_name(wanted, list(given.arrays))
        if isinstance(wanted, int | float):
            check_ridges([wanted])
            return dict.fromkeys(given.arrays, float(wanted))
        tried = shares_to_try("regularisation", wanted, [0.0])
        folds = folds_of(given, given.complete, self.folds, self.random_state)
        self.choice_ = choose_ridge(whole, tried, folds, self.n_components)
        return dict.fromkeys(given.arrays, self.choice_.best)

    def transform(self, X: Views) -> Any:  # noqa: ANN401, N803  the kind that is given
        """The variates of each view.

        Args:
            X: As in `fit`; a view of the fit that is lacking from a mapping is an error.

        Returns:
            A mapping of names to `(samples, components)`, NaN where a view is absent; of
            `MultimodalData`, the same samples with the variates as modalities.
        """
        check_is_fitted(self, "weights_")
        given = views_of(X, self.names_)
        return put_back(X, project(given, self.weights_, self.means_))

    def correlations(self, X: Views) -> Floats:  # noqa: N803  scikit-learn's name
        """Correlations of the variates on any samples, such as held-out ones.

        Args:
            X: As in `fit`.

        Returns:
            `(components,)`; 0 where a variate does not vary.
        """
        check_is_fitted(self, "weights_")
        variates = project(views_of(X, self.names_), self.weights_, self.means_)
        return pairwise_correlations(list(variates.values()))

    def score(self, X: Views, y: object = None) -> float:  # noqa: N803, ARG002  scikit-learn's names
        """The mean of `correlations`.

        Args:
            X: As in `fit`.
            y: Not used.

        Returns:
            Between -1 and 1; larger is better.
        """
        return float(self.correlations(X).mean())


def by_name(wanted: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """A regularisation for each view, refused where names do not fit.

    Raises:
        ConfigurationError: If a view has none, or a name is no view.
    """
    faults = [f"regularisation lacks view {name!r}" for name in names if name not in wanted]
    faults += [f"regularisation names {name!r}, no view" for name in wanted if name not in names]
    if faults:
        raise ConfigurationError(faults)
    check_ridges(list(wanted.values()))
    return {name: float(wanted[name]) for name in names}
