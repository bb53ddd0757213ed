"""Words cut into the pieces of a known vocabulary, as BERT reads them."""

from collections.abc import Iterator, Sequence
from typing import final
from unicodedata import category, normalize

from consilience.errors import DataError

LONGEST_WORD = 100
"""Letters of a word; longer ones are unknown."""


@final
class WordPieces:
    """Cuts texts into pieces: lower-cased, without accents, the longest known piece first.

    Args:
        vocabulary: Pieces; the place of each is its number. A piece that continues a word
            begins with `##`.

    Raises:
        DataError: If a mark that frames texts is not in the vocabulary.

    Example:
        >>> pieces = WordPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "sun", "##flower", "!"])
        >>> pieces("Sunflower!"), pieces("rose")
        ([2, 4, 5, 6, 3], [2, 1, 3])
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.numbers = {piece: i for i, piece in enumerate(vocabulary)}
        lacking = [m for m in ("[PAD]", "[UNK]", "[CLS]", "[SEP]") if m not in self.numbers]
        if lacking:
            raise DataError(f"the vocabulary lacks {', '.join(lacking)}")

    def __call__(self, text: str, longest: int = 256) -> list[int]:
        """Numbers of a text's pieces, framed.

        Args:
            text: The text.
            longest: Most pieces, with the two that frame it.

        Returns:
            Numbers of `[CLS]`, the pieces, `[SEP]`.
        """
        pieces = [n for word in _words(text) for n in self._pieces(word)]
        return [self.numbers["[CLS]"], *pieces[: longest - 2], self.numbers["[SEP]"]]

    def _pieces(self, word: str) -> list[int]:
        unknown = [self.numbers["[UNK]"]]
        if len(word) > LONGEST_WORD:
            return unknown
        out: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((e for e in ends if mark + word[start:e] in self.numbers), None)
            if end is None:
                return unknown
            out.append(self.numbers[mark + word[start:end]])
            start = end
        return out


def _words(text: str) -> Iterator[str]:
    """Runs of letters and digits, and each other sign alone.

    Yields:
        Words.
    """
    word = ""
    for c in normalize("NFD", text.lower()):
        kind = category(c)
        if kind == "Mn" or (kind[0] == "C" and not c.isspace()):
            continue
        alone = _stands_alone(c, kind)
        if word and (alone or c.isspace()):
            yield word
            word = ""
        if alone:
            yield c
        elif not c.isspace():
            word += c
    if word:
        yield word


def _stands_alone(c: str, kind: str) -> bool:
    """Whether it is punctuation, an ASCII sign, or a Chinese character."""
    sign = c.isascii() and not c.isalnum() and not c.isspace()
    return sign or kind[0] == "P" or "\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff"
