"""Questions as SMT-LIB 2: the same text for the same question, and the same question for both solvers."""

import pytest
import z3

from namesrv.proofs.cache import Cache
from namesrv.proofs.smtlib import Writer
from namesrv.proofs.solvers import Verdict, ask_cvc5
from namesrv.proofs.universe import Scope, Universe, conj, disj, ite, neg

U = Universe()
P = U.function("p", ("Name", "Id"), "Bool")
Q = U.function("q", ("Name",), "Name")


def verdict(hypotheses: list[z3.BoolRef], goal: z3.BoolRef) -> Verdict:
    """cvc5's."""
    return ask_cvc5(Writer().question(hypotheses, goal), timeout_ms=20_000, cache=Cache())


def long(depth: int, name: z3.ExprRef) -> z3.BoolRef:
    """A formula with many shared parts."""
    term = P(name, z3.IntVal(-3))
    for number in range(depth):
        term = z3.And(z3.Or(term, P(Q(name), z3.IntVal(number))), z3.Or(term, z3.Not(P(name, z3.IntVal(number)))))
    return term


@pytest.mark.parametrize(
    ("hypothesis", "goal", "expected"),
    [
        (lambda: U.forall(("Name",), lambda n: long(8, n)), lambda: long(8, U.const("a", "Name")), Verdict.PROVED),
        (lambda: long(8, U.const("a", "Name")), lambda: long(8, U.const("b", "Name")), Verdict.REFUTED),
        (
            lambda: U.forall(("Name",), lambda n: U.exists(("Name",), lambda m: conj(Q(n) == m, P(m, z3.IntVal(1))))),
            lambda: P(Q(U.const("a", "Name")), z3.IntVal(1)),
            Verdict.PROVED,
        ),
        (
            lambda: U.forall(
                ("Name",), lambda n: P(n, z3.IntVal(0)) == U.exists(("Name",), lambda m: P(m, z3.IntVal(1)))
            ),
            lambda: U.forall(("Name", "Name"), lambda n, m: P(n, z3.IntVal(0)) == P(m, z3.IntVal(0))),
            Verdict.PROVED,
        ),
    ],
)
def test_a_question_means_to_cvc5_what_it_means_to_z3(hypothesis, goal, expected) -> None:  # type: ignore[no-untyped-def]
    solver = z3.Solver()
    solver.add(hypothesis(), neg(goal()))
    assert solver.check() == (z3.unsat if expected is Verdict.PROVED else z3.sat)
    assert verdict([hypothesis()], goal()).verdict is expected


def test_the_text_does_not_depend_on_what_was_written_before() -> None:
    used = Writer()
    used.question([long(9, U.const("c", "Name"))], P(U.const("d", "Name"), z3.IntVal(0)))
    goal = long(8, U.const("a", "Name"))
    assert used.question([], goal) == Writer().question([], goal)


def test_a_formula_with_many_shared_parts_stays_short() -> None:
    assert len(Writer().question([], long(40, U.const("a", "Name")))) < 20_000


def test_in_a_finite_universe_quantifiers_are_written_out() -> None:
    small = Universe(Scope(names=2))
    held = small.function("held", ("Name",), "Bool")
    text = Writer().question([small.forall(("Name",), held)], held(small.const("one", "Name")))
    assert "forall" not in text
    assert "declare-datatypes" in text
    assert ask_cvc5(text, timeout_ms=20_000, cache=Cache()).verdict is Verdict.PROVED


def test_connectives_fold_what_is_decided() -> None:
    a = z3.Bool("a")
    assert conj(True, a).eq(a)
    assert disj(True, a).eq(z3.BoolVal(True))
    assert neg(neg(a)).eq(a)
    assert ite(a, True, False).eq(a)


def test_what_was_answered_is_not_asked_again(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = Writer().question([], z3.Bool("a"))
    first = ask_cvc5(text, timeout_ms=20_000, cache=Cache(tmp_path))
    again = ask_cvc5(text, timeout_ms=20_000, cache=Cache(tmp_path))
    assert (first.cached, again.cached) == (False, True)
    assert first.verdict is again.verdict is Verdict.REFUTED
