"""Deep canonical correlation: losses that train encoders to agree."""

from collections.abc import Mapping
from typing import final

from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.errors import ModalityError
from consilience.functional.deep_canonical import canonical_sum, generalized_loss


@final
class DeepCCALoss(nn.Module):
    r"""Minus the sum of the canonical correlations of two encoders' outputs.

    $$-\sum_{i \le k} \sigma_i\big(\Sigma_{11}^{-1/2} \Sigma_{12} \Sigma_{22}^{-1/2}\big)$$

    The correlations are those of the batch: with a batch not much larger than the widths they
    are near 1 whatever the data, so take batches of many times the widths. For the
    autoencoder variant (DCCAE) add its reconstruction term to the loss, as
    `loss(za, zb) + weight * (mse(decode_a(za), xa) + mse(decode_b(zb), xb))`.

    After training, fit `CCA` on the encoders' outputs for the final linear maps.

    Args:
        n_components: $k$; None for the smaller width.
        regularisation: Added to the variances, in squared units of the outputs.

    Shape:
        Two tensors `(batch, width)` of any widths; the result is a scalar.

    References:
        Andrew et al., Deep Canonical Correlation Analysis, ICML 2013; Wang et al., On Deep
        Multi-View Representation Learning, ICML 2015 (the autoencoder variant).

    Example:
        >>> import torch
        >>> z = torch.eye(8)
        >>> DeepCCALoss(n_components=3, regularisation=1e-6)(z, z.roll(1, 1)).item().__round__(3)
        -3.0
    """

    def __init__(self, n_components: int | None = None, regularisation: float = 1e-4) -> None:
        super().__init__()
        self.n_components = n_components
        self.regularisation = regularisation

    def forward(
        self, za: Float[Tensor, "batch _"], zb: Float[Tensor, "batch _"]
    ) -> Float[Tensor, ""]:
        """The loss of a batch."""
        return -canonical_sum(za, zb, self.n_components, self.regularisation)


@final
class DeepGCCALoss(nn.Module):
    r"""What shared scores leave unexplained by the outputs of any number of encoders.

    $$k J - \sum_{i \le k} \lambda_i$$

    $\lambda$ are the eigenvalues of the sum of the projections on the $J$ outputs; of two,
    $\lambda_i = 1 + \sigma_i$. Rows that lack a view count for those they have.

    Args:
        n_components: $k$; None for the smallest width.
        regularisation: Added to the variances, in squared units of the outputs.

    Shape:
        A mapping of at least two names to `(batch, width)`, and presence, bool
        `(batch, views)` in its order; the result is a scalar.

    References:
        Benton et al., Deep Generalized Canonical Correlation Analysis, RepL4NLP 2019.

    Example:
        >>> import torch
        >>> z = torch.eye(8)
        >>> loss = DeepGCCALoss(n_components=3, regularisation=1e-6)
        >>> loss({"a": z, "b": -z, "c": z.roll(1, 1)}).item().__round__(3)
        0.0
    """

    def __init__(self, n_components: int | None = None, regularisation: float = 1e-4) -> None:
        super().__init__()
        self.n_components = n_components
        self.regularisation = regularisation

    def forward(
        self,
        representations: Mapping[str, Float[Tensor, "batch _"]],
        presence: Bool[Tensor, "batch views"] | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of a batch.

        Raises:
            ModalityError: If there are fewer than two views.
        """
        if len(representations) < 2:
            raise ModalityError(f"at least two views are needed, found {[*representations]}")
        views = list(representations.values())
        return generalized_loss(views, presence, self.n_components, self.regularisation)
