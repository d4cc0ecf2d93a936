"""What a theorem is, and how it is proved: by Z3 without bound, by cvc5 once more, and not for nothing.

Not for nothing: what is assumed can be true together; what is proved is refuted without any one of its premises, and (where there
is a mutant) of a step that is wrong. Those answers come from a small universe, where both solvers decide.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Final

import attrs
import z3

from namesrv.model.profiles import DISTINCT_PROFILES, Profile, registration_of
from namesrv.proofs.cache import Cache
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.solvers import Answer, Hypotheses, Verdict, ask_cvc5
from namesrv.proofs.state import State, bounded
from namesrv.proofs.universe import Scope, Term, Universe, conj, disj

WHOLE_MS: Final = 2_000
PART_MS: Final = 10_000
"""cvc5 is asked about the whole claim for so long, then about its parts; and about what is refuted."""

SMALL: Final = Scope(values=2)
"""Where counterexamples are looked for: two of each."""


@attrs.frozen(kw_only=True)
class Statement:
    """If all of `given` and all `premises`, then `claim`; each under a name.

    `given`: what is so of every NameServer and every intact request. `premises`: what the theorem asks for; it fails without any.
    `claim` makes the term, which may be large.
    """

    given: dict[str, Term]
    premises: dict[str, Term]
    claim: Callable[[], Term]

    def without(self, premise: str | None) -> dict[str, Term]:
        """What is assumed, one premise left out."""
        return self.given | {name: term for name, term in self.premises.items() if name != premise}


About = Callable[[State, tuple[Parameters, ...], Profile], Statement | None]
"""Of a state and as many events as the theorem speaks of; `None` if it says nothing of that profile."""


@attrs.frozen(kw_only=True)
class Theorem:
    """`says`: in a sentence. `holds_for`: for which of `DISTINCT_PROFILES` it is expected. `premises`: what each asks for.

    `events`: how many it speaks of, of which `kinds` (registrations
    unless told otherwise). `is_minimal`: it is to fail without any one of its premises, in a universe of that `scope`.
    `replay`: how a counterexample is told to the model (`namesrv.check.theorem_runs`).
    """

    name: str
    says: str
    about: About
    events: int = 1
    kinds: tuple[str, ...] = ()
    holds_for: tuple[str, ...] = tuple(DISTINCT_PROFILES)
    premises: dict[str, str] = attrs.field(factory=dict)
    is_minimal: bool = True
    scope: Scope = SMALL
    replay: str | None = None

    def on(self, s: State, profile: Profile, tag: str = "0") -> Statement | None:
        """The statement about that state, and any events."""
        return self.about(s, self.parameters(s.u, tag), profile)

    def is_expected_of(self, profile: Profile) -> bool:
        """Whether it is expected to hold for that profile."""
        return registration_of(profile).name in self.holds_for

    def parameters(self, u: Universe, tag: str = "0") -> tuple[Parameters, ...]:
        """The events' data."""
        return tuple(Parameters.numbered(u, f"{tag}_{number}") for number in range(self.events))


@attrs.frozen(kw_only=True)
class Proof:
    """What came of a theorem for a profile. `is_satisfiable`: what is assumed can be true together.

    `without`: for each premise, what Z3 says of the theorem without it. (What refutes it is told to the model, too.)
    """

    theorem: Theorem
    profile: Profile
    z3: Answer
    cvc5: Answer
    is_satisfiable: bool
    without: dict[str, Answer]
    question: str = attrs.field(default="", repr=False)

    @property
    def verdict(self) -> Verdict:
        """Z3's, which cvc5 must not contradict."""
        return Verdict.UNKNOWN if self.contradicts(self.z3, self.cvc5) else self.z3.verdict

    @staticmethod
    def contradicts(one: Answer, other: Answer) -> bool:
        """Whether one solver proves what the other one refutes."""
        return {one.verdict, other.verdict} == {Verdict.PROVED, Verdict.REFUTED}

    @property
    def faults(self) -> tuple[str, ...]:
        """What must never be: an empty proof, a premise that nobody needs, solvers against each other."""
        told = [] if self.is_satisfiable else ["its premises can't be true together"]
        for name, answer in self.without.items():
            if answer.verdict is not Verdict.REFUTED:
                told.append(f"without {name} it is not refuted: {answer.verdict.value}")
        if self.contradicts(self.z3, self.cvc5):
            told.append(f"Z3 {self.z3.verdict.value}, cvc5 {self.cvc5.verdict.value}")
        return tuple(f"{self.theorem.name}, {self.profile.name}: {fault}" for fault in told)

    @property
    def is_as_expected(self) -> bool:
        """Whether it is proved where it is expected to be, refuted elsewhere, and not for nothing."""
        expected = Verdict.PROVED if self.theorem.is_expected_of(self.profile) else Verdict.REFUTED
        return self.verdict is expected and not self.faults


def prove(theorem: Theorem, profile: Profile, *, timeout_ms: int = 60_000, cache: Cache) -> Proof | None:
    """The theorem for that profile; `None` if it says nothing of it."""
    u = Universe()
    statement = theorem.on(State.named(u, "0"), profile)
    if statement is None:
        return None
    small = Small(theorem, profile, timeout_ms, cache)
    if not theorem.is_expected_of(profile):
        z3_said, cvc5_said, text = small.ask()
        return Proof(
            theorem=theorem, profile=profile, z3=z3_said, cvc5=cvc5_said, is_satisfiable=small.is_satisfiable(),
            without={}, question=text,
        )  # fmt: skip
    asked, claim = (
        Hypotheses(u.axioms() | statement.without(None), timeout_ms=timeout_ms, cache=cache),
        statement.claim(),
    )
    said = asked.prove(claim)
    names = said.core if said.verdict is Verdict.PROVED else tuple(asked.told)
    text = asked.question(names, claim)
    second = ask_cvc5(text, timeout_ms=WHOLE_MS, cache=cache)
    if said.verdict is Verdict.PROVED and second.verdict is Verdict.UNKNOWN:
        second = _part_by_part(asked, claim, timeout_ms, cache)
    return Proof(
        theorem=theorem,
        profile=profile,
        z3=said,
        cvc5=second,
        is_satisfiable=small.is_satisfiable(),
        without={name: small.refute(name) for name in statement.premises if theorem.is_minimal},
        question=text,
    )


def _conjuncts(claim: Term) -> list[Term]:
    return [part for child in claim.children() for part in _conjuncts(child)] if z3.is_and(claim) else [claim]


def _part_by_part(asked: Hypotheses, claim: Term, timeout_ms: int, cache: Cache) -> Answer:
    """What cvc5 says to each part of a claim, with what Z3 needs for that part."""
    seconds = 0.0
    for part in _conjuncts(claim):
        needed = asked.prove(part)
        if needed.verdict is not Verdict.PROVED:
            return Answer(verdict=Verdict.UNKNOWN, seconds=seconds)
        answer = ask_cvc5(asked.question(needed.core, part), timeout_ms=min(timeout_ms, PART_MS), cache=cache)
        seconds += answer.seconds
        if answer.verdict is not Verdict.PROVED:
            return Answer(verdict=answer.verdict, seconds=seconds)
    return Answer(verdict=Verdict.PROVED, seconds=seconds)


class Small:
    """A theorem where there are two of each: is it refuted there, all premises given or all but one?"""

    def __init__(self, theorem: Theorem, profile: Profile, timeout_ms: int, cache: Cache) -> None:
        self._timeout_ms, self._cache = timeout_ms, cache
        self._u, self._names = Universe(theorem.scope), theorem.scope
        state = State.named(self._u, "0")
        parameters = theorem.parameters(self._u)
        statement = theorem.about(state, parameters, profile)
        assert statement is not None
        self._statement = statement
        ids = conj(*(self._u.is_id(p.broker_id) for p in parameters))
        self._scope = self._u.axioms() | {"Scope": conj(ids, bounded(state))}

    @cached_property
    def _claim(self) -> Term:
        return self._statement.claim()

    def _asked(self, premise: str | None) -> Hypotheses:
        told = self._scope | self._statement.without(premise)
        return Hypotheses(told, timeout_ms=self._timeout_ms, cache=self._cache, scope=self._names)

    def is_satisfiable(self) -> bool:
        """Whether what is assumed can be true together."""
        return self._asked(None).prove(disj()).verdict is Verdict.REFUTED

    def refute(self, premise: str | None) -> Answer:
        """What Z3 says without that premise."""
        return self._asked(premise).prove(self._claim)

    def ask(self) -> tuple[Answer, Answer, str]:
        """What both solvers say, all premises given, and what they were asked."""
        asked = self._asked(None)
        said = asked.prove(self._claim)
        text = asked.question(tuple(asked.told), self._claim)
        return said, ask_cvc5(text, timeout_ms=min(self._timeout_ms, PART_MS), cache=self._cache), text
