import numpy as np
import pytest
import torch

import consilience as cs
from consilience.errors import ConfigurationError
from consilience.estimators.network import FusionNetwork, Preprocessing


def network(data: cs.MultimodalData, fusion: str) -> tuple[Preprocessing, FusionNetwork]:
    ready = Preprocessing(data.schema)
    ready.fit(data.modalities, data.presence)
    encoders = ready.encoders({}, out_dim=8, dropout=0.0)
    made = FusionNetwork(encoders, fusion, 3, hidden=8, dropout=0.0, options={})
    return ready, made.eval()


def test_a_late_fusion_stays_additive_up_to_the_prediction(product: cs.MultimodalData) -> None:
    ready, net = network(product, "additive")
    x = ready(product.modalities)
    swapped = {"a": x["a"].flip(0), "b": x["b"]}
    both = {"a": x["a"].flip(0), "b": x["b"].flip(0)}
    second = {"a": x["a"], "b": x["b"].flip(0)}
    difference = net(x) - net(swapped) - net(second) + net(both)
    assert difference.abs().max() < 1e-5
    ready, other = network(product, "low_rank")
    difference = other(x) - other(swapped) - other(second) + other(both)
    assert difference.abs().max() > 1e-3


def test_nothing_absent_reaches_output_or_gradient(mixed: cs.MultimodalData) -> None:
    ready, net = network(mixed, "gated")
    inputs = ready(mixed.modalities)
    presence = torch.from_numpy(mixed.presence)
    poisoned = {
        name: torch.where(
            presence[:, i].reshape(-1, *[1] * (x.ndim - 1)),
            x,
            torch.full_like(x, torch.nan) if x.is_floating_point() else x,
        )
        for i, (name, x) in enumerate(inputs.items())
    }
    out = net(poisoned, presence)
    assert (out == net(inputs, presence)).all()
    out.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None)


def test_statistics_come_from_present_rows_only() -> None:
    a = np.array([[1.0], [3.0], [1e6]])
    data = cs.MultimodalData(
        {"a": a, "b": a}, presence=[[True, True], [True, True], [False, True]]
    )
    ready = Preprocessing(data.schema)
    ready.fit(data.modalities, data.presence)
    assert ready(data.modalities)["a"][:2].flatten().tolist() == [-1.0, 1.0]


def test_an_encoder_without_a_width_is_refused(product: cs.MultimodalData) -> None:
    ready = Preprocessing(product.schema)
    with pytest.raises(
        ConfigurationError, match=r"encoder of modality 'a' has no attribute out_dim"
    ):
        ready.encoders({"a": torch.nn.Linear(3, 3)}, out_dim=8, dropout=0.0)
