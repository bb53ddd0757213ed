"""Robustness of models, from the call to the result."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

import consilience as cs
from consilience.data.container import MultimodalData
from consilience.errors import ConfigurationError, DataError, InputTypeError, ModalityError
from consilience.quantification.calibration import expected_calibration_error
from consilience.quantification.robustness import robustness
from consilience.results.robustness import Robustness

RNG = np.random.default_rng(0)
N = 400
SIGNAL = RNG.normal(size=(N, 1))
DATA = MultimodalData(
    {"strong": SIGNAL, "weak": SIGNAL + RNG.normal(size=(N, 1)), "none": RNG.normal(size=(N, 1))},
    target=np.where(SIGNAL[:, 0] > 0, "yes", "no"),
)
COARSE = (0.0, 0.3, 1.0)


def _evidence(data: MultimodalData, weights: dict[str, float]) -> Any:
    columns = [
        w * np.where(data.presence[:, k], np.nan_to_num(np.asarray(data.modalities[n])[:, 0]), 0)
        for k, n in enumerate(data.schema.names)
        for w in [weights.get(n, 0.0)]
    ]
    return np.sum(columns, axis=0)


class Linear(ClassifierMixin, BaseEstimator):
    """A sum of the modalities, each counted as given; an absent one counts as 0."""

    classes_ = np.array(["no", "yes"])

    def __init__(self, **weights: float) -> None:
        self.weights = weights

    def predict_proba(self, data: MultimodalData) -> Any:
        yes = 1 / (1 + np.exp(-3 * _evidence(data, self.weights)))
        return np.column_stack([1 - yes, yes])

    def predict(self, data: MultimodalData) -> Any:
        return self.classes_[self.predict_proba(data).argmax(axis=1)]


class Adding(RegressorMixin, BaseEstimator):
    """The strong modality alone."""

    def predict(self, data: MultimodalData) -> Any:
        return _evidence(data, {"strong": 1.0})


STRONG, BOTH = Linear(strong=1.0), Linear(strong=1.0, weak=0.5)


def _of(model: Any = BOTH, data: MultimodalData = DATA, **options: Any) -> Robustness:
    settings: dict[str, Any] = {"levels": COARSE, "n_boot": 200, "random_state": 0}
    return robustness(model, data, **{**settings, **options})


@pytest.fixture(scope="module")
def found() -> Robustness:
    return _of(baseline=STRONG, metric="accuracy", n_repeats=4)


def test_noise_on_what_a_model_does_not_use_changes_nothing(found: Robustness) -> None:
    curve = found["none"]
    assert {s.estimate for s in curve.scores} == {found.clean.estimate}
    assert curve.relative.estimate == pytest.approx(found.clean.estimate)
    assert found.without("none").loss.estimate == 0
    assert _of(STRONG)["weak"].scores[2] == _of(STRONG).clean


def test_accuracy_under_noise_is_that_of_two_normal_variables() -> None:
    """The sign of x against that of x + level z agrees with chance 1 - atan(level) / pi.

    With the spread given. Within 4 standard deviations of 400 x 40 draws, and of the mean of
    400 samples for what they have in common.
    """
    levels = (0.0, 0.5, 1.0)
    curve = _of(STRONG, metric="accuracy", levels=levels, n_repeats=40, modalities=["strong"])[
        "strong"
    ]
    spread = SIGNAL.std()
    expected = [1 - np.arctan(level * spread / 1.0) / np.pi for level in levels]
    assert [s.estimate for s in curve.scores] == pytest.approx(expected, abs=4 * 0.25 / 20)
    assert curve.scores[0].estimate == 1.0


def test_what_the_model_leans_on_costs_most(found: Robustness) -> None:
    assert found.weakest is found["strong"]
    assert found["strong"].scores[2].high < found.clean.low
    every = found[None]
    assert every.scores[2].estimate < found["strong"].scores[2].estimate + 0.02
    assert [c.modality for c in found] == ["strong", "weak", "none", None]
    assert found.curves[0].noise == "noise"


def test_every_pattern_of_presence_is_scored_and_the_worst_is_chance(found: Robustness) -> None:
    assert len(found.patterns) == 6
    worst = found.worst
    assert worst is not None
    assert worst.present == ("none",)
    share = float((DATA.target == "no").mean())  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]  the target is there
    assert worst.score.estimate == pytest.approx(share)
    assert worst.loss.estimate == pytest.approx(found.clean.estimate - share)
    assert found.without("weak").score.estimate == 1.0
    assert found.without("weak").loss.estimate == pytest.approx(found.clean.estimate - 1)


def test_effective_robustness_against_the_model_itself_is_0() -> None:
    for curve in _of(baseline=BOTH):
        assert curve.effective is not None
        assert curve.effective.estimate == 0
        assert curve.effective.low < 0 < curve.effective.high
        assert curve.baseline == curve.scores


def test_areas_are_of_the_curves_that_are_shown(found: Robustness) -> None:
    for curve in found:
        f = np.array([s.estimate for s in curve.scores])
        b = np.array([s.estimate for s in curve.baseline])
        assert curve.relative.estimate == pytest.approx(np.trapezoid(f, COARSE))
        assert curve.effective is not None
        shifted = np.trapezoid(f - f[0] - b + b[0], COARSE)
        assert curve.effective.estimate == pytest.approx(shifted, abs=1e-12)
    assert found.clean_baseline is not None
    assert found.clean_baseline.estimate == 1.0


def test_using_two_modalities_is_more_robust_to_noise_on_one(found: Robustness) -> None:
    effective = found["strong"].effective
    assert effective is not None
    assert effective.low > 0


def test_a_loss_is_worse_when_high_and_robust_when_flat() -> None:
    loss = _of(baseline=STRONG, metric="log_loss")
    assert not loss.higher_is_better
    curve = loss["strong"]
    assert curve.scores[2].estimate > curve.scores[0].estimate
    assert curve.effective is not None
    assert curve.effective.low > 0
    assert loss.weakest is curve
    assert loss.without("strong").loss.estimate > 0
    worst = loss.worst
    assert worst is not None
    assert worst.score.estimate == max(p.score.estimate for p in loss.patterns)


def test_calibration_is_measured_at_every_level(found: Robustness) -> None:
    codes = (DATA.target == "yes").astype(np.int64)  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]  the target is there
    clean = expected_calibration_error(BOTH.predict_proba(DATA), codes)
    for curve in found:
        assert len(curve.calibration) == len(COARSE)
        assert curve.calibration[0].estimate == pytest.approx(clean)
        assert all(c.low <= c.estimate <= c.high for c in curve.calibration)
    noisy = found["strong"].calibration[2]
    assert noisy.estimate > 0.05


def test_quantities_have_r2_and_no_calibration() -> None:
    data = DATA.with_target(SIGNAL[:, 0])
    found = _of(Adding(), data, n_repeats=20)
    curve = found["strong"]
    assert (found.metric, found.clean.estimate) == ("r2", 1.0)
    assert curve.calibration == ()
    assert [s.estimate for s in curve.scores] == pytest.approx([1, 1 - 0.09, 0.0], abs=0.08)


def test_the_same_seed_gives_the_same_result_and_generators_stay() -> None:
    state = str(np.random.get_state(legacy=False))  # noqa: NPY002  it is watched, not used
    assert _of() == _of()
    assert _of() != _of(random_state=1)
    assert str(np.random.get_state(legacy=False)) == state  # noqa: NPY002  it is watched, not used


def test_intervals_of_groups_are_wider_when_groups_are_alike() -> None:
    rows = np.repeat(np.arange(0, N, 8), 8)
    alike = MultimodalData(DATA[rows].modalities, DATA[rows].target, groups=rows)
    apart = MultimodalData(DATA[rows].modalities, DATA[rows].target)
    together = _of(data=alike, metric="accuracy")
    alone = _of(data=apart, metric="accuracy")
    assert together.grouped
    assert not alone.grouped
    width = [
        r.without("strong").score.high - r.without("strong").score.low for r in (together, alone)
    ]
    assert width[0] / width[1] == pytest.approx(np.sqrt(8), rel=0.3)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """At least 53 of 60 intervals of 95 %; fewer have probability .03 at exactly 95 %."""
    hits = 0
    for seed in range(60):
        x = np.random.default_rng(seed).normal(size=(150, 1))
        data = MultimodalData({"strong": x}, np.where(x[:, 0] > 0, "yes", "no"))
        reference = MultimodalData({"strong": SIGNAL / SIGNAL.std()})
        curve = robustness(
            STRONG,
            data,
            levels=(0.0, 1.0),
            metric="accuracy",
            reference=reference,
            n_repeats=5,
            n_boot=200,
            random_state=seed,
        )["strong"]
        hits += curve.scores[1].low <= 0.75 <= curve.scores[1].high
    assert hits >= 53


def test_a_perfect_score_of_few_samples_is_not_certain() -> None:
    clean = _of(STRONG, DATA[:60], metric="accuracy").clean
    assert (clean.estimate, clean.low, clean.high) == (1.0, 0.95, 1.0)


def test_few_groups_widen_by_the_rule_of_three_only_what_does_not_vary() -> None:
    data = MultimodalData(DATA.modalities, DATA.target, groups=np.arange(N) // 40)
    found = _of(STRONG, data, metric="accuracy")
    assert (found.clean.low, found.clean.high) == (0.7, 1.0)
    noisy = found["strong"].scores[2]
    assert 0.02 < noisy.high - noisy.low < 0.2


def test_the_spread_comes_from_the_reference() -> None:
    wide = MultimodalData({n: np.asarray(v) * 20 for n, v in DATA.modalities.items()})
    own, other = _of(metric="accuracy"), _of(metric="accuracy", reference=wide)
    assert other["strong"].scores[1].estimate < own["strong"].scores[1].estimate - 0.2


def test_noise_can_hide_modalities_and_differ_by_name() -> None:
    found = _of(
        metric="accuracy",
        noise={"strong": "random_absence", "weak": "drop"},
        modalities=["strong", "weak"],
    )
    assert [c.noise for c in found] == ["random_absence", "drop", "random_absence, drop"]
    assert found["strong"].scores[2].estimate == found.without("strong").score.estimate
    assert found["weak"].scores[2].estimate == found.without("weak").score.estimate


def test_what_makes_intervals_too_short_is_told() -> None:
    found = _of(data=DATA[:20], n_repeats=1)
    assert found.warnings == (
        "1 draw of noise a level cannot tell how much the noise varies; use n_repeats of 5",
        "intervals rest on 20 samples or groups; they are too short below about 30",
    )
    assert _of().warnings == ()


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        robustness(
            BOTH, DATA, levels=(0.1, 0.5), n_repeats=0, n_boot=9, noise="typos", metric="acuracy"
        )
    told = caught.value.faults
    assert told[:3] == (
        "levels must increase from 0 to at most 1, found [0.1, 0.5]",
        "n_repeats must be at least 1, found 0",
        "n_boot must be at least 50 for an interval; found 9",
    )
    assert [f.split(";")[0] for f in told[3:]] == [
        f"modality '{n}': noise 'typos' is not one for a table" for n in ("strong", "weak", "none")
    ] + ["metric 'acuracy' is not one for classification"]
    with pytest.raises(ConfigurationError, match=r"^levels must increase from 0 .* \[0.0, 1.5\]$"):
        robustness(BOTH, DATA, levels=(0.0, 1.5))
    with pytest.raises(ConfigurationError, match=r"^levels must increase from 0 .* \[0.0\]$"):
        robustness(BOTH, DATA, levels=(0.0,))


@pytest.mark.usefixtures("unchecked")
def test_wrong_inputs_are_told() -> None:
    message = (
        r"^robustness takes MultimodalData with a target, found ndarray; split a data frame by "
        r"cs\.MultimodalData\.from_frame\(frame, target=\.\.\.\)$"
    )
    with pytest.raises(InputTypeError, match=message):
        robustness(BOTH, SIGNAL)  # pyright: ignore[reportArgumentType]  wrong on purpose
    with pytest.raises(ModalityError, match=r"^no modality 'strnog'; did you mean 'strong'\?$"):
        robustness(BOTH, DATA, modalities=["strnog"])
    with pytest.raises(DataError, match="needs a target"):
        robustness(BOTH, DATA.with_target(None))


def test_digits_are_read_worse_with_noise_and_with_views_absent() -> None:
    """Real data: three views of handwritten digits, the fit on every eighth."""
    data = cs.datasets.load("mfeat").select(["fourier", "zernike", "morphological"])
    train, test = data[::8], data[1::8]
    model = cs.FusionClassifier(
        "additive", hidden=8, max_epochs=8, patience=None, random_state=0
    ).fit(train)
    found = robustness(
        model,
        test,
        levels=(0.0, 0.5, 1.0),
        noise="exchange",
        reference=train,
        n_repeats=3,
        n_boot=100,
        random_state=0,
    )
    assert found.metric == "accuracy"
    assert found.clean.low > 0.5
    every = found[None]
    assert every.scores[2].estimate == pytest.approx(0.1, abs=0.06)
    assert every.scores[2].high < every.scores[1].low < every.scores[1].high < found.clean.low
    assert len(found.patterns) == 6
    worst = found.worst
    assert worst is not None
    assert len(worst.present) == 1
    assert all(len(curve.calibration) == 3 for curve in found)
