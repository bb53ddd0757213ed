"""Gradient caching: the gradient of a large batch in the memory of a small one."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError, ModalityError, suggestion

Random = tuple[Tensor, list[Tensor]]

OVER_BATCH = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def cached_step(
    encoders: Mapping[str, nn.Module],
    inputs: Mapping[str, Tensor],
    loss: Callable[[dict[str, Tensor]], Tensor],
    chunk: int,
) -> Tensor:
    """Adds to every parameter the gradient of a loss over the whole batch.

    The batch is encoded in chunks without a graph; the loss gives the gradient of the
    embeddings; each chunk is encoded again and its gradient sent on. Memory holds the
    graph of one chunk. The second time each chunk meets the random numbers of the first,
    so dropout is the same; torch's generators end where one ordinary pass leaves them.

    Args:
        encoders: By name; each gives `(rows, dim)` of its input, row by row.
        inputs: By name, `(batch, ...)`.
        loss: Takes the embeddings by name, `(batch, dim)`, and gives `()`. Parameters of
            its own, such as a temperature, receive their gradient too.
        chunk: Rows encoded at once.

    Returns:
        The loss, `()`, without graph: call no backward, only step the optimiser.

    Raises:
        ConfigurationError: If `chunk` is below 1, or an encoder normalises over the batch,
            for then chunks are not the batch.
        ModalityError: If the inputs' names are not those of the encoders.

    References:
        Gao et al., Scaling Deep Contrastive Learning Batch Size under Memory Limited
        Setup, RepL4NLP 2021, section 3.2.

    Example:
        >>> encoder = nn.Linear(2, 2, bias=False)
        >>> step = cached_step({"a": encoder}, {"a": torch.ones(4, 2)}, lambda z: z["a"].sum(), 3)
        >>> encoder.weight.grad.tolist()
        [[4.0, 4.0], [4.0, 4.0]]
    """
    _check(encoders, inputs, chunk)
    leaves: dict[str, Tensor] = {}
    states: dict[str, list[Random]] = {}
    with torch.no_grad():
        for name, encoder in encoders.items():
            states[name], parts = [], []
            for part in inputs[name].split(chunk):
                states[name].append(_random())
                parts.append(encoder(part))
            leaves[name] = torch.cat(parts).requires_grad_()
    with torch.enable_grad():
        value = loss(dict(leaves))
        value.backward()
    for name, encoder in encoders.items():
        gradient = leaves[name].grad
        if gradient is None or not any(p.requires_grad for p in encoder.parameters()):
            continue
        chunks = zip(inputs[name].split(chunk), gradient.split(chunk), states[name], strict=True)
        for part, pull, state in chunks:
            with _replayed(state), torch.enable_grad():
                encoder(part).backward(pull)
    return value.detach()


def _check(encoders: Mapping[str, nn.Module], inputs: Mapping[str, Tensor], chunk: int) -> None:
    faults = [f"chunk must be at least 1, found {chunk}"] if chunk < 1 else []
    for name, encoder in encoders.items():
        over = [m for m in encoder.modules() if isinstance(m, OVER_BATCH) and m.training]
        if over:
            faults.append(
                f"the encoder of {name!r} normalises over the batch ({type(over[0]).__name__}), "
                "so chunks would not give the gradient of the batch; use LayerNorm or GroupNorm"
            )
    if faults:
        raise ConfigurationError(faults)
    for name in [*inputs, *encoders]:
        if name not in encoders:
            raise ModalityError(f"modality {name!r} has no encoder; {suggestion(name, encoders)}")
        if name not in inputs:
            raise ModalityError(f"modality {name!r} is not among the inputs")


def _random() -> Random:
    devices = range(torch.cuda.device_count())
    return torch.get_rng_state(), [torch.cuda.get_rng_state(d) for d in devices]


@contextmanager
def _replayed(state: Random) -> Generator[None]:
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.set_rng_state(state[0])
        for device, of_device in enumerate(state[1]):
            torch.cuda.set_rng_state(of_device, device)
        yield
