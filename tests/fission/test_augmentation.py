"""Views keep what the task needs."""

import pytest
import torch

from consilience.errors import ConfigurationError, InputTypeError, ModalityError, ShapeError
from consilience.fission.augmentation import (
    Augmentation,
    NoiseAugmentation,
    UniqueAugmentation,
    view_of,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_noise_has_its_scale_and_share() -> None:
    x = {"a": torch.full((4000, 5), 3.0)}
    seen = NoiseAugmentation(0.5, 0.2)(x, generator())["a"]
    dropped = seen == 0
    assert float(dropped.float().mean()) == pytest.approx(0.2, abs=0.01)
    assert float(seen[~dropped].std()) == pytest.approx(0.5, abs=0.01)
    assert float(seen[~dropped].mean()) == pytest.approx(3.0, abs=0.02)
    assert x["a"].eq(3).all()


def test_views_hang_on_the_generator_alone() -> None:
    view, x = NoiseAugmentation(), {"a": torch.zeros(3, 2)}
    before = torch.random.get_rng_state()
    first, again = view(x, generator(1))["a"], view(x, generator(1))["a"]
    assert torch.equal(first, again)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert isinstance(view, Augmentation)


def test_what_is_shared_with_the_first_is_left_alone_and_the_rest_is_not() -> None:
    shared, own = torch.randn(2, 400, 2)
    mix = torch.tensor([[1.0, 2.0], [0.5, -1.0]])
    inputs = {"a": shared, "b": torch.cat([shared @ mix + 4, own], dim=1)}
    view = UniqueAugmentation(NoiseAugmentation(1.0, 0.0), ridge=1e-6).fit(inputs)
    gone = UniqueAugmentation(NoiseAugmentation(0.0, 1.0), ridge=1e-6).fit(inputs)
    kept = gone(inputs, generator())["b"]
    assert (kept[:, :2] - inputs["b"][:, :2]).abs().max() < 0.01
    assert (kept[:, 2:] - inputs["b"][:, 2:].mean(0)).abs().max() < 0.6
    seen = view(inputs, generator())
    assert float((seen["a"] - shared).std()) == pytest.approx(1.0, abs=0.06)
    assert float((seen["b"] - inputs["b"]).std()) == pytest.approx(1.0, abs=0.06)


def test_another_first_can_be_named_and_shapes_are_kept() -> None:
    inputs = {"a": torch.randn(30, 2, 2), "b": torch.randn(30, 1)}
    view = UniqueAugmentation(NoiseAugmentation(), first="b").fit(inputs)
    assert view.names == ("a",)
    assert view(inputs, generator())["a"].shape == (30, 2, 2)


@pytest.mark.usefixtures("unchecked")
def test_views_of_another_form_are_told() -> None:
    x = {"a": torch.zeros(3, 2), "b": torch.ones(3, 1)}
    assert view_of(lambda inputs, _: dict(inputs), x, generator())["b"] is x["b"]
    given = {
        "tensors by modality, as it was given them, found NoneType": None,
        "no view of modality 'b'": {"a": x["a"]},
        "view of modality 'b' must be a tensor, found list": {**x, "b": [1]},
        r"view of modality 'a' must be \(3, 2\) as it was given, found \(1, 2\)": {
            **x,
            "a": x["a"][:1],
        },
    }
    kinds = (InputTypeError, ModalityError, InputTypeError, ShapeError)
    for (words, view), kind in zip(given.items(), kinds, strict=True):
        with pytest.raises(kind, match=words):
            view_of(lambda _, __, view=view: view, x, generator())  # pyright: ignore[reportArgumentType]  wrong on purpose


def test_faults_are_told() -> None:
    with pytest.raises(ConfigurationError) as told:
        NoiseAugmentation(-1.0, 2.0)
    assert told.value.faults == (
        "scale must not be negative, found -1.0",
        "drop must be in [0, 1], found 2.0",
    )
    view = UniqueAugmentation(NoiseAugmentation(), first="labs")
    with pytest.raises(ConfigurationError, match="fit the augmentation first"):
        view({"a": torch.zeros(1, 1)}, generator())
    with pytest.raises(ModalityError, match="modality 'labs' is not known; did you mean 'lab'"):
        view.fit({"lab": torch.zeros(1, 1)})
