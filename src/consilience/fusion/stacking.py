"""Stacking: each modality predicts by itself, and a second level learns from what they say."""

from collections.abc import Callable, Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.functional.checks import check_dims, present_or_zero
from consilience.functional.late import unimodal_loss
from consilience.fusion.unimodal import UnimodalMaps, check_classes


@final
class StackingFusion(nn.Module):
    r"""Predicts classes from what each modality alone predicts, in two levels.

    $$l_m = W_m x_m + b_m, \qquad z = \sum_{m \in S} V_m \log \operatorname{softmax}(l_m) + c$$

    over the modalities $S$ that are present. Additive in the space of logits.
    `training_loss` trains each $l_m$ by its own loss alone and the second level on
    their log-probabilities held fixed; an ordinary loss on the output would train
    both levels together, which is not stacking. The second level sees predictions on
    samples the first was trained on: for out-of-fold stacking put scikit-learn's
    `StackingClassifier` around estimators of one modality each, such as
    `make_pipeline(FunctionTransformer(cs.MultimodalData.select, kw_args={"names": ["text"]}),
    cs.FusionClassifier())`.

    Args:
        dims: Width of each modality, by name.
        out_dim: Number of classes, at least 2; `ValueStackingFusion` is for quantities
            and for several labels at once.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality adds nothing; with none the result is $c$.

    Attributes:
        maps: $W_m$ and $b_m$.
        second: $V$ and $c$; begins as the mean of the log-probabilities.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If `out_dim` is 1, or a width or batch size does not fit.

    Example:
        >>> fuse = StackingFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> batch = {"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}
        >>> fuse(batch).shape
        torch.Size([8, 3])
        >>> fuse.training_loss(nn.CrossEntropyLoss(), batch, torch.zeros(8).long()).shape
        torch.Size([])

    References:
        Wolpert, Stacked Generalization, Neural Networks 1992; Ting and Witten, Issues
        in Stacked Generalization, JAIR 1999.
    """

    late: ClassVar[bool] = True
    probabilistic: ClassVar[bool] = True

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        check_classes(
            out_dim,
            "StackingFusion combines probabilities of classes",
            "ValueStackingFusion ('value_stacking')",
        )
        self.dims = dict(dims)
        self.maps = UnimodalMaps(dims, out_dim, bias=True)
        self.second = _mean_of(len(dims), out_dim)

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Logits of a batch; see the class for shapes."""
        return self._combine(self.maps.each(inputs, presence), presence)

    def unimodal(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> dict[str, Float[Tensor, "batch out"]]:
        """Each modality's own logits by name, `(batch, out_dim)`; zero where absent."""
        return self.maps.named(self.maps.each(inputs, presence))

    def training_loss(
        self,
        criterion: Callable[[Tensor, Tensor], Tensor],
        inputs: Mapping[str, Tensor],
        target: Tensor,
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, ""]:
        """Sum of each modality's loss and of the second level's, which reaches no first one.

        Args:
            criterion: Maps logits and target to a scalar.
            inputs: As in `forward`.
            target: What the criterion takes.
            presence: As in `forward`.

        Returns:
            A scalar.
        """
        first = self.maps.each(inputs, presence)
        second = criterion(self._combine(first.detach(), presence), target)
        return unimodal_loss(criterion, first, target, presence) + second

    def _combine(self, logits: Tensor, presence: Tensor | None) -> Tensor:
        says = logits.log_softmax(dim=2)
        says = says if presence is None else present_or_zero(says, presence)
        return self.second(says.flatten(1))


@final
class ValueStackingFusion(nn.Module):
    r"""Predicts quantities from what each modality alone predicts, in two levels.

    $$y_m = W_m x_m + b_m, \qquad y = \sum_{m \in S} V_m y_m + c$$

    over the modalities $S$ that are present: `StackingFusion` on predicted values in
    place of log-probabilities, for regression and for several labels at once (then of
    logits). `training_loss` trains each $y_m$ by its own loss alone and the second
    level on these values held fixed; for out-of-fold stacking put scikit-learn's
    `StackingRegressor` around estimators of one modality each, as `StackingFusion` says.

    Args:
        dims: Width of each modality, by name.
        out_dim: Number of quantities.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality adds nothing; with none the result is $c$.

    Attributes:
        maps: $W_m$ and $b_m$.
        second: $V$ and $c$; begins as the mean of the values.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width or batch size does not fit.

    Example:
        >>> fuse = ValueStackingFusion({"audio": 5, "text": 7}, out_dim=1)
        >>> batch = {"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}
        >>> fuse.training_loss(nn.MSELoss(), batch, torch.zeros(8, 1)).shape
        torch.Size([])

    References:
        Breiman, Stacked Regressions, Machine Learning 1996.
    """

    late: ClassVar[bool] = True
    probabilistic: ClassVar[bool] = False

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        self.dims = dict(dims)
        self.maps = UnimodalMaps(dims, out_dim, bias=True)
        self.second = _mean_of(len(dims), out_dim)

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Values of a batch; see the class for shapes."""
        return self.second(self.maps.each(inputs, presence).flatten(1))

    def unimodal(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> dict[str, Float[Tensor, "batch out"]]:
        """Each modality's own values by name, `(batch, out_dim)`; zero where absent."""
        return self.maps.named(self.maps.each(inputs, presence))

    def training_loss(
        self,
        criterion: Callable[[Tensor, Tensor], Tensor],
        inputs: Mapping[str, Tensor],
        target: Tensor,
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, ""]:
        """Sum of each modality's loss and of the second level's, which reaches no first one.

        Args:
            criterion: Maps values and target to a scalar.
            inputs: As in `forward`.
            target: What the criterion takes.
            presence: As in `forward`.

        Returns:
            A scalar.
        """
        first = self.maps.each(inputs, presence)
        second = criterion(self.second(first.detach().flatten(1)), target)
        return unimodal_loss(criterion, first, target, presence) + second


def _mean_of(modalities: int, out_dim: int) -> nn.Linear:
    linear = nn.Linear(modalities * out_dim, out_dim)
    with torch.no_grad():
        linear.weight.copy_(torch.eye(out_dim).repeat(1, modalities) / modalities)
        linear.bias.zero_()
    return linear
