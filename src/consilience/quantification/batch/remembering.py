"""Classifiers that were asked before: what they said of the same samples is taken again."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import final

import numpy as np
from jaxtyping import Float64, Int

from consilience.data.splits import Split
from consilience.quantification.batch.classifiers import Judged, held_out

Remembered = MutableMapping[bytes, Judged]
"""What classifiers said, by all that decides it."""


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """The same question put to several modalities.

    Attributes:
        y: Classes, `(n,)`.
        splits: Folds that test every sample once.
        groups: Group of each sample, or None.
        max_epochs: Most epochs of each classifier.
        seed: Of the classifiers.
        remembered: Answers so far.
    """

    y: Int[np.ndarray, " n"]
    splits: Sequence[Split]
    groups: np.ndarray | None
    max_epochs: int
    seed: int
    remembered: Remembered

    def of(self, *modalities: Float64[np.ndarray, "n _"]) -> Judged:
        """What classifiers that see some modalities say of samples they did not see.

        Args:
            *modalities: One array, `(n, d)`, for each.

        Returns:
            Their log-probabilities.
        """
        key = self._key(modalities)
        if key not in self.remembered:
            self.remembered[key] = held_out(
                {f"x{i}": x for i, x in enumerate(modalities, start=1)},
                self.y,
                self.splits,
                groups=self.groups,
                max_epochs=self.max_epochs,
                seed=self.seed,
            )
        return self.remembered[key]

    def _key(self, modalities: Sequence[Float64[np.ndarray, "n _"]]) -> bytes:
        known = blake2b(digest_size=16)
        groups = [] if self.groups is None else [self.groups.astype(str)]
        rows = [rows for split in self.splits for rows in (split.train, split.test)]
        for part in (*modalities, self.y, *groups, *rows):
            known.update(str((part.shape, part.dtype)).encode())
            known.update(np.ascontiguousarray(part).tobytes())
        known.update(str((self.max_epochs, self.seed)).encode())
        return known.digest()
