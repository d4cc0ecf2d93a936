"""What brokers do, over several connections at once: they register, crash, reconnect and change, race and fall silent."""

from collections.abc import Callable
from typing import Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import consumes, precondition, rule

from namesrv.check import strategies as small
from namesrv.check.machine import CLAIMS, CONNECTIONS, MAX_CONNECTIONS, Claim, Machine, unregistration_of
from namesrv.check.steps import Advance, Close, Crc, Requests, Scan, Send, Style, question_of
from namesrv.check.strategies import VersionStep, changed, stepped, with_topics, without
from namesrv.model.events import BrokerHeartbeat, QueryDataVersion, RegisterBroker, Request, UnregisterBroker
from namesrv.model.values import TopicConfig

DEFAULT_TIMEOUT_MS: Final = 120_000
"""What every release gives a broker that brings no timeout of its own."""


def _heartbeat_of(request: RegisterBroker) -> BrokerHeartbeat:
    return BrokerHeartbeat(
        cluster_name=request.cluster_name, broker_addr=request.broker_addr, broker_name=request.broker_name
    )


class BrokerMachine(Machine):
    """Brokers alone."""

    @rule(
        target=CLAIMS,
        earlier=CLAIMS,
        configs=small.topic_config_tables(),
        step=small.version_steps,
        full=st.sampled_from((True, True, False)),
    )
    def register_in_full(self, earlier: Claim, configs: dict[str, TopicConfig], step: VersionStep, full: bool) -> Claim:
        """What a broker does that says of a body that it is all, so that what it does not name is gone; or that it is a
        part, so that nobody may call its version unchanged.
        """
        self.send(earlier.connection, earlier.request)
        request = attrs.evolve(changed(earlier.request, configs, step), full_body=full)
        self.send(earlier.connection, request)
        self.send(earlier.connection, question_of(request))
        return Claim(earlier.connection, request)

    @precondition(lambda self: self.open_now < MAX_CONNECTIONS)
    @rule(
        target=CLAIMS,
        earlier=CLAIMS,
        configs=small.topic_config_tables(small.SEVERAL_TOPICS),
        step=small.steps_back,
    )
    def register_late(self, earlier: Claim, configs: dict[str, TopicConfig], step: VersionStep) -> Claim:
        """A broker comes over a new connection; then what it had sent before, with an earlier version, over the old one."""
        request = with_topics(earlier.request, configs)
        connection = self.open()
        self.send(connection, request)
        self.send(earlier.connection, stepped(request, step))
        return Claim(connection, request)

    @rule(
        target=CLAIMS,
        connection=CONNECTIONS,
        earlier=CLAIMS,
        configs=small.topic_config_tables(),
        addr=small.addrs,
        acting=st.booleans(),
    )
    def leave_group(
        self, connection: int, earlier: Claim, configs: dict[str, TopicConfig], addr: str, acting: bool
    ) -> Claim:
        """Another broker of the same name comes, and the one that was there leaves. `acting`: for certain a master whose slave
        may act for it.
        """
        there = earlier.request
        if acting:
            there = attrs.evolve(there, broker_id=0, enable_acting_master=True)
        self.send(earlier.connection, there)
        request = attrs.evolve(with_topics(there, configs), broker_addr=addr, broker_id=(there.broker_id or 0) + 1)
        self.send(connection, request)
        self.send(earlier.connection, unregistration_of(there))
        return Claim(connection, request)

    @precondition(lambda self: self.open_now > 1)
    @rule(connection=consumes(CONNECTIONS), earlier=CLAIMS, name=small.broker_names, addr=small.addrs)
    def close_connection_of_two(self, connection: int, earlier: Claim, name: str, addr: str) -> None:
        """Two brokers over one connection, which is closed."""
        self.send(connection, earlier.request)
        self.send(connection, attrs.evolve(earlier.request, broker_name=name, broker_addr=addr))
        self.open_now -= 1
        self.do(Close(connection=connection))

    @precondition(lambda self: self.setup.concurrent)
    @rule(target=CLAIMS, connection=CONNECTIONS, request=small.register_brokers)
    def register_broker_one_way(self, connection: int, request: RegisterBroker) -> Claim:
        self.send(connection, request, Style(), oneway=True)
        return Claim(connection, request)

    @rule(connection=CONNECTIONS, request=small.register_brokers)
    def register_broker_with_wrong_crc(self, connection: int, request: RegisterBroker) -> None:
        self.send(connection, request, Style(crc=Crc.WRONG))

    @precondition(lambda self: bool(self.setup.may_lack))
    @rule(target=CLAIMS, connection=CONNECTIONS, request=small.register_brokers, data=st.data())
    def register_broker_with_part_missing(self, connection: int, request: RegisterBroker, data: st.DataObject) -> Claim:
        for part in data.draw(st.lists(st.sampled_from(self.setup.may_lack), min_size=1, max_size=2, unique=True)):
            request = without(request, part)
        return self.claim(connection, request)

    @rule(connection=CONNECTIONS, request=small.unregister_brokers, style=small.styles)
    def unregister_broker(self, connection: int, request: UnregisterBroker, style: Style) -> None:
        self.send(connection, request, style)

    @rule(connection=CONNECTIONS, request=small.query_data_versions, style=small.styles)
    def query_data_version(self, connection: int, request: QueryDataVersion, style: Style) -> None:
        self.send(connection, request, style)

    @rule(connection=CONNECTIONS, earlier=CLAIMS)
    def query_registered_data_version(self, connection: int, earlier: Claim) -> None:
        self.send(connection, question_of(earlier.request))

    @rule(connection=CONNECTIONS, request=small.broker_heartbeats | small.unknown_requests | small.reads)
    def send_other_request(self, connection: int, request: Request) -> None:
        self.send(connection, request)

    @precondition(lambda self: self.setup.concurrent)
    @rule(
        sends=st.lists(
            st.tuples(CONNECTIONS, small.register_brokers | small.unregister_brokers | small.query_data_versions),
            min_size=2,
            max_size=3,
        )
    )
    def send_together(self, sends: list[tuple[int, Request]]) -> None:
        self.do(Requests(sends=tuple(Send(connection=number, request=request) for number, request in sends)))

    @precondition(lambda self: self.setup.concurrent)
    @rule(connections=st.lists(CONNECTIONS, min_size=2, max_size=3), earlier=CLAIMS)
    def unregister_while_registering(self, connections: list[int], earlier: Claim) -> None:
        requests: list[Request] = [
            unregistration_of(earlier.request),
            earlier.request,
            question_of(earlier.request),
        ]
        sends = [
            Send(connection=number, request=request) for number, request in zip(connections, requests, strict=False)
        ]
        self.do(Requests(sends=tuple(sends)))

    @precondition(lambda self: self.setup.timed)
    @rule(target=CLAIMS, connection=CONNECTIONS, request=small.timed_register_brokers, scan=st.booleans())
    def register_broker_with_timeout(self, connection: int, request: RegisterBroker, scan: bool) -> Claim:
        """`scan`: at once, for what never ends, or is over already."""
        claim = self.claim(connection, request)
        if scan:
            self.do(Scan())
        return claim

    @precondition(lambda self: self.setup.timed)
    @rule(ms=small.pauses_ms, scan=st.booleans())
    def advance(self, ms: int, scan: bool) -> None:
        self.do(Advance(ms=ms))
        if scan:
            self.do(Scan())

    @precondition(lambda self: self.setup.timed)
    @rule(earlier=CLAIMS, alive=st.permutations((question_of, _heartbeat_of)))
    def wait_for_expiry(self, earlier: Claim, alive: list[Callable[[RegisterBroker], Request]]) -> None:
        """Registers, gives a sign of life in between, lets the timeout pass to the millisecond and one more, and scans."""
        timeout_ms = earlier.request.heartbeat_timeout_ms
        if timeout_ms is None or not 0 < timeout_ms < 1 << 40:
            timeout_ms = DEFAULT_TIMEOUT_MS
        self.send(earlier.connection, earlier.request)
        for sign_of_life in alive:
            self.do(Advance(ms=timeout_ms // 2))
            self.send(earlier.connection, sign_of_life(earlier.request))
            self.do(Advance(ms=timeout_ms))
            self.do(Scan())
        self.do(Advance(ms=1))
        self.do(Scan())
