"""Is a function a sum over modalities, and if not, how much is lost by treating it so?"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.frames import as_multimodal
from consilience.data.seeds import RandomState, seed_of
from consilience.data.units import units_of
from consilience.errors import ConfigurationError, DataError
from consilience.quantification.emap import check_predict
from consilience.quantification.grids import Grid, grid, percentile_interval
from consilience.quantification.head_marginals import Task
from consilience.quantification.heads import evaluating, known_head
from consilience.quantification.judging import Judge, Metric, judge_of
from consilience.quantification.second_differences import second_differences
from consilience.quantification.surfaces import (
    Predict,
    Surface,
    scores_of,
    surface_of_predict,
)
from consilience.quantification.two_stage import stage_behind
from consilience.results.additivity import Additivity, Gap, SecondDifference, Share

LEAST_ROWS = 20
Array = NDArray[np.float64]


def additivity(
    predict: Predict,
    data: MultimodalData,
    *,
    metric: Metric | None = None,
    max_evaluations: int = 1_000_000,
    n_boot: int = 500,
    random_state: RandomState = None,
) -> Additivity:
    r"""How far a function is from a sum of functions of one modality each.

    Three answers. *Second differences* tell whether a pair of modalities interacts at all: a
    function is additive just when they vanish, so any beyond rounding refutes it, without a
    test. The *interaction share* tells how much of the variance is due to it,

    $$\frac{\operatorname{Var} f - \sum_m \operatorname{Var} E[f \mid x_m]}
    {\operatorname{Var} f}$$

    with every modality drawn by itself from the samples. The *gap* tells what that is worth:
    the metric of $f$ minus that of its projection (`emap`). Intervals are 95 % and about the
    samples: rows (or groups) are resampled, and the projection made anew from them.

    Args:
        predict: As in `emap`.
        data: As in `emap`; groups are resampled together.
        metric: Takes targets and scores, larger is better; None takes accuracy for classes
            and R2 for quantities.
        max_evaluations: Combinations evaluated for share and gap at most; with more rows
            than that allows some are drawn.
        n_boot: Bootstrap samples, at least 50.
        random_state: Seeds draws and bootstrap.

    Returns:
        Shares, second differences and the gap.

    Raises:
        ConfigurationError: If an option cannot be used; all faults at once.
        DataError: If rows are too few or scores are no finite numbers.
        InputTypeError: If `predict` cannot be called.
        ShapeError: If `predict` gives another number of rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(size=(2, 200))
        >>> data = MultimodalData({"a": a, "b": b}, target=a + b)
        >>> total = lambda x: (x.modalities["a"] + x.modalities["b"])[:, 0]
        >>> additivity(total, data, random_state=0).is_additive
        True
        >>> product = lambda x: (x.modalities["a"] * x.modalities["b"])[:, 0]
        >>> found = additivity(product, data, random_state=0)
        >>> found.total.interaction.estimate > 0.98, found.total.interaction.high <= 1
        (True, True)
        >>> print(found.gap.metric, found.gap.difference.low < 0)
        R2 True

    References:
        Hessel and Lee, EMNLP 2020 (the projection); Sobol', 1993 (the variances); Liu and
        Owen, JASA 2006 (second differences).
    """
    samples = as_multimodal(data)
    check_predict(predict, samples, max_evaluations)
    if n_boot < 50:
        raise ConfigurationError([f"n_boot must be at least 50 for an interval; found {n_boot}"])
    rng = np.random.default_rng(seed_of(random_state))
    scores, is_flat = scores_of(predict, samples)
    encoded, link = stage_behind(predict, samples, scores)
    if encoded is None:
        look = _look(surface_of_predict(predict, samples), samples, max_evaluations, n_boot, rng)
    else:
        with evaluating(encoded.modules):
            task = Task(known_head(encoded), encoded.features, encoded.presence, link)
            look = _look(task.surface(), samples, max_evaluations, n_boot, rng)
    shares = () if look.grid is None else _shares(look.grid, look.axes)
    judge, note = _judge(samples, scores, metric, is_flat=is_flat)
    used = len(samples) if look.grid is None else len(look.grid.rows)
    return Additivity(
        names=look.axes,
        total=shares[0] if shares else None,
        outputs=shares[1:],
        second_differences=look.differences,
        gap=None if judge is None or look.grid is None else _gap(judge, scores, look.grid),
        rows_used=used,
        rows_left_out=len(samples) - used,
        notes=(*look.notes, *note),
    )


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What was evaluated."""

    axes: tuple[str, ...]
    differences: tuple[SecondDifference, ...]
    grid: Grid | None
    notes: tuple[str, ...]


def _look(
    surface: Surface,
    data: MultimodalData,
    max_evaluations: int,
    n_boot: int,
    rng: np.random.Generator,
) -> _Look:
    axes = len(surface.axes)
    if axes < 2:
        return _Look(surface.axes, (), None, ())
    units = units_of(data)
    differences = second_differences(surface, units, rng)
    most = int(max_evaluations ** (1 / axes) + 1e-9)
    if most < LEAST_ROWS:
        note = (
            f"No share and no gap: {axes} modalities leave {most} rows within "
            f"max_evaluations={max_evaluations}; at least {LEAST_ROWS} are needed."
        )
        return _Look(surface.axes, differences, None, (note,))
    found = grid(surface, units, most=most, n_boot=n_boot, rng=rng)
    return _Look(surface.axes, differences, found, ())


def _shares(found: Grid, axes: tuple[str, ...]) -> tuple[Share, ...]:
    """Of all outputs together, then of each."""
    total, interaction, main = found.variances()
    names = ["all", *map(str, range(total.shape[1]))]
    parts = [
        np.concatenate([x.sum(axis=-1, keepdims=True), x], axis=-1)
        for x in (total, interaction, main)
    ]
    whole = np.where(parts[0] > 0, parts[0], np.inf)
    own = parts[2][0] / whole[0]
    return tuple(
        Share(
            name,
            found.share_interval(parts[1][:, k] / whole[:, k]),
            {axis: float(own[m, k]) for m, axis in enumerate(axes)},
        )
        for k, name in enumerate(names)
    )


def _judge(
    data: MultimodalData, scores: Array, metric: Metric | None, *, is_flat: bool
) -> tuple[Judge | None, tuple[str, ...]]:
    if data.target is None:
        return None, ()
    try:
        return judge_of(data.target, scores, metric, is_flat=is_flat), ()
    except DataError as error:
        return None, (f"No gap: {error}.",)


def _gap(judge: Judge, scores: Array, found: Grid) -> Gap:
    pairs: list[tuple[float, float]] = []
    for taken, projection in found.projections():
        rows = found.rows[taken]
        pairs.append((judge.score(scores[rows], rows), judge.score(projection, rows)))
    both = np.array(pairs)
    one, two = both[0].tolist()
    return Gap(judge.name, one, two, percentile_interval(both[:, 0] - both[:, 1]))
