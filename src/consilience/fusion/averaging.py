"""Averages over modalities: each predicts by itself, and their mean is the prediction."""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.functional.checks import check_dims
from consilience.functional.late import geometric_mean, probability_mean, weighted_mean
from consilience.fusion.unimodal import UnimodalMaps, check_classes


@final
class ProbabilityMeanFusion(nn.Module):
    r"""Averages the probabilities that the modalities give to each class.

    $$p = \frac1{|S|} \sum_{m \in S} \operatorname{softmax}(W_m x_m + b)$$

    over the modalities $S$ that are present. The output is $\log p$, whose softmax
    is $p$ again. It is additive in the space of probabilities, and not in that of
    logits: analyses of interactions in logits will find some.

    Args:
        dims: Width of each modality, by name.
        out_dim: Number of classes, at least 2; of no use for quantities or for
            several labels at once, whose outputs are not one distribution.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality is left out of the mean; with none the result is the log
        of the prior, $\operatorname{softmax}(b)$.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If `out_dim` is 1, or a width or batch size does not fit.

    Example:
        >>> fuse = ProbabilityMeanFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> fused = fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)})
        >>> torch.allclose(fused.exp().sum(dim=1), torch.ones(8))
        True

    References:
        Kittler et al., On Combining Classifiers, IEEE PAMI 1998: the sum rule.
    """

    late: ClassVar[bool] = True
    probabilistic: ClassVar[bool] = True

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        check_classes(
            out_dim,
            "ProbabilityMeanFusion averages probabilities of classes",
            "AdditiveFusion ('additive'), GeometricMeanFusion ('geometric_mean') "
            "or WeightedFusion ('weighted')",
        )
        self.dims = dict(dims)
        self.maps = UnimodalMaps(dims, out_dim, bias=False)
        self.bias = nn.Parameter(torch.zeros(out_dim))

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Log-probabilities of a batch; see the class for shapes."""
        return probability_mean(self.maps.each(inputs, presence, self.bias), self.bias, presence)

    def unimodal(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> dict[str, Float[Tensor, "batch out"]]:
        """Each modality's own logits by name, `(batch, out_dim)`; zero where absent."""
        return self.maps.named(self.maps.each(inputs, presence, self.bias))


@final
class GeometricMeanFusion(nn.Module):
    r"""Averages the logits of the modalities.

    $$z = \frac1{|S|} \sum_{m \in S} (W_m x_m + b), \qquad
    \operatorname{softmax}(z) \propto \prod_{m \in S} p_m^{1 / |S|}$$

    over the modalities $S$ that are present: the normalised geometric mean of their
    probabilities $p_m$, or for a quantity the mean of their predictions. Additive in
    the space of logits for a given $S$; a sample with fewer modalities is not less
    certain for it, as it is under `AdditiveFusion`.

    Args:
        dims: Width of each modality, by name.
        out_dim: Number of classes or quantities.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality is left out of the mean; with none the result is $b$.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width or batch size does not fit.

    Example:
        >>> fuse = GeometricMeanFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}).shape
        torch.Size([8, 3])

    References:
        Hinton, Training Products of Experts by Minimizing Contrastive Divergence,
        Neural Computation 2002.
    """

    late: ClassVar[bool] = True
    probabilistic: ClassVar[bool] = False

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        self.dims = dict(dims)
        self.maps = UnimodalMaps(dims, out_dim, bias=False)
        self.bias = nn.Parameter(torch.zeros(out_dim))

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Logits of a batch; see the class for shapes."""
        return geometric_mean(self.maps.each(inputs, presence, self.bias), self.bias, presence)

    def unimodal(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> dict[str, Float[Tensor, "batch out"]]:
        """Each modality's own logits by name, `(batch, out_dim)`; zero where absent."""
        return self.maps.named(self.maps.each(inputs, presence, self.bias))


@final
class WeightedFusion(nn.Module):
    r"""Averages the logits of the modalities with learnt weights.

    $$z = \sum_{m \in S} \frac{e^{s_m}}{\sum_{k \in S} e^{s_k}} (W_m x_m + b)$$

    over the modalities $S$ that are present. Additive in the space of logits for a
    given $S$.

    Args:
        dims: Width of each modality, by name.
        out_dim: Number of classes or quantities.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality has no weight and those of the others add up to one; with
        none present the result is $b$.

    Attributes:
        scores: $s_m$, all equal at first; None for a single modality, which has
            nothing to be weighed against.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width or batch size does not fit.

    Example:
        >>> fuse = WeightedFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}).shape
        torch.Size([8, 3])
    """

    late: ClassVar[bool] = True
    probabilistic: ClassVar[bool] = False

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        self.dims = dict(dims)
        self.maps = UnimodalMaps(dims, out_dim, bias=False)
        self.scores = nn.Parameter(torch.zeros(len(dims))) if len(dims) > 1 else None
        self.bias = nn.Parameter(torch.zeros(out_dim))

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Logits of a batch; see the class for shapes."""
        scores = self.bias.new_zeros(1) if self.scores is None else self.scores
        return weighted_mean(
            self.maps.each(inputs, presence, self.bias), scores, self.bias, presence
        )

    def unimodal(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> dict[str, Float[Tensor, "batch out"]]:
        """Each modality's own logits by name, `(batch, out_dim)`; zero where absent."""
        return self.maps.named(self.maps.each(inputs, presence, self.bias))
