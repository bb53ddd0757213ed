"""Redundancy, unique information and synergy of modalities, estimated from samples."""

import math
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from consilience.data.container import MultimodalData
from consilience.data.frames import from_frame
from consilience.data.missing import Values
from consilience.data.native import is_frame
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, InputTypeError, ModalityError
from consilience.quantification.choosing import check_estimator
from consilience.quantification.comparing import Samples, compare_all, every_comparison
from consilience.quantification.counts import Counts
from consilience.quantification.pairing import Settings, interactions_of_counts
from consilience.quantification.targets import target_of
from consilience.results.interactions import Interactions, PairInteractions


def interactions(
    data: object,
    *,
    target: str | Values | None = None,
    pair: Sequence[str] | None = None,
    estimator: str = "auto",
    clusters: int | None = None,
    n_boot: int = 200,
    n_null: int = 200,
    n_jobs: int | None = None,
    time_limit: float = math.inf,
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
            columns, which takes about 6 seconds for a pair of 1,000 samples and half a minute
            for 10,000, beyond which some are drawn; `"auto"` chooses one of them, but never the
            Gaussian one, and says why.
        clusters: Number of clusters of a continuous modality; None for a rule that keeps 10
            samples a cell.
        n_boot: Bootstrap samples, at least 50.
        n_null: Permutations; 0 for none.
        n_jobs: Processes that compare side by side, -1 for as many as there are processors;
            None is one. The numbers do not depend on it.
        time_limit: Seconds after which no further comparison begins, save the first; the note
            of the result tells how many were left out.
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
    began = perf_counter()
    faults = _faults(clusters, n_boot, n_null, n_jobs, time_limit)
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
    samples = Samples(chosen, told, settings)
    note = "Target is a quantity" if estimator == "gaussian" else told.note
    if data.groups is not None:
        note += f"; rows of one group (of {len(np.unique(data.groups))}) are resampled together"
    names = chosen.schema.names
    found = compare_all(
        samples, every_comparison(names), n_jobs=n_jobs or 1, deadline=began + time_limit
    )
    return _put_together(found, math.comb(len(names), 2), note)


def _put_together(
    found: Sequence[PairInteractions | DataError | None], many: int, note: str
) -> Interactions:
    """The result of all comparisons, of which the first `many` are of pairs.

    Raises:
        DataError: If a pair could not be compared.
    """
    for one in found[:many]:
        if isinstance(one, DataError):
            raise one
    pairs = tuple(one for one in found[:many] if isinstance(one, PairInteractions))
    if len(found) == 1:
        return Interactions(pairs, pairs[0].information_12, note)
    late = sum(one is None for one in found)
    if late:
        said = f"{note}. The time limit left out {late} of {len(found)} comparisons"
        return Interactions(pairs, None, said)
    rest = [one for one in found[many:] if isinstance(one, PairInteractions)]
    lacking = [one for one in found[many:] if isinstance(one, DataError)]
    if lacking:
        return Interactions(pairs, None, f"{note}. Only pairs were compared: {lacking[0]}")
    return Interactions(pairs, rest[-1].information_1, note, tuple(rest[:-1]))


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


def _faults(
    clusters: int | None, n_boot: int, n_null: int, n_jobs: int | None, time_limit: float
) -> list[str]:
    faults: list[str] = []
    if clusters is not None and clusters < 2:
        faults.append(f"clusters must be at least 2, or None for the rule; found {clusters}")
    if n_boot < 50:
        faults.append(f"n_boot must be at least 50 for an interval; found {n_boot}")
    if n_null < 0:
        faults.append(f"n_null must be at least 0; found {n_null}")
    if n_jobs is not None and n_jobs < 1 and n_jobs != -1:
        faults.append(f"n_jobs must be at least 1, or -1 for all processors; found {n_jobs}")
    if not time_limit > 0:
        faults.append(f"time_limit must be positive seconds; found {time_limit}")
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
