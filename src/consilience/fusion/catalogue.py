"""The fusion methods by the names that the command line and estimators use."""

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from consilience.errors import ConfigurationError, suggestion
from consilience.fusion.additive import AdditiveFusion
from consilience.fusion.averaging import (
    GeometricMeanFusion,
    ProbabilityMeanFusion,
    WeightedFusion,
)
from consilience.fusion.bilinear import BilinearFusion, CompactBilinearFusion
from consilience.fusion.concat import ConcatFusion
from consilience.fusion.crossmodal import CrossModalTransformer
from consilience.fusion.early import EarlyFusionTransformer
from consilience.fusion.gated import GatedFusion
from consilience.fusion.interaction import (
    MultiplicativeInteraction,
    ScalarInteraction,
    VectorInteraction,
)
from consilience.fusion.low_rank import LowRankTensorFusion
from consilience.fusion.multiplicative import MultiplicativeFusion
from consilience.fusion.nonlinear import MLPFusion
from consilience.fusion.polynomial import PolynomialFusion
from consilience.fusion.residual import ResidualFusion
from consilience.fusion.shifting import AdaptationGate, AttendedVariation
from consilience.fusion.stacking import StackingFusion, ValueStackingFusion
from consilience.fusion.tensor import TensorFusion


@runtime_checkable
class Fusion(Protocol):
    """What every fusion module offers.

    Attributes:
        late: Whether the output is the prediction itself, so that a head may not
            mix what the fusion kept apart.
    """

    late: bool

    def __call__(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """Fuses a batch to `(batch, out_dim)`."""
        ...


_CLASSES: dict[str, type[nn.Module]] = {
    "adaptation_gate": AdaptationGate,
    "additive": AdditiveFusion,
    "attended_variation": AttendedVariation,
    "bilinear": BilinearFusion,
    "compact_bilinear": CompactBilinearFusion,
    "concat": ConcatFusion,
    "crossmodal_transformer": CrossModalTransformer,
    "early_transformer": EarlyFusionTransformer,
    "gated": GatedFusion,
    "geometric_mean": GeometricMeanFusion,
    "low_rank": LowRankTensorFusion,
    "matrix_interaction": MultiplicativeInteraction,
    "mlp": MLPFusion,
    "multiplicative": MultiplicativeFusion,
    "polynomial": PolynomialFusion,
    "probability_mean": ProbabilityMeanFusion,
    "residual": ResidualFusion,
    "scalar_interaction": ScalarInteraction,
    "stacking": StackingFusion,
    "tensor": TensorFusion,
    "value_stacking": ValueStackingFusion,
    "vector_interaction": VectorInteraction,
    "weighted": WeightedFusion,
}


def available() -> tuple[str, ...]:
    """Names of the fusion methods, sorted.

    Example:
        >>> available()[:3]
        ('adaptation_gate', 'additive', 'attended_variation')
    """
    return tuple(sorted(_CLASSES))


def check_name(name: str) -> None:
    """Refuses a name that is not a fusion method.

    Args:
        name: What a user called the method.

    Raises:
        ConfigurationError: If there is no such method; names the nearest.
    """
    if name not in _CLASSES:
        raise ConfigurationError(
            [f"fusion method {name!r} is not known; {suggestion(name, available())}"]
        )


def fusion_class(name: str) -> type[nn.Module]:
    """The class of a fusion method.

    Args:
        name: One of `available()`.

    Returns:
        Its class.

    Raises:
        ConfigurationError: If there is no such method; names the nearest.
    """
    check_name(name)
    return _CLASSES[name]


def is_late(name: str) -> bool:
    """Whether a method's output is the prediction itself, so that no head may follow."""
    return bool(getattr(fusion_class(name), "late", False))


def takes_tokens(name: str) -> bool:
    """Whether a method takes sequences of tokens rather than a vector a modality."""
    return bool(getattr(fusion_class(name), "tokens", False))


def unfit(name: str, *, modalities: int, distribution: bool) -> str | None:
    """Why a method cannot be used for a task, if so.

    Args:
        name: One of `available()`.
        modalities: Number of modalities.
        distribution: Whether the output is one distribution over classes, rather
            than quantities or several labels.

    Returns:
        The reason with the fix, or None.

    Example:
        >>> unfit("bilinear", modalities=3, distribution=True)
        "fusion method 'bilinear' is for two modalities, there are 3; use 'low_rank' or 'tensor'"
    """
    cls = fusion_class(name)
    if getattr(cls, "pairwise", False) and modalities != 2:
        return (
            f"fusion method {name!r} is for two modalities, there are {modalities}; "
            "use 'low_rank' or 'tensor'"
        )
    if getattr(cls, "probabilistic", False) and not distribution:
        return (
            f"fusion method {name!r} combines probabilities of classes; for quantities and for "
            "several labels a sample use 'geometric_mean', 'weighted' or 'value_stacking'"
        )
    return None


def build(name: str, dims: Mapping[str, int], out_dim: int, **options: object) -> nn.Module:
    """A fusion module by its name.

    Args:
        name: One of `available()`.
        dims: Width of each modality, by name.
        out_dim: Width of the fused vector.
        **options: Passed to the class.

    Returns:
        The module, freshly initialised.

    Raises:
        ConfigurationError: If the name or an option is not known, or an option has
            a type that cannot be used.

    Example:
        >>> type(build("low_rank", {"a": 2, "b": 3}, 4, rank=2)).__name__
        'LowRankTensorFusion'
    """
    cls = fusion_class(name)
    known = _options(cls)
    faults = [
        f"fusion method {name!r} has no option {option!r}; {suggestion(option, known)}"
        for option in options
        if option not in known
    ]
    if faults:
        raise ConfigurationError(faults)
    try:
        return cls(dims, out_dim, **options)
    except TypeError as error:
        raise ConfigurationError(
            [f"fusion method {name!r} cannot be built with {options}: {error}"]
        ) from error


def _options(cls: type[nn.Module]) -> list[str]:
    parameters = signature(cls).parameters.values()
    return [p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY]
