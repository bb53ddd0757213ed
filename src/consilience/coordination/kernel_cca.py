"""Kernel canonical correlation analysis: non-linear directions of two views."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, svd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from consilience.coordination.grams import Kernel, KernelChoice, kernel_on
from consilience.coordination.ridge_search import (
    Arrays,
    choose_share,
    folds_of,
    shares_to_try,
)
from consilience.coordination.variates import pairwise_correlations, put_back
from consilience.coordination.views import NamedViews, Views, views_of
from consilience.data.seeds import RandomState
from consilience.errors import ConfigurationError, ModalityError, ShapeError
from consilience.functional.ridge_choice import RidgeChoice

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One view of a fit: its samples, its kernel and what centres new rows of it."""

    samples: Floats
    kernel: Kernel
    column_means: Floats
    mean: float
    dual: Floats

    def variates(self, view: Floats) -> Floats:
        rows = self.kernel(view, self.samples)
        centred = rows - rows.mean(axis=1, keepdims=True) - self.column_means + self.mean
        return centred @ self.dual


@final
class KernelCCA(TransformerMixin, BaseEstimator):
    r"""Functions of two views that correlate most, smooth by regularisation.

    $$\max_{\alpha, \beta} \alpha^\top K_x K_y \beta \quad\text{with}\quad
    \alpha^\top (K_x^2 + (n - 1) r_x K_x) \alpha = \beta^\top (K_y^2 + (n - 1) r_y K_y) \beta
    = n - 1$$

    $K$ are centred kernel matrices; $r = \kappa \operatorname{tr}(K) / (n - 1)$, so that
    `kappa` has no units. With the linear kernel this is `CCA` whose regularisation is `kappa`
    times the number of columns. A kernel with a dimension a sample correlates any two views
    perfectly unless regularised: without `kappa`, correlations say nothing.

    Args:
        n_components: Number of directions.
        kernel: `"linear"`, `"polynomial"`, `"rbf"` or `"exponential"`.
        kappa: Regularisation, above 0; `"cv"`, or a list, for the one whose correlations hold
            best on held-out samples (each is refitted in each fold).
        gamma: Of the kernels but the linear; None for 1 over the columns times their mean
            variance.
        degree: Of the polynomial kernel.
        coef0: Of the polynomial kernel.
        folds: Folds of the cross-validation; a group stays together.
        random_state: Deals the samples into folds.

    Attributes:
        names_: Names of the two views.
        correlations_: Largest first, shrunk by the regularisation.
        dual_: By name, `(samples, components)`: weights of the samples of the fit.
        kappa_: The regularisation used.
        choice_: Scores of the cross-validation, or None.

    References:
        Hardoon, Szedmak and Shawe-Taylor, Canonical Correlation Analysis: An Overview with
        Application to Learning Methods, Neural Computation 2004; Fukumizu, Bach and Gretton,
        Statistical Consistency of Kernel Canonical Correlation Analysis, JMLR 2007.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> angle = rng.uniform(0, 2 * np.pi, 200)
        >>> views = {"a": np.cos(angle), "b": np.sin(angle)}
        >>> bool(KernelCCA(kernel="rbf", kappa=0.01).fit(views).correlations_[0] > 0.9)
        True
    """

    names_: tuple[str, str]
    correlations_: Floats
    dual_: dict[str, Floats]
    kappa_: float
    choice_: RidgeChoice | None
    _sides: dict[str, _Side]

    def __init__(
        self,
        n_components: int = 1,
        kernel: str = "rbf",
        kappa: float | Sequence[float] | Literal["cv"] = 0.01,
        *,
        gamma: float | None = None,
        degree: int = 3,
        coef0: float = 1.0,
        folds: int = 5,
        random_state: RandomState = None,
    ) -> None:
        self.n_components = n_components
        self.kernel = kernel
        self.kappa = kappa
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: Views, y: object = None) -> "KernelCCA":  # noqa: N803, ARG002  scikit-learn's names
        """Finds the functions; memory grows as samples squared, time as samples cubed.

        Args:
            X: `MultimodalData` or a mapping of two names to `(samples, columns)`; samples that
                lack a view are left out.
            y: Not used.

        Returns:
            This object.

        Raises:
            ConfigurationError: If a setting cannot be used; all are told at once.
            ModalityError: If there are not exactly two views.
        """
        given = views_of(X)
        names = tuple(given.arrays)
        if len(names) != 2:
            raise ModalityError(f"KernelCCA takes two views, found {len(names)}")
        self._check(len(given.complete))
        self.choice_ = None
        kappa = self._kappa(given)
        choice = KernelChoice(self.kernel, self.gamma, self.degree, self.coef0)
        views = [np.asarray(view, dtype=np.float64) for view in given.whole()]
        kernels = [kernel_on(choice, view) for view in views]
        grams = [k(view, view) for k, view in zip(kernels, views, strict=True)]
        (one, first), (two, second) = (_white(gram, kappa) for gram in grams)
        u, s, vt = cast("tuple[Floats, Floats, Floats]", svd(one.T @ two, full_matrices=False))
        k = self.n_components
        if k > len(s):
            raise ConfigurationError([f"n_components must be at most {len(s)}, found {k}"])
        duals = (first @ u[:, :k], second @ vt[:k].T)
        self.names_ = (names[0], names[1])
        self.kappa_ = kappa
        self.correlations_ = np.clip(s[:k], 0.0, 1.0)
        self.dual_ = dict(zip(names, duals, strict=True))
        self._sides = {
            name: _Side(view, kernel, gram.mean(axis=0), float(gram.mean()), dual)
            for name, view, kernel, gram, dual in zip(
                names, views, kernels, grams, duals, strict=True
            )
        }
        return self

    def _check(self, rows: int) -> None:
        faults = [
            f"{name} must be above 0, found {value}"
            for name, value in (("n_components", self.n_components), ("degree", self.degree))
            if value < 1
        ]
        if isinstance(self.kappa, int | float) and not 0 <= self.kappa < np.inf:
            faults.append(f"kappa must be at least 0 and finite, found {self.kappa}")
        if rows < 2:
            faults.append(f"at least 2 complete samples are needed, found {rows}")
        if faults:
            raise ConfigurationError(faults)

    def _kappa(self, given: NamedViews) -> float:
        if isinstance(self.kappa, int | float):
            return float(self.kappa)
        tried = shares_to_try("kappa", self.kappa)
        rows = given.complete
        folds = folds_of(given, rows, self.folds, self.random_state)
        self.choice_ = choose_share(self._held_out, given, rows, tried, folds)
        return self.choice_.best

    def _held_out(self, share: float, train: Arrays, test: Arrays) -> Floats:
        fitted = KernelCCA(
            self.n_components,
            self.kernel,
            share,
            gamma=self.gamma,
            degree=self.degree,
            coef0=self.coef0,
        ).fit(train)
        return fitted.correlations(test)

    def transform(self, X: Views) -> Any:  # noqa: ANN401, N803  the kind that is given
        """The functions at any samples.

        Args:
            X: As in `fit`.

        Returns:
            A mapping of names to `(samples, components)`, NaN where a view is absent; of
            `MultimodalData`, the same samples with the variates as modalities.
        """
        return put_back(X, self._project(X))

    def correlations(self, X: Views) -> Floats:  # noqa: N803  scikit-learn's name
        """Correlations of the functions on any samples, such as held-out ones.

        Args:
            X: As in `fit`.

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
        check_is_fitted(self, "dual_")
        given = views_of(x, self.names_)
        return {name: self._side(name, given, i) for i, name in enumerate(self.names_)}

    def _side(self, name: str, given: NamedViews, column: int) -> Floats:
        view, side, present = given.arrays[name], self._sides[name], given.presence[:, column]
        if view.shape[1] != side.samples.shape[1]:
            raise ShapeError(
                f"view {name!r} has {view.shape[1]} columns but was fitted with "
                f"{side.samples.shape[1]}"
            )
        out = np.full((len(view), side.dual.shape[1]), np.nan)
        out[present] = side.variates(np.asarray(view[present], dtype=np.float64))
        return out


def _white(gram: Floats, kappa: float) -> tuple[Floats, Floats]:
    """What is white up to the regularisation, and the dual weights that give it."""
    centred = gram - gram.mean(axis=0) - gram.mean(axis=1, keepdims=True) + gram.mean()
    values, vectors = cast("tuple[Floats, Floats]", eigh(centred))
    kept = values > values.max(initial=0.0) * len(gram) * np.finfo(np.float64).eps
    values, vectors = values[kept], vectors[:, kept]
    lifted = values + kappa * values.sum()
    return vectors * np.sqrt(values / lifted), vectors * (
        np.sqrt(len(gram) - 1) / np.sqrt(values * lifted)
    )
