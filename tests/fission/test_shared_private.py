"""Shared and private spaces are found, swapped, and predicted from though one is absent."""

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.errors import ConfigurationError, DataError, ModalityError
from consilience.fission.shared_private import (
    Codes,
    SharedPrivateEncoders,
    SharedPrivateWeights,
)
from consilience.functional.discrepancy import central_moment_discrepancy
from consilience.functional.independence import difference_loss
from consilience.functional.randomness import seeded

ROWS, WIDTH = 4000, 8


class Plain(nn.Module):
    out_dim = WIDTH

    def forward(self, x: Tensor) -> Tensor:
        return x


def linear(seed: int) -> tuple[dict[str, Tensor], dict[str, np.ndarray], np.ndarray]:
    """A shared and a private plane in each of two modalities, with a little noise."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(ROWS, 2))
    planes: dict[str, np.ndarray] = {}
    inputs: dict[str, Tensor] = {}
    for name in "ab":
        planes[name] = 2 * np.linalg.qr(rng.normal(size=(WIDTH, 4)))[0].T
        latent = np.hstack([common, rng.normal(size=(ROWS, 2))])
        x = latent @ planes[name] + 0.05 * rng.normal(size=(ROWS, WIDTH))
        inputs[name] = torch.from_numpy(x).float()
    return inputs, planes, common


@pytest.fixture(scope="module")
def fitted() -> tuple[SharedPrivateEncoders, dict[str, Tensor], dict[str, np.ndarray]]:
    inputs, planes, _ = linear(0)
    with seeded(0):
        decoders = {m: nn.Linear(4, WIDTH, bias=False) for m in "ab"}
    model = SharedPrivateEncoders(
        {m: Plain() for m in "ab"},
        2,
        2,
        decoders=decoders,
        weights=SharedPrivateWeights(difference=3.0),
        random_state=0,
    )
    model.fit(inputs, epochs=40, batch_size=1000, learning_rate=3e-2)
    return model, inputs, planes


Fitted = tuple[SharedPrivateEncoders, dict[str, Tensor], dict[str, np.ndarray]]


def test_shared_and_private_planes_are_found_within_5_degrees(fitted: Fitted) -> None:
    """Over seeds 0 to 5 the widest angle was 2.9 degrees."""
    model, inputs, planes = fitted
    with torch.no_grad():
        common = model(inputs).common.numpy()
    for i, name in enumerate("ab"):
        told = np.linalg.lstsq(common, inputs[name].numpy(), rcond=None)[0]
        own = model.decoders[i].weight.detach().numpy()[:, 2:]  # pyright: ignore[reportCallIssue]  a linear layer's
        assert np.degrees(subspace_angles(told.T, planes[name][:2].T)).max() < 5
        assert np.degrees(subspace_angles(own, planes[name][2:].T)).max() < 5


def test_shared_and_private_codes_end_up_apart(fitted: Fitted) -> None:
    model, inputs, _ = fitted
    found = model.dependence(inputs, permutations=19, most=500)
    assert len(found) == 3
    assert found.samples == 500
    assert max(row.share for row in found) < 0.03, str(found)


def test_swapping_private_codes_changes_style_only(fitted: Fitted) -> None:
    model, inputs, _ = fitted
    with torch.no_grad():
        codes = model(inputs)
        private = {**codes.private, "a": codes.private["a"].flip(0)}
        swapped = model.decode(codes.common, private)
        again = model({**inputs, "a": swapped["a"]})
    assert (again.shared["a"] - codes.shared["a"]).square().mean() < 0.02 * codes.common.var()
    assert (again.private["a"] - private["a"]).square().mean() < 0.02 * private["a"].var()
    assert (swapped["a"] - inputs["a"]).square().mean() > 0.3 * inputs["a"].var()


def test_an_absent_modality_is_rebuilt_as_far_as_it_is_shared(fitted: Fitted) -> None:
    model, inputs, planes = fitted
    there = torch.tensor([[True, False]]).expand(ROWS, 2)
    gone = {**inputs, "b": torch.full_like(inputs["b"], torch.nan)}
    with torch.no_grad():
        codes = model(gone, there)
        rebuilt = model.decode(codes.common, codes.private)["b"].numpy()
    shared = planes["b"][:2]
    onto = shared.T @ np.linalg.pinv(shared.T)
    part = inputs["b"].numpy() @ onto
    assert ((rebuilt @ onto - part) ** 2).mean() < 0.05 * part.var()


def test_it_predicts_though_a_modality_is_absent() -> None:
    inputs, _, common = linear(1)
    y = torch.from_numpy((common[:, 0] > 0).astype(np.int64))
    some = {m: x[:1000] for m, x in inputs.items()}
    model = SharedPrivateEncoders(dict.fromkeys("ab", WIDTH), 2, 2, targets=2, random_state=0)
    model.fit(some, y[:1000], epochs=12, batch_size=100, learning_rate=1e-2)
    new = {m: x[1000:] for m, x in inputs.items()}
    new["b"] = torch.full_like(new["b"], torch.nan)
    there = torch.tensor([[True, False]]).expand(len(new["a"]), 2)
    with torch.no_grad():
        said = model.predict_from(model(new, there)).argmax(1)
    assert float((said == y[1000:]).double().mean()) > 0.9


@pytest.mark.parametrize("few", [12, 8])
def test_the_loss_is_its_equation(few: int) -> None:
    weights = SharedPrivateWeights(0.7, 1.3, 2.1, 0.4, 1.9)
    model = SharedPrivateEncoders(
        {"a": 3, "b": 4}, 2, 1, targets=2, weights=weights, random_state=0
    )
    x, y = {"a": torch.randn(12, 3), "b": torch.randn(12, 4)}, torch.arange(12) % 2
    there = torch.ones(12, 2, dtype=torch.bool)
    there[few:, 1] = False
    with torch.no_grad():
        codes = model(x, there)
        rebuilt = model.decode(codes.common, codes.private)
        private = {"a": codes.private["a"], "b": codes.private["b"][:few]}
        shared = {"a": codes.shared["a"], "b": codes.shared["b"][:few]}
        common = (shared["a"][:few] + shared["b"]) / 2
        assert torch.allclose(codes.common[:few], common)
        assert torch.equal(codes.common[few:], shared["a"][few:])
        error = (x["a"] - rebuilt["a"]).square().mean()
        error = error + (x["b"] - rebuilt["b"])[:few].square().sum() / (12 * 4)
        pairs = [(shared[m], private[m]) for m in "ab"]
        pairs.append((private["a"][:few], private["b"]))
        difference = torch.stack([difference_loss(*pair) for pair in pairs]).mean()
        similarity = central_moment_discrepancy(shared["a"].sigmoid(), shared["b"].sigmoid())
        gaps = [(shared[m][:few] - common).square().sum() / (12 * 2) for m in "ab"]
        task = nn.functional.cross_entropy(model.predict_from(codes), y)
        expected = (
            0.7 * error + 1.3 * difference + 2.1 * similarity + 0.4 * (gaps[0] + gaps[1])
        ) + 1.9 * task
        found = model.loss(x, y, there if few < 12 else None)
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_absent_rows_change_nothing_and_gradients_stay_finite() -> None:
    model = SharedPrivateEncoders({"a": 3, "b": 3}, 2, 1, random_state=0)
    x = {m: torch.randn(6, 3) for m in "ab"}
    there = torch.ones(6, 2, dtype=torch.bool)
    there[4:, 1] = False
    losses: list[float] = []
    for value in (torch.nan, 1e6):
        x["b"][4:] = value
        loss = model.loss(x, presence=there)
        loss.backward()
        losses.append(float(loss.detach()))
    assert losses[0] == losses[1]
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in model.parameters())
    codes = model(x, there)
    assert torch.equal(codes.common[4:], codes.shared["a"][4:])


def test_data_are_taken_and_a_seed_repeats() -> None:
    rng = np.random.default_rng(0)
    data = MultimodalData({"a": rng.normal(size=(40, 2)), "b": rng.normal(size=(40, 3))})
    one, two = (
        SharedPrivateEncoders({"a": 2, "b": 3}, 2, 1, random_state=5).fit(data, epochs=2)
        for _ in range(2)
    )
    assert one.transform(data).shape == (40, 4)
    assert np.array_equal(one.transform(data), two.transform(data))
    assert isinstance(one(*one.inputs(data)), Codes)


def test_widths_and_targets_come_from_the_data() -> None:
    rng = np.random.default_rng(0)
    tables = {"a": rng.normal(size=(40, 2)), "b": rng.normal(size=(40, 3))}
    plain = MultimodalData(tables)
    labelled = MultimodalData(tables, target=np.arange(40) % 3)
    weights = SharedPrivateWeights(difference=2.0)
    model = SharedPrivateEncoders.for_data(plain, 2, 1, weights=weights, random_state=5)
    byhand = SharedPrivateEncoders({"a": 2, "b": 3}, 2, 1, weights=weights, random_state=5)
    assert np.array_equal(
        model.fit(plain, epochs=1).transform(plain), byhand.fit(plain, epochs=1).transform(plain)
    )
    assert model.head is None
    assert SharedPrivateEncoders.for_data(labelled, 2, 1).targets is None
    assert SharedPrivateEncoders.for_data(labelled, 2, 1, supervised=True).targets == 3
    with pytest.raises(DataError, match="learning from labels needs a target"):
        SharedPrivateEncoders.for_data(plain, 2, 1, supervised=True)


def test_faults_come_at_once() -> None:
    with pytest.raises(ConfigurationError) as told:
        SharedPrivateEncoders({"a": Plain()}, 0, 1, targets=0)
    assert told.value.faults == (
        "modality 'a' has an encoder of its own; give its decoder too: decoders={'a': ...}",
        "a shared code needs two modalities or more, found 1",
        "shared_dim must be at least 1, found 0",
        "targets must be at least 1 or None, found 0",
    )
    model = SharedPrivateEncoders({"a": 1, "b": 1}, 1, 1)
    with pytest.raises(ModalityError, match="modality 'b' is not among the inputs"):
        model.loss({"a": torch.zeros(2, 1)})
    with pytest.raises(ConfigurationError, match="built without targets"):
        model.predict_from(model({m: torch.zeros(1, 1) for m in "ab"}))
