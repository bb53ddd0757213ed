"""Made-up samples have the schema and the statistics of the real ones."""

import numpy as np
import pytest

import consilience as cs
from consilience.data.ragged import Ragged
from consilience.estimators.network import Preprocessing
from consilience.estimators.specimens import LONGEST, specimens


@pytest.fixture(scope="module")
def before(mixed: cs.MultimodalData) -> Preprocessing:
    made = Preprocessing(mixed.schema)
    made.fit(mixed.modalities, mixed.presence)
    return made


def test_they_fit_the_schema(mixed: cs.MultimodalData, before: Preprocessing) -> None:
    made = specimens(mixed.schema, before, 40)
    assert len(made) == 40
    assert made.schema is mixed.schema
    tensors = before(made.modalities)
    assert [len(x) for x in tensors.values()] == [40] * 4
    wave = made.modalities["wave"]
    assert isinstance(wave, Ragged)
    assert 1 <= wave.lengths.min() < wave.lengths.max() <= LONGEST
    sex = np.asarray(made.modalities["sex"]).ravel()
    assert set(sex[~np.isnan(sex)].tolist()) == {0.0, 1.0}
    assert 0 < np.isnan(sex).sum() < 20


def test_numbers_are_spread_as_the_real_ones(
    mixed: cs.MultimodalData, before: Preprocessing
) -> None:
    made = np.asarray(specimens(mixed.schema, before, 2000).modalities["labs"])
    real = np.asarray(mixed.modalities["labs"])[np.array(mixed.presence)[:, 0]]
    np.testing.assert_allclose(made.mean(axis=0), real.mean(axis=0), rtol=0, atol=0.15)
    np.testing.assert_allclose(made.std(axis=0), real.std(axis=0), rtol=0.1)
    assert not np.isnan(made).any()


def test_entries_lack_where_entries_lacked() -> None:
    table = np.array([[1.0, 5.0, 1.0], [2.0, 5.0, np.nan], [3.0, 5.0, 4.0]])
    data = cs.MultimodalData({"a": table})
    before = Preprocessing(data.schema)
    before.fit(data.modalities, data.presence)
    made = np.asarray(specimens(data.schema, before, 200).modalities["a"])
    lacking = np.isnan(made).mean(axis=0)
    assert lacking[:2].tolist() == [0, 0]
    assert 0.2 < lacking[2] < 0.4
    assert set(made[:, 1].tolist()) == {5.0}


def test_the_first_half_is_whole_and_no_row_is_bare(
    mixed: cs.MultimodalData, before: Preprocessing
) -> None:
    presence = np.array(specimens(mixed.schema, before, 101).presence)
    assert presence[:51].all()
    assert presence.any(axis=1).all()
    assert 0.5 < presence[51:].mean() < 0.9


def test_one_seed_gives_the_same(mixed: cs.MultimodalData, before: Preprocessing) -> None:
    one, same, other = (specimens(mixed.schema, before, 5, random_state=s) for s in (1, 1, 2))
    labs = [np.asarray(made.modalities["labs"]) for made in (one, same, other)]
    np.testing.assert_array_equal(labs[0], labs[1])
    assert not np.array_equal(labs[0], labs[2])
