"""Vectors that several tests play, made once."""

from collections.abc import Callable
from functools import cache

import pytest

from namesrv.check.vectors.making import Vectors, make
from namesrv.model.profiles import PROFILES

Made = Callable[..., Vectors]


@pytest.fixture(scope="session")
def made() -> Made:
    """`made("strict")`: the vectors that are chosen from a small pool. `made("strict", 0)`: from what is written by hand."""

    @cache
    def make_once(profile: str, count: int = 20) -> Vectors:
        return make(PROFILES[profile], count=count)

    return make_once


def lines(vectors: Vectors) -> list[str]:
    """Those of its file."""
    return [line.decode() for line in vectors.lines()]
