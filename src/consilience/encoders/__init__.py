"""Encoders: one raw modality to a vector of features, or to tokens."""

from consilience.encoders.auto import default_encoder, preprocessor_for
from consilience.encoders.patches import PatchEmbedding
from consilience.encoders.sentence import SentenceEncoder
from consilience.encoders.sequence import SequenceEncoder, SequenceStandardizer
from consilience.encoders.tabular import TableStandardizer, TabularEncoder
from consilience.encoders.text import TextEncoder, TextHasher
from consilience.encoders.tokens import (
    SequenceTokens,
    TableTokens,
    TextTokens,
    token_encoder,
)
from consilience.encoders.wordpiece import WordPieces

__all__ = [
    "PatchEmbedding",
    "SentenceEncoder",
    "SequenceEncoder",
    "SequenceStandardizer",
    "SequenceTokens",
    "TableStandardizer",
    "TableTokens",
    "TabularEncoder",
    "TextEncoder",
    "TextHasher",
    "TextTokens",
    "WordPieces",
    "default_encoder",
    "preprocessor_for",
    "token_encoder",
]
