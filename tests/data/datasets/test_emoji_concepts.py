"""Concepts: what looks the same has one, what looks different has its own."""

import pytest

from consilience.data.datasets.emoji_concepts import concept_of


@pytest.mark.parametrize(
    "names",
    [
        ("person running", "man running", "woman running", "woman running facing right"),
        ("red heart", "light blue heart", "black heart"),
        ("one o\u2019clock", "eleven-thirty"),
        ("family: man, woman, boy", "family: man, man, girl, girl", "family"),
        ("white medium-small square", "black large square", "orange square"),
        ("waxing crescent moon", "full moon", "last quarter moon face"),
        ("up arrow", "up-right arrow", "left arrow curving right"),
        ("keycap: 1", "keycap: 10", "keycap: #"),
        ("mermaid", "merman", "merperson"),
        ("men\u2019s room", "women\u2019s room"),
        ("man: red hair", "woman: beard", "girl", "older person"),
        ("speaker low volume", "speaker high volume"),
        ("1st place medal", "2nd place medal", "sports medal"),
    ],
)
def test_variants_share_a_concept(names: tuple[str, ...]) -> None:
    assert len({concept_of(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("man astronaut", "man pilot"),
        ("flag: Norway", "flag: Chad"),
        ("flag: South Korea", "flag: North Korea"),
        ("red apple", "red heart"),
        ("full moon", "full box"),
        ("dog", "hot dog"),
    ],
)
def test_different_things_do_not(one: str, other: str) -> None:
    assert concept_of(one) != concept_of(other)


def test_no_concept_is_empty() -> None:
    assert concept_of("white") == "white"
    assert concept_of("woman") == "person"
