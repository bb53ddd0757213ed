"""Which rows train and which test: stratified, repeated, and never across a group."""

from consilience.data.splits.folds import Split, make_splits
from consilience.data.splits.validation import holdout

__all__ = ["Split", "holdout", "make_splits"]
