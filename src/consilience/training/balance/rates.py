"""A learning rate for each modality."""

from collections.abc import Mapping
from typing import final

from consilience.errors import ConfigurationError, ModalityError, suggestion
from consilience.results.training import History
from consilience.training.balance.companion import Companion
from consilience.training.balance.objective import WhileTraining, of_prediction
from consilience.training.balance.regime import Regime


@final
class ModalityLearningRates:
    """Multiplies the learning rate of some encoders.

    A good start is the rate at which each modality alone is learnt best, divided by the
    common one.

    Args:
        rates: Factors by modality, at least 0; 0 freezes an encoder. A modality that is not
            named has 1.

    Raises:
        ConfigurationError: If a factor is negative, or there is none.

    References:
        Yao and Mihalcea, Modality-specific Learning Rates for Effective Multimodal Additive
        Late-fusion, Findings of ACL 2022.
    """

    def __init__(self, rates: Mapping[str, float]) -> None:
        faults = [
            f"the rate of modality {name!r} must not be negative, found {rate!r}"
            for name, rate in rates.items()
            if not rate >= 0
        ]
        if not rates:
            faults.append("rates names no modality; pass such as {'audio': 0.1}")
        if faults:
            raise ConfigurationError(faults)
        self.rates = dict(rates)

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`.

        Raises:
            ModalityError: If a rate is for no modality of the network.
        """
        for name in self.rates:
            if name not in companion.names:
                hint = suggestion(name, companion.names)
                raise ModalityError(f"rates names {name!r}, which is no modality; {hint}")
        optimizer = regime.by_part(companion)
        factors = {("encoder", name): rate for name, rate in self.rates.items()}
        regime.scale_steps(optimizer, factors)
        objective = WhileTraining(of_prediction, regime.criterion)
        return regime.fit(companion, objective, optimizer=optimizer)
