"""Exhaustive exploration of the model."""
