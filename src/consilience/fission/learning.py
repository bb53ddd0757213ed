"""What training a module of fission on samples takes, whatever the module."""

from collections.abc import Mapping
from typing import Protocol, cast, runtime_checkable

from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.errors import DataError, InputTypeError, ShapeError
from consilience.fission.fitting import Schedule, minimise
from consilience.fission.inputs import Samples, StandardInputs, target_tensor

LABELS = "learning from labels"


@runtime_checkable
class Lossy(Protocol):
    """A module that says what a step should lower."""

    inputs: StandardInputs

    def loss(
        self,
        inputs: Mapping[str, Tensor],
        target: Tensor | None = None,
        presence: Tensor | None = None,
    ) -> Tensor:
        """The loss of a batch."""
        ...


def learn(
    module: nn.Module, samples: Samples, target: Tensor | None, targets: int | None, plan: Schedule
) -> None:
    """Trains a module that has a `loss` and `inputs` in place.

    Args:
        module: The module, a `Lossy`.
        samples: `MultimodalData` or tensors by modality.
        target: With tensors, class codes or quantities.
        targets: Number of classes or outputs; None where no target is used.
        plan: How long.

    Raises:
        DataError: If there are too few samples, no target, or the loss is not finite.
    """
    lossy = cast("Lossy", module)
    inputs, presence = lossy.inputs.fit(samples)(samples)
    target = None if targets is None else target_of(samples, target, targets)

    def step(rows: Tensor) -> Tensor:
        return lossy.loss(*rows_of(inputs, target, presence, rows))

    minimise(module, step, len(next(iter(inputs.values()))), plan)


def required(target: Tensor | None) -> Tensor:
    """The target.

    Raises:
        DataError: If there is none.
    """
    if target is None:
        raise DataError(f"{LABELS} needs a target")
    return target


def target_of(samples: Samples, target: Tensor | None, targets: int) -> Tensor:
    """The target of samples, checked.

    Args:
        samples: The samples, whose own target counts if they are `MultimodalData`.
        target: The target given beside tensors.
        targets: Number of classes or outputs expected.

    Returns:
        Class codes, int64 `(samples,)`, or quantities, float `(samples, outputs)`.

    Raises:
        DataError: If there is none, its classes or outputs are not as expected, or it is the
            same everywhere.
        InputTypeError: If it is not a tensor.
        ShapeError: If it has not a row a sample.
    """
    if isinstance(samples, MultimodalData):
        target = target_tensor(samples.target, LABELS)
    target = required(target)
    if not isinstance(target, Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]  users pass arrays
        raise InputTypeError(f"the target must be a tensor, found {type(target).__name__}")
    rows = len(samples if isinstance(samples, MultimodalData) else next(iter(samples.values())))
    if len(target) != rows:
        raise ShapeError(f"the target has {len(target)} rows but there are {rows} samples")
    if target.is_floating_point():
        found = target.reshape(len(target), -1).shape[1]
        wrong, kind = found != targets, "outputs"
    else:
        found = int(target.max()) + 1
        wrong, kind = found > targets, "classes"
        if int(target.min()) < 0:
            raise DataError(f"class codes must count from 0, found {int(target.min())}")
    if wrong:
        raise DataError(f"the target has {found} {kind} but targets={targets}")
    if bool((target == target[0]).all()):
        raise DataError(
            "the target is the same in every sample, so it teaches nothing; "
            "pass samples that differ in it"
        )
    return target


def rows_of(
    inputs: Mapping[str, Tensor], target: Tensor | None, presence: Tensor | None, rows: Tensor
) -> tuple[dict[str, Tensor], Tensor | None, Tensor | None]:
    """Some rows of everything."""
    return (
        {name: x[rows] for name, x in inputs.items()},
        None if target is None else target[rows],
        None if presence is None else presence[rows],
    )


def task_loss(output: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy in nats for class codes, mean squared error for quantities.

    Args:
        output: `(batch, classes)` or `(batch, outputs)`.
        target: As of `target_of`.

    Returns:
        A scalar.
    """
    if target.is_floating_point():
        return nn.functional.mse_loss(output, target.reshape(output.shape))
    return nn.functional.cross_entropy(output, target)
