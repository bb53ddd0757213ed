"""The encoder that fits a modality, when the user names none."""

from torch import nn

from consilience.data.schema import ModalitySchema
from consilience.encoders.sequence import SequenceEncoder, SequenceStandardizer
from consilience.encoders.tabular import TableStandardizer, TabularEncoder
from consilience.encoders.text import TextEncoder, TextHasher

Preprocessor = TableStandardizer | SequenceStandardizer | TextHasher


def preprocessor_for(schema: ModalitySchema) -> Preprocessor:
    """What turns the stored modality into a tensor; to be fitted on training data.

    Args:
        schema: The modality.

    Returns:
        A standardiser for tables and sequences, a hasher for text.
    """
    match schema.kind:
        case "table":
            return TableStandardizer(schema)
        case "sequence":
            return SequenceStandardizer(schema)
        case "text":
            return TextHasher()


def default_encoder(
    preprocessor: Preprocessor, out_dim: int, *, dropout: float = 0.1
) -> nn.Module:
    """The encoder that takes what a preprocessor gives.

    Args:
        preprocessor: A fitted preprocessor.
        out_dim: Width of the features.
        dropout: Share dropped in training.

    Returns:
        The encoder, freshly initialised.
    """
    match preprocessor:
        case TableStandardizer():
            return TabularEncoder(preprocessor.width, out_dim, dropout=dropout)
        case SequenceStandardizer():
            return SequenceEncoder(preprocessor.width, out_dim, dropout=dropout)
        case TextHasher():
            return TextEncoder(preprocessor.width, out_dim, dropout=dropout)
