import numpy as np
import pytest

import consilience as cs
from consilience.data.splits import Split, make_splits
from consilience.errors import ConfigurationError, DataError
from consilience.studies.labelled import as_one, label_codes, require_learnable, task_of
from consilience.studies.plan import codes_of, make_plan, width_of

RNG = np.random.default_rng(0)
TARGET = RNG.integers(0, 2, (60, 3))


def samples(target: object, **others: object) -> cs.MultimodalData:
    parts = {"a": RNG.normal(size=(60, 2)), "b": RNG.normal(size=(60, 2))}
    return cs.MultimodalData(parts, target, **others)  # pyright: ignore[reportArgumentType]  any of them


@pytest.mark.parametrize(
    "target",
    [TARGET, TARGET.astype(float), TARGET.astype(bool), TARGET.astype(bool).astype(object)],
)
def test_a_table_of_0_and_1_is_several_labels_whatever_its_type(target: np.ndarray) -> None:
    plan = make_plan(samples(target), seeds=1)
    codes, names = codes_of(samples(target), plan.task)
    assert (plan.task, plan.metric.name) == ("multilabel", "auroc")
    assert (codes == TARGET).all()
    assert (names, width_of(codes, plan.task)) == (["0", "1", "2"], 3)


def test_classes_in_several_columns_are_labels_and_one_column_is_not() -> None:
    assert task_of(TARGET, "classification") == "multilabel"
    assert task_of(TARGET[:, 0], None) == "classification"
    with pytest.raises(ConfigurationError) as raised:
        task_of(TARGET[:, 0], "multilabel")
    assert str(raised.value) == (
        "task is 'multilabel', which needs a column a label; the target has one column"
    )


def test_columns_that_hold_more_than_0_and_1_are_refused() -> None:
    with pytest.raises(DataError) as raised:
        make_plan(samples(TARGET + (np.arange(60) == 5)[:, None] * 2))
    assert "must hold 0 and 1, one column a label; found" in str(raised.value)


def test_a_label_that_never_varies_is_named() -> None:
    import pandas as pd  # noqa: PLC0415  only here

    target = pd.DataFrame(TARGET, columns=["rash", "fever", "cough"]).assign(fever=1)
    with pytest.raises(DataError) as raised:
        make_plan(samples(target))
    assert str(raised.value) == (
        "label 'fever' is 1 in all 60 samples; leave such columns out of the target"
    )


def test_a_label_that_a_training_part_lacks_is_named() -> None:
    lone = TARGET.copy()
    lone[:, 1] = np.arange(60) == 7
    with pytest.raises(DataError) as raised:
        make_plan(samples(lone), seeds=1, random_state=0)
    told = str(raised.value)
    assert told.startswith(
        "label '1' is 1 in 1 sample only, all of them tested in repeat 0, fold "
    )
    assert told.endswith("leave the label out, or add samples or groups that have it")


def test_two_samples_of_a_label_are_enough_for_every_training_part() -> None:
    rare = TARGET.copy()
    rare[:, 1] = np.isin(np.arange(60), [7, 8])
    for seed in range(5):
        splits = make_splits(rare, folds=5, random_state=seed)
        require_learnable(rare, ["a", "b", "c"], splits)


def test_what_holds_in_training_only_is_no_fault() -> None:
    rows = np.arange(60)
    rare = np.column_stack([rows % 2, rows < 2]).astype(np.int64)
    require_learnable(rare, ["a", "b"], [Split(0, 0, rows[:30], rows[30:])])


def test_groups_stay_together_when_labels_are_dealt() -> None:
    groups = np.arange(60) // 4
    plan = make_plan(samples(TARGET, groups=groups), seeds=2)
    for split in plan.splits:
        assert not set(groups[split.train]) & set(groups[split.test])


def test_combinations_of_labels_are_the_classes_of_one_target() -> None:
    codes = as_one(TARGET, ["a", "b", "c"])
    assert len(np.unique(codes)) == len(np.unique(TARGET, axis=0))
    for code in np.unique(codes):
        assert len(np.unique(TARGET[codes == code], axis=0)) == 1


def test_too_many_combinations_are_refused_with_the_way_out() -> None:
    many = (np.arange(64)[:, None] >> np.arange(6)) & 1
    with pytest.raises(DataError) as raised:
        as_one(many, ["rash", *"bcdef"])
    assert str(raised.value) == (
        "the 6 labels occur in 64 combinations, more than the 8 that can be measured as one "
        "target; `consilience interactions` with --target rash measures one label at a time"
    )


def test_label_codes_are_whole_numbers() -> None:
    found = label_codes(samples(TARGET.astype(float)), TARGET.astype(float))
    assert found.dtype == np.int64
