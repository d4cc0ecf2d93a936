"""An anomaly staged on a real NameServer, started for it: with a log that stalls, and in real time where brokers fall silent.

The order of threads comes from `staging`; what is done and how the outcome is judged is as in `reproduce`.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import attrs

from namesrv.check.at_once import Acts
from namesrv.check.expiry import NO_COMMAND, SHORT_TIMEOUT_MS, make_it_close
from namesrv.check.findings import Undecided, Violation
from namesrv.check.log_pipe import LogPipe
from namesrv.check.oracle import SMALL_JVM, Oracle
from namesrv.check.reproduce import (
    Outcome,
    Reproduction,
    bursts_of,
    comparable,
    ends_of,
    prefix_of,
    reproduce,
    signs_of_life,
    takes_time,
    told_of,
)
from namesrv.check.runner import Runner, Target
from namesrv.check.search import new_run_name
from namesrv.check.staging import Staging
from namesrv.check.steps import Close, Requests, Style
from namesrv.check.time_there import RealTime
from namesrv.check.wire import Prefix, encode
from namesrv.explore.catalogue import Anomaly
from namesrv.explore.peers import Silent, Told, registration
from namesrv.model.events import Received, RegisterBroker, ScanNotActiveBroker
from namesrv.model.profiles import Profile

PAUSE_S: Final = 0.3
"""How long a thread has to come to where it waits; on a crowded machine it may take another attempt."""

TLS_HELLO: Final = b"\x16"
"""4.9.7 without TLS closes a connection that begins so, in another way than all others: `HandshakeHandler.channelRead0`.

One byte: it reads on, and what is no command would be closed in the common way, too.
"""

LOG_CLASSES: Final = "-Xlog:class+load"

EARLY_S: Final = 1.0
"""How long before the first scan that may find a broker expired the log stalls."""

ATTEMPTS: Final = 20
ATTEMPTS_IN_TIME: Final = 3
"""In 4.9.7 each takes more than two minutes."""


def staged(profile: Profile, anomaly: Anomaly, staging: Staging) -> Reproduction:
    """Starts the profile's real NameServer and tells it the story. Raises `Undecided`, and what `Oracle.start` does."""
    if not takes_time(anomaly):
        with _stage(profile, staging) as (target, pipe):
            perform = partial(_behind_a_stall, target=target, pipe=pipe, staging=staging)
            return reproduce(target, profile, anomaly, own=True, attempts=ATTEMPTS, perform=perform)
    said = Reproduction(outcome=Outcome.UNDECIDED)
    for attempt in range(1, ATTEMPTS_IN_TIME + 1):
        with _stage(profile, staging) as (target, pipe):  # a new one: in 4.9.7 the scan may have ended for good
            said = attrs.evolve(in_time(target, pipe, profile, anomaly), attempts=attempt)
        if said.outcome is not Outcome.OTHERWISE:
            break
    return said


@contextmanager
def _stage(profile: Profile, staging: Staging) -> Iterator[tuple[Target, LogPipe]]:
    """Only that one logger speaks, so that nothing else waits where the log stalls."""
    name, level = staging.log
    options = (*SMALL_JVM, LOG_CLASSES) if staging.cold else SMALL_JVM
    with Oracle(profile.name, log_level="OFF", log_levels={name: level}, stallable=True, jvm_options=options) as oracle:
        target = Target(host=oracle.host, port=oracle.port)
        make_it_close(target, TLS_HELLO if staging.cold else NO_COMMAND)
        yield target, oracle.log_pipe


def _behind_a_stall(queues: Acts, *, target: Target, pipe: LogPipe, staging: Staging) -> None:
    """Does one thing after the other while the log stalls."""
    decoy = target.connect() if staging.decoy else None
    pipe.stall()
    try:
        if decoy is not None:
            name = Prefix(new_run_name())
            decoy.send(encode(name, registration(), Style(), opaque=decoy.next_opaque(), oneway=False))
        _one_by_one(queues, pipe=pipe)
    finally:
        pipe.resume()
        if decoy is not None:
            decoy.close()


def _one_by_one(queues: Acts, *, pipe: LogPipe) -> None:
    """Lets each come to where it waits, then all go on."""
    _pause(PAUSE_S)
    for queue in queues:
        for act in queue:
            act()
            _pause(PAUSE_S)
    pipe.resume()


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


# In real time -----------------------------------------------------------------------------------------------------


class _Paced(RealTime):
    """Nobody can tell when a real NameServer has done everything: it is given the time in which it has to."""

    def __init__(self, patience_ms: int) -> None:
        self._patience_ms = patience_ms

    def settle(self) -> None:
        """Waits."""
        _pause(self._patience_ms / 1000)


def in_time(target: Target, pipe: LogPipe, profile: Profile, anomaly: Anomaly) -> Reproduction:
    """Tells a story with a scan to a NameServer that scans when it will: what comes before the silence; the silence, at
    the end of which `pipe` stalls; and then, one by one, what happens at once with the scan. Raises `Undecided`.
    """
    story = anomaly.story
    since = next(number for number, told in enumerate(story) if isinstance(told.happening, Silent))
    silent = [told.happening.key.broker_addr for told in story if isinstance(told.happening, Silent)]
    before = story[:since]
    at_once = [step for burst in bursts_of(tuple(told for told in story if told.at_once)) for step in burst]
    closes = [step for step in at_once if isinstance(step, Close)]
    wanted, sound = ends_of(anomaly, profile)
    runner = Runner(target, profile, prefix_of(anomaly, profile), held=_Paced(profile.internal_step_deadline_ms))
    signs = signs_of_life(before, silent)
    timeout_s = (SHORT_TIMEOUT_MS if profile.request_heartbeat_timeout else profile.heartbeat_timeout_ms) / 1000
    try:
        for burst in bursts_of(_with_short_timeouts(before, silent, profile)):
            for step in burst:
                runner.run(step, look=False)
        expires = time.monotonic() + timeout_s
        scanned = expires + profile.scan_interval_ms / 1000 + EARLY_S
        _keep_open(runner, signs, until=expires - EARLY_S, every_s=timeout_s / 10)
        pipe.stall()
        for step in closes:
            runner.run(step, look=False)
        if closes:
            _keep_open(runner, signs, until=scanned, every_s=EARLY_S)
        else:
            _await_scan(runner, _connection_of(before, silent), scanned + target.timeout_s)
        runner.tracker.happened(ScanNotActiveBroker(), time.monotonic_ns() // 1_000_000)
        runner.run_at_once([step for step in at_once if step not in closes], partial(_one_by_one, pipe=pipe))
        runner.look_at_once(last=True)
        found = {comparable(belief.state.tables) for belief in runner.tracker.beliefs}
        if found <= wanted:
            return Reproduction(outcome=Outcome.REPRODUCED)
        return Reproduction(outcome=Outcome.ABSENT if not wanted and found <= sound else Outcome.OTHERWISE)
    except Violation as violation:
        return Reproduction(outcome=Outcome.UNEXPLAINED, detail=told_of(violation))
    finally:
        pipe.resume()
        runner.finish()


def _keep_open(runner: Runner, signs: Requests, *, until: float, every_s: float) -> None:
    """Until then (of `time.monotonic`) no connection is idle, and who is not silent gives signs of life."""
    while (left_s := until - time.monotonic()) > 0:
        for connection in runner.connections:
            runner.keep_open(connection)
        runner.run(signs, look=False)
        _pause(min(left_s, every_s))


def _await_scan(runner: Runner, connection: int, deadline: float) -> None:
    """A scan closes the connection of whom it finds silent."""
    while not runner.has_lost(connection):
        if time.monotonic() > deadline:
            raise Undecided(f"connection {connection}: expected a scan to close it, got none in time")


def _connection_of(story: tuple[Told, ...], silent: list[str | None]) -> int:
    return next(
        event.channel
        for told in reversed(story)
        if isinstance(event := told.happening, Received)
        and isinstance(event.request, RegisterBroker)
        and event.request.broker_addr in silent
    )


def _with_short_timeouts(story: tuple[Told, ...], silent: list[str | None], profile: Profile) -> tuple[Told, ...]:
    """Where a broker may bring its own timeout, those who will be silent do."""
    if not profile.request_heartbeat_timeout:
        return story
    return tuple(_with_short_timeout(told, silent) for told in story)


def _with_short_timeout(told: Told, silent: list[str | None]) -> Told:
    event = told.happening
    if not isinstance(event, Received) or not isinstance(event.request, RegisterBroker):
        return told
    if event.request.broker_addr not in silent or event.request.heartbeat_timeout_ms is not None:
        return told
    request = attrs.evolve(event.request, heartbeat_timeout_ms=SHORT_TIMEOUT_MS)
    return attrs.evolve(told, happening=attrs.evolve(event, request=request))
