"""Training strategies that keep one modality from starving or spoiling the others."""

from consilience.training.balance.auxiliary import UnimodalLosses
from consilience.training.balance.blending import GradientBlending, OnlineGradientBlending
from consilience.training.balance.catalogue import available, build
from consilience.training.balance.companion import Companion, Encodes
from consilience.training.balance.modulation import GradientModulation
from consilience.training.balance.observing import Observed
from consilience.training.balance.pareto import MMPareto
from consilience.training.balance.rates import ModalityLearningRates
from consilience.training.balance.regime import Regime, Strategy, fit_balanced
from consilience.training.balance.speed import BalancedSpeed, LearningSpeed

__all__ = [
    "BalancedSpeed",
    "Companion",
    "Encodes",
    "GradientBlending",
    "GradientModulation",
    "LearningSpeed",
    "MMPareto",
    "ModalityLearningRates",
    "Observed",
    "OnlineGradientBlending",
    "Regime",
    "Strategy",
    "UnimodalLosses",
    "available",
    "build",
    "fit_balanced",
]
