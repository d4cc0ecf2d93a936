"""The process that cvc5 runs in: it is ended when its time is up, and what was asked is then unknown."""

import pytest

from namesrv.proofs.cvc5_process import KILLED, Process

FALSE = "(set-logic ALL)(assert false)(check-sat)"
ENDLESS = """(set-logic ALL)(declare-fun f (Int) Int)(declare-fun g (Int Int) Int)
(assert (forall ((x Int) (y Int)) (= (* (f x) (f y)) (+ (g x y) (* x y y)))))
(assert (forall ((x Int) (y Int)) (> (g (f x) (f y)) (* (g y x) (g x x)))))(check-sat)"""


def test_what_takes_too_long_is_unknown_and_the_next_question_is_answered() -> None:
    process = Process()
    try:
        assert process.ask(ENDLESS, {"enum-inst": "true"}, 0.3) == KILLED
        assert process.ask(FALSE, {}, 10) == "unsat"
    finally:
        process.end()


def test_a_question_that_is_none_is_an_error_and_the_next_one_is_answered() -> None:
    process = Process()
    try:
        with pytest.raises(ValueError, match="expected a question in SMT-LIB 2"):
            process.ask("(assert (", {}, 10)
        assert process.ask(FALSE, {}, 10) == "unsat"
    finally:
        process.end()
