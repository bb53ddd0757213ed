"""When does learning from pairs help? Tosh's bound, on a thousand random worlds and on XOR.

What one view tells of the other, and the other of the label, is all that contrastive learning
can offer a linear classifier: mu(x) = E[E[Y | Z] | X = x]. It is near the best prediction from
both views if each view alone nearly predicts the label (multi-view redundancy):

    E (mu(X) - E[Y | X, Z])^2 <= (sqrt(eX) + sqrt(eZ))^2,  eX = E (E[Y | X, Z] - E[Y | X])^2

The bound holds on every table; where only both views together tell, as for XOR, it promises
nothing and contrastive learning finds nothing. Run it as `python examples/tosh_bound.py`; it takes
a second.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def worlds(number: int, rng: np.random.Generator) -> Floats:
    """Tables p[x, z, y] of 4 x 5 values and a yes or no, from peaked to flat."""
    concentration = 10 ** rng.uniform(-1.5, 1.0, (number, 1, 1, 1))
    raw = rng.gamma(np.broadcast_to(concentration, (number, 4, 5, 2))) + 1e-300
    return raw / raw.sum(axis=(1, 2, 3), keepdims=True)


def both_sides(tables: Floats) -> tuple[Floats, Floats, Floats]:
    """The error of mu, the bound on it, and how often mu's best threshold is right.

    Args:
        tables: p[x, z, y], `(tables, xs, zs, 2)`.

    Returns:
        Three arrays `(tables,)`.
    """
    pairs = tables.sum(axis=3)
    best = tables[..., 1] / pairs
    by_x = tables.sum(axis=2)
    by_z = tables.sum(axis=1)
    from_x = (by_x[..., 1] / by_x.sum(axis=2))[:, :, None]
    from_z = (by_z[..., 1] / by_z.sum(axis=2))[:, None, :]
    z_given_x = pairs / pairs.sum(axis=2, keepdims=True)
    mu = (z_given_x * from_z).sum(axis=2)
    left = (pairs * (mu[:, :, None] - best) ** 2).sum(axis=(1, 2))
    e_x, e_z = ((pairs * (best - part) ** 2).sum(axis=(1, 2)) for part in (from_x, from_z))
    share = pairs.sum(axis=2)
    says_yes = mu >= (share * mu).sum(axis=1, keepdims=True)
    right = np.where(says_yes, by_x[..., 1], by_x[..., 0]).sum(axis=1)
    return left, (np.sqrt(e_x) + np.sqrt(e_z)) ** 2, np.maximum(right, 1 - right)


def xor() -> Floats:
    """Two coins and whether they differ."""
    table = np.zeros((1, 2, 2, 2))
    for x in (0, 1):
        for z in (0, 1):
            table[0, x, z, x ^ z] = 0.25
    return table


def main() -> dict[str, float]:
    left, bound, _ = both_sides(worlds(1000, np.random.default_rng(0)))
    found = {
        "violations": float((left > bound * (1 + 1e-9)).sum()),
        "ratio": float((left / bound).max()),
    }
    print(f"1,000 random tables: {found['violations']:.0f} above the bound, ", end="")
    print(f"largest share of it {found['ratio']:.3f}, median {np.median(left / bound):.3f}")
    left, bound, right = (float(v[0]) for v in both_sides(xor()))
    print(f"XOR: error {left:.2f} of a bound {bound:.2f}; right {right:.0%} of the time")
    return {**found, "xor_error": left, "xor_bound": bound, "xor_right": right}


if __name__ == "__main__":
    main()
