"""What is known about a built-in data set."""

from collections.abc import Mapping
from typing import final

from pydantic import BaseModel, ConfigDict, Field


@final
class Card(BaseModel):
    """What a data set holds, where it comes from, and what may be done with it.

    Attributes:
        name: Its name.
        title: What it is, in a line.
        rows: Number of samples.
        modalities: Shape of one sample of each modality, by name.
        target: What is to be predicted.
        groups: What belongs together, empty if every sample stands alone.
        licence: Short name of the licence.
        licence_text: The licence as the source ships it; empty until fetched.
        source: Where it is taken from.
        citation: Whom to cite.
        notes: How it was made from the source.
        wheel_sha256: SHA-256 of the source's file; empty if generated.
        data_sha256: SHA-256 of the cached file; empty until fetched.
        built: When the cached file was made (UTC); empty until fetched.
        recipe: Version of the way it is made; a cache of another one is remade.
        truth: What is known to be true, by name: informations in bits, accuracies
            in [0, 1]; empty for real data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    rows: int
    modalities: Mapping[str, tuple[int, ...]]
    target: str
    groups: str = ""
    licence: str
    licence_text: str = ""
    source: str
    citation: str = ""
    notes: str = ""
    wheel_sha256: str = ""
    data_sha256: str = ""
    built: str = ""
    recipe: int = 1
    truth: Mapping[str, float] = Field(default_factory=dict)
