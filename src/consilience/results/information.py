"""What a decomposition of information found, in bits."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

Bits = float | NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PID:
    r"""Partial information decomposition of two sources about a target.

    The atoms obey $R + U_1 = I(X_1; Y)$, $R + U_2 = I(X_2; Y)$ and
    $R + U_1 + U_2 + S = I(X_1, X_2; Y)$. All follow from one minimum, known to lie within
    `gap` below the value that `q` attains; the atoms are those of `q`. For a batch every
    number is an array of the leading shape.

    Attributes:
        redundancy: $R$, what either source alone tells, in bits.
        unique: $(U_1, U_2)$, what only the first or only the second tells, in bits.
        synergy: $S$, what only both together tell, in bits.
        gap: Certified upper minus lower bound of the minimum, in bits: no atom is further
            than this from its true value.
        q: The optimising joint table, of the shape of the input; it has the pair marginals
            of the input with y.
        converged: Whether `gap` is within the tolerance asked for.
        iterations: Steps of the solver; 0 where a closed form holds.
        information: $I(X_1; Y)$, $I(X_2; Y)$ and $I(X_1, X_2; Y)$, in bits.

    Example:
        >>> PID(0.25, (0.5, 0.0), 1.0, 2e-9, np.ones((1, 1, 1)), True, 7, (0.75, 0.25, 1.75))
        PID(redundancy=0.2500, unique=(0.5000, 0.0000), synergy=1.0000, gap=2.0e-09)
    """

    redundancy: Bits
    unique: tuple[Bits, Bits]
    synergy: Bits
    gap: Bits
    q: NDArray[np.float64]
    converged: bool | NDArray[np.bool_]
    iterations: int | NDArray[np.int64]
    information: tuple[Bits, Bits, Bits]

    @property
    def shape(self) -> tuple[int, ...]:
        """Leading shape: () for a single table."""
        return np.shape(self.redundancy)

    @property
    def redundancy_interval(self) -> tuple[Bits, Bits]:
        """Certified bounds of the redundancy, in bits."""
        return self.redundancy, self.redundancy + self.gap

    @property
    def unique_interval(self) -> tuple[tuple[Bits, Bits], tuple[Bits, Bits]]:
        """Certified bounds of each unique information, in bits."""
        one, two = (np.maximum(u - self.gap, 0.0) for u in self.unique)
        if not self.shape:
            one, two = float(one), float(two)
        return (one, self.unique[0]), (two, self.unique[1])

    @property
    def synergy_interval(self) -> tuple[Bits, Bits]:
        """Certified bounds of the synergy, in bits."""
        return self.synergy, self.synergy + self.gap

    def __getitem__(self, index: Any) -> "PID":  # noqa: ANN401  whatever an array takes
        """The decomposition of one table of a batch, or of some of them.

        Raises:
            IndexError: If this is not a batch.
        """
        if not self.shape:
            raise IndexError("this PID is of a single table; only a batch can be indexed")
        one, two, both = (_at(value, index) for value in self.information)
        return PID(
            redundancy=_at(self.redundancy, index),
            unique=(_at(self.unique[0], index), _at(self.unique[1], index)),
            synergy=_at(self.synergy, index),
            gap=_at(self.gap, index),
            q=self.q[index],
            converged=_at(self.converged, index),
            iterations=_at(self.iterations, index),
            information=(one, two, both),
        )

    def to_dict(self) -> dict[str, Any]:
        """The numbers by name, without the table; arrays become lists."""
        first, second = self.unique
        one, two, both = self.information
        named = {
            "redundancy": self.redundancy,
            "unique_1": first,
            "unique_2": second,
            "synergy": self.synergy,
            "gap": self.gap,
            "converged": self.converged,
            "iterations": self.iterations,
            "information_1": one,
            "information_2": two,
            "information_12": both,
        }
        return {name: np.asarray(value).tolist() for name, value in named.items()}

    def __repr__(self) -> str:
        first, second = self.unique
        if self.shape:
            worst = float(np.max(self.gap))
            found = int(np.sum(self.converged))
            return (
                f"PID(shape={self.shape}, converged={found} of {np.size(self.gap)}, "
                f"largest gap={worst:.1e})"
            )
        return (
            f"PID(redundancy={self.redundancy:.4f}, unique=({first:.4f}, {second:.4f}), "
            f"synergy={self.synergy:.4f}, gap={self.gap:.1e}"
            + (")" if self.converged else ", converged=False)")
        )

    def __str__(self) -> str:
        values = (self.redundancy, *self.unique, self.synergy)
        names = ("redundancy", "unique 1", "unique 2", "synergy")
        head = f"{np.size(self.gap)} tables, mean over them" if self.shape else "one table"
        rows = [f"{n:<10} {np.mean(v):8.4f} bits" for n, v in zip(names, values, strict=True)]
        open_ = int(np.sum(~np.asarray(self.converged)))
        left = f"; {open_} of {np.size(self.gap)} above the tolerance asked for" if open_ else ""
        return "\n".join((head, *rows, f"certified to {np.max(self.gap):.1e} bits{left}"))


def _at(value: Any, index: Any) -> Any:  # noqa: ANN401  scalars and arrays alike
    picked = value[index]
    return picked.item() if np.ndim(picked) == 0 else picked
