"""Who says so: the sources of the clauses' rules.

`5.5.0` stands for what all releases do, unless a rule says whom it is for; a rule before it takes away those that do otherwise.
"""

from collections.abc import Callable
from typing import Final

from namesrv.check.clauses.clause import Rule, always
from namesrv.model.profiles import Profile

RELEASE_4: Final = "rocketmq-all-4.9.7"
RELEASE_5_1: Final = "rocketmq-all-5.1.4"
RELEASE_5_4: Final = "rocketmq-all-5.4.0"
STRICT: Final = "strict"
"""Instead of a tag: no release does it."""

REPAIRS: Final = "docs/strict.md"
EXTENSIONS: Final = "docs/protocol-gaps.md"

When = Callable[[Profile], bool]


def apache(sentence: str, source: str, when: When = always) -> Rule:
    """What 5.5.0 does, and whoever else it is for."""
    return Rule(sentence=sentence, source=source, when=when)


def apache_4(sentence: str, source: str, when: When) -> Rule:
    """What 4.9.7 does."""
    return Rule(sentence=sentence, source=source, tag=RELEASE_4, when=when)


def apache_5_1(sentence: str, source: str, when: When) -> Rule:
    """What 5.1.4 does."""
    return Rule(sentence=sentence, source=source, tag=RELEASE_5_1, when=when)


def apache_5_4(sentence: str, source: str, when: When) -> Rule:
    """What 5.4.0 does."""
    return Rule(sentence=sentence, source=source, tag=RELEASE_5_4, when=when)


def repaired(sentence: str, when: When, source: str = REPAIRS) -> Rule:
    """What `strict` does otherwise than 5.5.0."""
    return Rule(sentence=sentence, source=source, tag=STRICT, when=when)
