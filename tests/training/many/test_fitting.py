import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from time import perf_counter

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError, DataError
from consilience.functional.randomness import seeded
from consilience.fusion.catalogue import build
from consilience.results.training import History
from consilience.training import Batch, Supervised, TensorBatches, fit
from consilience.training.many import StackedBatches, fit_many

SAMPLES = 150
CROSS_ENTROPY = Supervised(nn.CrossEntropyLoss())


class Net(nn.Module):
    """Every kind of tensor: matrices, vectors, a scalar, a product of three."""

    def __init__(self, hidden: int = 6, *, dropout: float = 0.0, norm: str = "layer") -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3) if norm == "batch" else nn.LayerNorm(3)
        self.first = nn.Linear(3, hidden)
        self.drop = nn.Dropout(dropout)
        self.factor = nn.Parameter(torch.randn(hidden, 2, 2))
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        x = inputs["x"] if presence is None else torch.where(presence, inputs["x"], 0.0)
        hidden = self.drop(nn.functional.gelu(self.first(self.norm(x))))
        return torch.einsum("bh,hrk->bk", hidden, self.factor) * self.scale

    def squared(self, batch: Batch) -> Tensor:
        return self(batch.inputs, batch.presence).square().mean()


def nets(count: int = 8, **options: object) -> list[nn.Module]:
    with seeded(1):
        return [Net(**options).double() for _ in range(count)]  # pyright: ignore[reportArgumentType]  options of many types


def samples() -> tuple[dict[str, Tensor], Tensor]:
    with seeded(2):
        x = torch.randn(SAMPLES, 3, dtype=torch.float64)
    return {"x": x}, (x[:, 0] * x[:, 1] > 0).long()


def parts(models: int, train: Sequence[int], check: int = 21) -> list[tuple[Tensor, Tensor]]:
    """Training and validation rows of each model, the numbers of rows in turn."""
    out: list[tuple[Tensor, Tensor]] = []
    for i in range(models):
        order = torch.randperm(SAMPLES, generator=torch.Generator().manual_seed(i))
        out.append((order[check + i % 3 :][: train[i % len(train)]], order[: check + i % 3]))
    return out


def stacked(rows: Sequence[Tensor], size: int, seeds: Sequence[int] | None) -> StackedBatches:
    inputs, target = samples()
    return StackedBatches(inputs, rows, target, batch_size=size, seeds=seeds)


def single(rows: Tensor, size: int, seed: int | None) -> TensorBatches:
    inputs, target = samples()
    return TensorBatches({"x": inputs["x"][rows]}, target[rows], batch_size=size, seed=seed)


class Padded(nn.Module):
    """A fusion of sequences whose padding is NaN."""

    def __init__(self, fusion: nn.Module) -> None:
        super().__init__()
        self.fusion = fusion

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        padding = {name: torch.isnan(x).all(dim=2) for name, x in inputs.items()}
        known = {name: torch.nan_to_num(x) for name, x in inputs.items()}
        return self.fusion(known, presence, padding=padding)


def largest_difference(models: Sequence[nn.Module], others: Sequence[nn.Module]) -> float:
    pairs = [
        (a, b)
        for one, other in zip(models, others, strict=True)
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    ]
    return max((a.double() - b.double()).abs().max().item() for a, b in pairs)


def assert_same_course(histories: Sequence[History], expected: Sequence[History]) -> None:
    for one, other in zip(histories, expected, strict=True):
        assert (one.best_epoch, one.stopped_early) == (other.best_epoch, other.stopped_early)
        np.testing.assert_allclose(one.train_loss, other.train_loss, rtol=1e-9)
        np.testing.assert_allclose(one.validation_loss, other.validation_loss, rtol=1e-9)


RATES, DECAYS, EPOCHS = (4e-2, 1e-2, 9e-2), (0.0, 0.3), (9, 14)


@pytest.mark.parametrize(
    ("kind", "norm"), [("stacked", "layer"), ("stacked", "batch"), ("one a model", "layer")]
)
def test_models_come_out_as_from_fit(kind: str, norm: str) -> None:
    """Unequal rows, their own shuffles, settings and epochs, patience, two architectures."""
    count = 10
    with seeded(1):
        models = [Net(4 if i % 5 == 2 else 6, norm=norm).double() for i in range(count)]
    reference = deepcopy(models)
    rates, decays = ([of[i % len(of)] for i in range(count)] for of in (RATES, DECAYS))
    epochs = [EPOCHS[i % 2] for i in range(count)]
    chosen = parts(count, (60, 70, 44))
    train, check = [c[0] for c in chosen], [c[1] for c in chosen]
    seeds = range(count)
    data = {
        "stacked": (stacked(train, 16, seeds), stacked(check, 50, None)),
        "one a model": (
            [single(rows, 16, seed) for rows, seed in zip(train, seeds, strict=True)],
            [single(rows, 50, None) for rows in check],
        ),
    }[kind]
    histories = fit_many(
        models,
        CROSS_ENTROPY,
        data[0],
        validation=data[1],
        max_epochs=epochs,
        patience=2,
        learning_rate=rates,
        weight_decay=decays,
    )
    expected = [
        fit(
            reference[i],
            CROSS_ENTROPY,
            single(train[i], 16, i),
            validation=single(check[i], 50, None),
            max_epochs=epochs[i],
            patience=2,
            learning_rate=rates[i],
            weight_decay=decays[i],
        )
        for i in range(count)
    ]
    assert_same_course(histories, expected)
    assert largest_difference(models, reference) < 1e-9
    lengths = {len(h.train_loss) for h in histories}
    assert len(lengths) > 4
    assert {h.stopped_early for h in histories} == {True, False}
    assert not any(module.training for model in models for module in model.modules())


def test_in_single_precision_they_differ_by_rounding() -> None:
    models = [model.float() for model in nets(6)]
    reference = deepcopy(models)
    inputs, target = samples()
    inputs = {"x": inputs["x"].float()}
    rows = [torch.arange(i, 64 + i) for i in range(6)]
    fit_many(
        models, CROSS_ENTROPY, StackedBatches(inputs, rows, target, batch_size=16), max_epochs=4
    )
    for model, r in zip(reference, rows, strict=True):
        data = TensorBatches({"x": inputs["x"][r]}, target[r], batch_size=16)
        fit(model, CROSS_ENTROPY, data, max_epochs=4)
    assert 0 < largest_difference(models, reference) < 1e-5


def test_one_iterable_serves_all_and_is_iterated_once_an_epoch() -> None:
    class Counted:
        def __init__(self) -> None:
            self.batches = single(torch.arange(50), 16, seed=3)
            self.passes = 0

        def __iter__(self) -> Iterator[Batch]:
            self.passes += 1
            return iter(self.batches)

    models = nets(5)
    reference = deepcopy(models)
    data, check = Counted(), Counted()
    histories = fit_many(models, CROSS_ENTROPY, data, validation=check, max_epochs=3)
    assert (data.passes, check.passes) == (3, 3)
    expected = [
        fit(
            model,
            CROSS_ENTROPY,
            single(torch.arange(50), 16, seed=3),
            validation=single(torch.arange(50), 16, seed=3),
            max_epochs=3,
        )
        for model in reference
    ]
    assert_same_course(histories, expected)
    assert largest_difference(models, reference) < 1e-12


def test_batches_in_a_list_are_for_all_models() -> None:
    models = nets(5)
    reference = deepcopy(models)
    batches = list(single(torch.arange(50), 16, seed=3))
    fit_many(models, CROSS_ENTROPY, batches, max_epochs=3)
    for model in reference:
        fit(model, CROSS_ENTROPY, batches, max_epochs=3)
    assert largest_difference(models, reference) < 1e-12


def test_presence_is_each_model_s_own() -> None:
    inputs, target = samples()
    with seeded(5):
        presence = torch.rand(SAMPLES, 1) < 0.6
    inputs = {"x": torch.where(presence, inputs["x"], torch.nan)}
    models = nets(5)
    reference = deepcopy(models)
    rows = [torch.arange(i, SAMPLES, 3) for i in range(5)]
    fit_many(models, CROSS_ENTROPY, StackedBatches(inputs, rows, target, presence), max_epochs=3)
    for model, r in zip(reference, rows, strict=True):
        own = TensorBatches({"x": inputs["x"][r]}, target[r], presence[r])
        fit(model, CROSS_ENTROPY, own, max_epochs=3)
    assert largest_difference(models, reference) < 1e-12


def test_some_models_may_have_no_validation() -> None:
    models = nets(6)
    reference = deepcopy(models)
    checks = [None if i % 2 else single(torch.arange(9 + i), 50, None) for i in range(6)]
    data = [single(torch.arange(40), 16, i) for i in range(6)]
    histories = fit_many(
        models,
        CROSS_ENTROPY,
        data,
        validation=checks,
        max_epochs=12,
        patience=1,
        learning_rate=0.1,
    )
    expected = [
        fit(
            model,
            CROSS_ENTROPY,
            single(torch.arange(40), 16, i),
            validation=check,
            max_epochs=12,
            patience=1,
            learning_rate=0.1,
        )
        for i, (model, check) in enumerate(zip(reference, checks, strict=True))
    ]
    assert_same_course(histories, expected)
    assert [len(h.train_loss) for h in histories[1::2]] == [12, 12, 12]
    assert largest_difference(models, reference) < 1e-9


def test_an_objective_may_call_a_method_of_the_model() -> None:
    def objective(model: nn.Module, batch: Batch) -> Tensor:
        assert isinstance(model, Net)
        return model.squared(batch)

    models = nets(5)
    reference = deepcopy(models)
    rows = [torch.arange(i, i + 30) for i in range(5)]
    fit_many(models, objective, stacked(rows, 8, None), max_epochs=2)
    for model, r in zip(reference, rows, strict=True):
        fit(model, objective, single(r, 8, None), max_epochs=2)
    assert largest_difference(models, reference) < 1e-12


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.LSTM(1, 2, batch_first=True)

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        return self.layer(inputs["x"][:, :, None])[0][:, -1]


class Bags(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.EmbeddingBag(4, 2, mode="sum")

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        return self.layer(inputs["x"].abs().long().clamp(max=3))


class Replacing(nn.Module):
    """Keeps a running mean by putting a new tensor in its place."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * inputs["x"].mean(dim=0)
        return self.layer(inputs["x"] - self.mean)


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        out = self.layer(inputs["x"])
        return out if out.sum() > 0 else 2 * out


class Elsewhere(nn.Module):
    """Computes with a tensor that is no parameter and differs between models."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.hidden = Hidden(self.layer.weight)

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        return nn.functional.linear(inputs["x"], self.hidden.weight) + self.layer.bias


class Hidden:
    def __init__(self, weight: Tensor) -> None:
        self.weight = weight

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  compared by content, so not hashable


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Recurrent, "they differ in 'layer._flat_weight"),
        (Bags, "torch has no form of aten::embedding_bag for many"),
        (Replacing, "buffer 'mean' is replaced by a new tensor"),
        (Branching, "vmap: It looks like you're attempting to use a Tensor in some data-dep"),
        (Elsewhere, "stacked they compute another loss than alone"),
    ],
)
def test_what_cannot_be_stacked_is_trained_all_the_same(
    make: Callable[[], nn.Module], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    models = [make().double() for _ in range(5)]
    reference = deepcopy(models)
    rows = [torch.arange(i, i + 30 + i % 2) for i in range(5)]
    with caplog.at_level(logging.INFO, "consilience"):
        fit_many(
            models,
            CROSS_ENTROPY,
            stacked(rows, 8, range(5)),
            validation=stacked(rows[::-1], 64, None),
            max_epochs=6,
            patience=1,
            learning_rate=0.1,
        )
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    told = f"5 models of {make.__name__} train one after another: {reason}"
    assert record.getMessage().startswith(told)
    for i, (model, r) in enumerate(zip(reference, rows, strict=True)):
        check = single(rows[4 - i], 64, None)
        fit(
            model,
            CROSS_ENTROPY,
            single(r, 8, i),
            validation=check,
            max_epochs=6,
            patience=1,
            learning_rate=0.1,
        )
    assert largest_difference(models, reference) == 0


def test_models_that_become_unstackable_go_on_from_where_they_were(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """From the third epoch on the loss branches; moments and best weights must come along."""

    class Late:
        def __init__(self) -> None:
            self.epoch = 1

        def __call__(self, model: nn.Module, batch: Batch) -> Tensor:
            loss = CROSS_ENTROPY(model, batch)
            if self.epoch >= 3:
                assert loss > 0
            return loss

        def note(self, _model: int, epoch: int, _train: float, _check: float | None) -> None:
            self.epoch = epoch + 1

    models = nets(5, norm="batch")
    reference = deepcopy(models)
    rows = [torch.arange(i, i + 40) for i in range(5)]
    late = Late()
    with caplog.at_level(logging.INFO, "consilience"):
        fit_many(
            models,
            late,
            stacked(rows, 8, range(5)),
            validation=stacked(rows[::-1], 64, None),
            max_epochs=8,
            patience=None,
            learning_rate=0.1,
            on_epoch=late.note,
        )
    assert len(caplog.records) == 1
    for i, (model, r) in enumerate(zip(reference, rows, strict=True)):
        fit(
            model,
            CROSS_ENTROPY,
            single(r, 8, i),
            validation=single(rows[4 - i], 64, None),
            max_epochs=8,
            patience=None,
            learning_rate=0.1,
        )
    assert largest_difference(models, reference) < 1e-9


def test_dropout_is_decided_by_the_seed_and_differs_between_models() -> None:
    outcomes: list[list[Tensor]] = []
    for seed in (0, 0, 1):
        models = [deepcopy(nets(1, dropout=0.5)[0]) for _ in range(6)]
        with seeded(seed):
            fit_many(models, CROSS_ENTROPY, single(torch.arange(48), 16, None), max_epochs=2)
        outcomes.append([model.get_parameter("first.weight") for model in models])
    assert all(torch.equal(a, b) for a, b in zip(outcomes[0], outcomes[1], strict=True))
    for i, one in enumerate(outcomes[0]):
        others = [*outcomes[0][:i], outcomes[2][i]]
        assert not any(torch.equal(one, other) for other in others)


def test_without_dropout_no_generator_moves() -> None:
    before = torch.get_rng_state()
    fit_many(nets(5), CROSS_ENTROPY, single(torch.arange(20), 16, 0), max_epochs=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_frozen_parameters_stay_and_may_be_shared() -> None:
    models = nets(5)
    common = nn.Linear(3, 6).double().requires_grad_(False)
    before = common.weight.clone()
    for model in models:
        model.first = common
        model.get_parameter("scale").requires_grad_(False)
    reference = deepcopy(models)
    fit_many(models, CROSS_ENTROPY, single(torch.arange(40), 16, 0), max_epochs=3)
    for model in reference:
        fit(model, CROSS_ENTROPY, single(torch.arange(40), 16, 0), max_epochs=3)
    assert largest_difference(models, reference) < 1e-12
    assert torch.equal(common.weight, before)
    assert all(model.first is common for model in models)


def test_tied_parameters_stay_tied() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = nn.Linear(3, 3), nn.Linear(3, 3)
            self.other.weight = self.one.weight

        def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
            del presence
            return self.other(torch.tanh(self.one(inputs["x"])))

    models = [Tied().double() for _ in range(4)]
    reference = deepcopy(models)
    check = single(torch.arange(9), 16, None)
    fit_many(
        models, CROSS_ENTROPY, single(torch.arange(40), 16, 0), validation=check, max_epochs=3
    )
    for model in reference:
        data = single(torch.arange(40), 16, 0)
        fit(model, CROSS_ENTROPY, data, validation=check, max_epochs=3)
    assert largest_difference(models, reference) < 1e-12
    assert all(model.one.weight is model.other.weight for model in models)


def test_a_parameter_that_takes_no_part_does_not_decay() -> None:
    models = nets(4)
    for model in models:
        model.register_parameter("idle", nn.Parameter(torch.ones(2, 2, dtype=torch.float64)))
    fit_many(
        models,
        CROSS_ENTROPY,
        single(torch.arange(40), 16, 0),
        max_epochs=2,
        learning_rate=0.1,
        weight_decay=0.5,
    )
    assert all((model.get_parameter("idle") == 1).all() for model in models)


def test_the_callback_is_told_every_epoch_of_every_model() -> None:
    told: dict[int, list[tuple[int, float, float | None]]] = {}

    def note(model: int, epoch: int, train: float, check: float | None) -> None:
        told.setdefault(model, []).append((epoch, train, check))

    check = single(torch.arange(9), 16, None)
    histories = fit_many(
        nets(5),
        CROSS_ENTROPY,
        stacked([torch.arange(20)] * 5, 16, None),
        validation=[None, *[check] * 4],
        max_epochs=[1, 2, 3, 4, 5],
        on_epoch=note,
    )
    assert sorted(told) == [0, 1, 2, 3, 4]
    for model, history in enumerate(histories):
        losses = history.validation_loss or (None,) * len(history.train_loss)
        rows = enumerate(zip(history.train_loss, losses, strict=True))
        assert told[model] == [(i + 1, *both) for i, both in rows]
        assert len(told[model]) == model + 1


def test_no_epoch_begins_after_the_deadline_save_the_first() -> None:
    models = nets(5)
    data = single(torch.arange(20), 16, 0)
    histories = fit_many(models, CROSS_ENTROPY, data, max_epochs=9, deadline=perf_counter())
    assert {len(h.train_loss) for h in histories} == {1}
    assert all(h.stopped_early for h in histories)
    assert not any(model.training for model in models)


def test_time_is_shared_out() -> None:
    began = perf_counter()
    histories = fit_many(nets(8), CROSS_ENTROPY, single(torch.arange(99), 16, 0), max_epochs=4)
    elapsed = perf_counter() - began
    assert 0 < sum(h.seconds for h in histories) < elapsed
    assert max(h.seconds for h in histories) == pytest.approx(min(h.seconds for h in histories))


@pytest.mark.parametrize("stackable", [True, False])
@pytest.mark.parametrize(("where", "kind"), [(0, "training"), (1, "validation")])
def test_a_loss_that_is_not_finite_names_the_models(
    where: int, kind: str, *, stackable: bool
) -> None:
    inputs, target = samples()
    inputs["x"][100, 0] = math.nan
    inputs["x"][101, 0] = math.inf
    rows = [torch.arange(20 + i) for i in range(5)]
    bad = list(rows)
    bad[1], bad[3] = torch.tensor([5, 100]), torch.tensor([100, 101])
    data = [StackedBatches(inputs, r, target) for r in ((bad, rows) if not where else (rows, bad))]
    models = nets(5) if stackable else [Net(2 + i).double() for i in range(5)]
    with pytest.raises(DataError) as raised:
        fit_many(models, CROSS_ENTROPY, data[0], validation=data[1], max_epochs=2)
    named = "models 1, 3 became nan, nan" if stackable else "model 1 became nan"
    assert str(raised.value) == (
        f"the {kind} loss of {named}; check the data for extreme values or lower the learning rate"
    )


def test_data_that_give_nothing_in_some_epoch_name_the_model() -> None:
    data: list[TensorBatches | Iterator[Batch]] = [single(torch.arange(9), 4, 0) for _ in range(5)]
    data[3] = iter(single(torch.arange(9), 4, 0))
    with pytest.raises(DataError) as raised:
        fit_many(nets(5), CROSS_ENTROPY, data, max_epochs=3)
    assert str(raised.value) == (
        "the training data of model 3 gave no sample in this epoch; "
        "pass what can be iterated anew each epoch, such as TensorBatches"
    )


def test_settings_that_cannot_be_are_told_before_anything_is_trained() -> None:
    with pytest.raises(ConfigurationError) as raised:
        fit_many(nets(2), CROSS_ENTROPY, single(torch.arange(9), 4, 0), max_epochs=0)
    assert str(raised.value) == "max_epochs must be at least 1, found 0"


def test_no_models_no_histories() -> None:
    assert fit_many([], CROSS_ENTROPY, single(torch.arange(9), 4, 0)) == ()


def test_a_model_of_one_number_can_be_trained() -> None:
    """Its gradient comes spread out of one place of memory."""

    class Level(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.level = nn.Parameter(torch.zeros((), dtype=torch.float64))

        def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
            del presence
            return self.level.expand(len(inputs["x"]))

    def total(model: nn.Module, batch: Batch) -> Tensor:
        return model(batch.inputs, batch.presence).sum()

    models = [Level() for _ in range(5)]
    reference = [Level() for _ in range(5)]
    rates = [0.1, 0.1, 0.1, 0.2, 0.3]
    data = single(torch.arange(20), 8, None)
    fit_many(models, total, data, max_epochs=2, learning_rate=rates)
    for model, rate in zip(reference, rates, strict=True):
        fit(model, total, data, max_epochs=2, learning_rate=rate)
    assert largest_difference(models, reference) < 1e-12


TOKEN_FUSIONS: dict[str, dict[str, int | float]] = {
    "early_transformer": {"width": 8, "heads": 2, "dropout": 0.0},
    "crossmodal_transformer": {
        "width": 4,
        "heads": 2,
        "layers": 1,
        "dropout": 0.0,
        "attention_dropout": 0.0,
    },
}


@pytest.mark.parametrize("name", TOKEN_FUSIONS)
def test_fusions_of_tokens_train_stacked_as_they_do_alone(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With sequences of unequal length, padding and absence; none falls back to a loop."""
    with seeded(3):
        dims = {"a": 3, "b": 2}
        models = [Padded(build(name, dims, 2, **TOKEN_FUSIONS[name])).double() for _ in range(4)]
        x = {"a": torch.randn(24, 4, 3).double(), "b": torch.randn(24, 3, 2).double()}
        presence, target = torch.rand(24, 2) < 0.8, torch.randint(2, (24,))
    x["a"][::3, 2:] = torch.nan
    x["b"][1::4, 1:] = torch.nan
    serial = deepcopy(models)

    def data() -> TensorBatches:
        return TensorBatches(x, target, presence, batch_size=12, seed=0)

    with caplog.at_level(logging.INFO, "consilience"):
        fit_many(models, CROSS_ENTROPY, data(), max_epochs=3, learning_rate=0.01)
    assert caplog.messages == []
    for model in serial:
        fit(model, CROSS_ENTROPY, data(), max_epochs=3, learning_rate=0.01)
    assert largest_difference(models, serial) < 1e-9
