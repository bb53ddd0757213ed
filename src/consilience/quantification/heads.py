"""What is known of a fusion head's form, and its conditional means by the quickest exact way."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import final

import torch
from torch import Tensor, nn

from consilience.errors import ModalityError, ShapeError
from consilience.functional.checks import present_or_zero
from consilience.fusion.additive import AdditiveFusion
from consilience.fusion.averaging import GeometricMeanFusion, WeightedFusion
from consilience.fusion.bilinear import BilinearFusion, CompactBilinearFusion
from consilience.fusion.concat import ConcatFusion
from consilience.fusion.interaction import (
    MultiplicativeInteraction,
    ScalarInteraction,
    VectorInteraction,
)
from consilience.fusion.low_rank import LowRankTensorFusion
from consilience.fusion.multiplicative import MultiplicativeFusion
from consilience.fusion.nonlinear import MLPFusion
from consilience.fusion.residual import ResidualFusion
from consilience.fusion.stacking import StackingFusion, ValueStackingFusion
from consilience.fusion.tensor import TensorFusion
from consilience.quantification.two_stage import Encoded, agree

ADDITIVE = (AdditiveFusion, ConcatFusion, StackingFusion, ValueStackingFusion)
"""A sum of functions of one modality each, absence included."""

MULTIAFFINE = (
    BilinearFusion,
    GeometricMeanFusion,
    LowRankTensorFusion,
    MultiplicativeFusion,
    MultiplicativeInteraction,
    ResidualFusion,
    ScalarInteraction,
    TensorFusion,
    VectorInteraction,
    WeightedFusion,
)
"""Affine in each modality by itself, once it is fixed which are present."""

CHECKED = 64
"""Rows on which a network must be what it shows."""

Decode = Callable[[Mapping[str, Tensor], Tensor], Tensor]


@final
@dataclass(frozen=True, slots=True, eq=False)
class FirstLayer:
    """A linear layer of all modalities together, split by modality.

    Attributes:
        weights: By modality, `(units, width)`.
        bias: `(units,)`, or None.
        absent: What stands for an absent modality, by name; empty for zeros.
    """

    weights: dict[str, Tensor]
    bias: Tensor | None
    absent: dict[str, Tensor]

    def parts(self, features: Mapping[str, Tensor], presence: Tensor) -> dict[str, Tensor]:
        """Each modality's part of the layer's output, `(rows, units)`; the first has the bias."""
        out: dict[str, Tensor] = {}
        for m, (name, weight) in enumerate(self.weights.items()):
            x = present_or_zero(features[name], presence[:, m])
            if name in self.absent:
                x = torch.where(presence[:, m, None], x, self.absent[name])
            bias = self.bias if m == 0 else None
            out[name] = nn.functional.linear(x, weight, bias)
        return out


@final
@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A fusion with what follows it.

    Attributes:
        decode: Takes features by modality and presence, gives `(rows, outputs)`.
        first: The linear layer that it begins with, if it does.
        rest: What follows that layer.
        is_additive: Whether the output is known to be a sum over modalities.
        is_multiaffine: Whether it is known to be affine in each modality by itself.
    """

    decode: Decode
    first: FirstLayer | None = None
    rest: tuple[nn.Module, ...] = ()
    is_additive: bool = False
    is_multiaffine: bool = False


def head_of(modules: Sequence[nn.Module], decode: Decode | None = None) -> Head:
    """What is known of fusion and head from their classes.

    Args:
        modules: A fusion, which takes features by modality and presence; then what follows.
        decode: How to evaluate it; None runs the modules.

    Returns:
        The head.
    """
    fusion, *following = _flat(modules)
    rest = tuple(following)
    evaluate = decode or _runner(fusion, rest)
    linear = all(isinstance(module, nn.Linear) for module in rest)
    layer = _first_layer(fusion)
    if layer is not None:
        first, inner = layer
        rest = (*inner, *rest)
        linear = all(isinstance(module, nn.Linear) for module in rest)
        return Head(evaluate, first, rest, is_additive=linear, is_multiaffine=linear)
    additive = linear and isinstance(fusion, ADDITIVE)
    return Head(evaluate, None, rest, additive, linear and _is_multiaffine(fusion))


def order_of(modules: Sequence[nn.Module], names: Sequence[str]) -> list[str]:
    """The modalities in the order in which a fusion takes presence.

    Args:
        modules: As in `head_of`.
        names: The modalities in any order.

    Returns:
        The order of the fusion's `dims` if it has such and they are the same modalities;
        else that of `names`.
    """
    dims = getattr(_flat(modules)[0], "dims", None)
    known = list(dims) if isinstance(dims, Mapping) else []
    return known if set(known) == set(names) else list(names)


def _flat(modules: Sequence[nn.Module]) -> list[nn.Module]:
    """The modules with containers opened and what does nothing in use left out."""
    out: list[nn.Module] = []
    for module in modules:
        out += _flat(list(module)) if isinstance(module, nn.Sequential) else [module]
    return [m for m in out if not isinstance(m, nn.Dropout | nn.Identity)] or out[:1]


def _is_multiaffine(fusion: nn.Module) -> bool:
    if isinstance(fusion, CompactBilinearFusion):
        return not fusion.normalize
    return isinstance(fusion, (nn.Bilinear, *MULTIAFFINE))


def _first_layer(fusion: nn.Module) -> tuple[FirstLayer, list[nn.Module]] | None:
    if isinstance(fusion, ConcatFusion):
        return _split(fusion.linear, fusion.dims), []
    if isinstance(fusion, AdditiveFusion):
        maps = [linear.weight for linear in fusion.maps if isinstance(linear, nn.Linear)]
        return FirstLayer(dict(zip(fusion.dims, maps, strict=True)), fusion.bias, {}), []
    if isinstance(fusion, MLPFusion):
        first, *inner = _flat([fusion.layers])
        if isinstance(first, nn.Linear):
            absent = dict(zip(fusion.dims, fusion.absent, strict=True))
            return _split(first, fusion.dims, absent), inner
    return None


def _split(
    linear: nn.Linear, dims: Mapping[str, int], absent: Mapping[str, Tensor] | None = None
) -> FirstLayer:
    weights = linear.weight.split(list(dims.values()), dim=1)
    return FirstLayer(dict(zip(dims, weights, strict=True)), linear.bias, dict(absent or {}))


def side_by_side(head: nn.Module, dims: Mapping[str, int]) -> Head | None:
    """A head that takes all modalities as one vector, as `nn.Linear` does.

    Args:
        head: `nn.Linear`, or `nn.Sequential` that begins with one.
        dims: Width of each modality, in the order in which they stand in the vector.

    Returns:
        The head, for which an absent modality counts as zeros; None if `head` is no such.

    Raises:
        ShapeError: If the widths do not fit the layer.
    """
    first, *rest = _flat([head])
    if not isinstance(first, nn.Linear):
        return None
    if first.in_features != sum(dims.values()):
        shown = " + ".join(f"{width} of {name!r}" for name, width in dims.items())
        raise ShapeError(
            f"the head's first layer takes {first.in_features} numbers, but there are {shown}"
        )
    layer = _split(first, dims)
    linear = all(isinstance(module, nn.Linear) for module in rest)

    def decode(features: Mapping[str, Tensor], presence: Tensor) -> Tensor:
        total = torch.stack(list(layer.parts(features, presence).values())).sum(dim=0)
        return run(rest, total)

    return Head(decode, layer, tuple(rest), is_additive=linear, is_multiaffine=linear)


def pairwise(head: nn.Bilinear, names: Sequence[str]) -> Head:
    """A bilinear layer of two modalities; an absent one counts as zeros.

    Args:
        head: The layer.
        names: The modalities in the order of its arguments.

    Returns:
        The head.

    Raises:
        ModalityError: If there are not two modalities.
    """
    if len(names) != 2:
        raise ModalityError(
            f"nn.Bilinear takes two modalities, found {', '.join(map(repr, names))}"
        )

    def decode(features: Mapping[str, Tensor], presence: Tensor) -> Tensor:
        one, two = (present_or_zero(features[n], presence[:, m]) for m, n in enumerate(names))
        return head(one, two)

    return Head(decode, is_multiaffine=True)


def known_head(encoded: Encoded) -> Head:
    """The head of a model, its form only where it gives the model's own output.

    Args:
        encoded: The encoded samples.

    Returns:
        The head.
    """
    names = list(encoded.features)
    if not encoded.modules or order_of(encoded.modules, names) != names:
        return Head(encoded.decoded)
    head = head_of(encoded.modules, encoded.decoded)
    if head.first is None:
        return head
    some = {name: x[:CHECKED] for name, x in encoded.features.items()}
    presence = encoded.presence[:CHECKED]
    parts = head.first.parts(some, presence)
    split = run(head.rest, torch.stack(list(parts.values())).sum(dim=0))
    raw = encoded.decoded(some, presence)
    return head if agree(split.cpu(), raw.cpu()) else Head(encoded.decoded)


def _runner(fusion: nn.Module, rest: Sequence[nn.Module]) -> Decode:
    def decode(features: Mapping[str, Tensor], presence: Tensor) -> Tensor:
        return run(rest, fusion(features, None if presence.all() else presence))

    return decode


def run(modules: Sequence[nn.Module], x: Tensor) -> Tensor:
    """The modules one after another; activations overwrite what they are given."""
    for module in modules:
        if isinstance(module, nn.ReLU):
            x = x.relu_()
        elif isinstance(module, nn.GELU) and not torch.is_grad_enabled():
            x = torch.ops.aten.gelu_(x, approximate=module.approximate)
        else:
            x = module(x)
    return x


@contextmanager
def evaluating(modules: Sequence[nn.Module]) -> Generator[None]:
    """Runs a block without gradients and with the modules set to use, not training.

    Args:
        modules: Put back to their modes afterwards.

    Yields:
        Nothing.
    """
    every = list(chain.from_iterable(module.modules() for module in modules))
    before = [module.training for module in every]
    try:
        for module in every:
            module.training = False
        with torch.inference_mode():
            yield
    finally:
        for module, training in zip(every, before, strict=True):
            module.training = training
