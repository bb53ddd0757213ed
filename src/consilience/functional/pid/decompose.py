"""The decomposition of a joint table: from the door to the four atoms."""

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from consilience.errors import ConfigurationError
from consilience.functional.pid.solve import solve
from consilience.functional.pid.table import Reduction, TableLike, checked
from consilience.results.information import PID

GROUP_CELLS = 1 << 18


def pid(joint: TableLike, *, tol: float = 1e-7, max_iter: int = 150) -> PID:
    r"""Redundant, unique and synergistic information of two sources about a target.

    $$I^* = \min_{q \in \Delta_p} I_q(X_1, X_2; Y), \qquad
      \Delta_p = \{q : q(x_1, y) = p(x_1, y),\ q(x_2, y) = p(x_2, y)\}$$
    $$U_1 = I^* - I(X_2; Y), \quad U_2 = I^* - I(X_1; Y), \quad
      R = I(X_1; Y) + I(X_2; Y) - I^*, \quad S = I_p(X_1, X_2; Y) - I^*$$

    Where the target has two values the minimum has a closed form, exact up to rounding: see
    `consilience.functional.pid.binary`. Else it is found by a primal-dual interior-point method
    on its dual,

    $$\max_{a, b} \sum p(x_1, y)\, a_{x_1 y} + \sum p(x_2, y)\, b_{x_2 y} \quad \text{such that}
      \quad \log \sum_y e^{a_{x_1 y} + b_{x_2 y}} \le 0 \text{ for all } x_1, x_2,$$

    whose multipliers $r(x_1, x_2)$ are the pair marginal of
    $q = r\, e^{a + b} / \sum_y e^{a + b}$. Any potentials give a lower bound and any coupling
    an upper one; their difference is `gap`, so the answer carries its own proof, up to rounding
    of about 1e-14 bits. A table of $n \times n \times k$ takes about ten steps of $n^3 k^3$
    operations and $n^2 k^2$ numbers of memory. Where $n k^2$ is above 25,000, conjugate
    gradients solve the Newton steps in the memory of the table, with the same certificate.

    Args:
        joint: Probabilities `(..., x1, x2, y)`; each table sums to 1. Leading axes are a batch,
            solved together. Zeros, empty rows and any sizes are allowed.
        tol: Largest certified gap to stop at, in bits.
        max_iter: Most steps for one table.

    Returns:
        The four atoms in bits with their certified gap, floats for one table and arrays of the
        leading shape for a batch. A table that does not reach `tol` has `converged` False and
        the tightest gap found.

    Raises:
        InputTypeError: If `joint` does not hold real numbers.
        ShapeError: If `joint` has fewer than 3 axes or an empty one.
        DataError: If `joint` has NaN, infinite or negative values or does not sum to 1.
        ConfigurationError: If `tol` is not above 0 or `max_iter` is not at least 1.

    Example:
        The target is the exclusive or of two fair coins: neither coin alone tells anything.

        >>> xor = np.zeros((2, 2, 2))
        >>> xor[[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]] = 0.25
        >>> pid(xor)
        PID(redundancy=0.0000, unique=(0.0000, 0.0000), synergy=1.0000, gap=0.0e+00)

        Their conjunction: each coin alone tells the same 0.311 bits.

        >>> conjunction = np.zeros((2, 2, 2))
        >>> conjunction[[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]] = 0.25
        >>> found = pid(conjunction)
        >>> round(found.redundancy, 6), round(found.synergy, 6), found.gap < 1e-7
        (0.311278, 0.5, True)

    References:
        Bertschinger, Rauh, Olbrich, Jost and Ay, Quantifying Unique Information, Entropy 2014,
        equations 3 to 6 (the definition). Blackwell, Equivalent Comparisons of Experiments,
        Annals of Mathematical Statistics 1953 (the closed form). Makkeh, Theis and Vicente,
        Bivariate Partial Information Decomposition: The Optimization Perspective, Entropy 2017
        (the dual). Liang et al., Quantifying & Modeling Multimodal Interactions, NeurIPS 2023
        (its use).
    """
    _check_options(tol, max_iter)
    table = checked(joint)
    stack = table.reshape(-1, *table.shape[-3:])
    reduction = Reduction.of(stack)
    small = reduction.apply(stack)
    numbers = np.empty((5, len(small)))
    steps = np.empty(len(small), dtype=np.int64)
    size = max(1, GROUP_CELLS // small[0].size)
    for start in range(0, len(small), size):
        group = slice(start, start + size)
        best, steps[group] = solve(small[group], tol=tol, max_iter=max_iter)
        numbers[:, group] = *best.singles, best.joint, best.upper, best.gap()
        small[group] = best.q
    if reduction.swapped:
        numbers[:2] = numbers[1::-1]
    batch = table.shape[:-3]
    q = reduction.undo(small).reshape(table.shape)
    return _atoms(numbers.reshape(5, *batch), q, steps.reshape(batch), tol)


def _atoms(
    numbers: Float64[np.ndarray, "5 *batch"],
    q: Float64[np.ndarray, "*batch x1 x2 y"],
    steps: Int[np.ndarray, "*batch"],
    tol: float,
) -> PID:
    first, second, both, least, gap = numbers
    unique_1, unique_2 = np.maximum(least - second, 0.0), np.maximum(least - first, 0.0)
    redundancy = np.maximum(first + second - least, 0.0)
    synergy = np.maximum(both - least, 0.0)
    return PID(
        redundancy=_plain(redundancy),
        unique=(_plain(unique_1), _plain(unique_2)),
        synergy=_plain(synergy),
        gap=_plain(gap),
        q=q,
        converged=_plain(gap <= tol),
        iterations=_plain(steps),
        information=(_plain(first), _plain(second), _plain(both)),
    )


def _plain(values: Any) -> Any:  # noqa: ANN401  an array of numbers or truths, or its one item
    return values.item() if np.ndim(values) == 0 else values


def _check_options(tol: float, max_iter: int) -> None:
    faults: list[str] = []
    if not isinstance(tol, Real) or not 0 < tol < math.inf:
        faults.append(f"tol must be a number of bits above 0, such as 1e-7; found {tol!r}")
    if not isinstance(max_iter, Integral) or max_iter < 1:
        faults.append(f"max_iter must be a whole number of at least 1; found {max_iter!r}")
    if faults:
        raise ConfigurationError(faults)
