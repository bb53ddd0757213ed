import math
from time import perf_counter

import numpy as np
import pytest

import consilience as cs
from consilience.errors import DataError
from consilience.quantification.comparing import Samples, Sides, compare_all, every_comparison
from consilience.quantification.pairing import Settings
from consilience.quantification.targets import target_of
from consilience.results.interactions import PairInteractions

RNG = np.random.default_rng(0)
N = 400
BITS = RNG.integers(0, 2, (3, N)).astype(np.float64)
DATA = cs.MultimodalData(dict(zip("abc", BITS, strict=True)), (BITS.sum(0) % 2).astype(np.int64))
SAMPLES = Samples(DATA, target_of(DATA), Settings("auto", None, 50, 20, 0))
ASKED: list[Sides] = [
    (("a",), ("b",)),
    (("a",), ("c",)),
    (("b",), ("c",)),
    (("a",), ("b", "c")),
    (("a", "b", "c"), ()),
]


def test_pairs_come_first_then_rests_then_all_together() -> None:
    assert every_comparison("ab") == [(("a",), ("b",))]
    assert every_comparison("abc") == [
        *((("a",), ("b",)), (("a",), ("c",)), (("b",), ("c",))),
        *((("a",), ("b", "c")), (("b",), ("a", "c")), (("c",), ("a", "b"))),
        (("a", "b", "c"), ()),
    ]
    assert len(every_comparison("abcdef")) == 22


def test_processes_find_what_one_finds_in_the_same_order() -> None:
    alone = compare_all(SAMPLES, ASKED, n_jobs=1, deadline=math.inf)
    assert compare_all(SAMPLES, ASKED, n_jobs=2, deadline=math.inf) == alone
    pairs = [one for one in alone if isinstance(one, PairInteractions)]
    assert [p.names for p in pairs[:4]] == [("a", "b"), ("a", "c"), ("b", "c"), ("a", "b+c")]
    assert pairs[3].synergy.estimate == pytest.approx(1, abs=0.05)
    assert pairs[4].information_1.estimate == pytest.approx(1, abs=0.05)
    assert pairs[4].information_2.estimate == 0


def test_when_time_is_up_the_first_is_done_and_the_rest_are_nothing() -> None:
    found = compare_all(SAMPLES, ASKED, n_jobs=1, deadline=perf_counter() - 1)
    assert isinstance(found[0], PairInteractions)
    assert found[1:] == [None] * 4


def test_what_cannot_be_compared_says_why_and_does_not_stop_the_others() -> None:
    absent = BITS[2].copy()
    absent[20:] = np.nan
    data = cs.MultimodalData({"a": BITS[0], "b": BITS[1], "c": absent}, BITS[0].astype(np.int64))
    samples = Samples(data, target_of(data), Settings("auto", None, 50, 0, 0))
    found = compare_all(samples, ASKED[:3], n_jobs=1, deadline=math.inf)
    assert isinstance(found[0], PairInteractions)
    assert "'a' and 'c': 20 rows" in str(found[1])
    assert isinstance(found[2], DataError)
