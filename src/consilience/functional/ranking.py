"""Retrieval: what rank the true item has, how early relevant ones come, exact search."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.embedding import at_least_single, check_pair

TILE = 1024
"""Queries, and items, whose scores are held at once."""

Ties = Literal["mean", "pessimistic"]


@torch.no_grad()
def true_ranks(
    queries: Float[Tensor, "queries dim"],
    items: Float[Tensor, "items dim"],
    partners: Int[Tensor, " queries"] | None = None,
    *,
    ties: Ties = "mean",
) -> Float[Tensor, " queries"]:
    r"""Rank of each query's own item among all items by inner product, 1 the best.

    $$r_i = 1 + \#\{j : s_{ij} > s_{i p_i}\} + \tfrac12 \#\{j \ne p_i : s_{ij} = s_{i p_i}\}$$

    Items whose score is within 16 units of rounding (2e-6 in float32, of the product of
    the norms) of the true one's count as equal to it, so that
    embeddings that have collapsed onto a point rank at chance, not first. Scores are made
    in tiles: memory is linear in queries and items.

    Args:
        queries: `(queries, dim)`, normalised by the caller where cosines are meant.
        items: `(items, dim)`.
        partners: $p$, the item of each query, `(queries,)`; None pairs row with row.
        ties: `"mean"`: the mean over the orders of equal items; `"pessimistic"`: equal
            items come before the true one.

    Returns:
        Ranks from 1 to the number of items, float64 `(queries,)`; halves where ties are.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.
        DataError: If a partner is no row of `items`, or an embedding is not finite.

    Example:
        >>> queries, items = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 1.0], [0.9, 0.0]])
        >>> true_ranks(queries, items, torch.tensor([0])).item()
        2.0
    """
    check_pair(queries, items, paired=partners is None)
    partners = _partners(partners, queries, items)
    _check_finite(queries, items)
    queries, items = at_least_single(queries), at_least_single(items)
    share = 0.5 if ties == "mean" else 1.0
    ranks: list[Tensor] = []
    for own, block in zip(partners.split(TILE), queries.split(TILE), strict=True):
        found = (block * items[own]).sum(dim=1, keepdim=True)
        near = _rounding(block, items)
        ahead = torch.zeros(len(block), dtype=torch.float64, device=block.device)
        for start, part in zip(range(0, len(items), TILE), items.split(TILE), strict=True):
            above = block @ part.T - found
            at = own - start
            inside = (at >= 0) & (at < len(part))
            above[inside, at[inside]] = -torch.inf
            ahead += (above > near).sum(dim=1) + share * (above.abs() <= near).sum(dim=1)
        ranks.append(1 + ahead)
    return torch.cat(ranks)


def recall_at(ranks: Float[Tensor, " queries"], k: int) -> float:
    r"""Share of queries whose item is among the first $k$.

    A rank between whole numbers counts as the later one.

    Args:
        ranks: As of `true_ranks`, `(queries,)`.
        k: How many are looked at.

    Returns:
        From 0 to 1. Chance is $k$ over the number of items.

    Raises:
        ConfigurationError: If `k` is below 1.

    Example:
        >>> recall_at(torch.tensor([1.0, 3.0, 7.0, 2.0]), 3)
        0.75
    """
    _check_k(k)
    return float((ranks <= k).double().mean())


def median_rank(ranks: Float[Tensor, " queries"]) -> float:
    """The rank that half of the queries reach; the mean of the middle two.

    Args:
        ranks: As of `true_ranks`, `(queries,)`.

    Returns:
        1 at best; chance is half the number of items.

    Example:
        >>> median_rank(torch.tensor([1.0, 8.0, 2.0, 3.0]))
        2.5
    """
    return float(ranks.double().quantile(0.5))


@torch.no_grad()
def average_precisions(
    queries: Float[Tensor, "queries dim"],
    items: Float[Tensor, "items dim"],
    query_groups: Int[Tensor, " queries"],
    item_groups: Int[Tensor, " items"],
) -> Float[Tensor, " queries"]:
    r"""Average precision of each query, where several items are relevant.

    $$\mathrm{AP} = \frac1R \sum_{k=1}^{R} \frac{k}{r_k}$$

    over the ranks $r_1 < \dots < r_R$ of the items of the query's group. Of items with
    the same score the irrelevant come first. The mean over queries is the mAP.

    Args:
        queries: `(queries, dim)`.
        items: `(items, dim)`.
        query_groups: Group of each query, `(queries,)`.
        item_groups: Group of each item, `(items,)`.

    Returns:
        From 0 to 1, float64 `(queries,)`; NaN for a query no item is relevant to.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.
        DataError: If an embedding is not finite.

    References:
        Manning et al., Introduction to Information Retrieval, 2008, equation 8.8.

    Example:
        >>> items = torch.tensor([[3.0], [2.0], [1.0]])
        >>> groups = torch.tensor([0, 1, 0])
        >>> ap = average_precisions(torch.ones(1, 1), items, torch.tensor([0]), groups)
        >>> round(ap.item(), 4) == round((1 / 1 + 2 / 3) / 2, 4)
        True
    """
    check_pair(queries, items, paired=False)
    _check_groups("query_groups", query_groups, queries)
    _check_groups("item_groups", item_groups, items)
    _check_finite(queries, items)
    order = torch.arange(1, len(items) + 1, device=items.device, dtype=torch.float64)
    rows = max(1, TILE * TILE // len(items))
    values: list[Tensor] = []
    for group, block in zip(query_groups.split(rows), queries.split(rows), strict=True):
        scores = at_least_single(block) @ at_least_single(items).T
        relevant = group[:, None] == item_groups
        last = relevant.int().argsort(dim=1, stable=True)
        best = scores.gather(1, last).argsort(dim=1, descending=True, stable=True)
        hits = relevant.gather(1, last.gather(1, best)).double()
        precision = hits.cumsum(dim=1) / order
        values.append((precision * hits).sum(dim=1) / hits.sum(dim=1))
    return torch.cat(values)


@torch.no_grad()
def nearest(
    queries: Float[Tensor, "queries dim"], items: Float[Tensor, "items dim"], k: int
) -> tuple[Float[Tensor, "queries {k}"], Int[Tensor, "queries {k}"]]:
    """The `k` items of largest inner product with each query: exact, tile by tile.

    Args:
        queries: `(queries, dim)`, normalised by the caller where cosines are meant.
        items: `(items, dim)`.
        k: How many, at most the number of items.

    Returns:
        Scores, largest first, and rows of `items`, each `(queries, k)`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If shapes do not fit or there are fewer than `k` items.
        ConfigurationError: If `k` is below 1.

    Example:
        >>> scores, rows = nearest(torch.ones(1, 1), torch.tensor([[1.0], [3.0], [2.0]]), 2)
        >>> scores.tolist(), rows.tolist()
        ([[3.0, 2.0]], [[1, 2]])
    """
    check_pair(queries, items, paired=False)
    _check_k(k)
    if k > len(items):
        raise ShapeError(f"k is {k} but there are {len(items)} items")
    found: list[tuple[Tensor, Tensor]] = []
    for block in queries.split(TILE):
        best = block.new_empty(len(block), 0)
        rows = torch.empty(len(block), 0, dtype=torch.long, device=block.device)
        for start, part in zip(range(0, len(items), TILE), items.split(TILE), strict=True):
            scores, at = (block @ part.T).topk(min(k, len(part)), dim=1)
            best, rows = torch.cat([best, scores], 1), torch.cat([rows, at + start], 1)
            best, kept = best.topk(min(k, best.shape[1]), dim=1)
            rows = rows.gather(1, kept)
        found.append((best, rows))
    return torch.cat([s for s, _ in found]), torch.cat([r for _, r in found])


def _rounding(block: Tensor, items: Tensor) -> Tensor:
    """How far two equal scores of a query can fall apart, `(queries, 1)`."""
    size = block.norm(dim=1, keepdim=True) * items.norm(dim=1).max()
    return 16 * torch.finfo(items.dtype).eps * size


def _partners(partners: Tensor | None, queries: Tensor, items: Tensor) -> Tensor:
    if partners is None:
        return torch.arange(len(queries), device=queries.device)
    if partners.shape != (len(queries),):
        raise ShapeError(
            f"partners must be (queries,) = ({len(queries)},), found {tuple(partners.shape)}"
        )
    if int(partners.min()) < 0 or int(partners.max()) >= len(items):
        raise DataError(
            f"partners must be rows of the {len(items)} items, from 0 to {len(items) - 1}, "
            f"found {int(partners.min())} to {int(partners.max())}"
        )
    return partners.long()


def _check_finite(queries: Tensor, items: Tensor) -> None:
    for name, z in (("queries", queries), ("items", items)):
        wrong = (~z.isfinite().all(dim=1)).nonzero().flatten().tolist()
        if wrong:
            raise DataError(
                f"{len(wrong)} of {len(z)} rows of {name} are not finite, the first is row "
                f"{wrong[0]}; leave absent rows out"
            )


def _check_groups(name: str, groups: Tensor, z: Tensor) -> None:
    if groups.shape != (len(z),):
        raise ShapeError(f"{name} must be ({len(z)},), found {tuple(groups.shape)}")


def _check_k(k: int) -> None:
    if k < 1:
        raise ConfigurationError([f"k must be at least 1, found {k}"])
