from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from consilience.training import Batch
from consilience.training.balance import Companion
from consilience.training.balance.objective import WhileTraining, of_prediction
from consilience.training.objectives import Criterion

CE = nn.CrossEntropyLoss()


def hundred(_companion: Companion, _criterion: Criterion, _batch: Batch) -> Tensor:
    return torch.tensor(100.0)


def test_the_strategy_rules_in_training_only(companion: Any, batch: Callable[..., Batch]) -> None:
    model, some = companion(), batch()
    objective = WhileTraining(hundred, CE)
    assert objective(model.train(), some).item() == 100
    judged = objective(model.eval(), some)
    assert some.target is not None
    assert torch.equal(judged, CE(model(some.inputs), some.target))
    plain = WhileTraining(of_prediction, CE)(model.train(), some)
    torch.testing.assert_close(plain, judged)
