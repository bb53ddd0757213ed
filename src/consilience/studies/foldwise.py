"""One method's models of several folds as a single one that never saw what it predicts."""

from collections.abc import Iterator, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.splits import Split
from consilience.errors import ShapeError
from consilience.estimators import FusionClassifier
from consilience.studies.running import Model


@final
class Foldwise:
    """Predicts each sample by the model in whose training part it was not.

    Args:
        models: Fitted on the training part of each split.
        splits: Of one repeat; every sample is in one test part.
        classes: Number of classes or labels; 0 for quantities.
        multilabel: Whether there are several labels a sample.

    Attributes:
        classes_: Codes of the classes or labels; only for these.
        multilabel_: Whether there are several labels a sample.
    """

    def __init__(
        self,
        models: Sequence[Model],
        splits: Sequence[Split],
        classes: int,
        *,
        multilabel: bool = False,
    ) -> None:
        self._models = tuple(models)
        self._splits = tuple(splits)
        self._rows = sum(len(split.test) for split in splits)
        self.multilabel_ = multilabel
        if classes:
            self.classes_ = np.arange(classes)

    def parts(self, data: MultimodalData) -> Iterator[tuple[Model, NDArray[np.int64]]]:
        """Each model with the rows that it was not trained on.

        Args:
            data: All samples in the order of the study.

        Yields:
            Model and rows.

        Raises:
            ShapeError: If these are not all samples.
        """
        self._check(data)
        for model, split in zip(self._models, self._splits, strict=True):
            yield model, np.asarray(split.test)

    def predict(self, data: MultimodalData) -> NDArray[Any]:
        """Class codes or quantities, `(samples,)`; of several labels 0 and 1 each.

        Args:
            data: All samples in the order of the study, whatever was done to them.

        Returns:
            What the models say.

        Raises:
            ShapeError: If these are not all samples.
        """
        if self.multilabel_:
            return (self.predict_proba(data) > 0.5).astype(np.int64)
        if hasattr(self, "classes_"):
            return self.predict_proba(data).argmax(axis=1)
        self._check(data)
        out = np.zeros(self._rows)
        for model, split in zip(self._models, self._splits, strict=True):
            out[split.test] = model.predict(data[split.test])
        return out

    def predict_proba(self, data: MultimodalData) -> NDArray[np.float64]:
        """Probabilities of the class codes, `(samples, classes)`, or of each label.

        Args:
            data: All samples in the order of the study, whatever was done to them.

        Returns:
            What the models say; zero for a class that a training part lacked.

        Raises:
            ShapeError: If these are not all samples.
        """
        self._check(data)
        out = np.zeros((self._rows, len(self.classes_)))
        for model, split in zip(self._models, self._splits, strict=True):
            if isinstance(model, FusionClassifier):
                known = slice(None) if self.multilabel_ else model.classes_
                part = np.zeros((len(split.test), len(self.classes_)))
                part[:, known] = model.predict_proba(data[split.test])
                out[split.test] = part
        return out

    def _check(self, data: MultimodalData) -> None:
        if len(data) != self._rows:
            raise ShapeError(f"there are {self._rows} samples in the study, found {len(data)}")
