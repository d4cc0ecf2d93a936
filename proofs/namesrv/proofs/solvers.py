"""One question, two solvers: Z3, and cvc5 on the same question written as SMT-LIB 2.

A question is whether the hypotheses and the negated goal can be true together. What is exported is what Z3 says that it needs:
the unsat core of the hypotheses; so the second solver's answer is about the smaller, stronger statement.
"""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

import attrs
import cvc5
import z3

from namesrv.proofs.cache import Cache
from namesrv.proofs.cvc5_process import process
from namesrv.proofs.smtlib import Writer
from namesrv.proofs.universe import Scope, Term, neg

CVC5_VERSION: Final = cvc5.__version__


CVC5_WAYS: Final[tuple[tuple[Mapping[str, str], float], ...]] = (
    ({}, 0.2),
    ({"enum-inst": "true"}, 0.3),
    ({"enum-inst": "true", "miniscope-quant": "off"}, 0.5),
)
"""Its options and the share of the time: as it is, then with instances of quantifiers enumerated, then with these as they are
written: pushing them inwards takes longer than all else where a quantifier is over many cases."""


class Verdict(Enum):
    """What a solver says; unknown is never proved."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Answer:
    """`core`: the hypotheses that a proof used. `cached`: it was answered before, in so many seconds."""

    verdict: Verdict
    seconds: float
    core: tuple[str, ...] = ()
    cached: bool = False


@functools.cache
def writer(scope: Scope | None) -> Writer:
    """This process's for that universe: what it has written once it need not write again."""
    del scope
    return Writer()


def asked_alone(terms: Sequence[Term], *, names: tuple[str, ...] = (), timeout_ms: int) -> z3.Solver:
    """Z3 with these terms, the first ones under names, in a context of its own.

    What it says, its cores and models, does not depend on what was asked or written before; nor (`SimpleSolver`: one engine, no
    tactics that are tried for some seconds each) on how busy the machine is, unless the time is up.
    """
    context = z3.Context()
    solver = z3.SimpleSolver(ctx=context)
    solver.set("timeout", timeout_ms)
    together = z3.And(*terms, True).translate(context)  # in one go: they share parts
    for number, term in enumerate(together.children()[:-1]):
        if number < len(names):
            solver.assert_and_track(term, names[number])
        else:
            solver.add(term)
    return solver


FIRST_MS: Final = 5_000
"""What cvc5 gets for a core as Z3 gives it; what it does not know then is asked of a smaller one."""


class Hypotheses:
    """Z3, with hypotheses under names, to be asked about one goal after the other."""

    def __init__(
        self, hypotheses: Mapping[str, Term], *, timeout_ms: int, cache: Cache, scope: Scope | None = None
    ) -> None:
        self.told = dict(hypotheses)
        self._cache = cache
        self._timeout_ms = timeout_ms
        self._writer = writer(scope)
        self._text = "\n".join(f"{name}: {self._writer.text(term)}" for name, term in self.told.items())

    def prove(self, goal: Term) -> Answer:
        """Whether they entail the goal."""
        key = ("z3", z3.get_full_version(), str(self._timeout_ms), self._text, self._writer.text(goal))
        return _remembered(self._cache, key, lambda: self._prove(goal))

    def _prove(self, goal: Term) -> Answer:
        started = time.monotonic()
        solver = asked_alone([*self.told.values(), neg(goal)], names=tuple(self.told), timeout_ms=self._timeout_ms)
        said = solver.check()
        core: tuple[str, ...] = ()
        if said == z3.unsat:
            used = {str(name) for name in solver.unsat_core()}
            core = tuple(name for name in self.told if name in used)
        return Answer(verdict=_verdict(said), seconds=time.monotonic() - started, core=core)

    def smaller(self, names: tuple[str, ...], goal: Term) -> tuple[str, ...]:
        """Of these hypotheses, which entail the goal, as many as are needed: each that Z3 can do without is left out."""
        kept = list(names)
        for name in names:
            rest = [self.told[other] for other in kept if other != name]
            if asked_alone([*rest, neg(goal)], timeout_ms=FIRST_MS).check() == z3.unsat:
                kept.remove(name)
        return tuple(kept)

    def question(self, names: tuple[str, ...], goal: Term) -> str:
        """The question in SMT-LIB 2, with these hypotheses only."""
        return self._writer.question([self.told[name] for name in names], goal)


def _verdict(said: z3.CheckSatResult) -> Verdict:
    if said == z3.unsat:
        return Verdict.PROVED
    return Verdict.REFUTED if said == z3.sat else Verdict.UNKNOWN


def ask_cvc5(text: str, *, timeout_ms: int, cache: Cache) -> Answer:
    """What cvc5 says to a question in SMT-LIB 2, in that much time of a processor."""
    return _remembered(cache, ("cvc5", CVC5_VERSION, str(timeout_ms), text), lambda: _ask_cvc5(text, timeout_ms))


def _ask_cvc5(text: str, timeout_ms: int) -> Answer:
    started = time.monotonic()
    answer = Answer(verdict=Verdict.UNKNOWN, seconds=0.0)
    for options, share in CVC5_WAYS:
        verdict = _ask_in_that_way(text, options, int(timeout_ms * share))
        answer = Answer(verdict=verdict, seconds=time.monotonic() - started)
        if verdict is not Verdict.UNKNOWN:
            break
    return answer


def _ask_in_that_way(text: str, options: Mapping[str, str], timeout_ms: int) -> Verdict:
    said = process().ask(text, options, timeout_ms / 1000)
    if said in ("unsat", "sat"):
        return Verdict.PROVED if said == "unsat" else Verdict.REFUTED
    if said.startswith("unknown"):
        return Verdict.UNKNOWN
    raise ValueError(f"ask_cvc5: expected sat, unsat or unknown, got {said[:200]!r}")


def _remembered(cache: Cache, key: tuple[str, ...], ask: Callable[[], Answer]) -> Answer:
    known = cache.get(key)
    if known is not None:
        return Answer(
            verdict=Verdict(known["verdict"]), seconds=known["seconds"], core=tuple(known["core"]), cached=True
        )
    answer = ask()
    if answer.verdict is not Verdict.UNKNOWN:  # time may be up for other reasons
        cache.put(key, {"verdict": answer.verdict.value, "seconds": answer.seconds, "core": list(answer.core)})
    return answer
