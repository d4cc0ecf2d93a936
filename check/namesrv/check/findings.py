"""What can be wrong: a violation that a person can act on, or the reason why there is no verdict."""

from collections.abc import Iterable
from enum import Enum

import attrs

from namesrv.check.departure import Departure
from namesrv.check.readable import readable


class Verdict(Enum):
    """The three values of every check; unknown is never green."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


def worst(*verdicts: Verdict) -> Verdict:
    """Violated if one is; else unknown if one is."""
    for verdict in (Verdict.VIOLATED, Verdict.UNKNOWN):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS


def _all_readable(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(readable, texts))


@attrs.frozen(kw_only=True)
class Finding:
    """What was asked, what the profile allows, what came. Texts for people, in RocketMQ's terms. `departure`: of an answer."""

    what: str = attrs.field(converter=readable)
    where: str
    expected: tuple[str, ...] = attrs.field(converter=_all_readable)
    got: str = attrs.field(converter=readable)
    departure: Departure | None = None


class Violation(Exception):
    """No model state explains what was observed, or something that had to happen has not."""

    def __init__(self, finding: Finding) -> None:
        expected = " or ".join(finding.expected) or "nothing"
        super().__init__(f"{finding.what} at {finding.where}: expected {expected}, got {finding.got}")
        self.finding = finding


class Undecided(Exception):
    """The peer could not be judged: a lost connection, a stalled peer, too many states. The text says which."""


class Suspicious(Undecided):
    """Undecided if it was once (connections get lost), a violation if it comes out like this every time: `finding` tells it."""

    def __init__(self, why: str, finding: Finding) -> None:
        super().__init__(why)
        self.finding = finding
