"""Quick informations of resamples against the slow ones."""

import numpy as np
import pytest
from scipy.special import log_softmax

from consilience.quantification.batch.assembly import assemble, calibrate
from consilience.quantification.batch.resampling import Resampler

N = 500


def predictions(k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(k)
    y = rng.integers(0, k, N)
    told = np.array([1.0, 1.5, 3.0])[:, None, None] * np.eye(k)[y]
    raw = log_softmax(told + rng.standard_normal((3, N, k)), axis=2)
    return calibrate(raw, y), y


@pytest.mark.parametrize("k", [2, 4])
def test_the_sample_itself_gives_what_the_whole_estimate_gives(k: int) -> None:
    posteriors, y = predictions(k)
    found = Resampler(posteriors, seed=0).informations(posteriors, y, np.ones(N, dtype=np.int64))
    whole = assemble(posteriors, y)
    expected = [whole.redundancy, *whole.unique, whole.synergy, *whole.information]
    assert found == pytest.approx(expected, abs=3e-3)
    assert found[4:] == pytest.approx(expected[4:], abs=1e-12)


def test_a_resample_is_a_sample_with_repeated_rows() -> None:
    posteriors, y = predictions(2)
    often = np.random.default_rng(0).multinomial(N, np.full(N, 1 / N))
    rows = np.repeat(np.arange(N), often)
    found = Resampler(posteriors, seed=0).informations(posteriors, y, often)
    whole = assemble(posteriors[:, rows], y[rows])
    expected = [whole.redundancy, *whole.unique, whole.synergy, *whole.information]
    assert found == pytest.approx(expected, abs=3e-3)


def test_a_resample_may_lack_a_class() -> None:
    posteriors, y = predictions(3)
    found = Resampler(posteriors, seed=0).informations(posteriors, y, (y != 2).astype(np.int64))
    assert np.isfinite(found).all()
    r, u1, u2, s, one, two, both = found.tolist()
    assert (r + u1, r + u2) == pytest.approx((one, two))
    assert r + u1 + u2 + s == pytest.approx(both)
