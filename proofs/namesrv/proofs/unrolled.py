"""Runs from the start, in a finite universe: the states one after the other, and which step leads from each to the next.

A run is to be replayed on a NameServer, so what it has put off (a queued unregistration, a closed connection that it has not
looked at) is done before anything else comes from outside: nobody can make it be late. 4.9.7's removal of what it has found is an
exception: what comes at once with the close may overtake it. So is an unregistration that is to come into the same batch.
"""

from functools import cache
from typing import Final

import attrs
import z3

from namesrv.model.profiles import Profile
from namesrv.proofs.invariants import INVARIANTS, STEP_INVARIANTS, goal_of
from namesrv.proofs.parameters import UNREGISTRATION, Parameters
from namesrv.proofs.solvers import asked_alone
from namesrv.proofs.state import TABLES, State, bounded, initial
from namesrv.proofs.step import Step
from namesrv.proofs.transitions import TRANSITIONS
from namesrv.proofs.universe import Scope, Term, Universe, conj, disj, imp, ite, neg

SMALL: Final = Scope(configs=2, versions=3, ids=(0, 1))
"""Enough for every run that is known: two of each; three DataVersions."""

INTERNAL: Final = frozenset({"unregister_broker/batch", "unregister_broker/batch-throws"})
"""What a NameServer does by itself; so are all rows of `channel_destroy`, once a connection is lost."""

MAX_VERSION: Final = 3
MAX_NOW_MS: Final = 1_000_000


@attrs.frozen(kw_only=True)
class Moment:
    """One step of a run: the state before, the event's data, and the number of the transition."""

    before: State
    p: Parameters
    which: Term
    steps: dict[str, Step]


class Unrolled:
    """A solver that knows of runs of a profile, made longer on demand."""

    def __init__(self, profile: Profile, *, scope: Scope = SMALL) -> None:
        self.profile = profile
        self.u = Universe(scope)
        self.solver = z3.Solver()
        self.timeout_ms = 0
        self.moments: list[Moment] = []
        self.states = [State.named(self.u, "0")]
        self._holds: dict[tuple[str, int], tuple[Term, Term]] = {}
        start = [
            *self.u.axioms().values(),
            *initial(self.states[0]).values(),
            self._versions(),
            bounded(self.states[0]),
        ]
        self._told: list[list[Term]] = [start]
        self.solver.add(*start)
        probe = Parameters.numbered(self.u, "probe")
        steps = {name: t.step(self.states[0], probe, profile) for name, t in TRANSITIONS.items()}
        self.names = [name for name, step in steps.items() if step is not None and self._moves(step)]

    def _moves(self, step: Step) -> bool:
        return bool(step.after.changed_from(self.states[0]) - {"last_update"})

    def _versions(self) -> Term:
        u = self.u
        small = [
            conj(n >= 0, n <= MAX_VERSION)
            for v in u.elements["Version"]
            for n in (u.state_version(v), u.counter(v), u.timestamp(v))
        ]
        return conj(*small)

    def _writable(self) -> Term:
        """Every config has one like it with the permission to write: as `decode` tells configs, there has to be one."""
        u = self.u

        def paired(c: Term) -> Term:
            return conj(u.wiped(u.writable(c)) == u.wiped(c), neg(u.wiped(u.writable(c)) == u.writable(c)))

        return u.forall(("Config",), paired)

    def reach(self, length: int, timeout_ms: int = 60_000) -> None:
        """So many steps, at least. `timeout_ms`: for each question from now on."""
        self.timeout_ms = timeout_ms
        self.solver.set("timeout", timeout_ms)
        while len(self.moments) < length:
            self._extend()

    def _extend(self) -> None:
        number = len(self.moments)
        before, after = self.states[-1], State.named(self.u, str(number + 1))
        p, which = Parameters.numbered(self.u, str(number)), z3.Int(f"which_{number}")
        steps = [(n, TRANSITIONS[name].step(before, p, self.profile)) for n, name in enumerate(self.names)]
        told = [self.u.is_id(p.broker_id), conj(which >= 0, which < len(self.names)), p.now >= 0, p.now <= MAX_NOW_MS]
        if self.moments:
            told.append(self.moments[-1].p.now <= p.now)
        for n, step in steps:
            assert step is not None
            told.append(imp(which == n, conj(*step.guard.values())))
        for table in TABLES.values():
            movers = [
                (n, step) for n, step in steps if step is not None and table.name in step.after.changed_from(before)
            ]
            for keys in self.u.tuples(table.keys):
                value = getattr(before, table.name)(*keys)
                for n, step in movers:
                    value = ite(which == n, getattr(step.after, table.name)(*keys), value)
                told.append(getattr(after, table.name)(*keys) == value)
        adds = [n for n, name in enumerate(self.names) if name.startswith("add_write_perm_of_broker/")]
        told.append(imp(disj(*(which == n for n in adds)), self._writable()))
        own = [n for n, name in enumerate(self.names) if name in INTERNAL or name.startswith("channel_destroy/")]
        queues = [n for n, name in enumerate(self.names) if name == "unregister_broker/queued"]
        joins = conj(only_queues(before), disj(*(which == n for n in queues)))
        told.append(disj(has_caught_up(before), joins, *(which == n for n in own)))
        self.solver.add(*told)
        self._told.append(told)
        by_name = {self.names[n]: step for n, step in steps if step is not None}
        self.moments.append(Moment(before=before, p=p, which=which, steps=by_name))
        self.states.append(after)

    def holds(self, invariant: str, number: int) -> Term:
        """Whether the invariant holds after so many steps, as a constant that is defined once."""
        key = (invariant, number)
        if key not in self._holds:
            constant = z3.Bool(f"{invariant}_{number}")
            meant = constant == INVARIANTS[invariant].holds(self.states[number], self.profile)
            self.solver.add(meant)
            self._holds[key] = constant, meant
        return self._holds[key][0]

    def model(self, what: Term, length: int, *, invariant: str | None = None) -> tuple[z3.ModelRef | None, bool]:
        """Runs of that length after which `what` (in which that invariant may be named) is true: one, and whether it was in time.

        The solver, which has learned from earlier questions, says whether there is one; one that knows nothing else then says
        which, so that it is always the same.
        """
        self.solver.push()
        self.solver.add(what)
        said = self.solver.check()
        model = self.solver.model() if said == z3.sat else None
        self.solver.pop()
        if model is None:
            return None, said == z3.unsat
        meant = [meant for (name, n), (_, meant) in self._holds.items() if name == invariant and n <= length]
        told = [term for terms in self._told[: length + 1] for term in terms]
        alone = asked_alone([*told, *meant, what], timeout_ms=self.timeout_ms)
        return alone.model().translate(z3.main_ctx()) if alone.check() == z3.sat else model, True

    def broken_by(self, transition: str, invariant: str, length: int) -> Term:
        """That this transition breaks it within so many steps, and that it is broken then, with nothing left to do."""
        breaks = disj(
            *(
                conj(moment.which == self.names.index(transition), self._breaks(transition, invariant, number))
                for number, moment in enumerate(self.moments[:length])
            )
        )
        still = conj() if invariant in STEP_INVARIANTS else neg(self.holds(invariant, length))
        return conj(breaks, still, at_rest(self.states[length]))

    def _breaks(self, transition: str, invariant: str, number: int) -> Term:
        if invariant not in STEP_INVARIANTS:
            return conj(self.holds(invariant, number), neg(self.holds(invariant, number + 1)))
        moment = self.moments[number]
        goal = goal_of(invariant, moment.before, moment.steps[transition], self.profile)
        return disj() if goal is None else neg(goal)


@cache
def unrolled(profile: Profile) -> Unrolled:
    """This process's for the profile: unrolling takes longer than asking."""
    return Unrolled(profile)


def at_rest(s: State) -> Term:
    """It has nothing left to do."""
    return conj(has_caught_up(s), neg(finds_somebody(s)))


def finds_somebody(s: State) -> Term:
    """4.9.7 has found an address by its closed connection, and not yet removed it."""
    return s.u.exists(("Addr",), s.found)


def has_caught_up(s: State) -> Term:
    """Nothing is queued, and it has looked at every lost connection. (Requests may overtake 4.9.7's removal of what it found.)"""
    return conj(neg(has_queued(s)), only_queues(s))


def has_queued(s: State) -> Term:
    """An unregistration waits for its batch."""
    return s.u.exists(UNREGISTRATION, s.queued)


def only_queues(s: State) -> Term:
    """It has looked at every lost connection."""
    return neg(s.u.exists(("Channel",), lambda k: conj(s.lost(k), neg(s.closed(k)))))
