"""How dependent the codes of a representation are on each other."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, final

from consilience.errors import ModalityError, suggestion

FAINT = 0.05
"""p values below this say that two codes depend on each other."""


@final
@dataclass(frozen=True, slots=True)
class CodePair:
    """How dependent two codes are.

    Attributes:
        first: Name of one code, such as `"shared of a"`.
        second: Name of the other.
        hsic: Hilbert-Schmidt independence criterion under Gaussian kernels, in no unit.
        share: The criterion as a share of what it would be if the codes told all of each
            other: 1 the same, near 0 independent.
        expected: Mean of `share` where the rows of one code are permuted, so what
            independent codes have at this number of samples.
        p_value: How often permuted rows are as dependent.
    """

    first: str
    second: str
    hsic: float
    share: float
    expected: float
    p_value: float

    @property
    def is_dependent(self) -> bool:
        """Whether the permutation test rejects independence at 5 %."""
        return self.p_value <= FAINT

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values."""
        return asdict(self)


@final
@dataclass(frozen=True, slots=True)
class CodeDependence:
    """How dependent the codes that should be apart are: shared and private, private and private.

    Attributes:
        rows: One a pair of codes.
        samples: Most samples a pair was compared on.

    Example:
        >>> row = CodePair("shared of a", "private of a", 0.001, 0.02, 0.01, 0.3)
        >>> print(CodeDependence((row,), 500))
        dependence of codes (HSIC, 1 the same), 500 samples
                                    found  if independent  p value
        shared of a & private of a  0.020  0.010           0.300
    """

    rows: tuple[CodePair, ...]
    samples: int

    def __iter__(self) -> Iterator[CodePair]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: tuple[str, str]) -> CodePair:
        """How dependent two codes are.

        Args:
            key: Names of the codes, in any order.

        Raises:
            ModalityError: If there is no such pair.
        """
        for row in self.rows:
            if key in ((row.first, row.second), (row.second, row.first)):
                return row
        known = [_title(row) for row in self.rows]
        wanted = " & ".join(key)
        raise ModalityError(f"nothing known of {wanted!r}; {suggestion(wanted, known)}")

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {"rows": [row.to_dict() for row in self.rows], "samples": self.samples}

    def __str__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) for cell, width in zip(cells, widths, strict=True)
            ).rstrip()
            for cells in table
        ]
        return "\n".join([self._head(), *lines])

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        lines = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
            for cells in self._table()
        )
        return f"<p>{escape(self._head())}</p><table>{lines}</table>"

    def _head(self) -> str:
        return f"dependence of codes (HSIC, 1 the same), {self.samples} samples"

    def _table(self) -> list[list[str]]:
        out = [["", "found", "if independent", "p value"]]
        for row in self.rows:
            numbers = (row.share, row.expected, row.p_value)
            out.append([_title(row), *(f"{number:.3f}" for number in numbers)])
        return out


def _title(row: CodePair) -> str:
    return f"{row.first} & {row.second}"
