"""Traces a model's graph, for any number of rows and any length where lengths differ."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from consilience.data.schema import ModalitySchema, Schema
from consilience.encoders.tokens import MOST
from consilience.errors import ConfigurationError
from consilience.estimators.graph import RawGraph, tensors_of
from consilience.estimators.network import Preprocessing
from consilience.estimators.sidecar import Span
from consilience.estimators.specimens import specimens

SHORTEST = 16
"""Least length that is promised where lengths differ; shorter ones are padded."""

ROWS = 5
"""Rows that a graph is traced with; any number but 0 and 1 would do."""


def traced(graph: RawGraph, schema: Schema, preprocessing: Preprocessing) -> ExportedProgram:
    """The graph as torch exports it.

    A fusion of tokens goes another way with few steps than with many; traced with
    many, it takes few that are padded.

    Args:
        graph: The graph.
        schema: The modalities.
        preprocessing: What was learnt before the network.

    Returns:
        The program.

    Raises:
        ConfigurationError: If the graph cannot be traced.
    """
    tensors = lengthened(
        tensors_of(specimens(schema, preprocessing, ROWS), preprocessing),
        {m.name: Span(MOST + 8, None) for m in schema.modalities if _differs(m)},
        schema,
    )
    shapes = [
        {0: Dim.AUTO, 1: Dim.AUTO} if _differs(m) else {0: Dim.AUTO} for m in schema.modalities
    ]
    shapes += [{0: Dim.AUTO}] * graph.presence
    arguments = tuple(tensors[: len(shapes)])
    try:
        program = torch.export.export(
            graph, arguments, dynamic_shapes=(tuple(shapes),), strict=True
        )
    except Exception as error:  # tracing runs whatever code a module holds
        raise ConfigurationError([first_line(error)]) from error
    if _fixed(_shapes(program)[0][0], program):
        raise ConfigurationError(["its number of rows would be fixed"])
    return program


def first_line(error: BaseException) -> str:
    r"""What lies at the bottom of an error that goes on for pages.

    Args:
        error: The error.

    Returns:
        The first line of the error that began it all, as far as it says anything.

    Example:
        >>> first_line(ValueError("no such thing; see\nmany\nlines"))
        'no such thing; see'
    """
    told = type(error).__name__
    cause: BaseException | None = error
    while cause is not None:
        lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
        told = lines[0] if lines else told
        cause = cause.__cause__
    return told


def _differs(modality: ModalitySchema) -> bool:
    """Whether sequences or texts of a modality differ in length."""
    return modality.kind == "text" or (modality.kind == "sequence" and modality.length is None)


def _shapes(program: ExportedProgram) -> list[Sequence[Any]]:
    wanted = program.graph_signature.user_inputs
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    return [nodes[str(name)].meta["val"].shape for name in wanted]


def _fixed(size: Any, program: ExportedProgram) -> bool:  # noqa: ANN401  int or torch.SymInt
    return isinstance(size, int) or size.node.expr not in program.range_constraints


def spans(schema: Schema, program: ExportedProgram) -> tuple[Span, dict[str, Span]]:
    """How many rows a batch may have, and how long sequences and texts may be.

    Args:
        schema: The modalities.
        program: The traced graph.

    Returns:
        The number of rows, and the lengths by modality where they differ.
    """

    def span(size: Any) -> Span:  # noqa: ANN401  torch.SymInt, whose parts have no public type
        bounds = program.range_constraints[size.node.expr]
        least, most = int(bounds.lower), bounds.upper
        return Span(least, int(most) if most.is_Integer else None)

    shapes = _shapes(program)
    lengths: dict[str, Span] = {}
    for modality, shape in zip(schema.modalities, shapes, strict=False):
        if _differs(modality) and not _fixed(shape[1], program):
            found = span(shape[1])
            lengths[modality.name] = Span(max(SHORTEST, found.least), found.most)
    rows = span(shapes[0][0])
    return Span(1 if rows.least <= 2 else rows.least, rows.most), lengths


def lengthened(
    tensors: Sequence[Tensor], lengths: Mapping[str, Span], schema: Schema
) -> list[Tensor]:
    """Inputs padded at the end to the least length that a graph takes.

    Args:
        tensors: As `tensors_of` gives them.
        lengths: What lengths are taken, by modality.
        schema: The modalities.

    Returns:
        The same inputs, some longer.
    """
    out = list(tensors)
    for i, modality in enumerate(schema.modalities):
        if modality.name in lengths:
            x = tensors[i]
            short = max(0, lengths[modality.name].least - x.shape[1])
            filling = x.new_full((len(x), short, *x.shape[2:]), 0 if x.ndim == 2 else torch.nan)
            out[i] = torch.cat([x, filling], dim=1)
    return out
