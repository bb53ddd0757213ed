"""Strategies by name."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from consilience.errors import ConfigurationError, suggestion
from consilience.training.balance.auxiliary import UnimodalLosses
from consilience.training.balance.blending import GradientBlending, OnlineGradientBlending
from consilience.training.balance.modulation import GradientModulation
from consilience.training.balance.observing import Observed
from consilience.training.balance.pareto import MMPareto
from consilience.training.balance.rates import ModalityLearningRates
from consilience.training.balance.regime import Strategy
from consilience.training.balance.speed import BalancedSpeed

_STRATEGIES: dict[str, Callable[..., Strategy]] = {
    "balanced_speed": BalancedSpeed,
    "gradient_blending": GradientBlending,
    "gradient_blending_online": OnlineGradientBlending,
    "mmpareto": MMPareto,
    "modality_learning_rates": ModalityLearningRates,
    "observed": Observed,
    "ogm_ge": GradientModulation,
    "unimodal_losses": UnimodalLosses,
}


def available() -> tuple[str, ...]:
    """The names of all strategies, sorted.

    Returns:
        Names that `build` takes.
    """
    return tuple(sorted(_STRATEGIES))


def faults_of(name: str, options: Mapping[str, Any]) -> list[str]:
    """What keeps a strategy from being built, a sentence each.

    Args:
        name: Of the strategy.
        options: For it.

    Returns:
        Nothing if it can be built.
    """
    if name not in _STRATEGIES:
        return [f"balance {name!r} is not known; {suggestion(str(name), available())}"]
    known = inspect.signature(_STRATEGIES[name]).parameters
    faults = [
        f"balance {name!r} has no option {option!r}; {suggestion(str(option), known)}"
        for option in options
        if option not in known
    ]
    faults += [
        f"balance {name!r} needs balance_options={{{option!r}: ...}}"
        for option, parameter in known.items()
        if parameter.default is inspect.Parameter.empty and option not in options
    ]
    if faults:
        return faults
    try:
        _STRATEGIES[name](**options)
    except ConfigurationError as error:
        return [f"balance {name!r}: {fault}" for fault in error.faults]
    return []


def build(name: str, **options: Any) -> Strategy:  # noqa: ANN401  each strategy has its own
    """A strategy by name.

    Args:
        name: One of `available()`.
        **options: Options of the strategy.

    Returns:
        The strategy.

    Raises:
        ConfigurationError: If there is none of this name, or an option cannot be used.

    Example:
        >>> build("unimodal_losses", weight=0.5).weight
        0.5
    """
    faults = faults_of(name, options)
    if faults:
        raise ConfigurationError(faults)
    return _STRATEGIES[name](**options)
