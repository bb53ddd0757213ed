"""Retrieval across modalities: recall, median rank and mAP with intervals, beside chance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.data.missing import Values
from consilience.data.rows import per_sample
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, InputTypeError, ShapeError
from consilience.functional.embedding import effective_rank, modality_gap
from consilience.functional.ranking import average_precisions, true_ranks
from consilience.results.interval import Interval
from consilience.results.retrieval import Direction, Retrieval

CUTS = (1, 5, 10)
FEW = 30
"""Below so many units intervals are rough."""

Embedded = Mapping[str, NDArray[np.floating]]
ROOM = 4_000_000
"""Most counts held at a time."""


@runtime_checkable
class Embeds(Protocol):
    """What gives embeddings by modality, such as a fitted `Coordinator`."""

    def transform(self, X: Any) -> Embedded:  # noqa: ANN401, N803  scikit-learn's
        """Embeddings by modality, `(samples, dim)`, NaN where absent."""
        ...


def retrieval(
    model: Embeds | Mapping[str, Any],
    data: MultimodalData | None = None,
    *,
    groups: Values | None = None,
    cuts: Sequence[int] = CUTS,
    n_boot: int = 1000,
    random_state: RandomState = 0,
) -> Retrieval:
    """How well partners are found across modalities.

    Each item asks for the item of its own sample among all of the other modality. For the
    mean average precision every item of the query's group is right. Intervals are percentiles
    of a bootstrap over samples, or over groups where there are such; items sought among stay.

    Args:
        model: What embeds the data, or embeddings by modality, `(samples, dim)` of equal
            width, NaN where absent.
        data: Samples, with a model.
        groups: Group of each sample, `(samples,)`; those of `data` if None.
        cuts: How many of the first are looked at, for recall.
        n_boot: Bootstrap draws.
        random_state: Seeds them.

    Returns:
        Both directions of each pair of modalities, modality gaps, effective ranks.

    Raises:
        ConfigurationError: If an option cannot be used, or a model lacks data.
        InputTypeError: If `model` neither embeds nor is a mapping.
        DataError: If a pair of modalities has fewer than two samples.
        ShapeError: If embeddings differ in shape.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(50, 8))
        >>> found = retrieval({"image": z, "text": z + 0.1 * rng.normal(size=(50, 8))})
        >>> found["image", "text"].recall[1].estimate, found["image", "text"].chance_recall[1]
        (1.0, 0.02)
    """
    faults = [f"cuts must be at least 1, found {k}" for k in cuts if k < 1]
    faults += [f"n_boot must be at least 1, found {n_boot}"] if n_boot < 1 else []
    if faults:
        raise ConfigurationError(faults)
    embedded, own = _embeddings(model, data)
    rows = len(next(iter(embedded.values())))
    labels = per_sample("groups", own if groups is None else groups, rows)
    codes = None
    if labels is not None:
        codes = np.unique(labels.astype(str), return_inverse=True)[1].astype(np.int64)
    seed = seed_of(random_state)
    directions = tuple(
        _direction(embedded, pair, codes, sorted(set(cuts)), (n_boot, seed))
        for pair in permutations(embedded, 2)
    )
    known = {name: z[~z.isnan().any(dim=1)] for name, z in embedded.items()}
    return Retrieval(
        directions,
        {(a, b): modality_gap(known[a], known[b]) for a, b in combinations(embedded, 2)},
        {name: effective_rank(z) for name, z in known.items()},
        next(iter(embedded.values())).shape[1],
        "items" if codes is None else "groups",
        tuple(_warnings(directions, codes)),
    )


def _embeddings(
    model: Embeds | Mapping[str, Any], data: MultimodalData | None
) -> tuple[dict[str, Tensor], NDArray[Any] | None]:
    """Unit vectors by modality in double precision, and the groups of the data.

    Raises:
        ConfigurationError: If a model lacks data.
        InputTypeError: If `model` neither embeds nor is a mapping.
    """
    if isinstance(model, Mapping):
        given: Mapping[str, Any] = model
    elif not isinstance(model, Embeds):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
        raise InputTypeError(
            "model must have transform, as a fitted Coordinator has, or be a mapping of modality "
            f"to embeddings; found {type(model).__name__}"
        )
    elif data is None:
        raise ConfigurationError(["pass the samples that the model is to embed, as data"])
    else:
        given = model.transform(data)
    embedded = {str(n): torch.as_tensor(np.asarray(z)).double() for n, z in given.items()}
    _check(embedded)
    unit = {n: torch.nn.functional.normalize(z, dim=1) for n, z in embedded.items()}
    return unit, None if data is None else data.groups


def _check(embedded: Mapping[str, Tensor]) -> None:
    if len(embedded) < 2:
        raise DataError(f"retrieval needs two modalities or more, found {list(embedded)}")
    shapes = {name: tuple(z.shape) for name, z in embedded.items()}
    if len(set(shapes.values())) > 1 or any(len(s) != 2 for s in shapes.values()):
        raise ShapeError(
            f"embeddings must all be (samples, dim), row i one sample; found {shapes}"
        )


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Queries drawn with replacement, whole units at a time, as how often each was drawn."""

    units: NDArray[np.int64]
    n_boot: int
    seed: int

    def mean(self, values: NDArray[np.float64], *, share: bool = False) -> Interval:
        """The mean; a share of none or all gets the interval of the rule of three."""
        sums, sizes = np.bincount(self.units, values), np.bincount(self.units)
        drawn = np.concatenate([c @ sums / (c @ sizes) for c in self._counts()])
        found = _interval(float(values.mean()), drawn)
        least = 3 / len(sizes) if share else 0.0
        if found.estimate == 0:
            return Interval(0.0, 0.0, max(found.high, min(1.0, least)))
        if found.estimate == 1:
            return Interval(1.0, min(found.low, max(0.0, 1 - least)), 1.0)
        return found

    def median(self, values: NDArray[np.float64]) -> Interval:
        """The median; that of a draw is the lower one."""
        order = np.argsort(values)
        ranked, units = values[order], self.units[order]
        drawn: list[NDArray[np.float64]] = []
        for counts in self._counts():
            reached = np.cumsum(counts[:, units], axis=1)
            drawn.append(ranked[np.argmax(2 * reached >= reached[:, -1:], axis=1)])
        return _interval(float(np.median(values)), np.concatenate(drawn))

    def _counts(self) -> Iterator[NDArray[np.float64]]:
        """How often each unit was drawn.

        Yields:
            `(draws, units)`, some draws at a time.
        """
        rng = np.random.default_rng(self.seed)
        many = int(self.units.max()) + 1
        step = max(1, ROOM // max(many, len(self.units)))
        for start in range(0, self.n_boot, step):
            size = min(step, self.n_boot - start)
            places = rng.integers(many, size=(size, many)) + np.arange(size)[:, None] * many
            counts = np.bincount(places.ravel(), minlength=size * many)
            yield counts.reshape(size, many).astype(np.float64)


def _interval(estimate: float, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(estimate, min(float(low), estimate), max(float(high), estimate))


def _direction(
    embedded: Mapping[str, Tensor],
    pair: tuple[str, str],
    codes: NDArray[np.int64] | None,
    cuts: Sequence[int],
    boot: tuple[int, int],
) -> Direction:
    query, of = pair
    asked, sought = (~embedded[name].isnan().any(dim=1) for name in pair)
    both = (asked & sought).nonzero().flatten()
    items = sought.nonzero().flatten()
    if len(both) < 2:
        raise DataError(
            f"{len(both)} samples have both {query!r} and {of!r}; at least two are needed"
        )
    queries, among = embedded[query][both], embedded[of][items]
    partners = torch.searchsorted(items, both)
    ranks = true_ranks(queries, among, partners).numpy()
    labels = torch.arange(len(asked)) if codes is None else torch.from_numpy(codes)
    precision = average_precisions(queries, among, labels[both], labels[items]).numpy()
    draws = _Draws(np.unique(labels[both].numpy(), return_inverse=True)[1], *boot)
    count = len(items)
    relevant = torch.bincount(labels[items])[labels[both]].numpy()
    return Direction(
        query,
        of,
        len(both),
        count,
        {k: draws.mean((ranks <= k).astype(np.float64), share=True) for k in cuts},
        draws.median(ranks),
        draws.mean(precision),
        {k: min(1.0, k / count) for k in cuts},
        (count + 1) / 2,
        float(np.mean([_chance_precision(int(r), count) for r in relevant])),
    )


def _chance_precision(relevant: int, items: int) -> float:
    """Average precision that a random order has in expectation.

    With harmonic number H, of R relevant among n items (H / n) + (1 - H / n)(R - 1)/(n - 1).
    """
    harmonic = float(np.sum(1 / np.arange(1, items + 1)))
    rest = (relevant - 1) / (items - 1) if items > 1 else 0.0
    return harmonic / items + (1 - harmonic / items) * rest


def _warnings(directions: Sequence[Direction], codes: NDArray[np.int64] | None) -> Iterator[str]:
    """What makes the figures less certain.

    Yields:
        A sentence each.
    """
    if codes is not None and (many := len(np.unique(codes))) < FEW:
        yield f"there are {many} groups only, so intervals are rough"
    for d in directions:
        if d.recall and d.items < max(d.recall):
            yield f"{d.title}: only {d.items} items, so recall at {max(d.recall)} is certain"
        if any(r.low > d.chance_recall[k] for k, r in d.recall.items()):
            continue
        yield f"{d.title}: no recall lies above chance beyond its interval"
