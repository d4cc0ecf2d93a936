"""Drives the model against any NameServer at HOST:PORT, side by side, and judges what it observes."""
