"""One pair, from rows to the result."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from consilience.errors import DataError
from consilience.quantification import neural
from consilience.quantification.batch import batch_pid
from consilience.quantification.coding import Problem
from consilience.quantification.counts import Counts
from consilience.quantification.pairing import Settings, interactions_of, interactions_of_counts
from consilience.quantification.sources import Source
from consilience.results.interactions import QUANTITIES
from consilience.results.quantity import ZERO

RNG = np.random.default_rng(0)
N = 1000
BITS = RNG.integers(0, 2, (2, N))
NUMBERS = RNG.standard_normal((N, 2))
SETTINGS = Settings("auto", None, 100, 50, 0)


def _symbols(name: str, codes: np.ndarray) -> Source:
    return Source(name, codes[:, None].astype(np.float64), codes.astype(np.int64))


def _numbers(name: str, values: np.ndarray) -> Source:
    return Source(name, values.reshape(len(values), -1), np.arange(len(values)))


A, B = _symbols("a", BITS[0]), _symbols("b", BITS[1])
CONSTANT = _symbols("still", np.zeros(N))


def test_a_gate_of_bits() -> None:
    pair = interactions_of(Problem(A, B, BITS[0] ^ BITS[1], None), None, SETTINGS, left_out=7)
    assert (pair.estimator, pair.alphabet) == ("discrete", (2, 2, 2))
    assert (pair.rows_used, pair.rows_left_out) == (N, 7)
    assert pair.synergy.low <= 1 <= pair.synergy.high
    assert pair.warnings == ()


@pytest.mark.parametrize("other", [A, _numbers("labs", NUMBERS[:, :1])])
def test_a_constant_modality_has_exact_zeros(other: Source) -> None:
    y = BITS[0] & BITS[1]
    pair = interactions_of(Problem(other, CONSTANT, y, None), None, SETTINGS, left_out=0)
    for name in ("redundancy", "synergy", "unique_2", "information_2"):
        assert pair.quantities[name] is ZERO
    assert pair.unique_1 == pair.information_1 == pair.information_12
    assert any("is the same in every row used" in warning for warning in pair.warnings)
    swapped = interactions_of(Problem(CONSTANT, other, y, None), None, SETTINGS, left_out=0)
    assert swapped.unique_1 == swapped.redundancy == swapped.synergy == ZERO
    assert swapped.unique_2 == swapped.information_2 == swapped.information_12


def test_the_order_of_sides_swaps_the_unique_parts() -> None:
    y = ((BITS[0] + RNG.integers(0, 4, N)) > 2).astype(np.int64)
    one = interactions_of(Problem(A, B, y, None), None, SETTINGS, left_out=0)
    two = interactions_of(Problem(B, A, y, None), None, SETTINGS, left_out=0)
    assert one.unique_1.estimate == pytest.approx(two.unique_2.estimate, abs=3e-3)
    assert one.unique_2.estimate == pytest.approx(two.unique_1.estimate, abs=3e-3)
    assert one.information_1.estimate == pytest.approx(two.information_2.estimate, abs=3e-3)
    assert one.synergy.estimate == pytest.approx(two.synergy.estimate, abs=3e-3)


def test_clusters_report_their_sizes_what_they_lose_and_how_the_atoms_move() -> None:
    wide = np.column_stack([NUMBERS[:, 0], RNG.standard_normal((N, 9))])
    y = (NUMBERS[:, 0] > 0).astype(np.int64)
    problem = Problem(_numbers("labs", wide), _numbers("ecg", NUMBERS[:, 1]), y, None)
    settings = replace(SETTINGS, estimator="clustered")
    pair = interactions_of(problem, None, settings, left_out=0)
    assert (pair.estimator, pair.alphabet) == ("clustered", (5, 5, 2))
    assert pair.reason.endswith("Alphabets: 5 and 5 symbols.")
    assert pair.coarse == ("labs",)
    assert "the clusters of 'labs' keep" in pair.warnings[0]
    assert [s.clusters for s in pair.sensitivity] == [(2, 2), (10, 10)]


def test_classifiers_judge_text_beside_numbers_and_say_which_rows_they_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neural, "MOST_ROWS", 400)
    monkeypatch.setattr(neural, "batch_pid", partial(batch_pid, folds=2, max_epochs=30))
    words = Source("note", None, BITS[0])
    y = (BITS[0] ^ (NUMBERS[:, 0] > 0)).astype(np.int64)
    problem = Problem(words, _numbers("labs", NUMBERS), y, None)
    pair = interactions_of(problem, None, replace(SETTINGS, n_boot=50, n_null=9), left_out=7)
    assert (pair.estimator, pair.rows_used, pair.rows_left_out) == ("batch", 400, N - 393)
    assert pair.reason.startswith("The estimator is \"batch\": 'labs' has 2 columns")
    assert pair.warnings[0] == "400 of 1000 rows were drawn at random, to save time"
    assert pair.synergy.low > 0.5


def test_few_groups_and_rare_classes_are_warned_of() -> None:
    y = np.append(np.zeros(N - 5, dtype=np.int64), np.ones(5, dtype=np.int64))
    groups = np.arange(N) % 20
    pair = interactions_of(Problem(A, B, y, groups), None, SETTINGS, left_out=0)
    assert pair.warnings == (
        "20 groups are few: below 30 intervals are too narrow",
        "there may be no permutation null: it takes one row of each of 20 groups",
        "the rarest class has 5 rows; its part of the estimate is guesswork",
    )


def test_too_few_rows_and_groups_are_refused() -> None:
    few = Problem(_symbols("a", BITS[0, :39]), _symbols("b", BITS[1, :39]), BITS[0, :39], None)
    with pytest.raises(DataError, match="'a' and 'b': 39 rows have both and a target; at least"):
        interactions_of(few, None, SETTINGS, left_out=0)
    with pytest.raises(DataError, match="'a' and 'b': 9 groups; at least 10 are needed for an in"):
        interactions_of(Problem(A, B, BITS[0], np.arange(N) % 9), None, SETTINGS, left_out=0)


def test_the_gaussian_estimator_wants_complete_numbers_and_a_quantity() -> None:
    settings = Settings("gaussian", None, 50, 0, 0)
    holed = NUMBERS[:, 0].copy()
    holed[3] = np.nan
    y = BITS[0]
    problem = Problem(_numbers("a", holed), _numbers("b", NUMBERS[:, 1]), y, None)
    with pytest.raises(DataError, match="cannot use missing values, which modality 'a' has"):
        interactions_of(problem, NUMBERS[:, 0], settings, left_out=0)
    problem = Problem(_numbers("a", NUMBERS[:, 0]), _numbers("b", NUMBERS[:, 1]), y, None)
    with pytest.raises(DataError, match="needs a target that is a quantity"):
        interactions_of(problem, None, settings, left_out=0)


def test_counts_give_what_the_rows_give() -> None:
    y = BITS[0] & BITS[1]
    whole = interactions_of(Problem(A, B, y, None), None, SETTINGS, left_out=0)
    shards = [
        Counts.of(*(v[part] for v in (BITS[0], BITS[1], y)), names=("a", "b"))
        for part in (slice(0, 300), slice(300, N))
    ]
    counted = interactions_of_counts(shards[0] + shards[1], SETTINGS)
    for name in QUANTITIES:
        assert counted.quantities[name] == whole.quantities[name]


def test_counts_of_one_class_or_few_samples_are_refused() -> None:
    with pytest.raises(DataError, match="12 samples are counted; at least 40 are needed"):
        interactions_of_counts(Counts.of([0, 1] * 6, [0, 1] * 6, [0, 1] * 6), SETTINGS)
    with pytest.raises(DataError, match=r"one class only \('no'\) in the 50 rows used"):
        interactions_of_counts(Counts.of([0, 1] * 25, [0, 1] * 25, ["no"] * 50), SETTINGS)


def test_counts_warn_of_a_rare_class_and_tell_what_was_left_out() -> None:
    counts = Counts.of([0, 1] * 41, [0, 1] * 41, ["no"] * 74 + ["yes"] * 6 + [""] * 2)
    found = interactions_of_counts(counts, SETTINGS)
    assert any("the rarest class has 6 rows" in warning for warning in found.warnings)
    assert (found.rows_used, found.rows_left_out) == (80, 2)


def test_a_table_of_distinct_rows_that_is_too_large_is_grouped_unless_asked_for() -> None:
    digits = np.random.default_rng(3).integers(0, 16, (2, 240))
    sides = _symbols("a", digits[0]), _symbols("b", digits[1])
    problem = Problem(*sides, (digits[0] > 7).astype(np.int64), None)
    pair = interactions_of(problem, None, SETTINGS, left_out=0)
    assert pair.estimator == "clustered"
    crowd = "a table of 16 x 16 x 2 = 512 cells is too large for 240 samples"
    assert crowd in pair.reason
    assert pair.warnings[0].startswith(f"{crowd}: what only single combinations of symbols tell")
    assert pair.alphabet == (2, 2, 2)
    assert pair.unique_1.low > 0.6
    assert pair.rows_used == 240
    with pytest.raises(DataError, match="240 rows are too few for a table of 16 x 16 x 2"):
        interactions_of(problem, None, replace(SETTINGS, estimator="discrete"), left_out=0)
