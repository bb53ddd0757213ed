"""Groups found together that no modality shows alone."""

import re

import numpy as np
import pytest
import torch
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.errors import ConfigurationError, DataError
from consilience.fission.clustering import METHODS, MultiviewClustering

ROWS = 160


def halves(seed: int) -> tuple[dict[str, Tensor], np.ndarray]:
    """Each view parts two of four clusters and lays the other two on each other."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, ROWS)
    places = {
        "a": np.array([[0, 0], [6, 0], [3, 5], [3, 5]]),
        "b": np.array([[3, 5], [3, 5], [0, 0], [6, 0]]),
    }
    noise = 0.7 * rng.normal(size=(2, ROWS, 2))
    views = {
        name: torch.from_numpy(place[y] + e).float()
        for (name, place), e in zip(places.items(), noise, strict=True)
    }
    return views, y


@pytest.mark.parametrize("method", METHODS)
def test_halves_seen_by_each_are_a_whole_together(method: str) -> None:
    views, y = halves(0)
    found = MultiviewClustering(4, method, random_state=0).fit(views).agreement(y)
    assert found["joint"] > 0.95, found
    assert max(found["a"], found["b"]) < 0.8, found


def test_crossed_groups_of_two_and_two_are_found_by_their_spectra() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, ROWS)
    plain = rng.normal(size=(2, ROWS))
    told = 3.0 * np.stack([y // 2, y % 2]) + 0.4 * rng.normal(size=(2, ROWS))
    views = {m: np.column_stack([told[i], plain[i]]) for i, m in enumerate("ab")}
    model = MultiviewClustering(4, random_state=0).fit(MultimodalData(views))
    found = model.agreement([f"group {c}" for c in y])
    assert found["joint"] > 0.95, found
    assert max(found["a"], found["b"]) < 0.5, found
    assert np.array_equal(
        model.labels_, MultiviewClustering(4, random_state=0).fit_predict(MultimodalData(views))
    )


@pytest.mark.parametrize("method", METHODS)
def test_in_many_columns_views_show_more_together_than_any_alone(method: str) -> None:
    """In 60 columns all samples are about as far apart, and k-means of one view errs."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(6), 40)
    views = {
        m: torch.from_numpy(0.4 * rng.normal(size=(6, 60))[y] + rng.normal(size=(240, 60)))
        for m in "ab"
    }
    found = MultiviewClustering(6, method, random_state=0).fit(views).agreement(y)
    assert found["joint"] > max(found["a"], found["b"]) + 0.05, found


def test_noise_agrees_with_nothing() -> None:
    views = {m: torch.randn(ROWS, 2) for m in "ab"}
    y = np.arange(ROWS) % 4
    found = MultiviewClustering(4, random_state=0).fit(views).agreement(y)
    assert max(abs(v) for v in found.values()) < 0.1


@pytest.mark.parametrize("method", METHODS)
def test_views_of_fewer_values_than_clusters_are_no_fault(method: str) -> None:
    y = np.repeat([0, 1, 2, 3], 20)
    views = {"a": torch.from_numpy(y // 2).float()[:, None], "b": torch.zeros(80, 1)}
    views["c"] = torch.from_numpy(y % 2).float()[:, None]
    model = MultiviewClustering(4, method, random_state=0).fit(views)
    assert set(model.view_labels_["b"]) == {0}
    assert model.agreement(y)["joint"] == 1


@pytest.mark.usefixtures("unchecked")
def test_faults_are_told() -> None:
    with pytest.raises(ConfigurationError) as told:
        MultiviewClustering(1, "spektral", weight=-1.0, rounds=0)
    assert told.value.faults == (
        "method 'spektral' is not known; did you mean 'spectral'?",
        "clusters must be at least 2, found 1",
        "weight must not be negative, found -1.0",
        "rounds must be at least 1, found 0",
    )
    model = MultiviewClustering(3)
    with pytest.raises(DataError, match="fit the clustering first"):
        model.agreement([0])
    with pytest.raises(DataError, match="3 clusters need at least 6 samples, found 4"):
        model.fit({"a": torch.zeros(4, 1)})
    gone = MultimodalData({"a": np.ones((8, 1)), "b": [[np.nan], *[[1.0]] * 7]})
    with pytest.raises(DataError, match=re.escape("modality 'b' is absent in some samples")):
        model.fit(gone)
    with pytest.raises(DataError, match="modality 'a' has values that are not finite numbers"):
        model.fit({"a": torch.full((8, 1), torch.nan)})
    with pytest.raises(DataError, match="3 clusters need as many different samples, found 2"):
        model.fit({"a": torch.tensor([[0.0], [1.0]]).repeat(4, 1), "b": torch.ones(8, 1)})
    with pytest.raises(ConfigurationError, match="clusters must be a whole number, found '4'"):
        MultiviewClustering("4")  # pyright: ignore[reportArgumentType]  wrong on purpose
    views, y = halves(0)
    with pytest.raises(DataError, match="3 groups given for 160 samples"):
        MultiviewClustering(4, "consensus", random_state=0).fit(views).agreement(y[:3])
