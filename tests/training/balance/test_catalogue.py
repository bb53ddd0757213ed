import pytest

from consilience.errors import ConfigurationError
from consilience.training.balance import OnlineGradientBlending, available, build
from consilience.training.balance.catalogue import faults_of


def test_all_strategies_have_a_name() -> None:
    assert available() == (
        "balanced_speed",
        "gradient_blending",
        "gradient_blending_online",
        "mmpareto",
        "modality_learning_rates",
        "observed",
        "ogm_ge",
        "unimodal_losses",
    )
    strategy = build("gradient_blending_online", epochs=3)
    assert isinstance(strategy, OnlineGradientBlending)
    assert strategy.epochs == 3


@pytest.mark.parametrize(
    ("name", "options", "faults"),
    [
        (
            "gradient_blendin",
            {},
            "balance 'gradient_blendin' is not known; did you mean 'gradient_blending' or "
            "'gradient_blending_online'?",
        ),
        (
            "ogm_ge",
            {"alpa": 1.0},
            "balance 'ogm_ge' has no option 'alpa'; did you mean 'alpha'?",
        ),
        (
            "modality_learning_rates",
            {},
            "balance 'modality_learning_rates' needs balance_options={'rates': ...}",
        ),
        ("mmpareto", {"boost": -1.0}, "balance 'mmpareto': boost must be positive, found -1.0"),
    ],
)
def test_what_cannot_be_built_says_why(name: str, options: dict[str, object], faults: str) -> None:
    assert faults_of(name, options) == [faults]
    with pytest.raises(ConfigurationError) as raised:
        build(name, **options)
    assert str(raised.value) == faults


def test_what_can_be_built_has_no_faults() -> None:
    assert faults_of("modality_learning_rates", {"rates": {"a": 0.1}}) == []
