"""Estimators: fusion methods with scikit-learn's interface."""

from consilience.estimators.classifier import FusionClassifier
from consilience.estimators.loading import load
from consilience.estimators.regressor import FusionRegressor

__all__ = ["FusionClassifier", "FusionRegressor", "load"]
