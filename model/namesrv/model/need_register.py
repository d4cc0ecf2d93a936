"""Whether a broker has to register, from what the NameServers say about its DataVersion.

It asks all of them, and registers with all if one answer makes it. Answers that come after the latch has run out do not count;
nor does one that is not SUCCESS, so that a NameServer that only refuses questions is never registered with again.
Source: `BrokerOuterAPI.needRegister`, 4.9.7 and 5.5.0 (which differ in DataVersion's equality alone).
"""

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.model.broker_events import CallFailed, ReceivedAnswer
from namesrv.model.broker_profiles import BrokerProfile
from namesrv.model.values import DataVersion

Outcome = ReceivedAnswer | CallFailed
SUCCESS: Final = 0


@attrs.frozen
class Question:
    """What was asked, and what came of it."""

    outcome: Outcome
    asked: DataVersion
    profile: BrokerProfile


def _differs(question: Question) -> bool:
    outcome, asked = question.outcome, question.asked
    if not isinstance(outcome, ReceivedAnswer) or not outcome.has_body:
        return False
    found = outcome.data_version
    if found is None:
        return True
    if not question.profile.state_version:
        found, asked = attrs.evolve(found, state_version=0), attrs.evolve(asked, state_version=0)
    return found != asked


def _answered(question: Question) -> ReceivedAnswer | None:
    return question.outcome if isinstance(question.outcome, ReceivedAnswer) else None


NEED_REGISTER_RULES: Final[tuple[tuple[str, Callable[[Question], bool], bool], ...]] = (
    ("no-answer", lambda q: _answered(q) is None, True),
    ("not-success", lambda q: (a := _answered(q)) is not None and a.code != SUCCESS, False),
    ("body-unreadable", lambda q: (a := _answered(q)) is not None and a.body_error, True),
    ("version-differs", _differs, True),
    ("changed-absent", lambda q: (a := _answered(q)) is not None and a.changed is None, True),
    ("says-changed", lambda q: (a := _answered(q)) is not None and a.changed is True, True),
    ("unchanged", lambda _: True, False),
)
"""The first row whose guard holds decides: its name, its guard, whether the broker has to register."""


def needs_register(outcome: Outcome, asked: DataVersion, profile: BrokerProfile) -> tuple[str, bool]:
    """Why, and whether, this one NameServer makes the broker register. `asked`: the version that it asked about."""
    question = Question(outcome, asked, profile)
    return next((name, verdict) for name, holds, verdict in NEED_REGISTER_RULES if holds(question))
