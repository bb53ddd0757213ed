"""Targets of several labels a sample: what a study needs of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.splits import Split
from consilience.data.target import Task, infer_task
from consilience.data.wording import counted
from consilience.errors import ConfigurationError, DataError
from consilience.estimators.labels import labels_of

COMBINATIONS = 8
"""Most combinations of labels that are taken together as the classes of one target."""


def task_of(target: NDArray[Any], said: Task | None) -> Task:
    """What a study predicts.

    Args:
        target: The complete target.
        said: What the user says it is; None recognises it.

    Returns:
        `"multilabel"` for classes in several columns, too.

    Raises:
        ConfigurationError: If one column is said to be several labels.
    """
    task = said or infer_task(target)
    if task == "multilabel" and target.ndim == 1:
        raise ConfigurationError(
            ["task is 'multilabel', which needs a column a label; the target has one column"]
        )
    return "multilabel" if task == "classification" and target.ndim == 2 else task


def label_codes(data: MultimodalData, target: NDArray[Any]) -> NDArray[np.int64]:
    """Labels as numbers.

    Args:
        data: The samples, for the names of the labels.
        target: Their complete target, `(samples, labels)`.

    Returns:
        0 and 1, `(samples, labels)`.

    Raises:
        DataError: If it holds anything else, or a label is the same in all samples; names it.
    """
    same = [
        f"label {name!r} is {_word(target[0, i])} in all {counted(len(target), 'sample')}"
        for i, name in enumerate(data.target_names)
        if all(target[:, i] == target[0, i])
    ]
    if same:
        raise DataError(f"{'; '.join(same)}; leave such columns out of the target")
    return labels_of(target).astype(np.int64)


def _word(value: Any) -> str:  # noqa: ANN401  whatever a target holds
    return str(value.item() if isinstance(value, np.generic) else value)


def require_learnable(
    codes: NDArray[np.int64], names: Sequence[str], splits: Sequence[Split]
) -> None:
    """Refuses labels that are the same in all samples of some training part.

    Args:
        codes: 0 and 1, `(samples, labels)`.
        names: Names of the labels.
        splits: Of all repeats.

    Raises:
        DataError: If there is such a label; names it.
    """
    for split in splits:
        part = codes[split.train]
        for i in np.flatnonzero(part.min(axis=0) == part.max(axis=0)).tolist():
            value, there = 1 - part[0, i], int((codes[:, i] != part[0, i]).sum())
            raise DataError(
                f"label {names[i]!r} is {value} in {counted(there, 'sample')} only, all of them "
                f"tested in repeat {split.repeat}, fold {split.fold}, so that training lacks "
                "them; leave the label out, or add samples or groups that have it"
            )


def as_one(codes: NDArray[np.int64], names: Sequence[str]) -> NDArray[np.int64]:
    """Several labels as one target, each combination of them a class.

    What modalities tell of this target is what they tell of all labels together.

    Args:
        codes: 0 and 1, `(samples, labels)`.
        names: Names of the labels.

    Returns:
        Numbers of combinations, `(samples,)`.

    Raises:
        DataError: If there are more than `COMBINATIONS`.

    Example:
        >>> as_one(np.array([[0, 1], [1, 1], [0, 1]]), ["rash", "fever"]).tolist()
        [0, 1, 0]
    """
    found, number = np.unique(codes, axis=0, return_inverse=True)
    if len(found) > COMBINATIONS:
        raise DataError(
            f"the {len(names)} labels occur in {len(found)} combinations, more than the "
            f"{COMBINATIONS} that can be measured as one target; `consilience interactions` with "
            f"--target {names[0]} measures one label at a time"
        )
    return number.reshape(-1).astype(np.int64)
