"""Whether an exported file predicts what its model predicts."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, logit
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.errors import DataError
from consilience.estimators.graph import tensors_of
from consilience.estimators.sidecar import Span
from consilience.estimators.tracing import lengthened

TOLERANCE = 1e-5
"""Largest difference allowed: of a probability, or of a standardised quantity."""

LENGTHS = 9
"""Lengths that are tried where they differ; strides that leave a rest show in some of them."""

Run = Callable[[Sequence[Tensor]], NDArray[np.float64]]


def reader(path: Path, format: str) -> Run:  # noqa: A002  the word users say
    """Predicts with an exported file as its reader would.

    Args:
        path: The file.
        format: `"onnx"` or `"torch"`.

    Returns:
        A function of the inputs in order.
    """
    if format == "torch":
        module = torch.export.load(path).module()
        return lambda tensors: module(*tensors).detach().numpy()
    session: Any = importlib.import_module("onnxruntime").InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    names = [put.name for put in session.get_inputs()]
    return lambda tensors: session.run(
        None, {name: x.numpy() for name, x in zip(names, tensors, strict=True)}
    )[0]


def largest_difference(
    model: Any,  # noqa: ANN401  classifier or regressor, which this file may not import
    samples: MultimodalData,
    run: Run,
    lengths: Mapping[str, Span],
    *,
    presence: bool,
    temperature: float,
) -> float:
    """The largest difference between a file and its model, over batches and one row alone.

    Args:
        model: The fitted estimator.
        samples: Samples that conform to its schema.
        run: The file, by `reader`.
        lengths: What lengths of sequences and texts the graph takes.
        presence: Whether the graph takes which modalities are present; then more of
            them are left out in one batch.
        temperature: What the graph divides logits by.

    Returns:
        Of probabilities, or of quantities in standard deviations of the target.

    Raises:
        DataError: If it is larger than allowed.
    """
    scale = np.asarray(model.fitted_state().get("target_scale", 1.0))
    worst = 0.0
    for trial, longer in _trials(samples, lengths, presence=presence):
        tensors = tensors_of(trial, model.preprocessing_)
        taken = lengthened(tensors, longer, model.schema_)
        found = run(taken if presence else taken[:-1])
        apart = np.abs(found - _expected(model, trial, temperature)) / scale
        worst = float(np.maximum(worst, apart.max(initial=0.0)))
    if not worst <= TOLERANCE:
        raise DataError(
            f"the exported graph differs from the model by up to {worst:.1e}, allowed are "
            f"{TOLERANCE:.0e}; nothing was written"
        )
    return worst


def _trials(
    samples: MultimodalData, lengths: Mapping[str, Span], *, presence: bool
) -> Iterator[tuple[MultimodalData, dict[str, Span]]]:
    """A batch, the same with more absent, and one row alone, in many lengths if they differ.

    Yields:
        Samples, and the lengths they are padded to at least.
    """
    yield samples, dict(lengths)
    if presence:
        yield _thinned(samples), dict(lengths)
    for more in range(LENGTHS if lengths else 1):
        yield samples[:1], {n: Span(span.least + more, span.most) for n, span in lengths.items()}


def _thinned(samples: MultimodalData) -> MultimodalData:
    """The same samples with more modalities absent, one always stays if one was there."""
    rng = np.random.default_rng(0)
    presence = samples.presence & (rng.random(samples.presence.shape) < 0.5)
    bare = ~presence.any(axis=1)
    presence[bare] = samples.presence[bare]
    return MultimodalData.from_stored(samples.modalities, samples.schema, presence)


def _expected(
    model: Any,  # noqa: ANN401  as above
    samples: MultimodalData,
    temperature: float,
) -> NDArray[np.float64]:
    if not hasattr(model, "predict_proba"):
        return model.predict(samples).reshape(len(samples), -1)
    p = model.predict_proba(samples)
    if temperature == 1:
        return p
    if model.multilabel_:
        return expit(logit(p) / temperature)
    cooled = p ** (1 / temperature)
    return cooled / cooled.sum(axis=1, keepdims=True)
