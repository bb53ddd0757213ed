"""Exact partial information decomposition of a joint table."""

from consilience.functional.pid.decompose import pid

__all__ = ["pid"]
