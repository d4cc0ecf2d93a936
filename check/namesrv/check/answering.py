"""What one answer is held against: what the profile lets be said, but for departures that are known."""

from collections.abc import Callable, Iterable
from typing import Final

from namesrv.check.answer_head import departures
from namesrv.check.answer_values import explained_by, read_answer
from namesrv.check.compared import Compared
from namesrv.check.departure import NO_ANSWER, UNREADABLE, Departure, Told, broken, departure, of_head
from namesrv.check.describe import describe_answer, describe_request, describe_style
from namesrv.check.findings import Finding, Suspicious, Undecided, Violation
from namesrv.check.probing import probe
from namesrv.check.steps import Style
from namesrv.check.target import Target
from namesrv.check.wire import Prefix
from namesrv.model.events import Answer, Request
from namesrv.model.profiles import Profile
from namesrv.remoting.command import RemotingCommand

USUAL: Final = Style()


class Answering:
    """Of one run. `looking`: while everything is looked at; `passed_over`: departures of `told` that were met."""

    def __init__(
        self,
        target: Target,
        profile: Profile,
        prefix: Prefix,
        compared: Compared,
        told: Told,
        clock: Callable[[], float],
    ) -> None:
        self._told = told
        self.looking = False
        self.passed_over: set[Departure] = set()
        self._target = target
        self._profile = profile
        self._prefix = prefix
        self._compared = compared
        self._clock = clock

    def read(
        self, request: Request, command: RemotingCommand, possible: Iterable[object], style: Style = USUAL
    ) -> Answer:
        """The answer. Raises `Violation` for what stands beside it, `Suspicious` if it can't be read."""
        for part, expected, got in departures(request, style, command, self._profile, self._compared):
            how = of_head(part, expected, got)
            if self._told.knows(how):
                self.passed_over.add(how)
                continue
            what = f"{part} of the answer to {describe_request(request)}{describe_style(style)}"
            raise Violation(Finding(what=what, where=self._target.where, expected=(expected,), got=got, departure=how))
        try:
            return read_answer(self._prefix, request, command)
        except Undecided as reason:
            how = broken(request, UNREADABLE, looking=self.looking)
            raise Suspicious(str(reason), self._finding(request, possible, str(reason), how)) from reason

    def leaves_out(self, read: Request) -> bool:
        """Whether this read's answers were seen to tell nothing."""
        how = self._told.left_out(read)
        if how is not None:
            self.passed_over.add(how)
        return how is not None

    def explained(self, request: Request, got: Answer, possible: frozenset[Answer]) -> list[Answer]:
        """Those of the possible answers that it is, or is taken for."""
        compared = self._compared.of(got)
        explained = explained_by(compared, possible)
        if possible.isdisjoint(explained):
            explained, passed_over = self._told.taken_for(request, compared, possible)
            self.passed_over |= passed_over
        return explained

    def departs(self, request: Request, got: Answer, possible: frozenset[Answer], style: Style = USUAL) -> Violation:
        """It is none of the possible answers."""
        how = departure(request, self._compared.of(got), possible, looking=self.looking)
        return Violation(self._finding(request, possible, describe_answer(got), how, style))

    def missing(
        self, request: Request, possible: Iterable[object], *, closed: bool, came: Callable[[], bool] = lambda: False
    ) -> Exception:
        """A lost connection or a stalled peer is unknown; a request that a live peer never works on is a violation.

        `came`: whether the answer has come after all, while it was asked whether the peer is alive: then it had only stalled.
        """
        what = describe_request(request)
        if closed:
            why = f"{self._target.where} closed the connection instead of answering {what}"
            return Suspicious(why, self._finding(request, possible, "the connection closed"))
        patience_s = self._profile.internal_step_deadline_ms / 1000
        try:
            probe(self._target, self._clock)
        except Undecided:
            return Undecided(f"{self._target.where} answers nothing within {patience_s:g} s, first not {what}")
        if came():
            return Undecided(f"{self._target.where} took more than {patience_s:g} s to answer {what}")
        how = broken(request, NO_ANSWER, looking=self.looking)
        return Violation(self._finding(request, possible, "no answer", how))

    def _finding(
        self,
        request: Request,
        possible: Iterable[object],
        got: str,
        how: Departure | None = None,
        style: Style = USUAL,
    ) -> Finding:
        return Finding(
            departure=how,
            what=f"{describe_request(request)}{describe_style(style)}",
            where=self._target.where,
            expected=tuple(sorted({describe_answer(answer) for answer in possible})),
            got=got,
        )
