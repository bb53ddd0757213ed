"""What a sample is: the container, its schema, readers, joins, audits and splits."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilience.data.container import MultimodalData as MultimodalData
    from consilience.data.frames import as_multimodal as as_multimodal
    from consilience.data.ragged import Ragged as Ragged
    from consilience.data.readers import read as read
    from consilience.data.schema import Schema as Schema
    from consilience.data.splits import Split as Split
    from consilience.data.splits import holdout as holdout
    from consilience.data.splits import make_splits as make_splits

_HOME = {
    "MultimodalData": "container",
    "Ragged": "ragged",
    "Schema": "schema",
    "Split": "splits",
    "as_multimodal": "frames",
    "holdout": "splits",
    "make_splits": "splits",
    "read": "readers",
}
"""Where each name lives; it is imported when first asked for."""

__all__ = [
    "MultimodalData",
    "Ragged",
    "Schema",
    "Split",
    "as_multimodal",
    "holdout",
    "make_splits",
    "read",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    if name not in _HOME:
        raise AttributeError(f"module 'consilience.data' has no attribute {name!r}")
    value = getattr(import_module(f"consilience.data.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
