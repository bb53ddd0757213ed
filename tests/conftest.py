"""What tests of several layers need."""

from collections.abc import Iterator

import pytest
from jaxtyping import config


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Calls reach the code's own checks of types, as they do outside the test suite."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
