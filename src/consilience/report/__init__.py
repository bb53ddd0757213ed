"""The report of a study: read from its run folder, written as one HTML file."""

from consilience.report.rendering import render

__all__ = ["render"]
