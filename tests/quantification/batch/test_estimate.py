from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

import consilience as cs
from consilience.data.datasets.families import FAMILIES, entropy
from consilience.errors import ConfigurationError, DataError, InputTypeError, ShapeError
from consilience.functional.pid import pid
from consilience.quantification.batch import (
    BatchEstimate,
    assemble,
    batch_pid,
    calibrate,
    estimate,
)
from consilience.quantification.batch.assembly import Coupled
from consilience.quantification.batch.compression import Side
from consilience.quantification.batch.coupling import Coupler, Least, certified


def atoms(found: BatchEstimate) -> tuple[float, float, float, float]:
    return found.redundancy, *found.unique, found.synergy


def pure(name: str, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The latents of a family with two columns of noise beside each."""
    rng = np.random.default_rng(seed)
    drawn = FAMILIES[name].draw(n, rng)
    noise = rng.standard_normal((2, n, 2))
    return np.hstack([drawn.a, noise[0]]), np.hstack([drawn.b, noise[1]]), drawn.label


def quick(x1: np.ndarray, x2: np.ndarray, y: np.ndarray, **options: Any) -> BatchEstimate:
    settings: dict[str, Any] = {"folds": 2, "max_epochs": 30, "random_state": 0, **options}
    return batch_pid(x1, x2, y, **settings)


@pytest.mark.parametrize("name", ["redundant", "unique", "xor"])
def test_bits_among_noise(name: str) -> None:
    x1, x2, y = pure(name, 1500)
    joint = np.zeros((2, 2, 2))
    np.add.at(joint, ((x1[:, 0] > 0).astype(int), (x2[:, 0] > 0).astype(int), y), 1 / len(y))
    exact = pid(joint)
    found = quick(x1, x2, y)
    wanted = (exact.redundancy, *exact.unique, exact.synergy)
    assert atoms(found) == pytest.approx(wanted, abs=0.05)
    assert found.coupling_converged
    assert found.log_losses[2] < 0.6 < found.entropy


def test_gaussian_sources_of_which_one_is_a_noisier_copy() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal(1600)
    spread = np.array([0.4, 1.0])
    x = z[:, None] + spread * rng.standard_normal((1600, 2))
    found = quick(x[:, :1], x[:, 1:], (z > 0).astype(np.int64))
    line = np.linspace(-8, 8, 4001)
    weight = np.exp(-(line**2) / 2) / np.exp(-(line**2) / 2).sum()

    def information(noise: float) -> float:
        return 1 - float(weight @ entropy(ndtr(line / np.sqrt(noise))))

    one, two, both = (information(v) for v in (0.16, 1.0, 1 / (1 / 0.16 + 1)))
    assert found.information == pytest.approx([one, two, both], abs=0.03)
    assert atoms(found) == pytest.approx([two, one - two, 0.0, both - one], abs=0.04)


def test_discrete_modalities_agree_with_the_exact_solver() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, (2, 1500))
    b = np.where(rng.random(1500) < 0.4, a, b)
    y = np.where(rng.random(1500) < 0.1, rng.integers(0, 2, 1500), (a + b > 2).astype(int))
    joint = np.zeros((3, 3, 2))
    np.add.at(joint, (a, b, y), 1 / 1500)
    exact = pid(joint)
    found = quick(np.eye(3)[a], np.eye(3)[b], y)
    wanted = (exact.redundancy, *exact.unique, exact.synergy)
    assert atoms(found) == pytest.approx(wanted, abs=0.03)


def test_nothing_is_found_in_noise() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 2000, 10))
    found = quick(x[0], x[1], rng.integers(0, 2, 2000), folds=2)
    assert max(abs(v) for v in atoms(found)) < 0.004


@pytest.mark.slow
@pytest.mark.parametrize("n", [2000, 10_000])
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_is_found_in_noise_with_default_settings(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, n, 10))
    found = batch_pid(x[0], x[1], rng.integers(0, 2, n), random_state=seed)
    assert max(abs(v) for v in atoms(found)) < 8 / n


@pytest.mark.slow
@pytest.mark.parametrize("name", ["redundant", "unique", "synergy", "xor", "mixed"])
def test_built_in_sets_of_known_truth(name: str) -> None:
    data = cs.datasets.load(f"synthetic/{name}")
    truth = cs.datasets.card(f"synthetic/{name}").truth
    x1, x2 = (np.asarray(data.modalities[m]) for m in ("a", "b"))
    found = batch_pid(x1, x2, np.asarray(data.target).astype(int), random_state=0)
    wanted = [truth[key] for key in ("redundancy", "unique_a", "unique_b", "synergy")]
    assert atoms(found) == pytest.approx(wanted, abs=0.1)


def test_the_network_finds_nearly_the_same() -> None:
    rng = np.random.default_rng(0)
    z, e = rng.standard_normal((2, 600, 2))
    y = (z[:, 0] + 0.5 * e[:, 0] > 0).astype(np.int64)
    options: dict[str, Any] = {"batch_size": 64, "max_epochs": 15, "folds": 2}
    least = quick(z, z + e, y, **options)
    found = quick(z, z + e, y, coupling="network", coupling_steps=100, **options)
    assert found.information == least.information
    assert -1e-5 <= found.least - least.least < 0.02


def test_networks_couple_rows_that_did_not_train_them(monkeypatch: pytest.MonkeyPatch) -> None:
    taught: dict[int, set[bytes]] = {}
    judged: dict[int, np.ndarray] = {}

    def train(first: np.ndarray, second: np.ndarray, **_: int) -> Coupler:
        assert first.shape == second.shape == (150, 2)

        def couple(one: Side, two: Side) -> Least:
            return certified(one, two)

        taught[id(couple)] = {row.tobytes() for row in first}
        kept.append(couple)
        return couple

    def put_together(*args: Any, couplers: Sequence[Coupled], **options: Any) -> BatchEstimate:
        judged.update({id(who): rows for rows, who in couplers})
        return assemble(*args, couplers=couplers, **options)

    kept: list[Coupler] = []
    monkeypatch.setattr(estimate, "train_coupler", train)
    monkeypatch.setattr(estimate, "assemble", put_together)
    x1, x2, y = pure("unique", 300)
    found = quick(x1, x2, y, max_epochs=5, coupling="network", batch_size=512)
    assert len(taught) == 2
    for who, rows in judged.items():
        assert len(rows) == 150
        assert not taught[who] & {row.tobytes() for row in found.log_posteriors[0, rows]}


def test_fewer_training_samples_tell_less_of_the_same_rows() -> None:
    x1, x2, y = pure("xor", 500)
    whole, part = quick(x1, x2, y), quick(x1, x2, y, train_share=0.2)
    assert part.information[2] < whole.information[2] - 0.1
    assert part.log_posteriors.shape == whole.log_posteriors.shape
    with pytest.raises(ConfigurationError, match="train_share must be above 0 and at most 1, fou"):
        quick(x1, x2, y, train_share=0.0)


def test_what_classifiers_said_is_kept_beside_its_calibration() -> None:
    x1, x2, y = pure("unique", 300)
    found = quick(x1, x2, y, max_epochs=5)
    np.testing.assert_allclose(np.exp(found.judged).sum(2), 1, atol=1e-9)
    np.testing.assert_allclose(calibrate(found.judged, y), found.log_posteriors)
    assert not np.allclose(found.judged, found.log_posteriors)


def test_same_seed_same_bits() -> None:
    x1, x2, y = pure("unique", 200)
    one, two, other = (quick(x1, x2, y, max_epochs=5, random_state=seed) for seed in (3, 3, 4))
    assert atoms(one) == atoms(two)
    assert np.array_equal(one.log_posteriors, two.log_posteriors)
    assert not np.array_equal(one.log_posteriors, other.log_posteriors)


def test_swapped_modalities_swap_uniqueness() -> None:
    x1, x2, y = pure("unique", 600)
    found, other = quick(x1, x2, y, max_epochs=15), quick(x2, x1, y, max_epochs=15)
    assert other.redundancy == pytest.approx(found.redundancy, abs=1e-4)
    assert other.unique == pytest.approx(found.unique[::-1], abs=1e-4)
    assert other.synergy == pytest.approx(found.synergy, abs=0.02)


def test_renamed_classes_change_little() -> None:
    x1, x2, y = pure("unique", 600)
    found, other = quick(x1, x2, y, max_epochs=15), quick(x1, x2, 1 - y, max_epochs=15)
    assert atoms(other) == pytest.approx(atoms(found), abs=0.03)


def test_a_constant_modality_tells_nothing() -> None:
    x1, _, y = pure("unique", 300)
    found = quick(x1, np.ones((300, 1)), y, max_epochs=10)
    assert found.information[1] < 0.02
    assert found.redundancy < 0.02
    assert found.unique[1] < 0.02


def test_groups_are_kept_together() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 10)
    code = rng.standard_normal((30, 8))[groups]
    y = rng.permutation(np.arange(30) % 2)[groups]
    x2 = rng.standard_normal((300, 2))
    assert quick(code, x2, y, groups=groups).information[0] < 0.08
    assert quick(code, x2, y).information[0] > 0.3


X = np.random.default_rng(0).standard_normal((20, 2))
HOLED = X.copy()
HOLED[[3, 5], 1] = np.nan
Y = np.arange(20) % 2


@pytest.mark.parametrize(
    ("x1", "x2", "y", "error", "words"),
    [
        (
            X,
            HOLED,
            Y,
            DataError,
            "x2 has 2 values that are NaN or infinite; impute them or leave the rows out",
        ),
        (X, X[:19], Y, ShapeError, "x2 has 19 rows but x1 has 20"),
        (X, X, Y[:19], ShapeError, "y has 19 rows but x1 has 20"),
        (X, X[:, 0], Y, ShapeError, "x2 must be (samples, columns), found shape (20,)"),
        (X, X, Y[:, None], ShapeError, "y must be (samples,), found shape (20, 1)"),
        (
            X.astype(str),
            X,
            Y,
            InputTypeError,
            f"x1 must hold real numbers, found {X.astype(str).dtype}; encode it first",
        ),
        (X, X, Y / 2, InputTypeError, "y must hold whole numbers from 0, found float64"),
        (X, X, Y * 0, DataError, "y has 1 class; information needs at least two"),
        (X, X, Y * 2, DataError, "the classes must be numbered 0 to 1, found 0, 2"),
        (X, X, Y - 1, DataError, "the classes must be numbered 0 to 1, found -1, 0"),
        (
            X,
            X,
            (np.arange(20) == 3).astype(int),
            DataError,
            "class '1' has 1 member, fewer than the 5 folds; merge or drop rare classes",
        ),
    ],
)
def test_refuses(x1: Any, x2: Any, y: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        batch_pid(x1, x2, y, random_state=0)
    assert str(caught.value) == words


def test_tells_all_faulty_settings() -> None:
    with pytest.raises(ConfigurationError) as caught:
        batch_pid(X, X, Y, folds=1, batch_size=1, max_epochs=0)
    assert caught.value.faults == (
        "folds must be at least 2, found 1",
        "batch_size must be at least 8, found 1",
        "max_epochs must be at least 1, found 0",
    )


def test_unknown_coupling(unchecked: None) -> None:
    del unchecked
    with pytest.raises(
        ConfigurationError, match=r"'networks' is not known; did you mean 'network'"
    ):
        batch_pid(X, X, Y, coupling="networks")  # pyright: ignore[reportArgumentType]  wrong on purpose
