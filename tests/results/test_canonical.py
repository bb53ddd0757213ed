import json

from consilience.results.canonical import CanonicalTest

FOUND = CanonicalTest((0.9, 0.5, 0.1), (0.001, 0.02, 0.4), (2.0, 0.3, 0.01), 1200, 999)


def test_significant_ones_are_counted_from_the_largest() -> None:
    assert FOUND.significant() == 2
    assert FOUND.significant(0.01) == 1
    assert FOUND.significant(0.0001) == 0
    assert FOUND.significant(0.5) == 3


def test_says_correlations_and_p_values() -> None:
    assert str(FOUND) == (
        "3 canonical correlations of 1,200 samples, 999 permutations\n"
        "  1  r = 0.900  p = 0.001\n"
        "  2  r = 0.500  p = 0.02\n"
        "  3  r = 0.100  p = 0.4"
    )


def test_is_plain_enough_for_json() -> None:
    assert json.loads(json.dumps(FOUND.to_dict()))["p_values"] == [0.001, 0.02, 0.4]
