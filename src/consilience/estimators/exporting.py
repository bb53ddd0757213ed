"""Writes a fitted model as one graph for other runtimes, once it is seen to predict the same."""

import importlib
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast, final, runtime_checkable

import numpy as np
import torch
from torch.export import ExportedProgram

from consilience.data.container import MultimodalData
from consilience.data.schema import Schema
from consilience.errors import ConfigurationError, UnavailableError, suggestion
from consilience.estimators.agreement import TOLERANCE, largest_difference, reader
from consilience.estimators.graph import RawGraph
from consilience.estimators.network import FusionNetwork, Preprocessing
from consilience.estimators.sidecar import Span, describe, names_of, output_of
from consilience.estimators.specimens import specimens
from consilience.estimators.tracing import first_line, spans, traced

SUFFIX: Mapping[str, str] = {"onnx": ".onnx", "torch": ".pt2"}

CHECKED = 256
"""Most rows that are predicted to compare."""

_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_TALKATIVE = ("torch", "onnxscript", "onnx_ir")


@runtime_checkable
class Exportable(Protocol):
    """What exporting needs to know of a fitted estimator.

    Attributes:
        fusion: Name of the fusion method.
        schema_: The modalities it was fitted with.
        preprocessing_: What was learnt before the network.
        network_: The network.
    """

    fusion: str
    schema_: Schema
    preprocessing_: Preprocessing
    network_: FusionNetwork

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Options:
    """How a model is exported.

    Attributes:
        format: `"onnx"`, or `"torch"` for `torch.export`.
        presence: Whether the graph takes which modalities are present.
        temperature: What logits are divided by; 1 leaves probabilities as they are.
        overwrite: Whether an existing file is replaced.
    """

    format: str = "onnx"
    presence: bool = True
    temperature: float = 1.0
    overwrite: bool = False


def sidecar_of(path: Path) -> Path:
    """The JSON file beside an exported graph.

    Example:
        >>> sidecar_of(Path("best.onnx")).name
        'best.onnx.json'
    """
    return path.with_name(f"{path.name}.json")


def export(
    model: Exportable, path: Path, options: Options, *, data: MultimodalData | None = None
) -> Path:
    """Writes a fitted model as a graph; see `FusionEstimator.export`.

    Args:
        model: Fitted.
        path: File to write, `.onnx` or `.pt2`.
        options: How.
        data: Samples to compare on; made-up ones if None.

    Returns:
        The file.

    Raises:
        ConfigurationError: If options cannot be used, or the model cannot be traced.
        DataError: If the graph does not predict what the model predicts.
        UnavailableError: If a package for ONNX is not installed.
    """
    _check(path, options)
    if options.format == "onnx":
        _require_packages()
    graph = RawGraph(
        model.preprocessing_,
        model.network_,
        model.fitted_state(),
        temperature=options.temperature,
        presence=options.presence,
    )
    with _quiet():
        try:
            program = traced(graph, model.schema_, model.preprocessing_)
            rows, lengths = spans(model.schema_, program)
            samples, origin = _samples(model, data, options, rows)
            with _staged(path) as unfinished:
                _write(model, program, unfinished, options)
                worst = largest_difference(
                    model,
                    samples,
                    reader(unfinished, options.format),
                    lengths,
                    presence=options.presence,
                    temperature=options.temperature,
                )
                told = _told(model, path, options, rows, lengths)
                told["checked"] = {
                    "rows": len(samples),
                    "samples": origin,
                    "largest_difference": worst,
                    "allowed": TOLERANCE,
                }
                _place(unfinished, path, json.dumps(told, indent=2))
        except ConfigurationError as error:
            who = f"a model with fusion method {model.fusion!r}"
            raise ConfigurationError(
                f"{who} cannot be exported as {options.format}: {fault}" for fault in error.faults
            ) from error
    return path


@contextmanager
def _staged(path: Path) -> Generator[Path]:
    """A file beside the one to write, gone at the end.

    Yields:
        Its path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _told(
    model: Exportable, path: Path, options: Options, rows: Span, lengths: Mapping[str, Span]
) -> dict[str, Any]:
    described = describe(
        model.schema_,
        model.fitted_state(),
        presence=options.presence,
        rows=rows,
        lengths=lengths,
    )
    return {
        "file": path.name,
        "kind": options.format,
        "fusion": model.fusion,
        "temperature": options.temperature,
        **described,
    }


def _check(path: Path, options: Options) -> None:
    faults: list[str] = []
    if options.format not in SUFFIX:
        faults.append(
            f"format {options.format!r} is not known; {suggestion(options.format, SUFFIX)}"
        )
    elif path.suffix != SUFFIX[options.format]:
        faults.append(
            f"a model exported as {options.format} is a file that ends in "
            f"{SUFFIX[options.format]}, found {path.name!r}"
        )
    if path.is_dir():
        faults.append(f"{path} is a folder; name a file")
    elif path.exists() and not options.overwrite:
        faults.append(f"{path} exists; choose another, or pass overwrite=True (--overwrite)")
    if not 0 < options.temperature < float("inf"):
        faults.append(f"temperature must be positive and finite, found {options.temperature!r}")
    if faults:
        raise ConfigurationError(faults)


def _require_packages() -> None:
    lacking: list[str] = []
    for name in _PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError:
            lacking.append(name)
    if lacking:
        raise UnavailableError(
            f"an export as onnx needs the package{'s' * (len(lacking) > 1)} {', '.join(lacking)}: "
            "pip install 'consilience[onnx]'; format='torch' (--format torch) needs none"
        )


@contextmanager
def _quiet() -> Generator[None]:
    """Keeps to itself what the exporters of torch tell their developers.

    Yields:
        Nothing.
    """
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _samples(
    model: Exportable, data: MultimodalData | None, options: Options, rows: Span
) -> tuple[MultimodalData, str]:
    """Rows to compare on, the given ones if the graph can take any, and where they are from."""
    most = min(CHECKED, rows.most or CHECKED)
    if data is not None:
        samples = _whole(data.conform(model.schema_), options)
        if len(samples):
            return samples[:most], "given"
    return _whole(specimens(model.schema_, model.preprocessing_, most), options), "made up"


def _whole(samples: MultimodalData, options: Options) -> MultimodalData:
    """The samples that a graph can take: all, or those that lack nothing."""
    if options.presence:
        return samples
    return samples[np.flatnonzero(samples.presence.all(axis=1))]


def _write(model: Exportable, program: ExportedProgram, path: Path, options: Options) -> None:
    """Writes the graph.

    Raises:
        ConfigurationError: If the format lacks something that the graph needs.
    """
    if options.format == "torch":
        torch.export.save(program, path)
        return
    try:
        made = torch.onnx.export(
            program,
            (),
            dynamo=True,
            verbose=False,
            input_names=names_of(model.schema_, presence=options.presence),
            output_names=[output_of(model.schema_, model.fitted_state())],
        )
        onnx = cast("torch.onnx.ONNXProgram", made)
        for node in onnx.model.graph:
            node.metadata_props.clear()  # where in whose files each step was written
        onnx.save(path)
    except Exception as error:  # the translator raises what it likes
        raise ConfigurationError([first_line(error)]) from error


def _place(unfinished: Path, path: Path, told: str) -> None:
    """Lets the finished graph and what is told of it take their places."""
    side = sidecar_of(path)
    beside = unfinished.with_name(f"{unfinished.name}.json")
    try:
        beside.write_text(told, encoding="utf-8")
        unfinished.chmod(0o644)
        beside.replace(side)
        unfinished.replace(path)
    finally:
        beside.unlink(missing_ok=True)
