"""The study: a plan, executed under one budget, whose results are plain files."""

from consilience.studies.conduct import study
from consilience.studies.finished import Study

__all__ = ["Study", "study"]
