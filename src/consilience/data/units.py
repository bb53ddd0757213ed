"""What is drawn as one when samples are drawn anew."""

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData


def units_of(data: MultimodalData) -> NDArray[np.int64]:
    """What is resampled: the number of each sample's group, or its own.

    Args:
        data: The samples.

    Returns:
        From 0 in the order of their first samples, `(samples,)`.
    """
    if data.groups is None:
        return np.arange(len(data))
    number: dict[object, int] = {}
    codes = [number.setdefault(group, len(number)) for group in data.groups.tolist()]
    return np.array(codes, dtype=np.int64)
