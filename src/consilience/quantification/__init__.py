"""What modalities and models are worth, in numbers: information, interactions."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilience.functional.dynamics import (
        conditional_speeds,
        conditional_utilization,
        overfitting_ratio,
    )
    from consilience.functional.robustness import effective_robustness, relative_robustness
    from consilience.functional.unimodal_bias import pair_accuracy, vqa_accuracy

__all__ = [
    "conditional_speeds",
    "conditional_utilization",
    "effective_robustness",
    "overfitting_ratio",
    "pair_accuracy",
    "relative_robustness",
    "vqa_accuracy",
]

_HOME = {
    "conditional_speeds": "dynamics",
    "conditional_utilization": "dynamics",
    "effective_robustness": "robustness",
    "overfitting_ratio": "dynamics",
    "pair_accuracy": "unimodal_bias",
    "relative_robustness": "robustness",
    "vqa_accuracy": "unimodal_bias",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    if name not in _HOME:
        raise AttributeError(f"module 'consilience.quantification' has no attribute {name!r}")
    value = getattr(import_module(f"consilience.functional.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
