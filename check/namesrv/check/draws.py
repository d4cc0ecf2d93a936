"""A seed draws the same, wherever this package lies and whatever else is imported.

Hypothesis collects the constants of every imported module that is not installed, and now and then draws one of them in place of
a number of its own. So the same seed made other sequences in a clone (`uv run`, where our own modules count) than out of a wheel,
and others again once a test had imported more; what was collected was left in the working directory, as `.hypothesis`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from hypothesis.internal.conjecture import providers

COLLECTS: Final = "_get_local_constants"
"""Hypothesis has no setting for it; releases before 6.131 collect nothing."""


@contextmanager
def from_the_seed_alone() -> Iterator[None]:
    """While Hypothesis draws here, it knows of no constants but its own. For one thread at a time."""
    if not hasattr(providers, COLLECTS):
        yield
        return
    with patch.object(providers, COLLECTS, type(providers.GLOBAL_CONSTANTS)):
        providers.CONSTANTS_CACHE.cache.clear()  # of what may be drawn, by kind: it has been asked with other constants
        try:
            yield
        finally:
            providers.CONSTANTS_CACHE.cache.clear()
