"""Redundancy, unique information and synergy of modalities, estimated from samples."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.frames import from_frame
from consilience.data.missing import Values
from consilience.data.native import is_frame
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, InputTypeError, ModalityError
from consilience.quantification.choosing import check_estimator
from consilience.quantification.coding import Problem
from consilience.quantification.counts import Counts
from consilience.quantification.pairing import Settings, interactions_of, interactions_of_counts
from consilience.quantification.sources import Source, joined, source_of
from consilience.quantification.targets import Target, check_sizes, target_of
from consilience.results.interactions import Interactions, PairInteractions

Codes = NDArray[np.int64]


def interactions(
    data: object,
    *,
    target: str | Values | None = None,
    pair: Sequence[str] | None = None,
    estimator: str = "auto",
    clusters: int | None = None,
    n_boot: int = 200,
    n_null: int = 200,
    random_state: RandomState = None,
) -> Interactions:
    r"""Redundant, unique and synergistic information of modalities about the target, in bits.

    Every pair of modalities is decomposed and, with three or more, each modality against all
    others joined into one. Every number is corrected for the bias of finite samples and comes
    with a 95 % interval and a permutation null; the p values of synergy are against
    $X_1 \perp X_2 \mid Y$, all others against $(X_1, X_2) \perp Y$. Samples of one group are
    resampled together. The interval is that of the symbols that were counted: see the
    warnings where clusters stand for a continuous modality.

    Args:
        data: Samples with a target; or a data frame with two-level or prefixed columns, as
            `from_frame` splits them; or the `Counts` of two sources, which may be summed over
            shards.
        target: Name of a data frame's column, or the values, `(samples,)`; None for that of
            `data`. A quantity is cut into 4 classes of equal frequency.
        pair: Names of two modalities, to look at these only.
        estimator: `"discrete"` counts distinct rows; `"clustered"` counts clusters that were
            fitted on other samples; `"gaussian"` is the closed form for jointly Gaussian
            modalities and a quantity; `"batch"` trains classifiers, for modalities of several
            columns, which takes about 5 seconds for a pair of 1,000 samples and a minute for
            10,000, beyond which some are drawn; `"auto"` chooses one of them, but never the
            Gaussian one, and says why.
        clusters: Number of clusters of a continuous modality; None for a rule that keeps 10
            samples a cell.
        n_boot: Bootstrap samples, at least 50.
        n_null: Permutations; 0 for none.
        random_state: Seeds splits, clusters, bootstrap and permutations.

    Returns:
        The informations.

    Raises:
        ConfigurationError: If an option cannot be used; all faults at once.
        DataError: If the target cannot be used or samples are too few.
        InputTypeError: If `data` is something else.
        ModalityError: If there are fewer than two modalities, or a name is not known.
        ShapeError: If `target` has another length than `data`.

    Example:
        >>> from consilience.data import datasets
        >>> found = interactions(datasets.load("synthetic/xor", n=6000), random_state=0)
        >>> pair = found["a", "b"]
        >>> pair.estimator, pair.synergy.low < 0.531 < pair.synergy.high
        ('discrete', True)
        >>> found.recommend().family
        'interacting'

    References:
        Bertschinger, Rauh, Olbrich, Jost and Ay, Quantifying Unique Information, Entropy 2014.
        Liang et al., Quantifying & Modeling Multimodal Interactions, NeurIPS 2023.
    """
    faults = _faults(clusters, n_boot, n_null)
    settings = Settings(estimator, clusters, n_boot, n_null, seed_of(random_state))
    if isinstance(data, Counts):
        if target is not None:
            faults.append("counts hold their target: leave out target=")
        return _of_counts(data, pair, settings, faults)
    data = _with_target(data, target)
    chosen = data if pair is None else data.select(_two(pair))
    if len(chosen.schema.names) < 2:
        raise ModalityError(
            f"interactions need two modalities; there is {', '.join(chosen.schema.names)} only"
        )
    told = target_of(chosen)
    faults += check_estimator(estimator, told.task)
    if faults:
        raise ConfigurationError(faults)
    samples = _Samples(chosen, told, settings)
    note = "Target is a quantity" if estimator == "gaussian" else told.note
    if data.groups is not None:
        note += f"; rows of one group (of {len(np.unique(data.groups))}) are resampled together"
    names = chosen.schema.names
    pairs = tuple(samples.compare((a,), (b,)) for a, b in combinations(names, 2))
    if len(names) == 2:
        return Interactions(pairs, pairs[0].information_12, note)
    try:
        against = tuple(samples.compare((a,), tuple(n for n in names if n != a)) for a in names)
        total = samples.compare(names, ()).information_1
    except DataError as error:
        return Interactions(pairs, None, f"{note}. Only pairs were compared: {error}")
    return Interactions(pairs, total, note, against)


def _with_target(data: object, target: str | Values | None) -> MultimodalData:
    if is_frame(data):
        named = target if isinstance(target, str) else None
        samples = from_frame(data, target=named)
        return samples if named or target is None else samples.with_target(target)
    if not isinstance(data, MultimodalData):
        raise InputTypeError(
            "interactions take MultimodalData (cs.MultimodalData.from_frame makes it of a data "
            f"frame), a data frame or Counts; found {type(data).__name__}"
        )
    if isinstance(target, str):
        fault = f"target={target!r} names a column of a data frame; pass the values"
        raise ConfigurationError([fault])
    return data if target is None else data.with_target(target)


def _two(pair: Sequence[str]) -> list[str]:
    if isinstance(pair, str) or len(pair) != 2 or len({*pair}) != 2:
        raise ModalityError(f"pair must be the names of two modalities; found {pair!r}")
    return list(pair)


def _faults(clusters: int | None, n_boot: int, n_null: int) -> list[str]:
    faults: list[str] = []
    if clusters is not None and clusters < 2:
        faults.append(f"clusters must be at least 2, or None for the rule; found {clusters}")
    if n_boot < 50:
        faults.append(f"n_boot must be at least 50 for an interval; found {n_boot}")
    if n_null < 0:
        faults.append(f"n_null must be at least 0; found {n_null}")
    return faults


def _of_counts(
    counts: Counts, pair: Sequence[str] | None, settings: Settings, faults: list[str]
) -> Interactions:
    if settings.estimator not in {"auto", "discrete"}:
        faults.append(f'counts need estimator "discrete" or "auto"; found {settings.estimator!r}')
    if pair is not None:
        faults.append("counts are of one pair: leave out pair=")
    if faults:
        raise ConfigurationError(faults)
    found = interactions_of_counts(counts, settings)
    return Interactions((found,), found.information_12, f"Target of {found.alphabet[2]} classes")


@final
class _Samples:
    """The samples of one call, compared side by side."""

    def __init__(self, data: MultimodalData, target: Target, settings: Settings) -> None:
        self._data, self._target, self._settings = data, target, settings
        self._groups = None if data.groups is None else _numbered(data.groups)

    def compare(self, one: tuple[str, ...], two: tuple[str, ...]) -> PairInteractions:
        """The informations of some modalities and some others, at the rows that have all.

        Raises:
            DataError: If there is no such row.
        """
        names = self._data.schema.names
        places = [names.index(name) for name in (*one, *two)]
        there = self._data.presence[:, places].all(1) & (self._target.codes >= 0)
        rows = np.flatnonzero(there)
        if not rows.size:
            raise DataError(f"no row has all of {', '.join(map(repr, (*one, *two)))} and a target")
        codes = self._target.codes[rows]
        check_sizes(np.bincount(codes, minlength=len(self._target.names)), self._target.names)
        problem = Problem(
            self._side(one, rows),
            self._side(two, rows),
            np.unique(codes, return_inverse=True)[1].astype(np.int64),
            None if self._groups is None else self._groups[rows],
        )
        quantity = self._target.quantity
        return interactions_of(
            problem,
            None if quantity is None else quantity[rows],
            self._settings,
            left_out=len(self._data) - len(rows),
        )

    def _side(self, names: tuple[str, ...], rows: Codes) -> Source:
        if not names:
            return Source("nothing", np.zeros((len(rows), 1)), np.zeros(len(rows), dtype=np.int64))
        stored, schema = self._data.modalities, self._data.schema
        sources = [source_of(schema[name], stored[name][rows]) for name in names]
        return sources[0] if len(sources) == 1 else joined(sources)


def _numbered(groups: NDArray[Any]) -> Codes:
    values = groups.astype(str) if groups.dtype == object else groups
    return np.unique(values, return_inverse=True)[1].astype(np.int64)
