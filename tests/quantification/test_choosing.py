"""The estimator is chosen for a reason that is said."""

import numpy as np
import pytest

from consilience.errors import ConfigurationError
from consilience.quantification.choosing import check_estimator, choose
from consilience.quantification.sources import Source

N = 400
FEW = Source("ward", np.zeros((N, 1)), np.arange(N) % 4)
ONE = Source("age", np.arange(N, dtype=np.float64)[:, None], np.arange(N))
MANY = Source("labs", np.random.default_rng(0).standard_normal((N, 7)), np.arange(N))
TEXT = Source("note", None, np.arange(N))
EVEN = np.array([200, 200])


def test_few_distinct_rows_are_counted_as_they_are() -> None:
    choice = choose(FEW, FEW, EVEN, "auto")
    assert choice.estimator == "discrete"
    assert choice.reason == (
        'The estimator is "discrete": both sides have few distinct rows (4 and 4) for 400 samples.'
    )


def test_one_column_is_clustered_and_the_reason_names_it() -> None:
    choice = choose(FEW, ONE, EVEN, "auto")
    assert choice.estimator == "clustered"
    assert choice.reason == (
        "The estimator is \"clustered\": 'age' has 400 distinct rows in 400 samples, so rows are "
        "grouped by clusters that were fitted on other samples."
    )


def test_several_columns_are_judged_by_classifiers() -> None:
    for sides in ((FEW, MANY), (MANY, ONE)):
        choice = choose(*sides, EVEN, "auto")
        assert choice.estimator == "batch"
        assert choice.reason == (
            "The estimator is \"batch\": 'labs' has 7 columns, of which clusters lose much, and "
            "400 samples suffice for classifiers."
        )


def test_columns_that_do_not_vary_do_not_count() -> None:
    padded = Source("age", np.column_stack([ONE.numbers(), np.ones((N, 4))]), np.arange(N))
    assert choose(FEW, padded, EVEN, "auto").estimator == "clustered"


@pytest.mark.parametrize(
    ("other", "sizes", "why"),
    [
        (FEW, [150, 149], "classifiers need 300 samples"),
        (FEW, [381, 19], "the rarest class has fewer than 20 samples"),
        (FEW, [20] * 21, "there are more than 20 classes"),
        (TEXT, [200, 200], "'note' is text"),
    ],
)
def test_where_classifiers_cannot_serve_the_reason_says_so(
    other: Source, sizes: list[int], why: str
) -> None:
    choice = choose(MANY, other, np.array(sizes), "auto")
    assert choice.estimator == "clustered"
    assert choice.reason.endswith(f'Not "batch": {why}.')


def symbols(name: str, count: int, columns: int, rows: int = N) -> Source:
    codes = np.arange(rows) % count
    values = (codes[:, None] // 3 ** np.arange(columns) % 3).astype(np.float64)
    return Source(name, values, codes)


BITS = symbols("a", 16, 4)
DIGIT = symbols("b", 16, 1)


def test_a_table_too_large_for_the_samples_is_judged_by_classifiers() -> None:
    choice = choose(BITS, DIGIT, EVEN, "auto")
    assert choice.estimator == "batch"
    assert choice.reason == (
        'The estimator is "batch": a table of 16 x 16 x 2 = 512 cells is too large for 400 '
        "samples, of which clusters lose much, and 400 samples suffice for classifiers."
    )
    assert choose(FEW, BITS, EVEN, "auto").estimator == "discrete"


def test_of_one_column_a_side_it_is_clustered() -> None:
    choice = choose(DIGIT, DIGIT, EVEN, "auto")
    assert (choice.estimator, choice.grouped) == ("clustered", True)
    assert choice.reason == (
        'The estimator is "clustered": a table of 16 x 16 x 2 = 512 cells is too large for 400 '
        "samples, so rows are grouped by clusters that were fitted on other samples."
    )


def test_below_what_classifiers_need_a_large_table_is_clustered() -> None:
    sides = symbols("a", 12, 3, 149), symbols("b", 12, 3, 149)
    choice = choose(*sides, np.array([75, 74]), "auto")
    assert (choice.estimator, choice.grouped) == ("clustered", True)
    assert choice.reason.endswith('Not "batch": classifiers need 150 samples.')
    assert choose(BITS, BITS, np.array([75, 75]), "auto").estimator == "batch"


def test_two_samples_a_cell_are_the_fewest_to_be_counted() -> None:
    for rows, estimator in ((400, "discrete"), (398, "clustered")):
        sides = symbols("a", 20, 1, rows), symbols("b", 5, 1, rows)
        assert choose(*sides, np.array([rows // 2] * 2), "auto").estimator == estimator


def test_beside_a_wide_side_few_symbols_are_grouped_where_they_are_too_many() -> None:
    for count, grouped in ((25, False), (26, True)):
        choice = choose(symbols("ward", count, 1), ONE, EVEN, "auto")
        assert (choice.estimator, choice.grouped) == ("clustered", grouped)


def test_what_cannot_be_grouped_is_left_as_it_is() -> None:
    words = Source("word", None, np.arange(N) % 30)
    assert choose(words, words, EVEN, "auto").estimator == "discrete"
    assert not choose(words, ONE, EVEN, "auto").grouped
    assert choose(words, ONE, EVEN, "auto").warnings == ()


def test_a_wish_is_heeded() -> None:
    assert choose(MANY, MANY, EVEN, "discrete").estimator == "discrete"
    assert choose(FEW, FEW, EVEN, "gaussian").reason.endswith("because it was asked for.")


def test_wishes_that_cannot_be_heeded() -> None:
    assert check_estimator("auto", "classification") == []
    assert check_estimator("gaussian", "regression") == []
    assert check_estimator("gaussian", "classification") == [
        'estimator "gaussian" needs a target that is a quantity; this one is of classes: '
        'use "auto"'
    ]
    with pytest.raises(ConfigurationError, match=r"estimator 'clusters' is not known; did you"):
        choose(FEW, FEW, EVEN, "clusters")
