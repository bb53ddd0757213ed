"""A fitted model whose fusion is asked again and again, and a score of its answers."""

from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from torch import Tensor

from consilience.data.container import MultimodalData
from consilience.data.target import require_target
from consilience.data.units import units_of
from consilience.errors import ConfigurationError, DataError, InputTypeError
from consilience.quantification.bootstrapping import Cell, Sampled, bootstrap
from consilience.quantification.bounding import Bounds
from consilience.quantification.examining import Examiner
from consilience.quantification.scoring import Metric, Outputs, Score, Weighted
from consilience.quantification.two_stage import Encoded, Link, TwoStage, encode, link_of

Floats = NDArray[np.float64]


def examined(
    model: object, data: MultimodalData, metric: str | Metric | None, *, what: str
) -> Examiner:
    """A model and samples, checked, with a score that is better the higher it is.

    Args:
        model: Fitted.
        data: Samples with a target.
        metric: Name of a score or a function; None takes accuracy, or R² for quantities.
        what: The measure that is to be taken, for messages.

    Returns:
        The examiner.

    Raises:
        ConfigurationError: If the score cannot be used.
        DataError: If the target cannot be used.
        InputTypeError: If the model cannot predict or `data` is something else.
    """
    if not isinstance(data, MultimodalData):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
        raise InputTypeError(f"{what} takes MultimodalData, found {type(data).__name__}")
    if not callable(getattr(model, "predict", None)):
        raise InputTypeError(
            f"{what} takes a fitted model with predict, found {type(model).__name__}"
        )
    target = require_target(data.target, what)
    if target.ndim == 2:
        raise DataError(f"{what} is about one target at a time; found {target.shape[1]} outputs")
    examiner = Examiner(model, data, metric)
    if metric is None and examiner.task == "classification":
        examiner = Examiner(model, data, "accuracy")
    if not examiner.score.higher_is_better:
        raise ConfigurationError(
            [
                f"{what} is a share of a score that is better the higher it is, which "
                f"{examiner.score.name!r} is not; use 'accuracy', 'auroc' or 'r2'"
            ]
        )
    return examiner


def resampled(
    cells: list[Cell], data: MultimodalData, score: Score, *, n_boot: int, seed: int
) -> tuple[Sampled, Bounds]:
    """Scores with their bootstrap draws over samples, or groups of them.

    Args:
        cells: As `bootstrap` takes them.
        data: The samples.
        score: What is measured.
        n_boot: Draws, at least 50.
        seed: Seeds them.

    Returns:
        Points and draws, and how their intervals are bounded.

    Raises:
        ConfigurationError: If there are too few draws.
    """
    if n_boot < 50:
        raise ConfigurationError([f"n_boot must be at least 50 for an interval; found {n_boot}"])
    units = units_of(data)
    return bootstrap(cells, units, n_boot, seed), Bounds.of(score, units)


@final
class StagedScore:
    """The score of raw outputs that a model's fusion gives.

    Args:
        model: A fitted estimator.
        examiner: Of the model, with samples and score.
        data: The samples.
        what: The measure that is to be taken, for messages.

    Attributes:
        encoded: The encoded samples.

    Raises:
        InputTypeError: If the model cannot encode and decode in two stages.
        DataError: If its predictions do not follow from its raw output.
    """

    def __init__(
        self, model: object, examiner: Examiner, data: MultimodalData, *, what: str
    ) -> None:
        if not isinstance(model, TwoStage):
            raise InputTypeError(
                f"{what} looks between encoders and fusion, and {type(model).__name__} has no "
                "methods encoded and decoded; pass a fitted FusionClassifier or FusionRegressor, "
                "or use perceptual_scores, which takes any model"
            )
        self.encoded: Encoded = encode(model, data)
        self._truth = require_target(data.target, what)
        self._score = examiner.score
        self._classes = np.asarray(getattr(model, "classes_", []))
        self._codes = None
        self._link = None
        if len(self._classes):
            place = {label: i for i, label in enumerate(self._classes.tolist())}
            codes = [place.get(v, -1) for v in self._truth.tolist()]
            self._codes = np.array(codes, dtype=np.int64)
        else:
            self._link = self._link_of(examiner.outputs(data).guess)

    def prepared(self, raw: Tensor) -> Weighted:
        """The score of raw outputs as a function of weights.

        Args:
            raw: `(samples, outputs)`.
        """
        raw = raw.cpu()
        if self._link is not None:
            guess = self._link.apply(raw)[:, 0].numpy()
            return self._score.prepare(Outputs(self._truth, guess))
        logits = raw.double().numpy()
        guess = self._classes[logits.argmax(axis=1)]
        probabilities: Floats = softmax(logits, axis=1)
        return self._score.prepare(Outputs(self._truth, guess, self._codes, probabilities))

    def _link_of(self, guess: NDArray[np.generic]) -> Link:
        """What `predict` makes of the raw output.

        Raises:
            DataError: If that cannot be told.
        """
        raw = self.encoded.decoded(self.encoded.features, self.encoded.presence).cpu()
        link = link_of("predict", raw, np.asarray(guess, dtype=np.float64)[:, None])
        if link is None:
            raise DataError(
                "how predictions follow from the raw output cannot be told: that needs at least "
                f"8 samples with different predictions, found {len(raw)} samples"
            )
        return link
