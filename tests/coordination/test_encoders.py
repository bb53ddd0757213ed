import pytest
import torch
from torch import Tensor, nn

from consilience.coordination.encoders import OBJECTIVES, CoordinatedEncoders
from consilience.errors import ConfigurationError, InputTypeError, ModalityError, ShapeError
from consilience.functional.multiview import multiview_info_nce
from consilience.functional.randomness import seeded
from consilience.functional.ranking import recall_at, true_ranks

DIMS = {"image": 5, "text": 3, "sound": 2}


def batch(rows: int = 6) -> dict[str, Tensor]:
    return {m: torch.randn(rows, d) for m, d in DIMS.items()}


def test_embeddings_have_length_one_and_the_order_of_the_mapping_is_free() -> None:
    model, inputs = CoordinatedEncoders(DIMS, dim=4), batch()
    z = model(inputs)
    assert list(z) == list(DIMS)
    for name, vectors in z.items():
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(6))
        assert torch.equal(vectors, model.embed(name, inputs[name]))
    backwards = model(dict(reversed(inputs.items())))
    assert all(torch.equal(z[m], backwards[m]) for m in DIMS)


@pytest.mark.parametrize("loss", OBJECTIVES)
def test_absent_rows_are_zero_and_have_no_influence_whatever_the_buffer_holds(loss: str) -> None:
    with seeded(0):
        towers: dict[str, int | nn.Module] = {
            **DIMS,
            "sound": nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4)),
        }
        model = CoordinatedEncoders(towers, dim=4, loss=loss)
    inputs = batch()
    presence = torch.ones(6, 3, dtype=torch.bool)
    presence[0, 0] = presence[2:4, 2] = presence[5] = False
    poisoned = {m: x.clone() for m, x in inputs.items()}
    for i, x in enumerate(poisoned.values()):
        x[~presence[:, i]] = torch.nan
        x.requires_grad_()
    z = model(poisoned, presence)
    for i, vectors in enumerate(z.values()):
        assert not vectors[~presence[:, i]].any()
        torch.testing.assert_close(vectors.norm(dim=1), presence[:, i].float())
    model.loss(poisoned, presence).backward()
    for p in model.parameters():
        assert p.grad is not None
        assert p.grad.isfinite().all()
    for i, x in enumerate(poisoned.values()):
        assert x.grad is not None
        assert not x.grad[~presence[:, i]].any()
    expected = model.loss(inputs, presence)
    assert model.loss(poisoned, presence).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("loss", OBJECTIVES)
def test_a_cached_step_gives_the_gradients_of_the_whole_batch(loss: str) -> None:
    with seeded(0):
        mine, plain = (CoordinatedEncoders(DIMS, dim=4, loss=loss).double() for _ in "ab")
    plain.load_state_dict(mine.state_dict())
    inputs = {m: x.double() for m, x in batch().items()}
    inputs["text"][1] = torch.nan
    presence = torch.ones(6, 3, dtype=torch.bool)
    presence[1, 1] = False
    presence[:, 2] = False
    value = mine.cached_step(inputs, presence, chunk=4)
    expected = plain.loss(inputs, presence)
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), abs=1e-12)
    for p, q in zip(mine.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=0, atol=1e-12)


def test_a_modality_that_no_row_has_is_zero() -> None:
    model, inputs = CoordinatedEncoders(DIMS, dim=4), batch()
    presence = torch.ones(6, 3, dtype=torch.bool)
    presence[:, 1] = False
    inputs["text"].fill_(torch.nan)
    assert not model(inputs, presence)["text"].any()
    assert model.loss(inputs, presence).isfinite()


def test_the_loss_is_infonce_of_all_pairs_under_a_learnt_temperature() -> None:
    model, inputs = CoordinatedEncoders(DIMS, dim=4), batch()
    expected = multiview_info_nce(model(inputs), temperature=0.07)
    assert model.loss(inputs).item() == pytest.approx(expected.item(), rel=1e-5)
    assert "objective.log_scale" in dict(model.named_parameters())


def test_a_module_is_taken_as_it_is_below_a_projection() -> None:
    class Words(nn.Module):
        out_dim = 7

        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(20, 7)

        def forward(self, tokens: Tensor) -> Tensor:
            return self.table(tokens).mean(dim=1)

    words = Words()
    model = CoordinatedEncoders(
        {"image": nn.Sequential(nn.Linear(5, 9), nn.Tanh()), "text": words}, 4
    )
    inputs = {"image": torch.randn(6, 5), "text": torch.randint(20, (6, 3))}
    presence = torch.ones(6, 2, dtype=torch.bool)
    presence[1, 1] = False
    inputs["text"][1] = -1
    z = model(inputs, presence)
    assert z["text"].shape == z["image"].shape == (6, 4)
    model.loss(inputs, presence).backward()
    assert words.table.weight.grad is not None


@pytest.mark.parametrize("loss", OBJECTIVES)
def test_training_brings_partners_together(loss: str) -> None:
    with seeded(1):
        hidden = torch.randn(120, 3)
        inputs = {m: hidden @ torch.randn(3, d) for m, d in (("a", 6), ("b", 5))}
        model = CoordinatedEncoders({"a": 6, "b": 5}, dim=8, loss=loss, hidden=32)
    before = recall_at(true_ranks(*model(inputs).values()), 1)
    update = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(80):
        value = model.loss(inputs)
        update.zero_grad()
        value.backward()
        update.step()
    assert before < 0.1
    assert recall_at(true_ranks(*model(inputs).values()), 1) > 0.5


def test_an_objective_of_ones_own() -> None:
    class Apart(nn.Module):
        def forward(self, views: dict[str, Tensor], presence: Tensor | None) -> Tensor:
            assert presence is None
            return (views["a"] - views["b"]).square().sum()

    model = CoordinatedEncoders({"a": 2, "b": 2}, dim=3, loss=Apart())
    inputs = {"a": torch.ones(1, 2), "b": torch.zeros(1, 2)}
    z = model(inputs)
    assert model.loss(inputs).item() == pytest.approx((z["a"] - z["b"]).square().sum().item())


def test_all_faults_of_the_settings_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        CoordinatedEncoders({"a": nn.Tanh()}, dim=0, loss="infonce", hidden=-1, dropout=1.0)
    assert raised.value.faults == (
        "coordination needs two modalities or more, found ['a']",
        "the tower of 'a' does not tell its width; give it an attribute out_dim",
        "dim must be at least 1, found 0",
        "hidden must be at least 1, found -1",
        "loss 'infonce' is not known; did you mean 'info_nce'?",
        "dropout must be from 0 to below 1, found 1.0",
    )
    with pytest.raises(
        ConfigurationError, match=r"^the width of modality 'b' must be at least 1, found 0$"
    ):
        CoordinatedEncoders({"a": 1, "b": 0})


@pytest.mark.usefixtures("unchecked")
def test_inputs_that_do_not_fit() -> None:
    model, inputs = CoordinatedEncoders(DIMS, dim=4), batch()
    with pytest.raises(
        ModalityError, match=r"^modality 'txt' is not known; did you mean 'text'\?"
    ):
        model({**inputs, "txt": inputs["text"]})
    with pytest.raises(
        ModalityError,
        match=r"^modality 'sound' is not among the inputs; for one modality alone use embed",
    ):
        model({m: inputs[m] for m in ("image", "text")})
    with pytest.raises(InputTypeError, match=r"^modality 'text' must be a tensor, found ndarray$"):
        model({**inputs, "text": inputs["text"].numpy()})
    with pytest.raises(
        ShapeError,
        match=r"^the modalities differ in rows: \{'image': 6, 'text': 4, 'sound': 6\}$",
    ):
        model({**inputs, "text": inputs["text"][:4]})
    with pytest.raises(
        ShapeError, match=r"^modality 'text' must be \(batch, 3\), found \(6, 2\)$"
    ):
        model({**inputs, "text": inputs["sound"]})
    with pytest.raises(
        InputTypeError, match=r"^presence must be a bool tensor, found torch.float32$"
    ):
        model(inputs, torch.ones(6, 3))
    with pytest.raises(
        ShapeError, match=r"^presence must be \(batch, modalities\) = \(6, 3\), found \(6, 2\)$"
    ):
        model(inputs, torch.ones(6, 2, dtype=torch.bool))
    with pytest.raises(
        ModalityError, match=r"^modality 'imag' is not known; did you mean 'image'"
    ):
        model.embed("imag", inputs["image"])
