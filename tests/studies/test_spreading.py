"""Calls side by side, here and on a local Ray cluster of two processes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import ray
from joblib import delayed

import consilience as cs
from consilience.errors import ConfigurationError, UnavailableError
from consilience.studies.spreading import in_order, spread


def place(number: int, *, shift: int = 0) -> tuple[int, int]:
    return number + shift, os.getpid()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    known: Any = ray
    known.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield known
    known.shutdown()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_asked_for(workers: int) -> None:
    with spread(workers) as pool:
        found = in_order(pool, [delayed(place)(k, shift=10) for k in range(5)])
    assert [value for value, _ in found] == [10, 11, 12, 13, 14]


def test_two_local_processes_are_used() -> None:
    with spread(2) as pool:
        found = list(pool.as_done([delayed(place)(k) for k in range(4)]))
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="backend 'rai' is not known; did you mean 'ray'"):
        spread(1, "rai").__enter__()  # pyright: ignore[reportArgumentType]  on purpose


def test_without_ray_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UnavailableError, match=r"pip install \"consilience\[ray\]\""):
        spread(1, "ray").__enter__()


def test_a_cluster_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "here:is:nothing")
    with pytest.raises(UnavailableError, match="Ray could not join the cluster at RAY_ADDRESS"):
        spread(1, "ray").__enter__()


def test_a_study_on_a_cluster_has_the_numbers_of_one_here(
    cluster: Any, coin: cs.MultimodalData, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"methods": ["additive"], "folds": 2, "seeds": 1, "workers": 2}
    here = cs.study(coin, out=tmp_path / "here", **options)
    there = cs.study(coin, out=tmp_path / "there", backend="ray", **options)
    assert cluster.is_initialized(), "a cluster that was joined is not shut down"
    assert there.verdict == here.verdict
    one, other = (pq.read_table(s.folder / "predictions.parquet") for s in (here, there))
    for name in one.column_names:
        np.testing.assert_array_equal(one[name].to_numpy(), other[name].to_numpy())
    kept = [sorted(p.name for p in s.folder.rglob("*")) for s in (here, there)]
    assert kept[0] == kept[1]


def test_large_arguments_are_sent_once(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    put = cluster.put

    def counting(value: object) -> object:
        sent.append(value)
        return put(value)

    monkeypatch.setattr(cluster, "put", counting)
    large = np.arange(5)
    with spread(2, "ray") as pool:
        found = in_order(pool, [delayed(np.sum)(large) for _ in range(3)])
    assert found == [10, 10, 10]
    assert sum(value is large for value in sent) == 1
