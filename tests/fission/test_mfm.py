"""One factor predicts, the others only generate."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.errors import ConfigurationError, ModalityError
from consilience.fission.mfm import GenerativeFactors, MultimodalFactorization
from consilience.functional.discrepancy import maximum_mean_discrepancy

ROWS = 1000


def planted() -> tuple[dict[str, Tensor], Tensor]:
    """A class that both modalities show, and a louder style in each."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, ROWS)
    inputs: dict[str, Tensor] = {}
    for name in "ab":
        latent = np.column_stack(
            [2.0 * y - 1 + 0.3 * rng.normal(size=ROWS), rng.normal(size=ROWS)]
        )
        mixed = latent @ np.linalg.qr(rng.normal(size=(5, 2)))[0].T
        inputs[name] = torch.from_numpy(mixed + 0.05 * rng.normal(size=(ROWS, 5))).float()
    return inputs, torch.from_numpy(y)


Fitted = tuple[MultimodalFactorization, dict[str, Tensor], Tensor]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    inputs, y = planted()
    model = MultimodalFactorization({"a": 5, "b": 5}, 2, 1, targets=2, hidden=32, random_state=0)
    there = {m: x[:700] for m, x in inputs.items()}
    model.fit(there, y[:700], epochs=10, batch_size=100, learning_rate=1e-2)
    return model, {m: x[700:] for m, x in inputs.items()}, y[700:]


def accuracy(model: MultimodalFactorization, factors: GenerativeFactors, y: Tensor) -> float:
    return float((model.predict_from(factors).argmax(1) == y).double().mean())


def test_it_predicts_and_rebuilds_new_samples(fitted: Fitted) -> None:
    model, inputs, y = fitted
    with torch.no_grad():
        factors = model(inputs)
        rebuilt = model.decode(factors)
    assert accuracy(model, factors, y) > 0.97
    for name in "ab":
        assert (rebuilt[name] - inputs[name]).square().mean() < 0.25 * inputs[name].var()


def test_swapping_generative_factors_changes_style_only(fitted: Fitted) -> None:
    model, inputs, y = fitted
    with torch.no_grad():
        factors = model(inputs)
        generative = {m: g.flip(0) for m, g in factors.generative.items()}
        swapped = model.decode(GenerativeFactors(factors.discriminative, generative))
        assert accuracy(model, model(swapped), y) > 0.95
    assert (swapped["a"] - inputs["a"]).square().mean() > 0.3 * inputs["a"].var()


def test_it_predicts_and_rebuilds_what_is_absent(fitted: Fitted) -> None:
    model, inputs, y = fitted
    gone = {**inputs, "b": torch.full_like(inputs["b"], torch.nan)}
    there = torch.tensor([[True, False]]).expand(len(y), 2)
    with torch.no_grad():
        factors = model(gone, there)
        assert factors.generative["b"].abs().max() == 0
        rebuilt = model.decode(factors)["b"]
        full = model({**inputs, "b": rebuilt})
    assert accuracy(model, factors, y) > 0.9
    assert accuracy(model, full, y) > 0.9


@pytest.mark.parametrize("few", [12, 7])
def test_the_loss_is_its_equation(few: int) -> None:
    model = MultimodalFactorization({"a": 3, "b": 4}, 2, 1, targets=2, prior=0.7, random_state=5)
    x, y = {"a": torch.randn(12, 3), "b": torch.randn(12, 4)}, torch.arange(12) % 2
    there = torch.ones(12, 2, dtype=torch.bool)
    there[few:, 1] = False
    normal = torch.Generator().manual_seed(5)
    with torch.no_grad():
        z = model(x, there)
        f_y, f_a, f_b = (
            g(code)
            for g, code in zip(
                model.maps,
                (z.discriminative, z.generative["a"], z.generative["b"]),
                strict=True,
            )
        )
        expected = nn.functional.cross_entropy(model.head(f_y), y)
        for i, (name, f, rows) in enumerate((("a", f_a, 12), ("b", f_b, few))):
            rebuilt = model.decoders[i](torch.cat([f_y, f], 1))
            expected = expected + (x[name] - rebuilt)[:rows].square().mean()
        for code in (z.discriminative, z.generative["a"], z.generative["b"][:few]):
            drawn = torch.randn(code.shape, generator=normal)
            expected = expected + 0.7 * maximum_mean_discrepancy(code, drawn)
        found = model.loss(x, y, there if few < 12 else None)
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_absent_rows_change_nothing_and_the_prior_draws_to_a_normal() -> None:
    inputs, y = planted()
    few = {m: x[:8].clone() for m, x in inputs.items()}
    there = torch.ones(8, 2, dtype=torch.bool)
    there[5:, 1] = False
    losses: list[float] = []
    for value in (torch.nan, 1e6):
        few["b"][5:] = value
        model = MultimodalFactorization({"a": 5, "b": 5}, 2, 1, targets=2, random_state=0)
        loss = model.loss(few, y[:8], there)
        loss.backward()
        losses.append(float(loss.detach()))
        assert all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)
    assert losses[0] == losses[1]
    kinds = [
        MultimodalFactorization(
            {"a": 5, "b": 5}, 2, 1, targets=2, prior=prior, hidden=16, random_state=0
        ).fit(inputs, y, epochs=4, batch_size=100, learning_rate=1e-2)
        for prior in (0.0, 10.0)
    ]
    with torch.no_grad():
        codes = [m(inputs).generative["a"] for m in kinds]
    apart = [float(maximum_mean_discrepancy(c, torch.randn(ROWS, 1))) for c in codes]
    assert apart[1] < 0.01 < apart[0]


def test_widths_and_targets_come_from_the_data_and_factors_stand_side_by_side() -> None:
    rng = np.random.default_rng(0)
    data = MultimodalData(
        {"a": rng.normal(size=(30, 2)), "b": [[np.nan] * 3, *rng.normal(size=(29, 3))]},
        target=np.arange(30) % 3,
    )
    model = MultimodalFactorization.for_data(data, 2, 1, random_state=0).fit(data, epochs=1)
    assert model.targets == 3
    z = model.transform(data)
    assert z.shape == (30, 4)
    with torch.no_grad():
        factors = model(*model.inputs(data))
    assert np.array_equal(z[:, :2], factors.discriminative.numpy())
    assert np.array_equal(z[:, 2:], np.hstack([factors.generative[m].numpy() for m in "ab"]))
    assert z[0, 3] == 0


def test_faults_come_at_once() -> None:
    with pytest.raises(ConfigurationError) as told:
        MultimodalFactorization({"a": nn.Identity()}, 0, 1, targets=2, prior=-1.0)
    assert told.value.faults == (
        "modality 'a' has an encoder of its own; give its decoder too: decoders={'a': ...}",
        "dim must be at least 1, found 0",
        "prior must not be negative, found -1.0",
    )
    with pytest.raises(ModalityError, match="modality 'b' is not among the inputs"):
        MultimodalFactorization({"a": 1, "b": 1}, 1, 1, targets=2)({"a": torch.zeros(2, 1)})
