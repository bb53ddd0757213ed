"""Mutual information of two variables, by a critic that is judged on samples it never saw."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student
from sklearn.model_selection import KFold
from torch import Tensor, nn

from consilience.coordination.bounds import BOUNDS, Bound
from consilience.coordination.critic_fitting import Schedule, fit_critic
from consilience.coordination.critics import GaussianConditional, JointCritic, SeparableCritic
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, ShapeError, suggestion
from consilience.functional.gaussian_information import gaussian_total_correlation
from consilience.functional.neighbours import ksg_information
from consilience.functional.randomness import seeded
from consilience.results.dependence import NEAR, MutualInformation

Floats = NDArray[np.float64]
CriticFactory = Callable[[int, int], nn.Module]

CRITICS: Mapping[str, CriticFactory] = {"separable": SeparableCritic, "joint": JointCritic}

DIRECT: Mapping[str, Callable[[Floats, Floats], float]] = {
    "ksg": ksg_information,
    "gaussian": lambda xa, xb: gaussian_total_correlation([xa, xb]),
}
"""Estimators that train nothing, in bits."""

SUBSETS = 10
LEAST = 40
"""Samples a critic is trained and judged on at least."""


def mutual_information(
    xa: ArrayLike,
    xb: ArrayLike,
    bound: str = "infonce",
    *,
    critic: str | CriticFactory = "separable",
    batch_size: int = 128,
    folds: int = 2,
    max_rounds: int = 50,
    learning_rate: float = 1e-3,
    random_state: RandomState = None,
) -> MutualInformation:
    """Bounds or estimates what two variables tell of each other, in bits.

    A critic is trained on all folds but one and judged on that one, in blocks of `batch_size`
    pairs; the interval is that of the blocks' mean. A critic that fits its training samples by
    heart therefore shows nothing. Lower bounds fall short where the critic is poor or the
    information is large: the truth may be far above.

    Args:
        xa: `(samples,)` or `(samples, columns)` of numbers; samples independent.
        xb: The same samples of the other variable.
        bound: Lower bounds: `"infonce"` (never above log2 of `batch_size`), `"nwj"`, `"js"`,
            `"dv"`, `"mine"`. Upper bounds, so far as their critic is right: `"club"` (loose),
            `"nce_club"`, `"leave_one_out"`. Estimates: `"smile"`, `"ksg"` (few dimensions),
            `"gaussian"`; the last two train nothing.
        critic: `"separable"`, `"joint"`, or a function of both numbers of columns that makes
            a module from both batches to scores of all pairs (log-densities of the second
            given the first for `"club"` and `"leave_one_out"`, which by default fit a Gaussian).
        batch_size: Pairs a block, in training and judging; fewer with few samples.
        folds: Folds of the cross-fitting.
        max_rounds: Rounds of training at most, each a pass over the training samples and at
            least 20 batches; stops early by a seventh of them that is held back.
        learning_rate: Of Adam.
        random_state: Of folds, first weights and batches.

    Returns:
        The bound with its interval, its ceiling and warnings.

    Raises:
        ConfigurationError: If a setting cannot be used; all are told at once.
        DataError: If a value is not finite or there are fewer than 40 samples.
        ShapeError: If numbers of samples differ.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, e = rng.standard_normal((2, 1000))
        >>> found = mutual_information(x, 0.8 * x + 0.6 * e, "gaussian")
        >>> found.kind, round(found.estimate, 1)
        ('estimate', 0.7)
    """
    _check(
        bound,
        critic,
        batch_size=batch_size,
        folds=folds,
        max_rounds=max_rounds,
        learning_rate=learning_rate,
    )
    a, b = columns_of("xa", xa), columns_of("xb", xb)
    if len(a) != len(b):
        raise ShapeError(f"xa has {len(a)} samples but xb has {len(b)}")
    if len(a) < LEAST:
        raise DataError(f"at least {LEAST} samples are needed, found {len(a)}")
    rng = np.random.default_rng(seed_of(random_state))
    if bound in DIRECT:
        return _direct(bound, a, b, rng)
    chosen = BOUNDS[bound]
    batch = min(batch_size, len(a) // (2 * folds))
    schedule = Schedule(batch, max_rounds, learning_rate)
    values: list[Tensor] = []
    dealt = KFold(folds, shuffle=True, random_state=int(rng.integers(2**31)))
    for rest, held_out in dealt.split(a):
        with seeded(int(rng.integers(2**31))):
            values.append(
                _of_fold(chosen, critic, (a, b), (rest, held_out), schedule=schedule, rng=rng)
            )
    bits = torch.cat(values).double().numpy() / math.log(2)
    ceiling = math.log2(batch) if chosen.capped else None
    return _told(bound, chosen, bits, batch, ceiling)


def _of_fold(
    bound: Bound,
    critic: str | CriticFactory,
    data: tuple[Floats, Floats],
    parts: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    schedule: Schedule,
    rng: np.random.Generator,
) -> Tensor:
    """Values of the blocks of the held-out samples, in nats."""
    rest, held_out = parts
    a, b = (_scaled(view, rest) for view in data)
    make = CRITICS[critic] if isinstance(critic, str) else critic
    if bound.conditional and isinstance(critic, str):
        make = GaussianConditional
    module = make(a.shape[1], b.shape[1])
    train = (a[rest], b[rest])
    fit_critic(module, bound.objective(), train, judge=bound.judge, schedule=schedule, rng=rng)
    order = rng.permutation(held_out)
    count = len(order) // schedule.batch
    blocks = torch.from_numpy(order[: count * schedule.batch]).view(count, schedule.batch)
    with torch.no_grad():
        return bound.read([module(a[rows], b[rows]) for rows in blocks])


def _told(
    name: str, bound: Bound, bits: Floats, batch: int, ceiling: float | None
) -> MutualInformation:
    estimate = float(bits.mean())
    error = float(bits.std(ddof=1) / math.sqrt(len(bits)) * student.ppf(0.975, len(bits) - 1))
    is_near = ceiling is not None and estimate >= NEAR * ceiling
    warnings: list[str] = []
    if bound.kind == "upper":
        loose = "" if name == "leave_one_out" else "; with a right one it is far above the truth"
        warnings.append(f"an upper bound only so far as the fitted critic is right{loose}")
    if is_near:
        warnings.append(
            f"the estimate is within 5 % of the ceiling log2({batch}); the truth may be far "
            "above: take a larger batch_size"
        )
    return MutualInformation(
        estimate,
        estimate - error,
        estimate + error,
        name,
        bound.kind,
        len(bits) * batch,
        batch,
        ceiling,
        tuple(warnings),
    )


def _direct(name: str, a: Floats, b: Floats, rng: np.random.Generator) -> MutualInformation:
    """The estimate of all samples; its error from that of disjoint tenths."""
    estimate = DIRECT[name](a, b)
    parts = np.array_split(rng.permutation(len(a)), SUBSETS)
    error = math.nan
    if len(parts[-1]) > max(20, 2 * (a.shape[1] + b.shape[1])):
        spread = float(np.std([DIRECT[name](a[rows], b[rows]) for rows in parts], ddof=1))
        error = spread / math.sqrt(SUBSETS) * float(student.ppf(0.975, SUBSETS - 1))
    notes: tuple[str, ...] = ()
    if name == "ksg" and a.shape[1] + b.shape[1] > 6:
        notes = (f"with {a.shape[1] + b.shape[1]} columns in all it falls short of the truth",)
    if name == "gaussian":
        notes = ("sees linear dependence only",)
    return MutualInformation(
        estimate, estimate - error, estimate + error, name, "estimate", len(a), warnings=notes
    )


def _scaled(view: Floats, rows: NDArray[np.int64]) -> Tensor:
    """Columns of mean 0 and variance 1 on some rows; this does not change information."""
    mean, spread = view[rows].mean(axis=0), view[rows].std(axis=0)
    return torch.from_numpy((view - mean) / np.where(spread > 0, spread, 1.0)).float()


def columns_of(name: str, values: ArrayLike) -> Floats:
    """One variable as a matrix of finite numbers.

    Args:
        name: Of the variable, for errors.
        values: `(samples,)` or `(samples, columns)`.

    Returns:
        Float64 `(samples, columns)`.

    Raises:
        DataError: If a value is no finite number.
        ShapeError: If it has other dimensions or no columns.
    """
    given = np.asarray(values)
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{name} must hold numbers, found {given.dtype}; embed texts and categories first"
        ) from error
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.shape[1]:
        raise ShapeError(f"{name} must be (samples,) or (samples, columns), found {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{name} has values that are not finite; fill them or leave them out")
    return array


def _check(
    bound: str,
    critic: object,
    *,
    batch_size: int,
    folds: int,
    max_rounds: int,
    learning_rate: float,
) -> None:
    known = [*BOUNDS, *DIRECT]
    faults: list[str] = []
    if bound not in known:
        faults.append(f"there is no bound {bound!r}; {suggestion(bound, known)}")
    if isinstance(critic, str) and critic not in CRITICS:
        faults.append(f"there is no critic {critic!r}; {suggestion(critic, CRITICS)}")
    least: list[tuple[str, int, int]] = [("batch_size", batch_size, 2), ("folds", folds, 2)]
    for name, value, lowest in [*least, ("max_rounds", max_rounds, 1)]:
        if value < lowest:
            faults.append(f"{name} must be at least {lowest}, found {value}")
    if not 0 < learning_rate < math.inf:
        faults.append(f"learning_rate must be above 0, found {learning_rate}")
    if faults:
        raise ConfigurationError(faults)
