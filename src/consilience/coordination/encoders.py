"""Towers that bring two or more modalities into one space."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.coordination.caching import cached_step
from consilience.coordination.objectives import (
    HingeObjective,
    InfoNCEObjective,
    SigLIPObjective,
)
from consilience.coordination.towers import Tower, faults_of_towers
from consilience.errors import (
    ConfigurationError,
    InputTypeError,
    ModalityError,
    ShapeError,
    suggestion,
)


def _hardest() -> nn.Module:
    return HingeObjective(hardest=True)


OBJECTIVES: Mapping[str, Callable[[], nn.Module]] = MappingProxyType(
    {
        "info_nce": InfoNCEObjective,
        "siglip": SigLIPObjective,
        "vse": HingeObjective,
        "vse_hardest": _hardest,
    }
)
"""The losses that towers can be given by name."""


@final
class CoordinatedEncoders(nn.Module):
    r"""One tower a modality, into unit vectors that can be compared with one another.

    $$z_m = \frac{f_m(x_m)}{\lVert f_m(x_m) \rVert_2}, \qquad
    \mathrm{sim}(x_m, x_l) = \langle z_m, z_l \rangle$$

    Args:
        towers: By modality, either the width of its vectors, for a perceptron, or a module
            that gives `(rows, width)`, below a linear projection. A module tells its width
            as `out_dim` or ends in a layer with `out_features`.
        dim: Width of the common space.
        loss: A name in `OBJECTIVES` or a module that takes embeddings by name and
            presence. Learnt temperatures are parameters of it.
        hidden: Width of the perceptrons.
        dropout: Share of the perceptrons' hidden units dropped in training.

    Shape:
        `inputs[m]` is what tower m takes, `(batch, ...)`; `presence` is bool
        `(batch, modalities)` in the order of `towers`; the result has `(batch, dim)` by
        name. Absent rows are never encoded: their embedding is zero, without gradient.

    Raises:
        ConfigurationError: If a setting cannot be used; all faults are told at once.

    Example:
        >>> model = CoordinatedEncoders({"image": 5, "text": nn.Linear(7, 6)}, dim=4)
        >>> inputs = {"image": torch.randn(8, 5), "text": torch.randn(8, 7)}
        >>> z = model(inputs)
        >>> z["text"].shape, bool(torch.allclose(z["text"].norm(dim=1), torch.ones(8)))
        (torch.Size([8, 4]), True)
        >>> model.loss(inputs).shape
        torch.Size([])

    References:
        Radford et al., Learning Transferable Visual Models From Natural Language
        Supervision, ICML 2021, section 2.3.
    """

    def __init__(
        self,
        towers: Mapping[str, int | nn.Module],
        dim: int = 64,
        *,
        loss: str | nn.Module = "info_nce",
        hidden: int = 128,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(towers, dim, loss, hidden, dropout)
        self.dim = dim
        self.names = list(towers)
        self.towers = nn.ModuleList(
            Tower(name, tower, dim, hidden=hidden, dropout=dropout)
            for name, tower in towers.items()
        )
        self.objective = OBJECTIVES[loss]() if isinstance(loss, str) else loss

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> dict[str, Tensor]:
        """Embeds a batch; see the class for shapes.

        Args:
            inputs: By name, `(batch, ...)`; the order of the mapping is free.
            presence: Bool `(batch, modalities)`; None when all are present.

        Returns:
            By name, in the order of the towers, `(batch, dim)` of length 1, or 0 where
            absent.

        Raises:
            ModalityError: If the inputs' names are not those of the towers.
            InputTypeError: If an input is not a tensor or `presence` not bool.
            ShapeError: If rows or the shape of `presence` do not fit.
        """
        self._check_inputs(inputs, presence)
        chosen = self._present_rows(inputs, presence)
        embedded = {name: self.embed(name, x) for name, x in chosen.items()}
        return self._placed(embedded, inputs, presence)

    def embed(self, modality: str, x: Tensor) -> Float[Tensor, "rows dim"]:
        """Embeds one modality alone, as for search.

        Args:
            modality: Its name.
            x: What its tower takes, `(rows, ...)`.

        Returns:
            Unit vectors `(rows, dim)`.

        Raises:
            ModalityError: If the name is not that of a tower.
            ShapeError: If a perceptron's width does not fit.
        """
        if modality not in self.names:
            raise ModalityError(
                f"modality {modality!r} is not known; {suggestion(modality, self.names)}"
            )
        return self.towers[self.names.index(modality)](x)

    def loss(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of a batch: over all pairs of modalities, of the rows that have both.

        Args:
            inputs: By name, `(batch, ...)`.
            presence: Bool `(batch, modalities)`; None when all are present.

        Returns:
            `()`.

        Raises:
            ModalityError: If the inputs' names are not those of the towers.
            InputTypeError: If an input is not a tensor or `presence` not bool.
            ShapeError: If rows or the shape of `presence` do not fit.
        """
        return self.objective(self(inputs, presence), presence)

    def cached_step(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
        *,
        chunk: int,
    ) -> Float[Tensor, ""]:
        """Adds to every parameter the gradient of the loss, in the memory of a chunk.

        Args:
            inputs: By name, `(batch, ...)`.
            presence: Bool `(batch, modalities)`; None when all are present.
            chunk: Rows encoded at once.

        Returns:
            The loss, `()`, without graph: call no backward, only step the optimiser.

        Raises:
            ConfigurationError: If `chunk` is below 1 or a tower normalises over the batch.
            ModalityError: If the inputs' names are not those of the towers.
            InputTypeError: If an input is not a tensor or `presence` not bool.
            ShapeError: If rows or the shape of `presence` do not fit.
        """
        self._check_inputs(inputs, presence)
        chosen = self._present_rows(inputs, presence)
        encoders = {name: self.towers[self.names.index(name)] for name in chosen}

        def loss(embedded: dict[str, Tensor]) -> Tensor:
            return self.objective(self._placed(embedded, inputs, presence), presence)

        return cached_step(encoders, chosen, loss, chunk)

    def _present_rows(
        self, inputs: Mapping[str, Tensor], presence: Tensor | None
    ) -> dict[str, Tensor]:
        """The rows to encode, of the modalities that have any."""
        if presence is None:
            return {name: inputs[name] for name in self.names}
        columns = zip(self.names, presence.unbind(dim=1), strict=True)
        return {name: inputs[name][here] for name, here in columns if bool(here.any())}

    def _placed(
        self,
        embedded: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        presence: Tensor | None,
    ) -> dict[str, Tensor]:
        """Embeddings at their rows of the batch, zero at the others."""
        if presence is None:
            return dict(embedded)
        placed: dict[str, Tensor] = {}
        like = next(iter(embedded.values()), next(self.parameters()))
        for name, here in zip(self.names, presence.unbind(dim=1), strict=True):
            empty = like.new_zeros(len(inputs[name]), self.dim)
            z = embedded.get(name)
            placed[name] = empty if z is None else empty.index_put((here,), z)
        return placed

    def _check_inputs(self, inputs: Mapping[str, object], presence: Tensor | None) -> None:
        for name in inputs:
            if name not in self.names:
                raise ModalityError(
                    f"modality {name!r} is not known; {suggestion(name, self.names)}"
                )
        rows: dict[str, int] = {}
        for name in self.names:
            x = inputs.get(name)
            if x is None:
                raise ModalityError(
                    f"modality {name!r} is not among the inputs; "
                    "for one modality alone use embed(name, x)"
                )
            if not isinstance(x, Tensor):
                raise InputTypeError(
                    f"modality {name!r} must be a tensor, found {type(x).__name__}"
                )
            rows[name] = len(x)
        if len(set(rows.values())) > 1:
            raise ShapeError(f"the modalities differ in rows: {rows}")
        _check_presence(presence, (rows[self.names[0]], len(self.names)))


def _check_presence(presence: Tensor | None, shape: tuple[int, int]) -> None:
    if presence is None:
        return
    if presence.dtype != torch.bool:
        raise InputTypeError(f"presence must be a bool tensor, found {presence.dtype}")
    if tuple(presence.shape) != shape:
        raise ShapeError(
            f"presence must be (batch, modalities) = {shape}, found {tuple(presence.shape)}"
        )


def _check(
    towers: Mapping[str, int | nn.Module],
    dim: int,
    loss: str | nn.Module,
    hidden: int,
    dropout: float,
) -> None:
    faults = [*faults_of_towers(towers)]
    sizes = {"dim": dim, "hidden": hidden}
    faults += [f"{k} must be at least 1, found {v}" for k, v in sizes.items() if v < 1]
    if isinstance(loss, str) and loss not in OBJECTIVES:
        faults.append(f"loss {loss!r} is not known; {suggestion(loss, OBJECTIVES)}")
    if not 0 <= dropout < 1:
        faults.append(f"dropout must be from 0 to below 1, found {dropout}")
    if faults:
        raise ConfigurationError(faults)
