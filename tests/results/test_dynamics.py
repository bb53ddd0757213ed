"""Numbers and words of what a training left behind."""

import json
import math

import pytest

from consilience.errors import DataError
from consilience.results.dynamics import Blend, LearningSpeeds, Overfitting
from consilience.results.training import History

HISTORY = History(
    train_loss=(1.0, 0.7, 0.4, 0.2),
    validation_loss=(1.1, 0.9, 0.8, 1.2),
    best_epoch=3,
    seconds=1.0,
    stopped_early=True,
)


def test_overfitting_of_a_run() -> None:
    found = Overfitting.of(HISTORY)
    assert found.epochs == (1, 3)
    assert found.gain == pytest.approx(0.3)
    assert found.overfitting == pytest.approx(0.3)
    assert found.ratio == pytest.approx(1.0)
    assert str(found) == (
        "From epoch 1 to 3 the validation loss fell by 0.3 and the gap to the training loss grew "
        "by 0.3: 1.00 of overfitting for each unit gained."
    )
    part = Overfitting.of(HISTORY, first=2, last=3)
    assert (part.train, part.validation) == ((0.7, 0.4), (0.9, 0.8))


def test_nothing_gained_is_an_infinite_ratio() -> None:
    found = Overfitting.of(HISTORY, last=4)
    assert found.ratio == math.inf
    assert str(found) == "From epoch 1 to 4 the validation loss did not fall."
    assert json.loads(json.dumps(found.to_dict()))["ratio"] is None


@pytest.mark.parametrize(("first", "last"), [(0, 3), (3, 3), (1, 5)])
def test_both_epochs_must_be_known(first: int, last: int) -> None:
    with pytest.raises(DataError) as raised:
        Overfitting.of(HISTORY, first=first, last=last)
    assert str(raised.value) == (
        "overfitting is between two epochs with validation loss, of which there are 4; "
        f"found epochs {first} and {last}"
    )


def test_a_blend() -> None:
    heads = {
        "audio": Overfitting((1.0, 0.5), (1.0, 0.6), (0, 5)),
        "all together": Overfitting((1.0, 0.1), (1.0, 0.9), (0, 5)),
    }
    found = Blend({"audio": 0.9, "all together": 0.1}, heads)
    assert str(found) == (
        "Losses are weighed audio 0.90, all together 0.10; all together overfits most for what "
        "it gains."
    )
    rows = found.to_frame().to_pylist()
    assert [(r["head"], r["weight"]) for r in rows] == [("audio", 0.9), ("all together", 0.1)]
    assert rows[1]["ratio"] == pytest.approx(8.0)
    assert json.loads(json.dumps(found.to_dict()))["heads"]["audio"]["epochs"] == [0, 5]


def test_speeds() -> None:
    found = LearningSpeeds({"a": 8.0, "b": 2.0}, {"a": 1.5, "b": -1.5}, steps=20)
    assert (found.fastest, found.slowest, found.spread) == ("a", "b", 3.0)
    assert str(found) == (
        "After 20 steps a is learnt from fastest and b slowest; their speeds differ by 3.00 nats."
    )
    assert found.to_frame().to_pylist()[1] == {"modality": "b", "travelled": 2.0, "speed": -1.5}
    still = LearningSpeeds({"a": 0.0}, {"a": -math.inf}, steps=0)
    assert str(still) == "After 0 steps all modalities are learnt from equally fast."
    assert json.loads(json.dumps(still.to_dict()))["speeds"] == {"a": None}
