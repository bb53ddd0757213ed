"""Encoders: one raw modality to a vector of features."""

from consilience.encoders.auto import default_encoder, preprocessor_for
from consilience.encoders.sequence import SequenceEncoder, SequenceStandardizer
from consilience.encoders.tabular import TableStandardizer, TabularEncoder
from consilience.encoders.text import TextEncoder, TextHasher

__all__ = [
    "SequenceEncoder",
    "SequenceStandardizer",
    "TableStandardizer",
    "TabularEncoder",
    "TextEncoder",
    "TextHasher",
    "default_encoder",
    "preprocessor_for",
]
