"""In which way an answer departs from what may be said, so that what one clause has told need not fail all the others."""

from collections.abc import Iterable
from typing import Final

import attrs

from namesrv.check.compared import TELLING
from namesrv.model.events import Answer, Request

CODE: Final = "code"
BODY: Final = "body"
UNREADABLE: Final = "unreadable"
NO_ANSWER: Final = "no answer"
BROKEN: Final = frozenset({CODE, UNREADABLE, NO_ANSWER})
"""So an answer tells nothing."""

ASKED_FOR: Final = BROKEN | TELLING | {BODY}
"""What an answer is for: who departs here can't be taken for one who does not."""

Said = frozenset[tuple[str, str | None, str | None]]
"""Fields, with what should have come and what came."""


@attrs.frozen
class Departure:
    """Which request (`None`: any) is answered with what it may not be. `looking`: while everything was looked at, and not of a
    step's own request; it is the same departure.
    """

    request: type[Request] | None
    said: Said
    looking: bool = attrs.field(default=False, eq=False)

    @property
    def is_broken(self) -> bool:
        """Whether the answer tells nothing of what was asked."""
        return any(field in BROKEN for field, _, _ in self.said)


def departure(request: Request, got: Answer, possible: Iterable[Answer], *, looking: bool) -> Departure:
    """That from the possible answer which is nearest."""
    differences = (_difference(got, answer) for answer in possible)
    said = min(differences, key=lambda said: (len(said), sorted(map(str, said))), default=frozenset())
    return Departure(type(request), said, looking)


def broken(request: Request, how: str, *, looking: bool) -> Departure:
    """No answer, or none that can be read."""
    return Departure(type(request), frozenset({(how, None, None)}), looking)


def of_head(part: str, expected: str, got: str) -> Departure:
    """What stands beside what an answer says: it is the same for all requests."""
    return Departure(None, frozenset({(part, expected, got)}))


def _difference(got: Answer, answer: Answer) -> Said:
    if got.code != answer.code:
        return frozenset({(CODE, str(answer.code), str(got.code))})
    said: set[tuple[str, str | None, str | None]] = set()
    if not (got.body is answer.body or got.body == answer.body):  # rpds' maps know no `!=`
        said.add((BODY, None, None))
    if (got.remark, got.exception) != (answer.remark, answer.exception):
        said.add(("remark", answer.exception or answer.remark, got.exception or got.remark))
    if (got.ext_fields is None) is not (answer.ext_fields is None):
        said.add(("extFields", "" if got.ext_fields is None else None, None if got.ext_fields is None else ""))
    came, wanted = dict(got.ext_fields or {}), dict(answer.ext_fields or {})
    said |= {
        (field, wanted.get(field), came.get(field))
        for field in came.keys() | wanted
        if came.get(field) != wanted.get(field)
    }
    return frozenset(said)


class Told:
    """Departures that clauses have told, by slug."""

    def __init__(self) -> None:
        self._slugs: dict[Departure, str] = {}
        self._left_out: dict[type[Request], Departure] = {}

    def tell(self, how: Departure, slug: str) -> None:
        """`slug` has told it. A read that was seen to tell nothing is looked at no more."""
        self._slugs.setdefault(how, slug)
        if how.looking and how.is_broken and how.request is not None:
            self._left_out.setdefault(how.request, how)

    def knows(self, how: Departure) -> bool:
        """Whether a clause has told it."""
        return how in self._slugs

    def slugs(self, departures: Iterable[Departure]) -> tuple[str, ...]:
        """Who has told these, in the order of telling."""
        wanted = frozenset(departures)
        return tuple(dict.fromkeys(slug for how, slug in self._slugs.items() if how in wanted))

    def left_out(self, request: Request) -> Departure | None:
        """Why this read is not worth looking at, if so."""
        return self._left_out.get(type(request))

    def taken_for(
        self, request: Request, got: Answer, possible: Iterable[Answer]
    ) -> tuple[list[Answer], set[Departure]]:
        """Which of the possible answers it would have been but for what has been told, in fields beside what was asked for."""
        taken: list[Answer] = []
        passed_over: set[Departure] = set()
        for answer in possible:
            said = _difference(got, answer)
            known = {how for how in self._slugs if how.request is type(request) and how.said <= said}
            if said == frozenset().union(*(how.said for how in known)) and ASKED_FOR.isdisjoint(f for f, _, _ in said):
                taken.append(answer)
                passed_over |= known
        return taken, passed_over
