"""The estimator is chosen for a reason that is said."""

import numpy as np
import pytest

from consilience.errors import ConfigurationError
from consilience.quantification.choosing import check_estimator, choose
from consilience.quantification.sources import Source

FEW = Source("ward", np.zeros((100, 1)), np.arange(100) % 4)
MANY = Source("labs", np.zeros((100, 1)), np.arange(100))


def test_few_distinct_rows_are_counted_as_they_are() -> None:
    choice = choose(FEW, FEW, "auto")
    assert choice.estimator == "discrete"
    assert choice.reason == (
        'The estimator is "discrete": both sides have few distinct rows (4 and 4) for 100 samples.'
    )


def test_many_are_clustered_and_the_reason_names_them() -> None:
    choice = choose(FEW, MANY, "auto")
    assert choice.estimator == "clustered"
    assert choice.reason.startswith("The estimator is \"clustered\": 'labs' has 100 distinct rows")


def test_a_wish_is_heeded() -> None:
    assert choose(MANY, MANY, "discrete").estimator == "discrete"
    assert choose(FEW, FEW, "gaussian").reason.endswith("because it was asked for.")


def test_wishes_that_cannot_be_heeded() -> None:
    assert check_estimator("auto", "classification") == []
    assert check_estimator("gaussian", "regression") == []
    assert check_estimator("gaussian", "classification") == [
        'estimator "gaussian" needs a target that is a quantity; this one is of classes: '
        'use "auto"'
    ]
    with pytest.raises(ConfigurationError, match=r"estimator 'clusters' is not known; did you"):
        choose(FEW, FEW, "clusters")
