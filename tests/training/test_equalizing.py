"""A model that is made to look at the person, not at what people of a group usually do."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import consilience as cs
from consilience.errors import ConfigurationError, DataError, ModalityError
from consilience.functional.randomness import seeded
from consilience.training import (
    Batch,
    Equalizer,
    TensorBatches,
    appearance_confusion_loss,
    confident_loss,
    hiding,
)

WORDS = 5
SPOKEN = torch.tensor([[4, 0, -1], [2, 4, 4]])


class Said(nn.Module):
    """Gives the logits it is told, another half where the person is hidden."""

    def __init__(self, seen: Tensor, blind: Tensor) -> None:
        super().__init__()
        self.seen, self.blind = seen, blind

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        assert list(inputs) == ["scene", "person"]
        return self.seen if presence is None or presence[:, 1].all() else self.blind


def said(seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 3, WORDS, generator=generator, dtype=torch.float64)


def batch(target: Tensor | None = SPOKEN) -> Batch:
    return Batch({"scene": torch.ones(2, 1), "person": torch.ones(2, 1)}, None, target)


def test_it_is_the_weighted_sum_of_its_three_parts() -> None:
    seen, blind = said(0), said(1)
    groups = [0, 1], [2]
    p, q = seen.softmax(dim=2), blind.softmax(dim=2)
    entropy = -(p[0, 0, 4].log() + p[0, 1, 0].log() + p[1, 0, 2].log())
    entropy = (entropy - p[1, 1, 4].log() - p[1, 2, 4].log()) / 2
    parts = (
        entropy,
        appearance_confusion_loss(q, SPOKEN, *groups),
        confident_loss(p, SPOKEN, *groups),
    )
    for weights in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (2.0, 10.0, 0.5)]:
        alpha, beta, mu = weights
        objective = Equalizer(
            *groups, hiding("person"), cross_entropy=alpha, confusion=beta, confidence=mu
        )
        found = objective(Said(seen, blind), batch())
        expected = sum(w * part for w, part in zip(weights, parts, strict=True))
        torch.testing.assert_close(found, torch.as_tensor(expected), rtol=1e-10, atol=1e-12)


def test_one_word_a_sample_is_a_class() -> None:
    seen, blind, classes = said(0)[:, 0], said(1)[:, 0], SPOKEN[:, 0]
    objective = Equalizer([4], [2], hiding("person"))
    flat = objective(Said(seen, blind), batch(classes))
    deep = objective(Said(seen[:, None], blind[:, None]), batch(classes[:, None]))
    assert flat.item() == deep.item() > 0


def test_a_modality_is_hidden_where_it_is_and_the_batch_stays() -> None:
    given = torch.tensor([[True, True], [False, True]])
    before = Batch(batch().inputs, given.clone(), SPOKEN)
    after = hiding("scene")(before)
    assert after.presence is not None
    assert after.presence.tolist() == [[False, True], [False, True]]
    assert before.presence is not None
    assert torch.equal(before.presence, given)
    with pytest.raises(ModalityError, match=r"^no modality 'persn'; did you mean 'person'\?$"):
        hiding("persn")(before)


def test_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Equalizer([0, 1], [1], hiding("person"), confusion=-1.0, confidence=float("nan"))
    assert raised.value.faults == (
        "confusion must not be negative, found -1.0",
        "confidence must not be negative, found nan",
        "a word must be in one group; in both are [1]",
    )
    with pytest.raises(ConfigurationError, match="the second group has no word"):
        Equalizer([0], [], hiding("person"))
    with pytest.raises(DataError, match="needs a target"):
        Equalizer([0], [1], hiding("person"))(Said(said(), said()), batch(None))


@pytest.fixture
def people() -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """Samples whose scene goes with the group nine times in ten, and the scene turned round."""
    generator = torch.Generator().manual_seed(0)
    group = torch.randint(2, (600,), generator=generator)
    usual = torch.rand(600, generator=generator) < 0.9
    person = torch.randn(600, 4, generator=generator)
    person[:, 0] += 1.2 * (2 * group - 1)
    scene = 2.0 * torch.where(usual, group, 1 - group)[:, None] - 1
    turned = 2.0 * (1 - group)[:, None] - 1
    return {"scene": scene, "person": person}, {"scene": turned, "person": person}, group


def test_training_by_it_errs_less_where_the_scene_misleads(people: Any) -> None:
    inputs, turned, group = people
    errors: list[float] = []
    for beta in (0.0, 10.0):
        with seeded(0):
            model = cs.fusion.build("additive", {"scene": 1, "person": 4}, 2)
            objective = Equalizer(
                [0], [1], hiding("person"), confusion=beta, confidence=min(beta, 1.0)
            )
            data = TensorBatches(inputs, group, batch_size=100, seed=0)
            cs.training.fit(model, objective, data, max_epochs=60, learning_rate=0.02)
            wrong = model.eval()(turned).argmax(dim=1) != group
        errors.append(wrong.double().mean().item())
    assert errors[0] > 0.3
    assert errors[1] < 0.2
