"""A card cannot be changed and survives being written."""

import pytest
from pydantic import ValidationError

from consilience.data import datasets
from consilience.data.datasets.cards import Card


@pytest.mark.parametrize("name", datasets.list())
def test_a_card_survives_being_written(name: str) -> None:
    card = datasets.card(name)
    assert Card.model_validate_json(card.model_dump_json()) == card


def test_a_card_is_frozen() -> None:
    card = datasets.card("synthetic/xor")
    with pytest.raises(ValidationError, match="frozen"):
        setattr(card, "rows", 3)  # noqa: B010  a type checker would stop it
