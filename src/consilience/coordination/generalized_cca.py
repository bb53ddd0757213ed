"""Canonical correlation analysis of any number of views, each of which may be absent."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from consilience.coordination.cca import by_name
from consilience.coordination.ridge_search import (
    Arrays,
    choose_share,
    folds_of,
    shares_to_try,
)
from consilience.coordination.variates import pairwise_correlations, project, put_back
from consilience.coordination.views import NamedViews, Views, views_of
from consilience.data.seeds import RandomState
from consilience.functional.canonical import check_ridges
from consilience.functional.generalized import generalized_canonical
from consilience.functional.moments import moments
from consilience.functional.ridge_choice import RidgeChoice, ridges_of

Floats = NDArray[np.float64]


@final
class GeneralizedCCA(TransformerMixin, BaseEstimator):
    r"""Scores that all views predict best, and each view's way to predict them (MAXVAR).

    $$\min_{G, U} \sum_m \lVert K_m (G - X_m U_m) \rVert^2$$

    $K_m$ keeps the samples where view $m$ is present; a sample without any is left out. Means are
    those of the samples a view has: that it is absent should not depend on what it would say.

    Args:
        n_components: Number of scores; None for all.
        regularisation: Ridge of each view, as a share of the mean variance of its columns; one
            for all, or by name; `"cv"`, or a list of shares, for the one with which the views'
            scores correlate best on held-out samples (each is refitted in each fold).
        folds: Folds of the cross-validation; a group stays together.
        random_state: Deals the samples into folds.

    Attributes:
        names_: Names of the views.
        eigenvalues_: Largest first, between 0 and the number of views: how many views a score
            is found in. 1 plus the canonical correlation where there are two complete views.
        weights_: By name, `(columns, components)`.
        means_: By name, `(columns,)`.
        regularisation_: The share used, by name.
        choice_: Scores of the cross-validation, or None.

    References:
        Carroll, Generalization of Canonical Correlation Analysis to Three or More Sets of
        Variables, APA 1968; van de Velden and Bijmolt, Generalized Canonical Correlation
        Analysis of Matrices with Missing Rows, Psychometrika 2006.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.standard_normal((300, 1))
        >>> views = {m: np.hstack([z, rng.standard_normal((300, 2))]) for m in "abc"}
        >>> views["c"][:100] = np.nan
        >>> model = GeneralizedCCA().fit(views)
        >>> model.eigenvalues_.round(2).tolist()
        [3.0]
        >>> shared = model.shared(views)
        >>> abs(np.corrcoef(shared[:, 0], z[:, 0])[0, 1]).round(2).item()
        1.0
    """

    names_: tuple[str, ...]
    eigenvalues_: Floats
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

    def fit(self, X: Views, y: object = None) -> "GeneralizedCCA":  # noqa: N803, ARG002  scikit-learn's names
        """Finds the scores and the weights.

        Args:
            X: `MultimodalData` or a mapping of names to `(samples, columns)`; a row that is
                wholly NaN is absent.
            y: Not used.

        Returns:
            This object.

        Raises:
            ConfigurationError: If `n_components` or the regularisation does not fit.
            DataError: If a view has gaps, is no numbers or does not vary.
        """
        given = views_of(X)
        names = tuple(given.arrays)
        self.choice_ = None
        shares = self._shares(given)
        found = generalized_canonical(
            list(given.arrays.values()),
            given.presence,
            n_components=self.n_components,
            ridges=_ridges(given, shares),
        )
        self.names_ = names
        self.regularisation_ = shares
        self.eigenvalues_ = found.values
        self.weights_ = dict(zip(names, found.weights, strict=True))
        self.means_ = dict(zip(names, found.means, strict=True))
        return self

    def _shares(self, given: NamedViews) -> dict[str, float]:
        wanted, names = self.regularisation, list(given.arrays)
        if isinstance(wanted, Mapping):
            return by_name(wanted, names)
        if isinstance(wanted, int | float):
            check_ridges([wanted])
            return dict.fromkeys(names, float(wanted))
        tried = shares_to_try("regularisation", wanted, [0.0])
        rows = np.flatnonzero(given.presence.any(axis=1))
        folds = folds_of(given, rows, self.folds, self.random_state)
        self.choice_ = choose_share(self._held_out, given, rows, tried, folds)
        return dict.fromkeys(names, self.choice_.best)

    def _held_out(self, share: float, train: Arrays, test: Arrays) -> Floats:
        return GeneralizedCCA(self.n_components, share).fit(train).correlations(test)

    def transform(self, X: Views) -> Any:  # noqa: ANN401, N803  the kind that is given
        """What each view predicts the scores to be.

        Args:
            X: As in `fit`.

        Returns:
            A mapping of names to `(samples, components)`, NaN where a view is absent; of
            `MultimodalData`, the same samples with the variates as modalities.
        """
        return put_back(X, self._project(X))

    def shared(self, X: Views) -> Floats:  # noqa: N803  scikit-learn's name
        """The scores, from whatever views a sample has.

        Args:
            X: As in `fit`; samples may be new and may lack views.

        Returns:
            `(samples, components)`; NaN where every view is absent. On the samples of the fit,
            without a ridge, the $G$ of the equation.
        """
        variates = np.stack(list(self._project(X).values()))
        present = ~np.isnan(variates)
        count = present.sum(axis=0)
        total = np.where(present, variates, 0.0).sum(axis=0)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        share = self.eigenvalues_ / len(self.names_)
        return mean / np.where(share > 0, share, 1.0)

    def correlations(self, X: Views) -> Floats:  # noqa: N803  scikit-learn's name
        """The correlation of each component, on average over the pairs of views.

        Args:
            X: As in `fit`, such as held-out samples.

        Returns:
            `(components,)`.
        """
        return pairwise_correlations(list(self._project(X).values()))

    def score(self, X: Views, y: object = None) -> float:  # noqa: N803, ARG002  scikit-learn's names
        """The mean of `correlations`.

        Args:
            X: As in `fit`.
            y: Not used.

        Returns:
            Between -1 and 1; larger is better.
        """
        return float(self.correlations(X).mean())

    def _project(self, x: Views) -> dict[str, Floats]:
        check_is_fitted(self, "weights_")
        return project(views_of(x, self.names_), self.weights_, self.means_)


def _ridges(given: NamedViews, shares: Mapping[str, float]) -> list[float]:
    rows = [np.flatnonzero(present) for present in given.presence.T]
    return [
        ridges_of(moments([view], present), [shares[name]])[0] if shares[name] else 0.0
        for (name, view), present in zip(given.arrays.items(), rows, strict=True)
    ]
