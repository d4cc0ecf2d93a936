"""Do silent brokers expire, and only they? On a NameServer whose clock nobody holds, beside the search.

Every broker keeps itself alive in its own way for a while, and then falls silent; two share a connection.
The model runs along with real time: a scan may happen at any moment, so an entry may go as soon as its timeout has passed, and
must have gone once a whole scan interval and the profile's deadline have passed too.

4.9.7's scan ends for good when the live table changes under it (`namesrv.model.destroy_at_once`), so what is looked at is
disturbed by looking. There the check runs alone, and first makes the NameServer close a connection by itself: until it has done
so once, it loads the class of the listener (`RemotingUtil.closeChannel`) between closing a silent broker's connection and taking
the broker out, and the close is noticed meanwhile. A broker that stays all the same is unknown: whoever else uses the NameServer
may have stopped its scan. Unless the scan is seen to work afterwards.
"""

import struct
import threading
import time
from collections.abc import Iterator
from typing import Final

import attrs

from namesrv.check.findings import Finding, Undecided, Verdict, Violation
from namesrv.check.runner import OBSERVER, Runner, Target
from namesrv.check.search import new_run_name
from namesrv.check.steps import Open, Requests, Send
from namesrv.check.time_there import RealTime, Time
from namesrv.check.tracker import Belief, Tracker
from namesrv.check.wire import Prefix
from namesrv.model.closing import is_expired
from namesrv.model.events import (
    BrokerHeartbeat,
    Channel,
    GetAllTopicList,
    GetBrokerClusterInfo,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
    Request,
    ScanNotActiveBroker,
)
from namesrv.model.namesrv import is_pending
from namesrv.model.profiles import ChannelDestroy, Profile
from namesrv.model.values import BrokerAddrInfo, DataVersion, RegisterBrokerBody, TopicConfig, table

SHORT_TIMEOUT_MS: Final = 3_000
"""What the brokers here ask for, where a release lets them."""

NOTICED_PERCENT: Final = 200
"""How long the longest timeout is that passes: this part of how late a broker may go, so that twice as long is noticed."""

LOOKS: Final = 4
"""So often it is looked at a silent broker in the time by which it may be late."""

KEPT_ALIVE_MS: Final = 10_000
KEPT_ALIVE_PERCENT: Final = 125
"""How long some of them keep themselves alive: this, or (if that is longer) this part of the timeout."""

SIGN_OF_LIFE_PERCENT: Final = 80
"""After this part of the timeout each gives the next sign of life: whoever counts it for less loses the broker meanwhile."""

AGES_MS: Final = 60_000
"""A timeout that does not pass while the check runs."""

BEYOND_AN_INT_MS: Final = 1 << 32
WITHOUT_END_MS: Final = (1 << 63) - 1

ROUND_TRIP_MS: Final = 1_000
"""How much later than we sent it a request may have been worked on."""

NO_COMMAND: Final = struct.pack(">iBBBB", 8, 0, 0xFF, 0xFF, 0xFF) + b"none"
"""A frame whose header is longer than itself: every release closes the connection."""

VERSION: Final = DataVersion(timestamp=1, counter=1)
OTHER_VERSION: Final = DataVersion(timestamp=2, counter=2)


@attrs.define
class World:
    """Brokers of one connection, and what keeps them alive, since `began_ms`. `looked_ms`: when it was last looked at; `look_ms`:
    when it is to be again; `sign_ms`: when the next sign of life is due. `stayed`: whether it was there when without signs of
    life it would have been gone, and had to be.

    `missed_ms`: when something in it should have expired and had not; `gone_ms`: when the last of it was seen to have. Both of
    the run's clock, only where the scan may have been stopped.
    """

    runner: Runner
    alive: Request | None
    began_ms: int
    looked_ms: int
    look_ms: int = 0
    sign_ms: int = 0
    stayed: bool = False
    missed_ms: int | None = None
    gone_ms: int | None = None


class TooBusy(Undecided):
    """Nobody looked in time. Where nothing else goes on, somebody may."""


class ExpiryCheck:
    """Runs in a thread of its own: `start`, then `wait`; then `verdict` and `summary` are there. If this machine was too busy to
    look in time, it is done once more within `wait`, when the search is over.

    `time_there`: the NameServer's, if not this machine's.
    """

    def __init__(self, target: Target, profile: Profile, *, slow: bool, time_there: Time | None = None) -> None:
        self.verdict = Verdict.UNKNOWN
        self.summary = "not run"
        self.violation: Violation | None = None
        self._target = target
        self._profile = profile
        self._slow = slow
        self._time: Time = RealTime() if time_there is None else time_there
        self._too_busy = False
        self._thread = threading.Thread(target=self._run, name="namesrv-expiry", daemon=True)

    @property
    def timeout_ms(self) -> int:
        """After how long a silent broker expires here."""
        if self._profile.request_heartbeat_timeout:
            return SHORT_TIMEOUT_MS
        return self._profile.heartbeat_timeout_ms

    @property
    def _longest_ms(self) -> int:
        """The longest timeout that passes while it is looked: of a broker that would be noticed if it were given more."""
        if not self._profile.request_heartbeat_timeout:
            return self.timeout_ms
        return grace_ms(self._profile) * NOTICED_PERCENT // 100

    @property
    def skipped(self) -> str | None:
        """Why it is not looked, if it is not: it would take minutes, and nobody wants that. Then nothing is known either."""
        if self._profile.request_heartbeat_timeout or self._slow:
            return None
        return f"{self.timeout_ms // 1000} s are fixed in this release, --slow waits for them"

    def start(self) -> None:
        """Begins, unless it is skipped, or has to be alone: then `wait` begins."""
        if self.skipped is None and not scan_may_stop(self._profile):
            self._thread.start()

    def wait(self) -> None:
        """Until it is done. Nothing else may go on now that it may have to be alone."""
        if self._slow and scan_may_stop(self._profile):
            self._thread.start()
        if self._thread.ident is not None:
            self._thread.join()
        if self._too_busy:
            self._run()

    def _run(self) -> None:
        started = time.monotonic()
        try:
            brokers = self._watch()
            self.verdict = Verdict.HOLDS
            self.summary = f"{brokers} brokers, {time.monotonic() - started:.0f} s"
        except Violation as violation:
            self.verdict, self.violation, self.summary = Verdict.VIOLATED, violation, str(violation)
        except Undecided as reason:
            self.summary = str(reason)
            self._too_busy = isinstance(reason, TooBusy)

    def _watch(self) -> int:
        """Each world has a model of its own, for they know nothing of each other: that keeps the sets of states small."""
        name = new_run_name()
        worlds: list[World] = []
        if scan_may_stop(self._profile):
            make_it_close(self._target)
        try:
            for number, (brokers, alive) in enumerate(self._plans(), 1):
                runner = Runner(self._target, self._profile, Prefix(f"{name}x{number}-"), held=self._time)
                began_ms = self._time.now_ms()
                worlds.append(World(runner, alive, began_ms, looked_ms=began_ms))
                runner.run(Open(connection=1), look=False)
                for broker in brokers:
                    runner.run(_one(1, broker), look=False)
            self._live_and_die(worlds)
            return sum(len(brokers) for brokers, _ in self._plans())
        finally:
            for world in worlds:
                world.runner.finish()

    def _live_and_die(self, worlds: list[World]) -> None:
        clock = self._time
        end_of_life_ms = clock.now_ms() + max(KEPT_ALIVE_MS, self.timeout_ms * KEPT_ALIVE_PERCENT // 100)
        over_ms = end_of_life_ms + self._longest_ms + grace_ms(self._profile) + ROUND_TRIP_MS
        unseen_ms = 0
        while True:
            now_ms = clock.now_ms()
            for world in worlds:
                self._give_signs(worlds, end_of_life_ms)
                if now_ms >= world.look_ms and self._anything_due(world.runner):
                    if self._would_show_more(world.runner):
                        unseen_ms = max(unseen_ms, now_ms - world.looked_ms)
                    self._look(world, clock.now_ms())
                    world.looked_ms = now_ms
                    world.look_ms = clock.now_ms() + self._pause_ms(world, end_of_life_ms)
            alive = now_ms < end_of_life_ms
            due = any(self._anything_due(world.runner) for world in worlds)
            if now_ms > over_ms or not (alive or due):
                self._judge_missed(worlds)
                for world in worlds:
                    if world.missed_ms is None:
                        self._look(world, clock.now_ms())
                        world.runner.look_for_closed()
                self._judge_time(worlds, unseen_ms)
                return
            clock.wait(self.timeout_ms // 10)

    def _give_signs(self, worlds: list[World], end_of_life_ms: int) -> None:
        """Whatever is due: before each look, for a look may take long."""
        for world in worlds:
            if world.runner.has_lost(1):  # its broker may have expired all the same
                continue
            world.runner.keep_open(1)
            now_ms = self._time.now_ms()
            if world.alive is not None and world.sign_ms <= now_ms < end_of_life_ms:
                _keep_alive(world.runner, world.alive)
                world.sign_ms = now_ms + self.timeout_ms * SIGN_OF_LIFE_PERCENT // 100

    def _pause_ms(self, world: World, end_of_life_ms: int) -> int:
        """Until the next look. Each is one more scan that may have been, and what it may have left to be done makes more states
        with each further look; so that is waited for.
        """
        pause_ms = grace_ms(self._profile) // LOOKS
        if world.runner.tracker.awaits_change():
            return max(pause_ms, self._profile.internal_step_deadline_ms)
        return 0 if world.alive is not None and self._time.now_ms() < end_of_life_ms else pause_ms

    def _judge_time(self, worlds: list[World], unseen_ms: int) -> None:
        """Nothing is wrong: was it looked at in time, so that something would have been?"""
        if unseen_ms > grace_ms(self._profile):
            raise TooBusy(f"for {unseen_ms // 1000} s this machine was too busy to look whether brokers go in time")
        hurried = sum(
            world.alive is not None and not world.stayed and is_sign_of_life(self._profile, world.alive)
            for world in worlds
        )
        if hurried:
            raise TooBusy(f"this machine was too busy to keep {hurried} brokers alive by signs of life in time")

    def _judge_missed(self, worlds: list[World]) -> None:
        """A broker that stayed longer than it should: violated if the scan has worked since, unknown if it may have stopped."""
        missed = [world.missed_ms for world in worlds if world.missed_ms is not None]
        if not missed:
            return
        gone = [world.gone_ms for world in worlds if world.gone_ms is not None]
        if any(late > min(missed) for late in gone):
            raise self._still_there(f"{len(missed)} of {len(worlds)} silent brokers")
        when = f"after {len(gone)} of {len(worlds)} had expired" if gone else "before this run, or never began"
        raise Undecided(
            f"{len(missed)} of {len(worlds)} silent brokers are still there: the scan has stopped {when}, as in this release it "
            "does where other requests come between; only a NameServer that is started again can tell"
        )

    def _plans(self) -> list[tuple[tuple[RegisterBroker, ...], Request | None]]:
        """Per world: the brokers that register over one connection, and what keeps them alive for a while."""
        timeout_ms = SHORT_TIMEOUT_MS if self._profile.request_heartbeat_timeout else None
        broker = _broker(1, timeout_ms)
        plans: list[tuple[tuple[RegisterBroker, ...], Request | None]] = [
            ((broker,), None),
            ((broker,), broker),
            ((broker,), _query(VERSION)),
            ((broker,), _query(OTHER_VERSION)),
        ]
        if not scan_may_stop(self._profile):
            # In 4.9.7 two silent brokers of one connection stop the scan for good, for everybody: not on a shared NameServer.
            plans.append(((broker, _broker(2, AGES_MS)), None))
            plans.append(((broker, _broker(2, timeout_ms)), None))
            plans.append(((_broker(1, AGES_MS), _slave(timeout_ms)), None))
        if timeout_ms is not None:
            plans.append(((_broker(1, self._longest_ms),), None))
            plans.append(((_broker(1, None),), None))  # silent, and there for 120 s: longer than the run
            plans.append(((_broker(1, BEYOND_AN_INT_MS + timeout_ms),), None))
            plans.append(((_broker(1, WITHOUT_END_MS),), None))
            plans.append(((_broker(1, 0),), None))
            # What a broker asked for last is what counts.
            plans.append(((_broker(1, AGES_MS), broker), None))
            plans.append(((broker, _broker(1, None)), None))
        if self._profile.broker_heartbeat:
            plans.append(((broker,), BrokerHeartbeat(cluster_name="C1", broker_addr="h1:1", broker_name="b1")))
        return plans

    def _look(self, world: World, now_ms: int) -> None:
        """A scan may have happened; what is there must be explained, and nothing may be overdue."""
        tracker = world.runner.tracker
        if now_ms >= world.look_ms and not scan_may_stop(self._profile):
            tracker.drop_pending_change()  # `_pause_ms`: if there is any, the deadline has passed
        tracker.may_have_happened(ScanNotActiveBroker(), now_ms)
        if now_ms > world.began_ms + self.timeout_ms + self._profile.scan_interval_ms:
            world.stayed |= all(belief.state.tables.broker_live_table for belief in tracker.beliefs)
        for request in (GetBrokerClusterInfo(), GetAllTopicList()):
            world.runner.run(_one(OBSERVER, request), look=False)
        if scan_may_stop(self._profile):
            self._note_missed(world, now_ms)
            return
        fine = [belief for belief in tracker.beliefs if not overdue(self._profile, belief, now_ms)]
        if tracker.keep(fine):
            return
        addrs = {key.broker_addr for belief in tracker.beliefs for key in overdue(self._profile, belief, now_ms)}
        raise self._still_there(", ".join(sorted(map(str, addrs))))

    def _note_missed(self, world: World, now_ms: int) -> None:
        """Nothing is ruled out: the scan may have stopped. What the tables are now is known only from one look at all of them."""
        try:
            world.runner.look_at_once()
        except Violation:
            return  # something went on meanwhile; if it was wrong, the next look finds out
        if world.gone_ms is None and not self._anything_due(world.runner):
            world.gone_ms = now_ms
        beliefs = world.runner.tracker.beliefs
        # A scan that has taken the entry out would have removed the place by now.
        late = all(overdue(self._profile, belief, now_ms) or is_pending(belief.state) for belief in beliefs)
        if late and world.missed_ms is None:
            world.missed_ms = now_ms

    def _still_there(self, who: str) -> Violation:
        return Violation(
            Finding(
                what="brokers that are silent for longer than their timeout expire",
                where=self._target.where,
                expected=(f"{who} gone",),
                got=f"still there {self.timeout_ms + self._profile.scan_interval_ms} ms after the last sign of life",
            )
        )

    def _anything_due(self, runner: Runner) -> bool:
        """Whether some state still has a broker that is to expire soon."""
        return any(timeout_ms <= self._longest_ms for timeout_ms in _timeouts_ms(runner))

    def _would_show_more(self, runner: Runner) -> bool:
        """Whether it has a broker that would be noticed if it were given more time: if it is looked at in time, that is."""
        return any(timeout_ms == self._longest_ms for timeout_ms in _timeouts_ms(runner))


def _timeouts_ms(runner: Runner) -> Iterator[int]:
    """Of whoever may be there."""
    for belief in runner.tracker.beliefs:
        for info in belief.state.tables.broker_live_table.values():
            yield info.heartbeat_timeout_ms


def overdue(profile: Profile, belief: Belief, now_ms: int) -> list[BrokerAddrInfo]:
    """The live keys that should have gone by now, and can: an address without a place never leaves in 5.5.0.

    A timeout that wraps round has passed before the broker came: it has still until the next scan.
    """
    placed = {addr for data in belief.state.tables.broker_addr_table.values() for addr in data.broker_addrs.values()}
    late_ms = now_ms - grace_ms(profile)
    return [
        key
        for key, info in belief.state.tables.broker_live_table.items()
        if key.broker_addr in placed and info.last_update_ms < late_ms and is_expired(info, late_ms, profile)
    ]


def grace_ms(profile: Profile) -> int:
    """How much later than its timeout a broker may go: with the next scan, on a machine that does much else."""
    return profile.scan_interval_ms + profile.internal_step_deadline_ms + ROUND_TRIP_MS


def scan_may_stop(profile: Profile) -> bool:
    """4.9.7: an exception ends the scan for good, and other people's brokers may cause it."""
    return profile.channel_destroy is ChannelDestroy.ONE_AT_ONCE


def is_sign_of_life(profile: Profile, request: Request) -> bool:
    """Whether the profile lets `request` keep the first broker alive."""
    tracker = Tracker(profile)
    for now_ms, asked in enumerate((_broker(1, None), request), 1):
        received = Received(channel=Channel(1), opaque=Opaque(now_ms), request=asked)
        tracker.happened_until_rest(received, now_ms)
    live = (belief.state.tables.broker_live_table for belief in tracker.beliefs)
    return all(info.last_update_ms == 2 for table_then in live for info in table_then.values())


def make_it_close(target: Target, said: bytes = NO_COMMAND) -> None:
    """Sends what is no command, and waits until the NameServer has closed the connection. Raises `Undecided` if it does not."""
    peer = target.connect()
    try:
        peer.send(said)
        if not peer.is_closed(time.monotonic() + target.timeout_s):
            raise Undecided(f"{target.where} does not close a connection over which no command comes")
    finally:
        peer.close()


def _keep_alive(runner: Runner, sign_of_life: Request) -> None:
    """Where the connection is closed instead of an answer, nobody knows whether the request was worked on; whether there was a
    reason to close it, the next look finds out.
    """
    before = runner.tracker.beliefs
    try:
        runner.run(_one(1, sign_of_life), look=False)
    except Undecided:
        if not runner.has_lost(1):
            raise
        runner.tracker.back_to(before | runner.tracker.beliefs)


def _one(connection: int, request: Request) -> Requests:
    return Requests(sends=(Send(connection=connection, request=request),))


def _broker(number: int, timeout_ms: int | None) -> RegisterBroker:
    topics = {f"t{number}{part}": TopicConfig(topic_name=f"t{number}{part}") for part in "ab"}
    return RegisterBroker(
        cluster_name="C1",
        broker_addr=f"h{number}:1",
        broker_name=f"b{number}",
        broker_id=0,
        ha_server_addr=f"h{number}:2",
        heartbeat_timeout_ms=timeout_ms,
        body=RegisterBrokerBody(topic_config_table=table(topics), data_version=VERSION),
    )


def _slave(timeout_ms: int | None) -> RegisterBroker:
    """Of the first broker."""
    return attrs.evolve(_broker(2, timeout_ms), broker_name="b1", broker_id=1)


def _query(version: DataVersion) -> QueryDataVersion:
    return QueryDataVersion(cluster_name="C1", broker_addr="h1:1", broker_name="b1", broker_id=0, data_version=version)
