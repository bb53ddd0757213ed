"""Built-in data sets: real ones, fetched once, and synthetic ones with known truth."""

from consilience.data.datasets.cards import Card
from consilience.data.datasets.catalogue import Listing, card, describe, list, load  # noqa: A004  the names users type

__all__ = ["Card", "Listing", "card", "describe", "list", "load"]
