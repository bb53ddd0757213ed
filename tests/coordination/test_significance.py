import numpy as np
import pytest

from consilience.coordination.cca import CCA
from consilience.coordination.significance import permutation_test
from consilience.errors import ConfigurationError, DataError, ModalityError


def views(
    rng: np.random.Generator, rows: int = 40, strength: float = 0.0
) -> dict[str, np.ndarray]:
    x, y = rng.standard_normal((rows, 4)), rng.standard_normal((rows, 5))
    z = rng.standard_normal((rows, 1))
    x[:, :1] += strength * z
    y[:, :1] += strength * z
    return {"a": x, "b": y}


def test_false_alarms_keep_to_the_level_beside_a_strong_correlation() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for seed in range(100):
        given = views(rng, strength=3.0)
        found = permutation_test(given, n_components=2, n_permutations=39, random_state=seed)
        assert found.p_values[0] == 1 / 40
        alarms += found.p_values[1] <= 0.05
    # At 5 % of 100, more than 11 come up by chance once in 130 runs.
    assert alarms <= 11


def test_p_values_of_noise_are_uniform() -> None:
    rng = np.random.default_rng(1)
    p = [
        permutation_test(views(rng), n_components=1, n_permutations=39, random_state=s).p_values[0]
        for s in range(150)
    ]
    for level in (0.1, 0.25, 0.5, 0.75):
        share = np.mean(np.array(p) <= level)
        assert abs(share - level) < 3.3 * np.sqrt(level * (1 - level) / 150)


def test_a_second_correlation_is_found_behind_the_first() -> None:
    rng = np.random.default_rng(2)
    given = views(rng, 200, strength=5.0)
    given["a"][:, 1] += given["b"][:, 1]
    found = permutation_test(given, n_permutations=99, random_state=0)
    assert found.significant() == 2
    assert len(found.correlations) == 4
    expected = CCA(None).fit(given).correlations_
    np.testing.assert_allclose(found.correlations, expected, atol=1e-12)
    wilks = [-np.log1p(-(expected[k:] ** 2)).sum() for k in range(4)]
    np.testing.assert_allclose(found.statistics, wilks, atol=1e-10)
    assert list(found.p_values) == sorted(found.p_values)


def test_a_seed_repeats() -> None:
    given = views(np.random.default_rng(3))
    one, two = (permutation_test(given, n_permutations=19, random_state=4) for _ in range(2))
    assert one == two


def test_dependent_columns_and_absent_samples_are_left_out() -> None:
    given = views(np.random.default_rng(4), strength=1.0)
    wide = {"a": np.c_[given["a"], given["a"][:, 0]], "b": given["b"].copy()}
    wide["b"][:4] = np.nan
    found = permutation_test(wide, n_permutations=19, random_state=0)
    rest = permutation_test(
        {n: v[4:] for n, v in given.items()}, n_permutations=19, random_state=0
    )
    np.testing.assert_allclose(found.statistics, rest.statistics, atol=1e-9)
    assert found.samples == 36


def test_faults_are_told() -> None:
    given = views(np.random.default_rng(5))
    with pytest.raises(ConfigurationError) as caught:
        permutation_test(given, n_components=5, n_permutations=0)
    assert caught.value.faults == (
        "n_permutations must be at least 1, found 0",
        "n_components must be at most 4, found 5",
    )
    few = {name: view[:9] for name, view in given.items()}
    with pytest.raises(DataError, match="ranks 4 and 5 need more than 9 samples, found 9"):
        permutation_test(few)
    with pytest.raises(ModalityError, match="takes two views, found 3"):
        permutation_test({**given, "c": given["a"]})
