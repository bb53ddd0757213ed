"""Probes find what is there, at its closed form, and nothing where nothing is."""

import numpy as np
import pytest
from scipy.stats import t

from consilience.data.container import MultimodalData
from consilience.errors import DataError, ModalityError, ShapeError
from consilience.quantification.kept import factors_kept, information_kept

ROWS = 400


def drawn(seed: int, noise: float = 0.5) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    w, n = rng.normal(size=(2, ROWS))
    z = w + noise * rng.normal(size=ROWS)
    return z[:, None], {"known": w, "nuisance": n}


def test_gaussian_noise_has_its_closed_forms() -> None:
    """R2 is 1 / (1 + s^2) and the information -1/2 log2(1 - R2); 5 seeds, within 4 %."""
    arrays, factors = zip(*(drawn(seed) for seed in range(5)), strict=True)
    found = factors_kept({"z": arrays}, factors, random_state=0)
    known, nuisance = found["z", "known"], found["z", "nuisance"]
    assert known.r2.estimate == pytest.approx(0.8, abs=0.03)
    assert known.bits.estimate == pytest.approx(-0.5 * np.log2(0.2), abs=0.1)
    assert abs(nuisance.r2.estimate) < 0.03
    assert nuisance.bits.estimate < 0.02
    assert (found.seeds, found.samples, found.widths) == (5, ROWS, {"z": 1})


def test_the_interval_is_students_over_seeds() -> None:
    runs = [drawn(seed) for seed in range(3)]
    found = factors_kept({"z": [z for z, _ in runs]}, [f for _, f in runs], random_state=0)
    alone = [factors_kept({"z": [z]}, [f], random_state=0)["z", "known"].r2 for z, f in runs]
    low, high = t.interval(
        0.95,
        2,
        np.mean([a.estimate for a in alone]),
        np.std([a.estimate for a in alone], ddof=1) / np.sqrt(3),
    )
    assert found["z", "known"].r2.low == pytest.approx(low)
    assert found["z", "known"].r2.high == pytest.approx(high)
    assert np.isnan(alone[0].low)


def test_what_only_a_bend_shows_is_in_the_bits_and_not_in_r2() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(ROWS, 1))
    found = factors_kept({"z": [z]}, [{"square": z**2}], random_state=0)["z", "square"]
    assert found.r2.estimate < 0.1
    assert found.bits.estimate > 1


def test_columns_that_repeat_each_other_count_once() -> None:
    z, factors = drawn(0)
    w = factors["known"]
    twice = factors_kept({"z": [z]}, [{"two": np.column_stack([w, w])}], random_state=0)
    once = factors_kept({"z": [z]}, [{"one": w}], random_state=0)
    assert twice["z", "two"].bits.estimate == pytest.approx(
        once["z", "one"].bits.estimate, abs=0.01
    )


def test_samples_that_were_fitted_do_not_count() -> None:
    rng = np.random.default_rng(0)
    z, w = rng.normal(size=(60, 40)), rng.normal(size=60)
    assert factors_kept({"z": [z]}, [{"w": w}], random_state=0)["z", "w"].r2.estimate < 0.05


def test_faults_are_told() -> None:
    z, factors = drawn(0)
    with pytest.raises(DataError, match="pass at least one representation and one factor"):
        factors_kept({}, [factors])
    with pytest.raises(ShapeError, match="'z' is given for 2 seeds but the factors for 1"):
        factors_kept({"z": [z, z]}, [factors])
    with pytest.raises(ShapeError, match="representation 'z' has 399 samples, expected 400"):
        factors_kept({"z": [z[1:]]}, [factors])
    with pytest.raises(DataError, match="at least 20 samples, found 5"):
        factors_kept({"z": [z[:5]]}, [{"known": factors["known"][:5]}])
    with pytest.raises(DataError, match="factor 'w' is constant"):
        factors_kept({"z": [z]}, [{"w": np.ones(ROWS)}])


def xor() -> MultimodalData:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, size=(2, 300))
    return MultimodalData({"a": a[:, None], "b": b[:, None]}, target=a ^ b)


def test_what_tells_as_much_keeps_all_and_a_constant_keeps_nothing() -> None:
    data = xor()
    same = {name: 2.0 * np.asarray(x) - 1 for name, x in data.modalities.items()}
    options = {"estimator": "discrete", "n_boot": 50, "n_null": 40, "random_state": 0}
    found = information_kept(data, same, **options)  # pyright: ignore[reportArgumentType]  options of several types
    before, after = found.data.pairs[0], found.representation.pairs[0]
    assert after.synergy.estimate == pytest.approx(before.synergy.estimate)
    assert before.synergy.estimate > 0.9
    turned = information_kept(data, {n: -x for n, x in same.items()}, **options)  # pyright: ignore[reportArgumentType]  options of several types
    # Random halves of the samples are drawn cell by cell, so another order draws others.
    assert turned.representation.pairs[0].synergy.estimate == pytest.approx(
        before.synergy.estimate, abs=0.005
    )
    lost = {**same, "b": np.zeros((300, 1))}
    none = information_kept(data, lost, **options)  # pyright: ignore[reportArgumentType]  options of several types
    assert none.representation.pairs[0].synergy.estimate < 0.02


def test_representations_must_fit_their_modalities() -> None:
    data = xor()
    z = np.zeros((300, 1))
    with pytest.raises(ModalityError, match="representation 'c' is of no modality"):
        information_kept(data, {"a": z, "b": z, "c": z})
    with pytest.raises(ModalityError, match="modality 'b' has no representation"):
        information_kept(data, {"a": z})
    with pytest.raises(ShapeError, match="of 'b' has 299 rows but there are 300 samples"):
        information_kept(data, {"a": z, "b": z[1:]})
