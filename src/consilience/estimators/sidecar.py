"""What stands beside an exported graph: its inputs and outputs, in words a program can read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

from consilience.data.schema import ColumnSchema, ModalitySchema, Schema
from consilience.encoders.text import BUCKETS, LONGEST

FORMAT = 1

INSIDE = (
    "standardisation of numbers, one-hot coding of categories, encoders, fusion, and the step "
    "to probabilities or to the quantities' own unit"
)
HASHING = (
    "normalise to NFC, lower-case, take the first {longest} matches of \\w+ as words, then each "
    "pair of neighbours joined by one space; the id of each is 1 + crc32(UTF-8) mod {others}; "
    "0 pads"
)


@final
@dataclass(frozen=True, slots=True)
class Span:
    """How long a dimension may be.

    Attributes:
        least: Least length.
        most: Largest length; None if any.
    """

    least: int
    most: int | None


def names_of(schema: Schema, *, presence: bool) -> tuple[str, ...]:
    """Names of a graph's inputs: the modalities', then `presence`, all different.

    Args:
        schema: The modalities.
        presence: Whether the graph takes which are present.

    Returns:
        The names, in order.
    """
    return (*schema.names, _free("presence", schema.names)) if presence else schema.names


def output_of(schema: Schema, state: Mapping[str, Any]) -> str:
    """The name of a graph's output.

    Args:
        schema: The modalities, whose names are taken.
        state: What the estimator's `fitted_state` gives.

    Returns:
        `"probabilities"` or `"quantities"`, unless a modality is called so.
    """
    return _free("probabilities" if "classes" in state else "quantities", schema.names)


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def describe(
    schema: Schema,
    state: Mapping[str, Any],
    *,
    presence: bool,
    rows: Span,
    lengths: Mapping[str, Span],
) -> dict[str, Any]:
    """A graph's inputs and output.

    Args:
        schema: The modalities.
        state: What the estimator's `fitted_state` gives.
        presence: Whether the graph takes which modalities are present.
        rows: How many rows a batch may have.
        lengths: How long sequences and texts may be, of modalities where that differs.

    Returns:
        Plain values for JSON.
    """
    names = names_of(schema, presence=presence)
    inputs = [_input(m, lengths.get(m.name)) for m in schema.modalities]
    if presence:
        inputs.append(
            {
                "name": names[-1],
                "dtype": "bool",
                "shape": ["rows", len(schema.names)],
                "order": list(schema.names),
                "meaning": "whether each modality is present; what an absent one holds is ignored",
            }
        )
    return {
        "format": FORMAT,
        "inputs": inputs,
        "rows": asdict(rows),
        "output": _output(schema, state),
        "inside": INSIDE,
    }


def _input(modality: ModalitySchema, length: Span | None) -> dict[str, Any]:
    base = {"name": modality.name, "modality": modality.name, "kind": modality.kind}
    if modality.kind == "text":
        hashing = HASHING.format(longest=LONGEST, others=BUCKETS - 1)
        told = {"dtype": "int64", "shape": ["rows", "tokens"], "outside": hashing, "padding": 0}
    else:
        columns = [_column(c) for c in modality.columns]
        steps = ["steps" if length else modality.length] if modality.kind == "sequence" else []
        shape = ["rows", *steps, modality.width]
        told = {"dtype": "float64", "shape": shape, "columns": columns, "missing": "NaN"}
        told |= {"padding": "NaN"} if length else {}
    return base | told | ({"length": asdict(length)} if length else {})


def _column(column: ColumnSchema) -> dict[str, Any]:
    if column.kind == "numeric":
        return {"name": column.name, "kind": "numeric", "unit": "raw"}
    return {
        "name": column.name,
        "kind": "categorical",
        "code": "position in categories",
        "categories": list(column.categories),
    }


def _output(schema: Schema, state: Mapping[str, Any]) -> dict[str, Any]:
    shape = ["rows", state["outputs"]]
    told = {"name": output_of(schema, state), "dtype": "float64", "shape": shape}
    if "classes" not in state:
        return {**told, "unit": "raw"}
    several = bool(state.get("multilabel", False))
    return {**told, "labels" if several else "classes": state["classes"]}
