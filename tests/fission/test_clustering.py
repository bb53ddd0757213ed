"""Groups found together that no modality shows alone."""

import re

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.errors import ConfigurationError, DataError
from consilience.fission import clustering
from consilience.fission.clustering import METHODS, MultiviewClustering
from consilience.functional.clustering import drawn_together

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
    views, y = many_columns(0)
    found = MultiviewClustering(6, method, random_state=0).fit(views).agreement(y)
    assert found["joint"] > max(found["a"], found["b"]) + 0.05, found


def many_columns(seed: int) -> tuple[dict[str, Tensor], np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(6), 40)
    noisy = (0.4 * rng.normal(size=(6, 60))[y] + rng.normal(size=(240, 60)) for _ in "ab")
    return {m: torch.from_numpy(x) for m, x in zip("ab", noisy, strict=True)}, y


def test_pseudo_labels_mend_the_clusters_that_they_began_with() -> None:
    """In each view a loud column tells nothing, which joint k-means takes for the clusters."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 60)
    views = {
        m: torch.from_numpy(
            np.hstack([2.2 * rng.normal(size=(3, 4))[y], np.zeros((180, 1))])
            + rng.normal(size=(180, 5)) * [1, 1, 1, 1, 5]
        )
        for m in "ab"
    }
    joined = KMeans(3, n_init=10, random_state=0).fit_predict(torch.hstack([*views.values()]))  # pyright: ignore[reportArgumentType]  scikit-learn takes a number too
    found = MultiviewClustering(3, "pseudo_labels", random_state=0).fit(views).agreement(y)
    assert found["joint"] > float(adjusted_rand_score(y, joined)) + 0.05


def test_what_is_clustered_at_last_and_how_it_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spectra by rows of unit length, drawn as asked; joined views by their mean square."""
    views, _ = halves(0)
    views["b"] = torch.hstack([views["b"], views["b"]])
    places: list[np.ndarray] = []
    drawn: list[tuple[float, int]] = []

    def seen(x: np.ndarray, clusters: int, seed: int) -> np.ndarray:
        places.append(x)
        return np.arange(len(x)) % clusters + 0 * seed

    def together(
        graphs: list[np.ndarray], clusters: int, *, weight: float, rounds: int
    ) -> list[np.ndarray]:
        drawn.append((weight, rounds))
        return drawn_together(graphs, clusters, weight=weight, rounds=rounds)

    monkeypatch.setattr(clustering, "_kmeans", seen)
    monkeypatch.setattr(clustering, "drawn_together", together)
    MultiviewClustering(4, weight=0.3, rounds=2, random_state=0).fit(views)
    assert set(drawn) == {(0.3, 2)}
    for x in places[2:]:
        assert x.shape == (ROWS, 8)
        assert np.allclose(np.linalg.norm(x, axis=1), 1)
    places.clear()
    MultiviewClustering(4, "pseudo_labels", random_state=0).fit(views)
    a, b = (views[m].double().numpy() for m in "ab")
    assert np.allclose(places[2], np.hstack([a / np.sqrt(2), b / 2]))


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
