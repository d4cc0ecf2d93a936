"""No clause holds of every server: those with one rule for all, on servers that do nothing, or refuse, or answer too much.

Clauses with several rules have each other's servers (`test_rules_differ`), faults that were thought up have a clause each
(`test_faults_are_told`). Here it is enough that a case looks at what it is about.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final
from unittest import mock

import attrs
import pytest

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.on_our_server import Servers, told_apart
from namesrv.check.clauses.suite import SUITE
from namesrv.check.steps import Close, Header, Requests, Style
from namesrv.check.wire import Prefix, encode
from namesrv.remoting.command import decode_command
from namesrv.remoting.errors import HeaderError
from namesrv.remoting.frame import FrameDecoder
from namesrv.server import strict
from namesrv.server.processor import HANDLERS, Processor

Patch = Callable[[], Any]


@attrs.frozen
class Mutant:
    """A server that is wrong: `patch` is in force when it is started, and while it is asked."""

    name: str
    patch: Patch


def idle(code: int) -> Mutant:
    """Answers SUCCESS, and does nothing."""
    handler = {code: lambda processor, request: processor._frame(request)}
    return Mutant(f"{code} does nothing", partial(mock.patch.dict, HANDLERS, handler))


def refusing(code: int) -> Mutant:
    """Answers that it does not know the code."""
    handler = {code: Processor.unknown}
    return Mutant(f"{code} is not known", partial(mock.patch.dict, HANDLERS, handler))


def _answers_one_way() -> Any:
    original = Processor.process

    def process(self: Processor, channel: object, serialize_type: int, head: bytes, body: Any) -> bytes | None:
        return original(self, channel, serialize_type, head.replace(b'"flag":2', b'"flag":0'), body)

    return mock.patch.object(Processor, "process", process)


def _json_only() -> Any:
    original = Processor.process

    def process(self: Processor, channel: object, serialize_type: int, head: bytes, body: Any) -> bytes | None:
        if serialize_type != 0:
            raise HeaderError("frame", "the serialize type", "JSON", serialize_type)
        return original(self, channel, serialize_type, head, body)

    return mock.patch.object(Processor, "process", process)


ANSWERS_ONE_WAY: Final = Mutant("one-way requests are answered", _answers_one_way)
JSON_ONLY: Final = Mutant("a binary header closes the connection", _json_only)
CLOSE_FORGOTTEN: Final = Mutant(
    "a closed connection takes nobody along", lambda: mock.patch.object(strict, "close_strict", _nobody)
)
CLOSE_TAKES_ALL: Final = Mutant(
    "a closed connection takes everybody along",
    lambda: mock.patch.object(strict, "close_strict", _everybody),
)


def _nobody(tables: Any, channel: object) -> list[Any]:
    return []


def _everybody(tables: Any, channel: object) -> list[Any]:
    for key in list(tables.live):
        strict.remove_everywhere(tables, key)
    return []


def codes_of(clause: Clause) -> list[int]:
    """Of the case's requests, the last first."""
    sends = [send for step in clause.steps if isinstance(step, Requests) for send in step.sends]
    codes = []
    for send in reversed(sends):
        (frame,) = FrameDecoder().feed(encode(Prefix(""), send.request, Style(), opaque=1, oneway=False))
        codes.append(decode_command(frame).code)
    return list(dict.fromkeys(codes))


def mutants_for(clause: Clause) -> Iterator[Mutant]:
    """What may be wrong about it, the nearest first."""
    sends = [send for step in clause.steps if isinstance(step, Requests) for send in step.sends]
    if any(send.oneway for send in sends):
        yield ANSWERS_ONE_WAY
    if any(send.style.header is Header.ROCKETMQ for send in sends):
        yield JSON_ONLY
    if any(isinstance(step, Close) for step in clause.steps):
        yield CLOSE_FORGOTTEN
        yield CLOSE_TAKES_ALL
    for code in codes_of(clause):
        yield idle(code)
    for code in codes_of(clause):
        yield refusing(code)


@contextmanager
def serving() -> Iterator[Callable[[Mutant], Servers]]:
    """Mutants' servers, each started once."""
    with ExitStack() as stack:
        started: dict[str, Servers] = {}

        def servers_of(mutant: Mutant) -> Servers:
            if mutant.name not in started:
                started[mutant.name] = stack.enter_context(Servers("strict"))
            return started[mutant.name]

        yield servers_of


ONE_RULE: Final = tuple(clause for clause in SUITE if len(clause.rules) == 1)


@pytest.mark.parametrize("group", dict.fromkeys(clause.group for clause in ONE_RULE))
def test_a_clause_of_one_rule_is_broken_by_some_server(group: str) -> None:
    clauses = [clause for clause in ONE_RULE if clause.group == group]
    with serving() as servers_of:
        never = [clause.slug for clause in clauses if _broken_by(clause, servers_of) is None]
    assert never == []


def _broken_by(clause: Clause, servers_of: Callable[[Mutant], Servers]) -> Mutant | None:
    for mutant in mutants_for(clause):
        with mutant.patch():
            if told_apart(clause, "strict", servers_of(mutant)):
                return mutant
    return None
