"""The concept beneath an emoji's name: what stays when person, colour and the like are left out.

Two emoji of one concept look nearly the same, so they must not stand on both sides of a split.
"""

import re

_PEOPLE = (
    "man woman person people men women boy girl boys girls child adult older male female "
    "mr mrs mx santa mother father men's women's"
)
_COLOURS = (
    "red orange yellow green blue purple brown black white grey gray pink light dark medium "
    "skin tone"
)
_SIZES = "small large big tiny"
_HOURS = "one two three four five six seven eight nine ten eleven twelve"
_HAIR = "hair curly bald blond beard"
_SIDES = (
    "facing left right up down upwards downwards upper lower north south "
    "east west northeast northwest southeast southwest first last waxing waning quarter crescent "
    "gibbous full new"
)
_ALWAYS = frozenset(" ".join((_PEOPLE, _COLOURS, _SIZES, _HAIR)).split())
_OF_SERIES = {
    "clock": frozenset(_HOURS.split()),
    "arrow": frozenset([*_SIDES.split(), "curving", "button"]),
    "moon": frozenset([*_SIDES.split(), "face"]),
    "facing": frozenset(_SIDES.split()),
    "keycap": frozenset([*_HOURS.split(), *"0123456789", "10", "zero", "#", "*"]),
    "medal": frozenset({"1st", "2nd", "3rd", "place", "sports"}),
    "speaker": frozenset({"low", "medium", "high", "volume", "muted"}),
}
_MERFOLK = frozenset({"merman", "mermaid", "merperson"})


def concept_of(name: str) -> str:
    """The concept of an emoji.

    Words for who it shows (man, woman, person), for colours, skin tones, hair and sizes are
    left out; of series (clock faces, arrows, phases of the moon, keycaps) also what tells
    their members apart. Flags keep their country.

    Args:
        name: Its English name, such as `"woman astronaut"`.

    Returns:
        The words that stay, in order; the name itself if none does.

    Example:
        >>> [concept_of(n) for n in ("man astronaut", "woman astronaut", "flag: Black Sea")]
        ['astronaut', 'astronaut', 'flag black sea']
        >>> concept_of("kiss: woman, man"), concept_of("three-thirty"), concept_of("red heart")
        ('kiss', 'clock', 'heart')
    """
    words = re.findall(r"[\w#*.']+", name.lower().replace("\u2019", "'"))
    if words[:1] == ["flag"]:
        return " ".join(words)
    if _is_hour(words):
        return "clock"
    dropped = _ALWAYS.union(*(drop for mark, drop in _OF_SERIES.items() if mark in words))
    kept = ["merfolk" if w in _MERFOLK else w for w in words if w not in dropped]
    return " ".join(kept) or _alone(words)


def _is_hour(words: list[str]) -> bool:
    return words[-1:] in (["o'clock"], ["thirty"])


def _alone(words: list[str]) -> str:
    people = set(_PEOPLE.split()) | set(_HAIR.split())
    return "person" if people & set(words) else " ".join(words)
