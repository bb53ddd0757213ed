import math
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import Any, ClassVar
from weakref import WeakSet

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError, DataError
from consilience.functional.randomness import seeded
from consilience.training import Batch, Supervised, TensorBatches, fit
from consilience.training.loop import adamw


class Net(nn.Module):
    """A small network with dropout and running statistics; notes the modes it ran in."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(2)
        self.first = nn.Linear(2, 8)
        self.drop = nn.Dropout(0.3)
        self.last = nn.Linear(8, 1)
        self.modes: list[tuple[bool, bool]] = []

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        self.modes.append((self.training, torch.is_grad_enabled()))
        hidden = self.drop(torch.tanh(self.first(self.norm(inputs["x"]))))
        return self.last(hidden)[:, 0]


class Level(nn.Module):
    """One number, the same for every sample."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(start, dtype=torch.float64))

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        return self.level.expand(len(inputs["x"]))


def data(rows: int = 20, *, seed: int | None = 0, batch_size: int = 8) -> TensorBatches:
    with seeded(rows):
        x = torch.randn(rows, 2)
    return TensorBatches({"x": x}, x[:, 0] * x[:, 1], batch_size=batch_size, seed=seed)


def level_data(*targets: float, batch_size: int = 2) -> TensorBatches:
    y = torch.tensor(targets, dtype=torch.float64)
    return TensorBatches({"x": y[:, None]}, y, batch_size=batch_size)


def net() -> Net:
    with seeded(1):
        return Net()


def descent(model: nn.Module, rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=rate)


MSE = Supervised(nn.MSELoss())


def test_the_same_seed_gives_the_same_bits() -> None:
    states: list[dict[str, Tensor]] = []
    for seed in (5, 5, 6):
        model = net()
        with seeded(seed):
            fit(model, MSE, data(), validation=data(9, seed=None), max_epochs=5)
        states.append(dict(model.state_dict()))
    assert all(torch.equal(states[0][k], states[1][k]) for k in states[0])
    assert not torch.equal(states[0]["first.weight"], states[2]["first.weight"])


def test_training_and_validation_run_in_their_modes_and_the_model_ends_in_evaluation() -> None:
    model = net()
    fit(model, MSE, data(20), validation=data(9, seed=None), max_epochs=2)
    one_epoch = [(True, True)] * 3 + [(False, False)] * 2
    assert model.modes == one_epoch * 2
    assert not model.training


def test_a_validation_pass_learns_nothing() -> None:
    """Weights, running statistics and the losses of training are as without validation."""
    models = [net(), net()]
    histories = []
    for model, validation in zip(models, (None, data(9, seed=None)), strict=True):
        with seeded(0):
            histories.append(
                fit(model, MSE, data(), validation=validation, max_epochs=1, patience=None)
            )
    one, other = (m.state_dict() for m in models)
    assert all(torch.equal(one[k], other[k]) for k in one)
    assert histories[0].train_loss == histories[1].train_loss


def test_the_loss_is_the_mean_over_samples_however_they_fall_into_batches() -> None:
    targets = (1.0, 2.0, 3.0, 4.0, 100.0)
    for batch_size in (1, 2, 5):
        model = Level(0.5)
        given = level_data(*targets, batch_size=batch_size)
        history = fit(
            model, MSE, given, validation=given, max_epochs=1, optimizer=descent(model, 0.0)
        )
        expected = sum((t - 0.5) ** 2 for t in targets) / 5
        assert history.train_loss == pytest.approx((expected,), rel=1e-14)
        assert history.validation_loss == pytest.approx((expected,), rel=1e-14)


def test_plain_descent_takes_the_steps_of_the_formula() -> None:
    model = Level(0.0)
    seen: list[float] = []
    fit(
        model,
        MSE,
        level_data(1.0, 3.0),
        max_epochs=3,
        optimizer=descent(model, 0.25),
        on_epoch=lambda _epoch, _train, _check: seen.append(model.level.item()),
    )
    assert seen == [1.0, 1.5, 1.75]


def overshooting(epochs: int, patience: int | None) -> tuple[Level, list[float], object]:
    """The level climbs by the training targets and passes the validation target on the way."""
    model = Level(0.0)
    seen: list[float] = []
    history = fit(
        model,
        MSE,
        level_data(10.0, 10.0),
        validation=level_data(4.0),
        max_epochs=epochs,
        patience=patience,
        optimizer=descent(model, 0.1),
        on_epoch=lambda _epoch, _train, _check: seen.append(model.level.item()),
    )
    assert history.stopped_early == (len(seen) < epochs)
    assert len(history.train_loss) == len(history.validation_loss) == len(seen)
    best = min(range(len(seen)), key=lambda i: abs(seen[i] - 4))
    assert history.best_epoch == best + 1
    assert history.validation_loss[best] == min(history.validation_loss)
    return model, seen, history


@pytest.mark.parametrize("patience", [None, 1, 3])
def test_the_weights_of_the_best_epoch_are_kept_and_patience_ends_the_run(
    patience: int | None,
) -> None:
    model, seen, _ = overshooting(12, patience)
    best = min(seen, key=lambda v: abs(v - 4))
    assert model.level.item() == best != seen[-1]
    assert len(seen) == (12 if patience is None else seen.index(best) + 1 + patience)


def test_equal_epochs_wear_patience_out_and_the_first_is_kept() -> None:
    model = Level(1.0)
    given = level_data(1.0)
    history = fit(
        model,
        MSE,
        given,
        validation=given,
        max_epochs=9,
        patience=2,
        optimizer=descent(model, 0.1),
    )
    assert (history.best_epoch, len(history.train_loss)) == (1, 3)


def test_without_validation_all_epochs_run_and_the_last_is_kept() -> None:
    model = Level(0.0)
    history = fit(
        model, MSE, level_data(1.0), max_epochs=4, patience=1, optimizer=descent(model, 0.25)
    )
    assert history.best_epoch == len(history.train_loss) == 4
    assert history.validation_loss == ()
    assert not history.stopped_early
    assert model.level.item() == 1 - 0.5**4
    assert not model.training


def test_buffers_of_the_best_epoch_come_back_too() -> None:
    """What is learnt is wrong for these validation data, so an early epoch is best."""
    model = net()
    kept: list[Tensor] = []
    opposite = data(200, seed=None)
    assert opposite.target is not None
    opposite.target.neg_()

    def keep(_epoch: int, _train: float, _check: float | None) -> None:
        kept.append(model.get_buffer("norm.running_mean").clone())

    with seeded(0):
        history = fit(
            model,
            MSE,
            data(200),
            validation=opposite,
            max_epochs=8,
            patience=None,
            learning_rate=0.05,
            on_epoch=keep,
        )
    assert history.best_epoch < 8
    assert torch.equal(model.get_buffer("norm.running_mean"), kept[history.best_epoch - 1])
    assert not torch.equal(kept[history.best_epoch - 1], kept[-1])


def test_the_callback_is_told_epoch_and_losses() -> None:
    told: list[tuple[int, float, float | None]] = []

    def note(epoch: int, train: float, check: float | None) -> None:
        told.append((epoch, train, check))

    check = data(9, seed=None)
    history = fit(net(), MSE, data(), validation=check, max_epochs=3, on_epoch=note)
    losses = zip(history.train_loss, history.validation_loss, strict=True)
    assert told == [(i + 1, *both) for i, both in enumerate(losses)]
    told.clear()
    fit(net(), MSE, data(), max_epochs=1, on_epoch=note)
    assert told[0][2] is None


def test_gradients_can_be_seen_and_changed_before_each_step() -> None:
    model = Level()
    seen: list[tuple[float, float, int]] = []

    def halve(trained: nn.Module, batch: Batch) -> None:
        assert trained is model
        assert model.level.grad is not None
        seen.append((model.level.item(), model.level.grad.item(), len(batch.inputs["x"])))
        model.level.grad *= 0.5

    check = level_data(0.0)
    fit(
        model,
        MSE,
        level_data(1.0, 1.0, 1.0),
        validation=check,
        optimizer=descent(model, 0.5),
        max_epochs=1,
        on_gradients=halve,
    )
    assert seen == [(0.0, -2.0, 2), (0.5, -1.0, 1)]
    assert model.level.item() == 0.75


def test_no_epoch_begins_after_the_deadline_save_the_first() -> None:
    began = perf_counter()
    history = fit(net(), MSE, data(), max_epochs=10**9, deadline=began + 0.05)
    assert history.stopped_early
    assert 0.05 <= perf_counter() - began < 5
    assert 0 < history.seconds < 5
    over = fit(net(), MSE, data(), max_epochs=5, deadline=began)
    assert len(over.train_loss) == 1


@pytest.mark.parametrize(("where", "kind"), [(0, "training"), (1, "validation")])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite(where: int, kind: str, value: float) -> None:
    targets = [1.0, 1.0]
    targets[where] = value
    with pytest.raises(DataError) as raised:
        fit(Level(), MSE, level_data(targets[0]), validation=level_data(targets[1]), max_epochs=3)
    assert str(raised.value) == (
        f"the {kind} loss became {value}; "
        "check the data for extreme values or lower the learning rate"
    )


def once() -> Iterator[Batch]:
    yield from level_data(1.0, 2.0)


@pytest.mark.parametrize(
    ("train", "validation", "kind"),
    [
        (list, lambda: None, "training"),
        (once, lambda: None, "training"),
        (lambda: level_data(1.0), list, "validation"),
        (lambda: level_data(1.0), once, "validation"),
    ],
)
def test_data_that_give_nothing_in_some_epoch(
    train: Callable[[], Iterator[Batch]], validation: Callable[[], Iterator[Batch]], kind: str
) -> None:
    with pytest.raises(DataError) as raised:
        fit(Level(), MSE, train(), validation=validation(), max_epochs=3)
    assert str(raised.value) == (
        f"the {kind} data gave no sample in this epoch; "
        "pass what can be iterated anew each epoch, such as TensorBatches"
    )


def test_settings_that_cannot_be_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        fit(Level(), MSE, level_data(1.0), max_epochs=0, patience=-1)
    assert raised.value.faults == (
        "max_epochs must be at least 1, found 0",
        "patience must not be negative, found -1; None never stops early",
    )
    frozen = Level().requires_grad_(False)
    with pytest.raises(ConfigurationError) as raised:
        fit(frozen, MSE, level_data(1.0), max_epochs=1)
    assert str(raised.value) == "the model has nothing to train: no parameter requires_grad"


def test_weights_decay_and_vectors_do_not() -> None:
    linear = nn.Linear(3, 4)
    linear.bias.requires_grad_(False)
    model = nn.Sequential(linear, nn.LayerNorm(4), nn.Conv1d(2, 2, 3))
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    update = adamw(model, learning_rate=0.1, weight_decay=0.5)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter)
    update.step()
    for name, parameter in model.named_parameters():
        factor = 0.95 if parameter.ndim >= 2 else 1.0
        torch.testing.assert_close(parameter.detach(), factor * before[name])
    assert {g["lr"] for g in update.param_groups} == {0.1}
    assert sum(len(g["params"]) for g in update.param_groups) == 5


def test_a_model_of_vectors_alone_can_be_trained() -> None:
    update = adamw(nn.LayerNorm(3), learning_rate=0.1, weight_decay=0.5)
    assert [g["weight_decay"] for g in update.param_groups] == [0.0]


def test_frozen_parameters_stay() -> None:
    model = net()
    model.first.requires_grad_(False)
    before = model.first.weight.clone()
    fit(model, MSE, data(), max_epochs=2)
    assert torch.equal(model.first.weight, before)


class Marked(torch.autograd.Function):
    """The identity; its place in a graph lives as long as the graph."""

    alive: ClassVar[WeakSet[Any]] = WeakSet()

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        Marked.alive.add(ctx)
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        del ctx
        return gradients[0]


def test_no_graph_outlives_its_step() -> None:
    counts: list[int] = []

    def objective(model: nn.Module, batch: Batch) -> Tensor:
        loss: Any = Marked.apply(MSE(model, batch))
        counts.append(len(Marked.alive))
        return loss

    fit(net(), objective, data(60, batch_size=2), max_epochs=1)
    assert len(counts) == 30
    assert 1 <= max(counts) <= 2
    assert len(Marked.alive) == 0


def test_the_losses_fall_on_what_can_be_learnt() -> None:
    model = net()
    model.drop.p = 0.0
    with seeded(0):
        history = fit(model, MSE, data(200), max_epochs=30, learning_rate=0.02, weight_decay=0.0)
    assert history.train_loss[-1] < 0.5 * history.train_loss[0]
