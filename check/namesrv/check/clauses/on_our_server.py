"""A clause's case on our own server, run as `namesrv check` runs it; and against a held clock where time goes by in it."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import attrs

from namesrv.check.clauses.clause import Clause, Needs
from namesrv.check.clauses.judge import ALONE
from namesrv.check.compared import Compared
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Suspicious, Undecided, Violation
from namesrv.check.runner import Runner, Target
from namesrv.check.search import prefix_of
from namesrv.model.profiles import PROFILES, Profile
from namesrv.server import HeldClock

_numbers = itertools.count(1)

PATIENCE_MS: Final = 1_000
"""Our server is in this process: what it has not said by then it never will."""


def is_alone(clause: Clause) -> bool:
    """Whether its case needs a server of its own."""
    return bool(clause.needs & {*ALONE, Needs.SLOW})


class Servers:
    """Our servers of one profile: one for most clauses, and one of its own for whoever needs that."""

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self._shared: Embedded | None = None

    @contextmanager
    def serving(self, clause: Clause) -> Iterator[Embedded]:
        """The one for this clause."""
        if self._shared is None or is_alone(clause):
            options: dict[str, Any] = {"clock": HeldClock()} if Needs.SLOW in clause.needs else {}
            with Embedded(profile=self.profile, **options) as server:
                yield server
        else:
            yield self._shared

    def __enter__(self) -> Self:
        self._shared = Embedded(profile=self.profile)
        self._shared.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        assert self._shared is not None
        self._shared.__exit__(*error)


def fault_of(
    clause: Clause, profile: Profile, server: Embedded, compared: Compared | None = None
) -> Violation | Undecided | None:
    """How the case ends under the profile's model, `None` if it holds. `compared`: how closely, if not as the severity says."""
    held = server if Needs.SLOW in clause.needs else None
    runner = Runner(
        Target(host="127.0.0.1", port=server.port),
        profile,
        prefix_of(profile, f"nkt{next(_numbers)}-", own=bool(ALONE & clause.needs)),
        held=held,
        settle=server.settle,
        compared=clause.severity.compared if compared is None else compared,
    )
    try:
        for step in clause.steps:
            runner.run(step)
    except (Violation, Undecided) as error:
        return error
    finally:
        runner.finish()
    return None


def told_apart(clause: Clause, profile: str, servers: Servers) -> bool:
    """Whether the case shows that this server is not the profile's."""
    with servers.serving(clause) as server:
        return isinstance(
            fault_of(clause, attrs.evolve(PROFILES[profile], internal_step_deadline_ms=PATIENCE_MS), server),
            Violation | Suspicious,
        )


def first_telling(clauses: Iterable[Clause], profile: str, servers: Servers) -> Clause | None:
    """The first clause that does."""
    return next((clause for clause in clauses if told_apart(clause, profile, servers)), None)
