"""What a representation keeps: of known factors, and of what modalities tell together."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata, t
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import DataError, ModalityError, ShapeError, suggestion
from consilience.quantification.interactions import interactions
from consilience.results.fission import FactorKept, FactorsKept, InformationKept
from consilience.results.robustness import Measured

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[np.floating]]

FOLDS = 5
LINEAR_PENALTY = 1e-3
KERNEL_PENALTY = 0.1
LEAST_ROWS = 20
TINY = 1e-9
"""Added to covariances, so that columns that repeat each other leave a determinant."""


def factors_kept(
    representations: Mapping[str, Sequence[NDArray[np.floating]]],
    factors: Sequence[Arrays],
    *,
    random_state: RandomState = None,
) -> FactorsKept:
    r"""How much of known factors representations keep.

    Each factor is predicted from a representation by cross-validated ridge regression, and
    with its ranks made normal by kernel regression, whose residuals bound the information
    from below:

    $$I(Z; W) \geq \tfrac{1}{2} \log_2 \frac{\det \Sigma_W}{\det \Sigma_\text{residual}}$$

    (exact where kernel regression leaves Gaussian noise; several columns of one factor are
    taken as jointly normal). Label accuracy is not enough to judge a representation by: a
    network with random weights passes that.

    Args:
        representations: By name, an array `(samples, columns)` a seed.
        factors: A seed, by name, `(samples,)` or `(samples, columns)`.
        random_state: Seeds the folds.

    Returns:
        R2 and bits with 95 % intervals over seeds (Student's t).

    Raises:
        DataError: If there is nothing to probe, a factor is constant, or there are fewer than
            20 samples.
        ShapeError: If numbers of seeds or samples differ.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> w = rng.normal(size=(200, 2))
        >>> found = factors_kept(
        ...     {"first": [w[:, :1]]}, [{"one": w[:, 0], "two": w[:, 1]}], random_state=0
        ... )
        >>> found["first", "one"].r2.estimate > 0.99, found["first", "two"].r2.estimate < 0.05
        (True, True)
    """
    samples = _check(representations, factors)
    seed = seed_of(random_state)
    rows: list[FactorKept] = []
    for name, arrays in representations.items():
        probed = [_probed(z, known, seed) for z, known in zip(arrays, factors, strict=True)]
        for factor in factors[0]:
            r2, bits = (_measured([found[factor][i] for found in probed]) for i in range(2))
            rows.append(FactorKept(name, factor, r2, bits))
    widths = {
        name: int(np.asarray(arrays[0]).shape[1]) for name, arrays in representations.items()
    }
    return FactorsKept(tuple(rows), len(factors), samples, widths)


def information_kept(
    data: MultimodalData,
    representation: Arrays,
    *,
    estimator: str = "auto",
    n_boot: int = 200,
    n_null: int = 200,
    random_state: RandomState = None,
) -> InformationKept:
    """What the representations of modalities tell about the target, beside the modalities.

    Args:
        data: Samples with a target that the encoders were *not* trained on; on training
            samples a representation seems to tell more than it does.
        representation: By modality, `(samples, columns)`.
        estimator: As for `interactions`.
        n_boot: As for `interactions`.
        n_null: As for `interactions`.
        random_state: Seeds both estimates alike.

    Returns:
        Redundancy, unique information and synergy of both.

    Raises:
        ModalityError: If a modality has no representation, or one is of no modality.
        ShapeError: If a representation has not a row a sample.
    """
    for name in representation:
        if name not in data.modalities:
            told = suggestion(name, data.modalities)
            raise ModalityError(f"representation {name!r} is of no modality; {told}")
    for name in data.modalities:
        if name not in representation:
            raise ModalityError(f"modality {name!r} has no representation; pass it too")
        if len(representation[name]) != len(data):
            raise ShapeError(
                f"the representation of {name!r} has {len(representation[name])} rows "
                f"but there are {len(data)} samples"
            )
    seed = seed_of(random_state)
    ordered = {name: np.asarray(representation[name]) for name in data.modalities}
    encoded = MultimodalData(ordered, data.target, presence=data.presence, groups=data.groups)
    before, after = (
        interactions(d, estimator=estimator, n_boot=n_boot, n_null=n_null, random_state=seed)
        for d in (data, encoded)
    )
    other = [b.title for b, a in zip(before, after, strict=True) if b.estimator != a.estimator]
    warned = tuple(f"{title}: data and representation had different estimators" for title in other)
    return InformationKept(before, after, warned)


def _probed(z: NDArray[np.floating], factors: Arrays, seed: int) -> dict[str, tuple[float, float]]:
    x = _standard(_columns(z))
    blocks = {name: _columns(values) for name, values in factors.items()}
    plain = np.hstack([_standard(b) for b in blocks.values()])
    normal = np.hstack([_normal_scores(b) for b in blocks.values()])
    linear, bent = np.empty_like(plain), np.empty_like(plain)
    for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(x):
        line = Ridge(LINEAR_PENALTY).fit(x[train], plain[train])
        linear[test] = line.predict(x[test]).reshape(len(test), -1)
        curve = KernelRidge(alpha=KERNEL_PENALTY, kernel="rbf", gamma=1 / (2 * x.shape[1]))  # pyright: ignore[reportArgumentType]  scikit-learn takes fractions
        mean = normal[train].mean(0)
        curve = curve.fit(x[train], normal[train] - mean)
        bent[test] = curve.predict(x[test]).reshape(len(test), -1) + mean
    out: dict[str, tuple[float, float]] = {}
    start = 0
    for name, block in blocks.items():
        at = slice(start, start + block.shape[1])
        start = at.stop
        r2 = 1 - float(((plain[:, at] - linear[:, at]) ** 2).mean())
        out[name] = (r2, _bits(normal[:, at], normal[:, at] - bent[:, at]))
    return out


def _bits(whole: Floats, rest: Floats) -> float:
    before, after = (
        np.linalg.slogdet(x.T @ x / len(x) + TINY * np.eye(x.shape[1]))[1] for x in (whole, rest)
    )
    return max(0.0, float(before - after) / 2 / np.log(2))


def _measured(values: Sequence[float]) -> Measured:
    number, centre = len(values), float(np.mean(values))
    if number < 2:
        return Measured(centre, float("nan"), float("nan"))
    half = float(t.ppf(0.975, number - 1) * np.std(values, ddof=1) / np.sqrt(number))
    return Measured(centre, centre - half, centre + half)


def _columns(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(len(values), -1)


def _standard(x: Floats) -> Floats:
    scale = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(scale > 0, scale, 1.0)


def _normal_scores(x: Floats) -> Floats:
    return ndtri((rankdata(x, axis=0) - 0.5) / len(x))


def _check(
    representations: Mapping[str, Sequence[NDArray[np.floating]]], factors: Sequence[Arrays]
) -> int:
    if not representations or not factors or not factors[0]:
        raise DataError("pass at least one representation and one factor")
    samples = len(next(iter(factors[0].values())))
    if samples < LEAST_ROWS:
        raise DataError(f"probes need at least {LEAST_ROWS} samples, found {samples}")
    named = [(f"factor {n!r}", v) for known in factors for n, v in known.items()]
    for name, arrays in representations.items():
        if len(arrays) != len(factors):
            raise ShapeError(
                f"representation {name!r} is given for {len(arrays)} seeds "
                f"but the factors for {len(factors)}"
            )
        named += [(f"representation {name!r}", z) for z in arrays]
    for what, values in named:
        if len(values) != samples:
            raise ShapeError(f"{what} has {len(values)} samples, expected {samples}")
        if what.startswith("factor") and bool((np.ptp(_columns(values), axis=0) == 0).any()):
            raise DataError(f"{what} is constant, so nothing could be known of it")
    return samples
