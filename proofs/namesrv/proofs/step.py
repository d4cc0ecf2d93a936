"""What a transition is: when it may happen, what the state is then, and what is said."""

from collections.abc import Callable

import attrs

from namesrv.model.profiles import Profile
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.state import State
from namesrv.proofs.universe import Term


@attrs.frozen(kw_only=True)
class Step:
    """`guard`: by name, all of them have to hold. `refused`: it is answered with an error.

    `went_back`: whether a late state has replaced a newer one, of steps that may (`VersionMonotonicity`). Of registrations:
    `said_again`: whether a master says what was said already and is called unchanged (`SkipSafety`); `hand_is_left`: whether a
    topic that an administrator has changed is not as its master says it now (`HandGivesWay`).
    """

    guard: dict[str, Term]
    after: State
    refused: bool = False
    went_back: Term | None = None
    said_again: Term | None = None
    hand_is_left: Term | None = None


@attrs.frozen
class Transition:
    """One row: its name, and its step from a state, with an event's data; `None` where the profile has no such row."""

    name: str
    step: Callable[[State, Parameters, Profile], Step | None]

    @property
    def table(self) -> str:
        """The request or event that it is a row of."""
        return self.name.split("/")[0]

    @property
    def rule(self) -> str:
        """Which row."""
        return self.name.split("/")[1]
