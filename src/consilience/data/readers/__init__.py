"""From files to samples: CSV, Parquet, Arrow, NPZ, and folders of these."""

from consilience.data.readers.dispatch import read

__all__ = ["read"]
