"""What tests of several layers need."""

import os
from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings
from jaxtyping import config

# On a machine of many tasks a deadline says nothing; in CI the same examples come every time.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """No test can fail by the chance of an unseeded draw."""
    torch.manual_seed(0)


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Calls reach the code's own checks of types, as they do outside the test suite."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
