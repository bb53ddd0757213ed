"""Pieces of words: the longest first, accents gone, signs alone."""

import pytest

from consilience.encoders.wordpiece import LONGEST_WORD, WordPieces
from consilience.errors import DataError

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
VOCABULARY = [
    *MARKS,
    "un",
    "##believ",
    "##able",
    "unbe",
    "cafe",
    "!",
    "日",
    "b",
    "##b",
    "it",
    "'",
    "s",
]
CUT = WordPieces(VOCABULARY)


def pieces(text: str, longest: int = 256) -> list[str]:
    return [VOCABULARY[i] for i in CUT(text, longest)][1:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café!!", ["cafe", "!", "!"]),
        ("it's", ["it", "'", "s"]),
        ("unbelievable", ["[UNK]"]),
        ("un believable", ["un", "[UNK]"]),
        ("unbbb", ["un", "##b", "##b", "##b"]),
        ("bbb b", ["b", "##b", "##b", "b"]),
        ("日日", ["日", "日"]),
        ("b\u200db\x00b", ["b", "##b", "##b"]),
        (" \t\n ", []),
        ("b" * (LONGEST_WORD + 1), ["[UNK]"]),
    ],
)
def test_texts_are_cut_as_bert_cuts_them(text: str, expected: list[str]) -> None:
    """In 'unbelievable' the longest first piece, 'unbe', leads nowhere: greedy never goes back."""
    assert pieces(text) == expected


def test_a_word_continues_in_marked_pieces_only() -> None:
    cut = WordPieces([*MARKS, "sun", "flower", "##flower"])
    assert cut("sunflower flower")[1:-1] == [4, 6, 5]


def test_long_texts_end_and_stay_framed() -> None:
    assert CUT("b b b b", 4) == [2, CUT.numbers["b"], CUT.numbers["b"], 3]


def test_a_vocabulary_without_its_marks_is_refused() -> None:
    with pytest.raises(DataError, match=r"^the vocabulary lacks \[CLS\], \[SEP\]$"):
        WordPieces(["[PAD]", "[UNK]", "a"])
