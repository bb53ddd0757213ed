"""What modalities and models are worth, in numbers: information, interactions."""
