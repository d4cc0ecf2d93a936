"""A task about to make its next step, and the ways in which that may go; what answers have in common."""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.model.events import Answer, Answered, Applied, Output
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState, Task
from namesrv.model.values import table

SUCCESS: Final = 0
SYSTEM_ERROR: Final = 1
REQUEST_CODE_NOT_SUPPORTED: Final = 3
NO_PERMISSION: Final = 16
TOPIC_NOT_EXIST: Final = 17
QUERY_NOT_FOUND: Final = 22
"""`ResponseCode`; here once more on purpose: model and wire must not share a typo."""

NO_EXT_FIELDS: Final[HashTrieMap[str, str]] = table()
NULL_POINTER: Final = Answer(code=SYSTEM_ERROR, exception="NullPointerException")
DISABLED: Final = Answer(code=SYSTEM_ERROR, remark="disable")
"""To whoever asks for a list of topics that an option has turned off."""


@attrs.frozen(kw_only=True)
class Outcome:
    """One way in which a step may go. `task`: what is left of the task, `None` if it is done."""

    state: NameServerState
    task: Task | None
    outputs: tuple[Output, ...] = ()


@attrs.frozen(kw_only=True)
class Context:
    """A task about to make its next step. `watched`: another task or queued work might see a half-done step."""

    state: NameServerState
    task: Task
    profile: Profile
    now_ms: int
    watched: bool

    def done(self, answer: Answer | None, state: NameServerState | None = None, *causes: Output) -> Outcome:
        """The task is finished and answers, unless it is one-way or has nothing to say."""
        outputs: tuple[Output, ...] = causes
        if answer is not None and not self.task.oneway:
            outputs += (Answered(channel=self.task.channel, opaque=self.task.opaque, answer=answer),)
        return Outcome(state=self.state if state is None else state, task=None, outputs=outputs)

    def on(self, state: NameServerState, memo: object = None) -> Outcome:
        """The task goes on with its next step."""
        return Outcome(state=state, task=attrs.evolve(self.task, pc=self.task.pc + 1, memo=memo))


def cause(name: str, rule: str) -> Applied:
    """Which row of which table has decided."""
    return Applied(table=name, rule=rule)
