"""The coordinator: what belongs together is found, what is absent or wrong is told."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from consilience.data.container import MultimodalData
from consilience.data.splits.duplicates import divide_apart
from consilience.errors import ConfigurationError, DataError, ModalityError
from consilience.estimators.coordination import Coordinator, search
from consilience.estimators.loading import load

QUICK = {"dim": 16, "hidden": 32, "batch_size": 64, "learning_rate": 5e-3, "random_state": 0}


def shared(n: int, seed: int) -> MultimodalData:
    """Two tables that are turned views of the same four numbers."""
    world, rng = np.random.default_rng(99), np.random.default_rng(seed)
    latent = rng.normal(size=(n, 4))
    views = {
        name: latent @ world.normal(size=(4, 6)) + 0.1 * rng.normal(size=(n, 6))
        for name in ("left", "right")
    }
    return MultimodalData(views)


def quick(**options: object) -> Coordinator:
    return Coordinator(**{**QUICK, "max_epochs": 25, **options})  # pyright: ignore[reportArgumentType]  options of many types


WORDS = {"sun": "a bright yellow sun", "sea": "deep blue sea water", "tree": "tall green tree"}


def described(n: int, seed: int) -> MultimodalData:
    """Numbers of three kinds beside words that name the kind."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(3, size=n)
    table = np.eye(3)[kind] * 3 + rng.normal(size=(n, 3))
    texts = [f"{list(WORDS.values())[k]} number {rng.integers(40)}" for k in kind]
    names = np.array(list(WORDS))[kind]
    return MultimodalData({"table": table, "words": texts}, names, kinds={"words": "text"})


@pytest.fixture(scope="module")
def model() -> Coordinator:
    return quick().fit(shared(260, 0))


def test_partners_of_new_samples_are_found_both_ways(model: Coordinator) -> None:
    new = shared(100, 1)
    for query, of in (("left", "right"), ("right", "left")):
        _, rows = model.retrieve(new, query=query, of=of, k=5)
        assert np.mean((rows == np.arange(100)[:, None]).any(axis=1)) > 0.7
    assert model.warnings_ == ()


def test_embeddings_are_unit_vectors_by_name(model: Coordinator) -> None:
    found = model.transform(shared(9, 1))
    assert list(found) == ["left", "right"]
    for z in found.values():
        assert z.shape == (9, 16)
        np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, rtol=1e-5)


def test_one_modality_alone_is_embedded_as_among_others(model: Coordinator) -> None:
    new = shared(9, 1)
    alone = model.transform(new.select(["right"]))
    assert list(alone) == ["right"]
    np.testing.assert_array_equal(alone["right"], model.transform(new)["right"])


def test_absent_rows_are_nan_and_neither_found_nor_asked(model: Coordinator) -> None:
    new = shared(30, 1)
    right = np.asarray(new.modalities["right"]).copy()
    right[[3, 8]] = np.nan
    gaps = MultimodalData({"left": np.asarray(new.modalities["left"]), "right": right})
    z = model.transform(gaps)["right"]
    assert np.flatnonzero(np.isnan(z).any(axis=1)).tolist() == [3, 8]
    whole = model.transform(new)["right"]
    np.testing.assert_allclose(np.delete(z, [3, 8], 0), np.delete(whole, [3, 8], 0), atol=1e-6)
    _, rows = model.retrieve(gaps, query="left", of="right", k=28)
    assert not {3, 8} & set(rows.ravel().tolist())
    scores, rows = model.retrieve(gaps, query="right", of="left", k=2)
    assert rows[3].tolist() == [-1, -1]
    assert np.isnan(scores[8]).all()


def test_items_may_come_from_elsewhere(model: Coordinator) -> None:
    new, more = shared(4, 1), shared(50, 2)
    scores, rows = model.retrieve(new, query="left", of="right", k=3, items=more)
    cosines = model.transform(new)["left"] @ model.transform(more)["right"].T
    expected = np.argsort(-cosines, axis=1)[:, :3]
    assert rows.tolist() == expected.tolist()
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, expected, 1), atol=1e-6)


def test_the_same_seed_gives_the_same_bits_and_global_generators_rest() -> None:
    data = shared(80, 0)
    before = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002  the global one
    one, same, other = (quick(max_epochs=2, random_state=s).fit(data) for s in (3, 3, 4))
    z, again, else_ = (m.transform(data)["left"] for m in (one, same, other))
    assert np.array_equal(z, again)
    assert not np.array_equal(z, else_)
    after = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002  the global one
    assert torch.equal(before[0], after[0])
    assert before[1] == after[1]


def test_pairs_that_are_none_sit_at_chance_and_are_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = shared(300, 0)
    mixed = {n: np.asarray(v) for n, v in data.modalities.items()}
    mixed["right"] = np.random.default_rng(5).permutation(mixed["right"])
    for loss in ("info_nce", "siglip"):
        lost = quick(loss=loss, max_epochs=12, patience=3).fit(MultimodalData(mixed))
        assert len(lost.warnings_) == 1
        assert lost.warnings_[0].startswith("held-out pairs are found no better than by chance (")
        assert "'left' and 'right': " in lost.warnings_[0]
    assert "found no better than by chance" in caplog.text


def test_near_duplicates_across_groups_are_warned_of() -> None:
    data = shared(80, 0)
    twice = {n: np.concatenate([np.asarray(v)] * 2) for n, v in data.modalities.items()}
    flattering = quick(max_epochs=8).fit(MultimodalData(twice, groups=np.arange(160)))
    assert "held-out samples nearly equal one that was trained on" in flattering.warnings_[0]
    apart = quick(max_epochs=8).fit(MultimodalData(twice))
    assert not any("nearly equal" in warning for warning in apart.warnings_)


@pytest.fixture(scope="module")
def reader() -> Coordinator:
    return quick(max_epochs=15).fit(described(300, 0))


def test_classes_are_told_by_their_description_alone(reader: Coordinator) -> None:
    new = described(100, 1)
    found = reader.zero_shot(new, WORDS)
    assert new.target is not None
    assert np.mean(found == new.target) > 0.8
    renamed = {f"kind {name}": text for name, text in WORDS.items()}
    assert [f"kind {name}" for name in found] == reader.zero_shot(new, renamed).tolist()


def test_a_sample_that_lacks_the_modality_has_no_class(reader: Coordinator) -> None:
    rows = np.eye(3) * 3
    rows[1] = np.nan
    assert reader.zero_shot(MultimodalData({"table": rows}), WORDS)[1] is None


def test_text_describes_itself_when_asked_so(reader: Coordinator) -> None:
    kinds = dict(zip(WORDS, np.eye(3) * 4, strict=True))
    texts = MultimodalData({"words": list(WORDS.values())}, kinds={"words": "text"})
    assert reader.zero_shot(texts, kinds, query="words", of="table").tolist() == list(WORDS)


def test_three_modalities_of_which_some_are_absent() -> None:
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(240, 3))
    views = {name: latent @ rng.normal(size=(3, 5)) for name in "abc"}
    views["c"][::3] = np.nan
    fitted = quick(max_epochs=15).fit(MultimodalData(views))
    _, rows = fitted.retrieve(MultimodalData(views), query="c", of="a", k=5)
    there = np.arange(240) % 3 > 0
    assert (rows[~there] == -1).all()
    assert np.mean((rows == np.arange(240)[:, None]).any(axis=1)[there]) > 0.7


def test_a_saved_coordinator_embeds_the_same_bits(reader: Coordinator, tmp_path: Path) -> None:
    folder = reader.save(tmp_path / "m")
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "schema.json",
    ]
    again = load(folder)
    new = described(20, 1)
    for name, z in reader.transform(new).items():
        assert np.array_equal(z, again.transform(new)[name])
    assert again.get_params() == reader.get_params()
    assert again.warnings_ == reader.warnings_


def test_an_own_encoder_is_trained_and_given_again_for_loading(tmp_path: Path) -> None:
    own = nn.Linear(6, 9)
    setattr(own, "out_dim", 9)  # noqa: B010  a type checker would stop it
    start = own.weight.clone()
    fitted = quick(max_epochs=2, encoders={"left": own}).fit(shared(60, 0))
    assert torch.equal(own.weight, start)
    folder = fitted.save(tmp_path / "m")
    with pytest.raises(DataError, match="own encoders for left"):
        load(folder)
    again = load(folder, encoders={"left": own})
    new = shared(5, 1)
    assert np.array_equal(again.transform(new)["left"], fitted.transform(new)["left"])


def test_what_is_held_out_does_not_reach_the_standardisation() -> None:
    plain = shared(60, 0)
    own = np.arange(60)
    left, right = (np.asarray(plain.modalities[n]).copy() for n in ("left", "right"))
    apart = divide_apart(MultimodalData({"a": left}, groups=own), share=0.15, random_state=0)
    left[apart.test] += 1000
    data = MultimodalData({"left": left, "right": right}, groups=own)
    fitted = quick(max_epochs=1).fit(data)
    expected = left[apart.train].mean(axis=0)
    found = fitted.preprocessing_.state_dict()["parts.0.mean"]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)
    assert np.abs(left.mean(axis=0) - expected).max() > 1


def test_all_faults_are_told_at_once() -> None:
    wrong = Coordinator(loss="info_nec", dim=0, dropout=1.0, encoders={"lfet": nn.Linear(6, 2)})
    with pytest.raises(ConfigurationError) as caught:
        wrong.fit(shared(20, 0))
    assert caught.value.faults == (
        "dim must be positive, found 0",
        "dropout must be in [0, 1), found 1.0",
        "loss 'info_nec' is not known; did you mean 'info_nce'?",
        "encoders names 'lfet', which is no modality; did you mean 'left'?",
    )


def test_one_modality_cannot_be_coordinated() -> None:
    with pytest.raises(ConfigurationError, match=r"needs two modalities or more, found .'left'."):
        quick().fit(shared(20, 0).select(["left"]))


def test_samples_of_one_modality_each_teach_nothing() -> None:
    rows = np.random.default_rng(0).normal(size=(8, 4))
    left, right = rows.copy(), rows.copy()
    left[:4], right[4:] = np.nan, np.nan
    with pytest.raises(DataError, match=r"^0 of 8 samples have two modalities or more"):
        quick().fit(MultimodalData({"left": left, "right": right}))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            {"query": "lfet", "of": "right"},
            ModalityError,
            "no modality 'lfet'; did you mean 'left'?",
        ),
        (
            {"query": "right", "of": "left"},
            ModalityError,
            "modality 'right' of the queries is not there; there are: 'left'",
        ),
        ({"query": "left", "of": "left", "k": 7}, DataError, "k is 7 but 6 items are there; "),
        ({"query": "left", "of": "left", "k": 0}, ConfigurationError, "k must be at least 1, fo"),
    ],
)
def test_what_cannot_be_searched_is_told(
    model: Coordinator, call: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        model.retrieve(shared(6, 1).select(["left"]), **call)  # pyright: ignore[reportArgumentType]  options of many types
    assert str(caught.value).startswith(message)


def test_without_text_the_modality_of_descriptions_has_to_be_named(model: Coordinator) -> None:
    with pytest.raises(ModalityError) as caught:
        model.zero_shot(shared(3, 0), {"a": np.zeros(6)})
    assert str(caught.value) == "say which modality: pass of=, one of 'left', 'right'"
    with pytest.raises(ConfigurationError, match="texts names no class"):
        model.zero_shot(shared(3, 0), {})


def test_search_gives_the_best_first_among_those_there() -> None:
    items = np.array([[0.6, 0.8], [np.nan, np.nan], [1, 0], [0, 1]], dtype=np.float32)
    scores, rows = search(np.array([[1, 0]], dtype=np.float32), items, 3)
    assert rows.tolist() == [[2, 0, 3]]
    np.testing.assert_allclose(scores, [[1, 0.6, 0]])
