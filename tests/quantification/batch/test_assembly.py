import numpy as np
import pytest

from consilience.functional.pid import pid
from consilience.quantification.batch.assembly import assemble, calibrate

FLIP = 0.1


def gate(kind: str, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two symbols of 0 to 3 and a noisy label of both."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 4, (2, n))
    y = {
        "xor": (a ^ b) & 1,
        "and": a & b & 1,
        "sum": (a + b) // 2,
        "first": a & 1,
    }[kind]
    if kind == "first":
        b = np.where(rng.random(n) < 0.5, a, b)
    return a, b, np.where(rng.random(n) < FLIP, rng.integers(0, y.max() + 1, n), y)


def empirical(a: np.ndarray, b: np.ndarray, y: np.ndarray) -> np.ndarray:
    joint = np.zeros((4, 4, y.max() + 1))
    np.add.at(joint, (a, b, y), 1 / len(y))
    return joint


def true_posteriors(joint: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    given = [joint.sum(1)[a], joint.sum(0)[b], joint[a, b]]
    return np.stack([np.log(np.maximum(p / p.sum(1, keepdims=True), 1e-12)) for p in given])


@pytest.mark.parametrize("kind", ["xor", "and", "sum", "first"])
def test_perfect_classifiers_give_the_exact_decomposition(kind: str) -> None:
    a, b, y = gate(kind, 3000)
    joint = empirical(a, b, y)
    exact = pid(joint)
    found = assemble(calibrate(true_posteriors(joint, a, b), y), y)
    assert found.information == pytest.approx(exact.information, abs=1e-4)
    assert found.redundancy == pytest.approx(exact.redundancy, abs=1e-4)
    assert found.unique == pytest.approx(exact.unique, abs=1e-4)
    assert found.synergy == pytest.approx(exact.synergy, abs=1e-4)
    assert found.gap < 1e-4
    assert found.notes == ()


def test_sums_are_exact() -> None:
    a, b, y = gate("and", 500)
    found = assemble(calibrate(true_posteriors(empirical(a, b, y), a, b), y), y)
    one, two, both = found.information
    assert found.redundancy + found.unique[0] == pytest.approx(one, abs=1e-12)
    assert found.redundancy + found.unique[1] == pytest.approx(two, abs=1e-12)
    assert found.redundancy + sum(found.unique) + found.synergy == pytest.approx(both, abs=1e-12)
    np.testing.assert_allclose(found.contributions.mean(0), found.information, atol=1e-12)
    assert found.log_losses == pytest.approx([found.entropy - i for i in found.information])


def test_overconfidence_is_no_information() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 3000)
    p = 1 / (1 + np.exp(-3 * rng.standard_normal((3, 3000))))
    claims = np.log(np.stack([p, 1 - p], axis=2))
    found = assemble(calibrate(claims, y), y)
    assert max(found.information) < 0.003
    assert abs(found.synergy) < 0.003


def test_a_useless_joint_classifier_falls_back_on_one_modality() -> None:
    a, b, y = gate("first", 2000)
    posteriors = true_posteriors(empirical(a, b, y), a, b)
    posteriors[2] = np.log(0.5)
    found = assemble(calibrate(posteriors, y), y)
    assert found.information[2] >= max(found.information[:2]) - 1e-12
    assert found.synergy > -0.001


def test_negative_synergy_is_told_and_not_clipped() -> None:
    a, b, y = gate("first", 2000)
    posteriors = true_posteriors(empirical(a, b, y), a, b)
    posteriors[2] = np.log(0.5)
    found = assemble(posteriors, y)
    assert found.synergy < -0.3
    assert found.notes == (
        f"synergy is {found.synergy:.4f} bits: the joint classifier knows less than any "
        "coupling of the two modalities holds; more samples or a better classifier are needed",
    )


def test_small_batches_bias_uniqueness_upwards() -> None:
    rng = np.random.default_rng(0)
    logit = 2 * rng.standard_normal(1024)
    y = (rng.random(1024) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    own = np.stack([-np.logaddexp(0, logit), -np.logaddexp(0, -logit)], axis=1)
    other = own[rng.permutation(1024)]
    found = assemble(np.stack([own, other, own]), y, batch_size=64)
    assert [point.size for point in found.trend] == [64, 128, 256, 512, 1024]
    assert [point.batches for point in found.trend] == [8, 8, 4, 2, 1]
    sums = [sum(point.unique) for point in found.trend]
    assert sums[0] > 0.03 > sums[-1] + 0.02
    assert sums[0] > sums[2] > sums[-1]
    assert found.trend[-1].standard_error == (0.0, 0.0)


def test_labels_may_be_renamed() -> None:
    a, b, y = gate("sum", 1500)
    posteriors = true_posteriors(empirical(a, b, y), a, b)
    order = np.roll(np.arange(y.max() + 1), 1)
    found = assemble(calibrate(posteriors, y), y)
    other = assemble(calibrate(posteriors[:, :, np.argsort(order)], order[y]), order[y])
    assert other.unique == pytest.approx(found.unique, abs=1e-4)
    assert other.synergy == pytest.approx(found.synergy, abs=1e-4)
