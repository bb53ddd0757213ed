"""One seed from whatever a user gives as `random_state`."""

import numpy as np

from consilience.errors import InputTypeError

RandomState = int | np.integer | np.random.Generator | np.random.RandomState | None


def seed_of(random_state: RandomState) -> int:
    """A whole number to seed a private generator with.

    Args:
        random_state: A whole number, a NumPy generator to draw from, or None for
            fresh entropy.

    Returns:
        A seed in [0, 2^31).

    Raises:
        InputTypeError: If `random_state` is something else.

    Example:
        >>> seed_of(7)
        7
    """
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
        raise InputTypeError(
            "random_state must be a whole number, a NumPy generator or None, "
            f"found {type(random_state).__name__}"
        )
    return int(random_state) % 2**31
