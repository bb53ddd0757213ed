"""The study: a plan, executed under one budget, whose results are plain files."""

from consilience.studies.study import Study, study

__all__ = ["Study", "study"]
