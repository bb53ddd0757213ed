"""Interactions of samples, from the call to the result."""

import importlib
import math
import runpy
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import consilience as cs
from consilience.errors import ConfigurationError, DataError, InputTypeError, ModalityError
from consilience.fusion import available
from consilience.quantification import neural
from consilience.quantification.batch import batch_pid
from consilience.quantification.counts import Counts
from consilience.quantification.interactions import interactions
from consilience.results.interactions import QUANTITIES
from consilience.results.recommendation import METHODS

RNG = np.random.default_rng(0)
N = 2000
BITS = RNG.integers(0, 2, (3, N)).astype(np.float64)


def test_the_truth_of_a_built_in_set_is_within_the_intervals() -> None:
    truth = cs.datasets.card("synthetic/xor").truth
    found = interactions(cs.datasets.load("synthetic/xor", n=8000), random_state=0)["a", "b"]
    pairs = {
        "redundancy": "redundancy",
        "unique_1": "unique_a",
        "unique_2": "unique_b",
        "synergy": "synergy",
        "information_12": "information_joint",
    }
    for name, known in pairs.items():
        quantity = found.quantities[name]
        assert quantity.low <= truth[known] <= quantity.high, name


@pytest.mark.parametrize(
    ("name", "family"),
    [("redundant", "agreement"), ("unique", "additive"), ("xor", "interacting")],
)
def test_the_recommended_family_is_that_of_the_truth(name: str, family: str) -> None:
    data = cs.datasets.load(f"synthetic/{name}", n=N)
    estimator = "auto" if name == "xor" else "clustered"
    found = interactions(data, estimator=estimator, n_boot=60, random_state=0)
    assert found.recommend().family == family
    assert found.recommend().clear


def test_noise_has_intervals_that_cover_0_and_no_small_p() -> None:
    """7 p values below .01 with probability < .05 each way; the seed is fixed."""
    a, b = RNG.standard_normal((2, N, 5))
    data = cs.MultimodalData({"a": a, "b": b}, RNG.integers(0, 2, N))
    found = interactions(data, estimator="clustered", random_state=0)
    for quantity in found["a", "b"].quantities.values():
        assert quantity.low <= 0 <= quantity.high
        assert quantity.p_value > 0.01
    assert not found.recommend().clear


def test_three_modalities_have_pairs_rests_and_a_total() -> None:
    y = (BITS.sum(0) % 2).astype(np.int64)
    data = cs.MultimodalData(dict(zip("abc", BITS, strict=True)), y)
    found = interactions(data, n_boot=100, n_null=50, random_state=0)
    assert [p.names for p in found.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [p.names for p in found.against_rest] == [("a", "b+c"), ("b", "a+c"), ("c", "a+b")]
    assert all(p.synergy.low <= 0 <= p.synergy.high for p in found.pairs)
    assert all(p.synergy.low <= 1 <= p.synergy.high for p in found.against_rest)
    assert found.total_information is not None
    assert found.total_information.estimate == pytest.approx(1, abs=0.02)
    only = interactions(data, pair=("c", "a"), n_boot=60, n_null=0, random_state=0)
    assert [p.names for p in only.pairs] == [("c", "a")]
    assert only.against_rest == ()


def test_a_time_limit_leaves_comparisons_out_and_says_so() -> None:
    y = (BITS.sum(0) % 2).astype(np.int64)
    data = cs.MultimodalData(dict(zip("abc", BITS, strict=True)), y)
    found = interactions(data, n_boot=50, n_null=0, time_limit=1e-9, random_state=0)
    assert [p.names for p in found.pairs] == [("a", "b")]
    assert found.against_rest == ()
    assert found.total_information is None
    assert "The time limit left out 6 of 7 comparisons" in found.target
    assert "left out 6 of 7" in str(found)


def test_rows_where_a_side_or_the_target_is_missing_are_left_out_and_counted() -> None:
    a, y = BITS[0].copy(), BITS[1].copy()
    a[:100] = np.nan
    y[50:150] = np.nan
    data = cs.MultimodalData({"a": a, "b": BITS[2]}, y)
    pair = interactions(data, n_boot=60, n_null=0, random_state=0)["a", "b"]
    assert (pair.rows_used, pair.rows_left_out) == (N - 150, 150)


def test_too_few_rows_with_everything_leave_the_pairs() -> None:
    c = BITS[2].copy()
    c[30:] = np.nan
    a, b = BITS[:2].copy()
    data = cs.MultimodalData({"a": a, "b": b, "c": c}, BITS[0])
    with pytest.raises(DataError, match="'a' and 'c': 30 rows have both and a target"):
        interactions(data, n_boot=60, random_state=0)
    half = RNG.permutation(N)
    for i, values in enumerate((a, b)):
        values[half[i * 990 : (i + 1) * 990]] = np.nan
    sparse = cs.MultimodalData({"a": a, "b": b, "c": BITS[2]}, BITS[2])
    with pytest.raises(DataError, match="'a' and 'b': 20 rows have both"):
        interactions(sparse, n_boot=60, random_state=0)


def test_groups_are_resampled_together() -> None:
    y = (BITS[0] > 0) ^ (RNG.random(N) < 0.2)
    many = [np.repeat(v[:400], 5) for v in (BITS[0], BITS[1], y)]
    widths: list[float] = []
    for groups in (None, np.repeat([f"patient {i}" for i in range(400)], 5)):
        data = cs.MultimodalData({"a": many[0], "b": many[1]}, many[2], groups=groups)
        found = interactions(data, n_null=0, random_state=0)
        assert found.target.endswith("(of 400) are resampled together") == (groups is not None)
        q = found["a", "b"].unique_1
        widths.append(q.high - q.low)
    assert widths[1] > 1.7 * widths[0]


def test_the_same_seed_gives_the_same_bits_and_leaves_global_generators_alone() -> None:
    data = cs.datasets.load("synthetic/mixed", n=900)
    before = str(np.random.get_state())  # noqa: NPY002  the global one is what is tested
    one, two = (
        interactions(data, estimator="clustered", n_boot=60, n_null=20, random_state=4)
        for _ in range(2)
    )
    assert one == two
    assert str(np.random.get_state()) == before  # noqa: NPY002  the same


def test_a_quantity_is_binned_or_taken_as_gaussian() -> None:
    a, b, noise = RNG.standard_normal((3, N))
    data = cs.MultimodalData({"a": a, "b": b}, a + b + noise)
    binned = interactions(data, n_boot=60, n_null=20, random_state=0)
    assert binned.target == "Target is a quantity, cut into 4 classes of equal frequency"
    found = interactions(data, estimator="gaussian", n_boot=100, n_null=20, random_state=0)
    assert found.target == "Target is a quantity"
    pair = found["a", "b"]
    assert pair.redundancy.estimate == pytest.approx(0.5 * math.log2(1.5), abs=0.03)
    assert pair.synergy.low <= 0.5 * math.log2(3) - 0.5 * math.log2(1.5) <= pair.synergy.high


def test_counts_stand_in_for_data() -> None:
    y = (BITS[0] != BITS[1]).astype(int)
    shards = [
        Counts.of(BITS[0][rows], BITS[1][rows], y[rows], names=("a", "b"))
        for rows in np.array_split(np.arange(N), 7)
    ]
    merged = sum(shards[1:], shards[0])
    found = interactions(merged, random_state=0)
    data = cs.MultimodalData({"a": BITS[0], "b": BITS[1]}, y)
    assert found["a", "b"].quantities == interactions(data, random_state=0)["a", "b"].quantities
    assert tuple(found["a", "b"].quantities) == QUANTITIES


@pytest.mark.parametrize("words", [False, True])
def test_a_stream_with_holes_gives_the_same_as_the_whole(words: bool) -> None:  # noqa: FBT001  a parameter of the test
    rng = np.random.default_rng(0)
    n = 900
    sides = rng.integers(-1, 4, (2, n)).astype(float)
    y = np.array(["no", "yes", None], dtype=object)[(sides.sum(0) % 2).astype(int)]
    y[::50] = None
    a, b = np.where(rng.random((2, n)) < 0.02, np.nan, sides)
    if words:
        named = [[None if np.isnan(v) else f"w{v:.0f}" for v in side] for side in (a, b)]
        a, b = (np.array(side, dtype=object) for side in named)
    data = cs.MultimodalData({"a": a, "b": b}, y)
    stream = (
        cs.Counts.of(a[i : i + 37], b[i : i + 37], y[i : i + 37], names=("a", "b"))
        for i in range(0, n, 37)
    )
    counted, whole = (
        interactions(x, n_boot=50, n_null=20, random_state=3)["a", "b"]
        for x in (sum(stream), data)
    )
    assert counted.quantities == whole.quantities
    assert (counted.rows_used, counted.rows_left_out) == (whole.rows_used, whole.rows_left_out)
    assert counted.rows_left_out > n // 50


def test_every_fault_of_the_options_is_told_at_once() -> None:
    data = cs.MultimodalData({"a": BITS[0], "b": BITS[1]}, BITS[2])
    with pytest.raises(ConfigurationError) as caught:
        interactions(data, estimator="descrete", n_boot=9, n_null=-1, clusters=1)
    assert caught.value.faults == (
        "clusters must be at least 2, or None for the rule; found 1",
        "n_boot must be at least 50 for an interval; found 9",
        "n_null must be at least 0; found -1",
        "estimator 'descrete' is not known; did you mean 'discrete'?",
    )
    counts = Counts.of(BITS[0], BITS[1], BITS[2])
    with pytest.raises(ConfigurationError, match='counts need estimator "discrete" or "auto"'):
        interactions(counts, estimator="gaussian", pair=("a", "b"))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_data_frame_is_split_at_its_prefixes(library: str) -> None:
    frames = importlib.import_module(library)
    y = (BITS[0] != BITS[1]).astype(int)
    columns = {"lab_a": BITS[0], "lab_b": BITS[2], "ecg_a": BITS[1]}
    options: dict[str, Any] = {"n_boot": 60, "n_null": 20, "random_state": 0}
    expected = interactions(
        cs.MultimodalData({"lab": np.stack([BITS[0], BITS[2]], 1), "ecg": BITS[1]}, y), **options
    )
    named = frames.DataFrame({**columns, "died": y})
    assert interactions(named, target="died", **options) == expected
    assert interactions(frames.DataFrame(columns), target=y, **options) == expected
    with pytest.raises(DataError, match="interactions are about a target; pass target="):
        interactions(frames.DataFrame(columns))


def test_a_target_may_be_given_beside_the_samples() -> None:
    data = cs.MultimodalData({"a": BITS[0], "b": BITS[1]})
    found = interactions(data, target=BITS[0], n_boot=60, n_null=0, random_state=0)
    assert found["a", "b"].unique_1.low > 0.9
    with pytest.raises(ConfigurationError, match="target='died' names a column of a data frame;"):
        interactions(data, target="died")
    with pytest.raises(ConfigurationError, match="counts hold their target: leave out target="):
        interactions(Counts.of(BITS[0], BITS[1], BITS[2]), target=BITS[2])


def test_modalities_that_are_not_two() -> None:
    data = cs.MultimodalData({"labs": BITS[0], "ecg": BITS[1]}, BITS[2])
    with pytest.raises(ModalityError, match=r"no modality 'lbas'; did you mean 'labs'\?"):
        interactions(data, pair=("lbas", "ecg"))
    with pytest.raises(ModalityError, match="pair must be the names of two modalities; found"):
        interactions(data, pair=("ecg", "ecg"))
    with pytest.raises(ModalityError, match="interactions need two modalities; there is labs o"):
        interactions(data.select(["labs"]))


def test_targets_that_tell_nothing() -> None:
    modalities = {"a": BITS[0], "b": BITS[1]}
    with pytest.raises(DataError, match="the target has one class only"):
        interactions(cs.MultimodalData(modalities, np.zeros(N)))
    lone = np.zeros(N)
    lone[0] = 1
    with pytest.raises(DataError, match="1 of 2 classes have one sample each"):
        interactions(cs.MultimodalData(modalities, lone))
    with pytest.raises(DataError, match="interactions are about a target"):
        interactions(cs.MultimodalData(modalities))


def test_recommended_methods_exist() -> None:
    assert {m for methods in METHODS.values() for m in methods} <= set(available())


@pytest.mark.slow
def test_recommended_methods_are_within_one_standard_error_of_the_best_in_9_of_10() -> None:
    """Twelve tasks of `benchmarks/recommendation.py`, one draw each."""
    path = Path(__file__).parents[2] / "benchmarks" / "recommendation.py"
    bench = runpy.run_path(str(path))
    zoo = tuple(method for method in available() if method not in bench["SLOW"])
    good = [bench["judge"](task, 1, zoo).is_good for task in bench["TASKS"]]
    assert sum(good) >= 0.9 * len(good)


@pytest.mark.usefixtures("unchecked")
def test_other_data_are_refused_with_the_way_out() -> None:
    frame: Any = {"a": [1, 2]}
    with pytest.raises(
        InputTypeError, match=r"take MultimodalData .*, a data frame or Counts; found dict"
    ):
        interactions(frame)


def test_counting_needs_no_torch() -> None:
    code = (
        "import sys, consilience as cs\n"
        "from consilience.quantification.interactions import interactions\n"
        "interactions(cs.datasets.load('synthetic/xor', n=3000), n_boot=50, random_state=0)\n"
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_batch_estimator_is_there_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "batch_pid", partial(batch_pid, folds=2, max_epochs=30))
    signs = np.where(BITS[:2, :400] > 0, 1.0, -1.0) * RNG.uniform(0.5, 1.5, (2, 400))
    data = cs.MultimodalData({"a": signs[0], "b": signs[1]}, signs[0] * signs[1] > 0)
    found = interactions(data, estimator="batch", n_boot=50, n_null=20, random_state=0)
    pair = found["a", "b"]
    assert pair.estimator == "batch"
    assert pair.synergy.estimate > 0.8
    assert found.recommend().family == "interacting"
