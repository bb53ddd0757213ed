import json

import pytest

from consilience.results.dynamics import LearningSpeeds
from consilience.results.learning import LearningCurves
from consilience.results.training import History

SPEEDS = LearningSpeeds({"a": 4.0, "b": 1.0}, {"a": 1.4, "b": -1.4}, 9)


def history(*losses: float, best: int = 2) -> History:
    return History(
        train_loss=losses,
        validation_loss=tuple(x + 0.1 * k for k, x in enumerate(losses)),
        best_epoch=best,
        seconds=1.0,
        stopped_early=False,
    )


CURVES = LearningCurves(
    history(1.0, 0.5), {"a": history(1.0, 0.6), "b": history(1.0, 0.9)}, SPEEDS
)


def test_overfitting_is_told_of_every_head_and_of_all_together() -> None:
    found = CURVES.overfitting
    assert list(found) == ["a", "b", "all together"]
    assert found["a"].gain == pytest.approx(0.3)
    assert found["a"].overfitting == pytest.approx(0.1)
    assert found["b"].gain == pytest.approx(0.0)


def test_there_is_none_where_the_first_epoch_is_kept() -> None:
    assert LearningCurves(history(1.0, best=1), {}, SPEEDS).overfitting == {}


def test_a_frame_has_a_row_a_curve_and_epoch() -> None:
    frame = CURVES.to_frame()
    assert frame.num_rows == 6
    assert frame.column("validation_loss").to_pylist()[1] == pytest.approx(0.7)


def test_it_goes_into_json_and_words() -> None:
    told = json.loads(json.dumps(CURVES.to_dict()))
    assert told["joint"]["train_loss"] == [1.0, 0.5]
    assert told["joint"]["best_epoch"] == 2
    assert set(told["heads"]) == {"a", "b"}
    assert str(CURVES).splitlines()[0].startswith("After 9 steps a is learnt from fastest")
