"""The one training loop."""

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from time import perf_counter
from typing import Any

import torch
from torch import nn

from consilience.errors import ConfigurationError, DataError
from consilience.results.training import History
from consilience.training.batches import Batch
from consilience.training.lean import LeanAdamW, Updates
from consilience.training.objectives import Objective


def fit(
    model: nn.Module,
    objective: Objective,
    data: Iterable[Batch],
    *,
    validation: Iterable[Batch] | None = None,
    max_epochs: int = 100,
    patience: int | None = 10,
    optimizer: torch.optim.Optimizer | None = None,
    learning_rate: float = 1e-3,
    weight_decay: float = 1e-2,
    deadline: float = math.inf,
    on_epoch: Callable[[int, float, float | None], None] | None = None,
    on_gradients: Callable[[nn.Module, Batch], None] | None = None,
) -> History:
    """Trains a module in place.

    With validation data the weights of the best epoch are kept. The random
    numbers that layers draw come from torch's generator: seed it outside.

    Args:
        model: Any module; it stays on its device.
        objective: Gives the loss of a batch.
        data: Batches; iterated once an epoch.
        validation: Batches to measure each epoch on; None trains all epochs.
        max_epochs: Most epochs.
        patience: Epochs without a better validation loss before stopping; None
            never stops early.
        optimizer: What updates the weights; None takes AdamW.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW; vectors (biases, norms) do not decay.
        deadline: Moment of `time.perf_counter()` after which no epoch begins, save
            the first.
        on_epoch: Told the epoch (from 1), training and validation loss.
        on_gradients: Given the model and the batch of each step when the gradients are
            there and the weights have not moved yet; it may change the gradients.

    Returns:
        The losses by epoch.

    Raises:
        ConfigurationError: If `max_epochs` is not positive, `patience` is negative
            or the model has nothing to train.
        DataError: If there is no batch or the loss is not finite.

    Example:
        >>> from consilience.training import Supervised, TensorBatches
        >>> x = torch.linspace(-1, 1, 64)[:, None]
        >>> class Line(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.linear = nn.Linear(1, 1)
        ...     def forward(self, inputs, presence=None):
        ...         return self.linear(inputs["x"])
        >>> history = fit(
        ...     Line(), Supervised(nn.MSELoss()), TensorBatches({"x": x}, 2 * x),
        ...     max_epochs=200, learning_rate=0.1, weight_decay=0.0,
        ... )
        >>> history.train_loss[-1] < 1e-4
        True
    """
    _check_settings(max_epochs, patience)
    began = perf_counter()
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    update: Updates = optimizer or _lean(
        adamw(model, learning_rate=learning_rate, weight_decay=weight_decay)
    )
    train_loss: list[float] = []
    validation_loss: list[float] = []
    keeper = _Keeper(model, patience)
    for epoch in range(1, max_epochs + 1):
        train_loss.append(_pass(model, objective, data, device, update, after=on_gradients))
        measured = None
        if validation is not None:
            measured = _pass(model, objective, validation, device, None)
            validation_loss.append(measured)
            keeper.see(epoch, measured)
        if on_epoch is not None:
            on_epoch(epoch, train_loss[-1], measured)
        if keeper.exhausted or perf_counter() > deadline:
            break
    keeper.restore()
    model.eval()
    return History(
        train_loss=tuple(train_loss),
        validation_loss=tuple(validation_loss),
        best_epoch=keeper.best_epoch or len(train_loss),
        seconds=perf_counter() - began,
        stopped_early=len(train_loss) < max_epochs,
    )


def _check_settings(max_epochs: int, patience: int | None) -> None:
    faults: list[str] = []
    if max_epochs < 1:
        faults.append(f"max_epochs must be at least 1, found {max_epochs}")
    if patience is not None and patience < 0:
        faults.append(f"patience must not be negative, found {patience}; None never stops early")
    if faults:
        raise ConfigurationError(faults)


def adamw(model: nn.Module, *, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW whose decay spares vectors and scalars.

    Args:
        model: Whose parameters are updated.
        learning_rate: Step size.
        weight_decay: Decay of matrices and larger tensors.

    Returns:
        The optimiser, in its fused form where the device has one.

    Raises:
        ConfigurationError: If no parameter asks for a gradient.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise ConfigurationError(["the model has nothing to train: no parameter requires_grad"])
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in {"cpu", "cuda"} for p in parameters)
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=learning_rate, fused=fused)


def _lean(optimizer: torch.optim.AdamW) -> Updates:
    return LeanAdamW(optimizer) if optimizer.defaults["fused"] else optimizer


def _pass(
    model: nn.Module,
    objective: Objective,
    data: Iterable[Batch],
    device: torch.device,
    update: Updates | None,
    *,
    after: Callable[[nn.Module, Batch], None] | None = None,
) -> float:
    """One pass over the data; the mean loss a sample. Without `update` nothing is learnt.

    Raises:
        DataError: If there is no batch or the loss is not finite.
    """
    kind = "training" if update is not None else "validation"
    model.train(update is not None)
    total = torch.zeros((), device=device)
    rows = 0
    with torch.set_grad_enabled(update is not None):
        for given in data:
            batch = given.to(device)
            loss = objective(model, batch)
            if update is not None:
                update.zero_grad(set_to_none=True)
                loss.backward()
                if after is not None:
                    after(model, batch)
                update.step()
            size = len(next(iter(batch.inputs.values())))
            total = total + loss.detach() * size
            rows += size
    if not rows:
        raise DataError(
            f"the {kind} data gave no sample in this epoch; "
            "pass what can be iterated anew each epoch, such as TensorBatches"
        )
    mean = float(total) / rows
    if not math.isfinite(mean):
        raise DataError(
            f"the {kind} loss became {mean}; "
            "check the data for extreme values or lower the learning rate"
        )
    return mean


class _Keeper:
    """Keeps the weights of the best epoch and counts how long there was no better one."""

    def __init__(self, model: nn.Module, patience: int | None) -> None:
        self.model = model
        self.patience = patience
        self.best_epoch: int | None = None
        self.exhausted = False
        self._best = math.inf
        self._weights: dict[str, Any] = {}

    def see(self, epoch: int, loss: float) -> None:
        if loss < self._best:
            self._best, self.best_epoch = loss, epoch
            self._weights = deepcopy(self.model.state_dict())
        elif self.patience is not None and self.best_epoch is not None:
            self.exhausted = epoch - self.best_epoch >= self.patience

    def restore(self) -> None:
        if self._weights:
            self.model.load_state_dict(self._weights)
