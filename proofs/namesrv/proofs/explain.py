"""Is there a state of a NameServer that keeps the invariants and explains everything that was observed of it?

One question to Z3 about tables of any size. If there is none, the fewest facts that cannot be true together, and the invariants
that they are against: none of either can be left out.
"""

from collections.abc import Iterable
from typing import Final

import attrs
import z3

from namesrv.model.profiles import Profile
from namesrv.proofs.encode import WithEmpty
from namesrv.proofs.invariants import INVARIANTS
from namesrv.proofs.observed import BrokerShown, Fact, Words
from namesrv.proofs.solvers import Verdict, asked_alone
from namesrv.proofs.state import State, bounded
from namesrv.proofs.universe import SORTS, Scope, Term, Universe

OF_TABLES: Final = (
    "RouteSoundness",
    "AddressUniqueness",
    "ClusterAgreement",
    "QueueSoundness",
    "LiveIsStanding",
    "NothingLeftOver",
    "OneHolder",
    "HeldIsEntered",
    "PartsAreThere",
    "OneLiveKey",
    "LiveAsSaid",
)
"""The invariants that answers can contradict. The others are about what was said and about connections, which nobody outside
sees: for tables in which these hold, a ledger can be chosen with which those hold, too (`proofs/AGAINST.md`)."""

MOST: Final = 10
"""So many contradictions are told."""

MOST_WRITTEN_OUT: Final = 100
"""Names times addresses: with more, formulas that are written out get too long."""

QUICKLY_MS: Final = 2_000
"""What Z3 does not know by then is asked of a small universe first; and what is not known to be superfluous is kept."""


@attrs.frozen(kw_only=True)
class Contradiction:
    """Facts that can't be true together as long as the invariants hold."""

    facts: tuple[Fact, ...]
    invariants: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Explanation:
    """`verdict`: `PROVED` if a state explains everything, `REFUTED` if none does.

    Each of `contradictions` stands without the facts of those before it.
    """

    verdict: Verdict
    contradictions: tuple[Contradiction, ...] = ()


def explain(
    facts: Iterable[Fact],
    profile: Profile,
    *,
    invariants: tuple[str, ...] = OF_TABLES,
    timeout_ms: int = 60_000,
) -> Explanation:
    """Asks for a state with those invariants; `profile` says what liveness is keyed by."""
    asked = _Asked(sorted(facts, key=lambda fact: fact.says), profile, invariants)
    left = list(asked.facts)
    found: list[Contradiction] = []
    asked.limit(min(timeout_ms, QUICKLY_MS))
    core = asked.core(left)
    if core is None and asked.gave_up:
        if _in_a_small_universe(list(asked.facts.values()), profile, invariants, timeout_ms):
            return Explanation(verdict=Verdict.PROVED)
        asked.limit(timeout_ms)
        core = asked.core(left)
    while core is not None:  # what has been answered is not asked again: Z3 may not know it a second time
        kept_facts, kept_invariants = asked.smallest(*core)
        found.append(
            Contradiction(
                facts=tuple(asked.facts[name] for name in kept_facts),
                invariants=tuple(kept_invariants),
            )
        )
        left = [name for name in left if name not in kept_facts]
        if len(found) == MOST or not kept_facts:
            break
        core = asked.core(left)
    if found:
        return Explanation(verdict=Verdict.REFUTED, contradictions=tuple(found))
    return Explanation(verdict=Verdict.UNKNOWN if asked.gave_up else Verdict.PROVED)


def _in_a_small_universe(facts: list[Fact], profile: Profile, invariants: tuple[str, ...], timeout_ms: int) -> bool:
    """Whether a state explains them in which there is little more than they speak of. If not, a larger one may."""
    spoken = Words(Universe())
    for fact in facts:
        fact.formula(State.named(spoken.u, "0"), spoken, profile)
    sizes = {sort: spoken.count(sort) for sort in SORTS}
    if sizes["Name"] * sizes["Addr"] > MOST_WRITTEN_OUT:
        return False
    ids = {0, *(i for fact in facts if isinstance(fact, BrokerShown) for i in fact.data.broker_addrs)}
    scope = Scope(
        addrs=sizes["Addr"] + sizes["Name"] + 2,  # a name that is there has an address, of which nothing may be known
        names=sizes["Name"] + 2,
        clusters=sizes["Cluster"] + 1,
        topics=sizes["Topic"] + 2,
        channels=1,
        configs=sizes["Config"] + 1,
        values=sizes["Value"] + 1,
        versions=1,
        ids=tuple(sorted(ids)),
    )
    u = WithEmpty(scope)
    state, words = State.named(u, "0"), Words(u)
    told = [*(fact.formula(state, words, profile) for fact in facts), *words.all_differ()]
    told += [*(INVARIANTS[name].holds(state, profile) for name in invariants), bounded(state)]
    return bool(asked_alone(told, timeout_ms=timeout_ms).check() == z3.sat)


class _Asked:
    """A solver that knows every fact and invariant by a name that can be left out."""

    def __init__(self, facts: list[Fact], profile: Profile, invariants: tuple[str, ...]) -> None:
        self.gave_up = False
        u = Universe()
        state, words = State.named(u, "0"), Words(u)
        self.facts = {f"fact {number}": fact for number, fact in enumerate(facts)}
        self.invariants = invariants
        terms: dict[str, Term] = {name: fact.formula(state, words, profile) for name, fact in self.facts.items()}
        terms |= {name: INVARIANTS[name].holds(state, profile) for name in invariants}
        literals = {name: z3.Bool(f"use {name}") for name in terms}
        told = [z3.Implies(literals[name], term) for name, term in terms.items()]
        told += [*words.all_differ(), *u.axioms().values()]
        self._solver = asked_alone(told, timeout_ms=QUICKLY_MS)
        self._literals = {name: literal.translate(self._solver.ctx) for name, literal in literals.items()}

    def limit(self, timeout_ms: int) -> None:
        """How long each question may take from now on."""
        self._solver.set("timeout", timeout_ms)

    def core(self, facts: list[str]) -> tuple[list[str], list[str]] | None:
        """Without the strengthenings, if that will do: the invariants that have names elsewhere say more to people."""
        named = [name for name in self.invariants if not INVARIANTS[name].is_strengthening]
        return self.unsatisfiable(facts, named) or self.unsatisfiable(facts, list(self.invariants))

    def unsatisfiable(self, facts: list[str], invariants: list[str]) -> tuple[list[str], list[str]] | None:
        """The part of them that Z3 needs to show that they can't be true together; `None` if they can, or it does not know."""
        said = self._solver.check(*(self._literals[name] for name in (*facts, *invariants)))
        if said != z3.unsat:
            self.gave_up = said == z3.unknown
            return None
        used = {str(literal).strip("|").removeprefix("use ") for literal in self._solver.unsat_core()}
        return [name for name in facts if name in used], [name for name in invariants if name in used]

    def smallest(self, facts: list[str], invariants: list[str]) -> tuple[list[str], list[str]]:
        """What is left when nothing more can be left out: strengthenings first, then invariants, then facts."""
        self.limit(QUICKLY_MS)
        for name in sorted(invariants, key=lambda name: not INVARIANTS[name].is_strengthening):
            core = self.unsatisfiable(facts, [other for other in invariants if other != name])
            if core is not None:
                invariants = [other for other in invariants if other != name]
        for name in list(facts):
            core = self.unsatisfiable([other for other in facts if other != name], invariants)
            if core is not None:
                facts = [other for other in facts if other != name]
        return facts, invariants
