"""The registrar beside the broker model: what happens to both is the same, so what they send must be.

Three NameServers: two that answer as a test says (or not at all), and one that is never there. The clock is held; a NameServer
that does not answer costs the registrar its timeout, which the test lets pass. One-way requests are compared apart from the
others: a heartbeat and a registration that are due at the same time leave from different threads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.broker import Registrar, RegistrarProfile, RegistrarSettings, Report, broker_profile
from namesrv.broker.report import What
from namesrv.check.broker_traffic import as_request
from namesrv.model import broker_events as ev
from namesrv.model.broker import next_wakeup_ms, step
from namesrv.model.broker_events import Call, CallFailed, NameServerIndex, ReceivedAnswer, Send
from namesrv.model.broker_profiles import BROKER_PROFILES
from namesrv.model.broker_state import BrokerSettings, BrokerState, initial_state
from namesrv.model.events import QueryDataVersion, RegisterBroker
from namesrv.model.values import DataVersion, KVTable, TopicConfig, TopicQueueMappingInfo, table
from namesrv.remoting.address import Address
from namesrv.remoting.answer_body import encode_kv_table
from namesrv.remoting.body import decode_data_version, encode_data_version
from namesrv.remoting.channel import Backoff
from namesrv.remoting.clock import HeldClock
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand, response_to
from tests.broker.driven import T0, TOPICS, topics
from tests.client.scripted import DEADLINE_S, Reply, ScriptedNameServer, eventually

NEVER_THERE = Address("127.0.0.1", 1)
TIMEOUT_MS = 5_000
PERMS = st.sampled_from([2, 4, 6, 7])


@attrs.frozen(kw_only=True)
class Plan:
    """How a NameServer answers during one step. `is_silent`: not at all, until a timeout has passed; `is_garbage`: unreadably."""

    is_silent: bool = False
    is_garbage: bool = False
    code: int = 0
    changed: bool | None = False
    body: str = "same"
    ordered: tuple[str, ...] | None = None
    master_addr: str | None = None

    def answer(self, request: RemotingCommand) -> Reply:
        """What goes over the wire."""
        if self.is_silent:
            return None
        ext: dict[str, str] = {}
        body: bytes | None = None
        if request.code == RequestCode.QUERY_DATA_VERSION:
            ext = {} if self.changed is None else {"changed": str(self.changed).lower()}
            asked = decode_data_version(request.body or b"")
            version = self.version(asked)
            body = None if version is None else encode_data_version(version)
        elif request.code == RequestCode.REGISTER_BROKER:
            if self.master_addr is not None:
                ext = {"masterAddr": self.master_addr, "haServerAddr": f"{self.master_addr}9"}
            body = None if self.ordered is None else encode_kv_table(self.keys())
        if self.is_garbage:
            body = b"["
        return response_to(request, self.code, ext_fields=ext, body=body)

    def version(self, asked: DataVersion | None) -> DataVersion | None:
        """What it has stored, of what it is asked about."""
        if asked is None or self.body == "none":
            return None
        return asked if self.body == "same" else attrs.evolve(asked, counter=(asked.counter or 0) + 1)

    def keys(self) -> KVTable:
        """Its order topic configs."""
        return KVTable(table=table(dict.fromkeys(self.ordered or (), "b:4")))

    def outcome(self, call: Call, send: Send) -> ReceivedAnswer:
        """The same for the model."""
        answer = ReceivedAnswer(call=call, code=self.code, body_error=self.is_garbage)
        if isinstance(send.request, QueryDataVersion):
            version = self.version(send.request.data_version)
            has_body = version is not None or self.is_garbage
            return attrs.evolve(answer, changed=self.changed, data_version=version, has_body=has_body)
        if isinstance(send.request, RegisterBroker):
            master = self.master_addr
            return attrs.evolve(
                answer,
                master_addr=master,
                ha_server_addr=None if master is None else f"{master}9",
                kv_table=None if self.ordered is None else self.keys(),
            )
        return answer


class SideBySide:
    """Both, with the same settings, topics and clock."""

    def __init__(
        self,
        profile: str,
        common: dict[str, Any],
        *,
        twin: RegistrarProfile | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self.profile = profile
        self.registrar_profile = twin or broker_profile(profile)
        self.deadline_s = deadline_s
        self.clock = HeldClock(T0)
        self.servers = [ScriptedNameServer(), ScriptedNameServer()]
        self.plans = [Plan(), Plan()]
        self.expected: list[list[object]] = [[], [], [], []]
        """Of each NameServer: the requests to be answered, then the one-way ones."""
        common = {
            "cluster_name": "C",
            "broker_name": "b",
            "broker_addr": "10.0.0.1:10911",
            "register_broker_timeout_ms": TIMEOUT_MS,
        } | common
        self.common = common
        self.state: BrokerState = initial_state(
            BrokerSettings(name_servers=3, **common), BROKER_PROFILES[profile], table(topics(*TOPICS)), T0
        )
        self.unsettled: list[Send] = []
        self.answers = 0
        self.answered = 0

    async def run(self, steps: list[tuple[str, Any, list[Plan]]]) -> None:
        for index, server in enumerate(self.servers):
            server.reply = lambda request, index=index: self.plans[index].answer(request)  # type: ignore[misc]
            await server.start()
        given = RegistrarSettings(
            name_servers=(*(server.address for server in self.servers), NEVER_THERE),
            backoff=Backoff(first_ms=10**9, most_ms=10**9),
            **self.common,
        )
        self.registrar = Registrar(given, self.registrar_profile, topics(*TOPICS), clock=self.clock, watch=self.watch)
        for index in range(2):
            self.happens(ev.NameServerAvailable(name_server=NameServerIndex(index)))
        await self.registrar.start()
        try:
            self.happens(ev.Started())
            await self.settle()
            for kind, what, plans in steps:
                # A timer that is due while a service starts finds the broker isolated or not: Java leaves that open.
                self.plans = [attrs.evolve(p, is_silent=False) for p in plans] if kind == "service" else plans
                await self.do(kind, what)
            leaving = asyncio.create_task(self.registrar.shutdown())
            self.happens(ev.Shutdown())
            self.happens(ev.TimersStopped())
            await self.settle()
            await leaving
            assert self.state.is_closed
            assert self.received() == self.expected
        finally:
            await self.registrar.abort()
            for server in self.servers:
                await server.stop()

    def watch(self, report: Report) -> None:
        self.answered += report.what is What.ANSWERED

    def happens(self, event: ev.BrokerEvent) -> None:
        self.answers += isinstance(event, ReceivedAnswer)
        self.state, outputs = step(self.state, event, self.clock.now_ms())
        for output in outputs:
            if isinstance(output, Send):
                if output.name_server < 2:
                    is_oneway = output.call is None
                    self.expected[2 * output.name_server + is_oneway].append(output.request)
                self.unsettled.append(output)

    def received(self) -> list[list[object]]:
        return [
            [as_request(r) for r in server.requests if r.is_oneway == is_oneway]
            for server in self.servers
            for is_oneway in (False, True)
        ]

    async def settle(self) -> None:
        """Until neither does anything more without time passing, time passing only for NameServers that do not answer."""
        while self.unsettled:
            sent, self.unsettled = self.unsettled, []
            hung = []
            for send in sent:
                if send.call is None:
                    continue
                if send.name_server == 2:
                    self.happens(CallFailed(call=send.call))
                elif self.plans[send.name_server].is_silent:
                    hung.append(send)
                else:
                    self.happens(self.plans[send.name_server].outcome(send.call, send))
            await self.catch_up()
            if hung:
                timeout_ms = hung[0].timeout_ms
                due_ms = self.clock.now_ms() + timeout_ms
                await eventually(lambda due_ms=due_ms: due_ms in self.clock.due_ms())  # type: ignore[misc]
                self.plans = [attrs.evolve(plan, is_silent=False) for plan in self.plans]
                self.clock.advance(timeout_ms)
                for send in hung:
                    assert send.call is not None
                    self.happens(CallFailed(call=send.call))
                self.happens(ev.Tick())
        await self.catch_up()
        wakeup_ms = next_wakeup_ms(self.state)
        if wakeup_ms is not None:
            await eventually(lambda: wakeup_ms in self.clock.due_ms())
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self.kept() == self.model_keeps(), self.deadline_s)
        assert self.kept() == self.model_keeps()

    def kept(self) -> tuple[object, ...]:
        """What the registrar remembers."""
        registrar, manager = self.registrar, self.registrar.topic_config_manager
        of_broker = (registrar.broker_id, registrar.broker_permission, registrar.is_isolated)
        return (*of_broker, registrar.master_addr, registrar.ha_master_addr, manager.data_version, manager.configs)

    def model_keeps(self) -> tuple[object, ...]:
        """What it should."""
        state = self.state
        of_broker = (state.broker_id, state.broker_permission, state.is_isolated)
        configs = dict(state.topic_config_table)
        return (*of_broker, state.master_addr, state.ha_master_addr, state.data_version, configs)

    async def catch_up(self) -> None:
        """Until the NameServers have received what the model says, and the registrar their answers."""
        count = sum(map(len, self.expected))
        with contextlib.suppress(TimeoutError):
            await eventually(
                lambda: sum(len(server.requests) for server in self.servers) >= count and self.answered == self.answers,
                self.deadline_s,
            )
        assert self.received() == self.expected

    async def do(self, kind: str, what: Any) -> None:
        """One thing happens to both."""
        acting: Coroutine[Any, Any, object] | None = None
        event: ev.BrokerEvent = ev.Tick()
        match kind:
            case "time":
                wakeup_ms = next_wakeup_ms(self.state)
                later = self.clock.now_ms() + what if wakeup_ms is None else min(wakeup_ms, self.clock.now_ms() + what)
                self.clock.advance(later - self.clock.now_ms())
            case "update":
                event, acting = ev.TopicUpdated(configs=what), self.registrar.update_topics(what)
            case "static":
                mapping = TopicQueueMappingInfo(topic=what.topic_name, bname="b", curr_id_map=table({0: 0, 1: 1}))
                event = ev.TopicUpdated(configs=(what,), mapping=mapping)
                acting = self.registrar.update_topics([what], mapping=mapping)
            case "send":
                event, acting = ev.TopicCreatedOnSend(topic=what), self.registrar.create_topic_on_send(what)
            case "own":
                event, acting = ev.TopicCreatedByBroker(config=what), self.registrar.create_topic(what)
            case "delete":
                event = ev.TopicDeleted(topic=what)
                self.registrar.delete_topic(what)
            case "permission":
                event = ev.BrokerPermissionChanged(broker_permission=what)
                acting = self.registrar.set_broker_permission(what)
            case "role":
                event, acting = ev.RoleChanged(broker_id=what), self.registrar.change_role(what)
            case "service":
                event, acting = ev.ServiceStarted(), self.registrar.start_service()
            case _:
                event = ev.ServiceStopped()
                self.registrar.stop_service()
        task = None if acting is None else asyncio.create_task(acting)  # type: ignore[var-annotated]
        self.happens(event)
        await self.settle()
        if task is not None:
            async with asyncio.timeout(DEADLINE_S):
                await task


CONFIGS = st.builds(
    TopicConfig,
    topic_name=st.sampled_from([*TOPICS, "x"]),
    perm=PERMS,
    topic_sys_flag=st.sampled_from([0, 1]),
    order=st.booleans(),
)
KINDS = st.one_of(
    st.tuples(st.just("time"), st.sampled_from([1, 5_000, 10_000, 30_000])),
    st.tuples(st.just("update"), st.lists(CONFIGS, min_size=1, max_size=2).map(tuple)),
    st.tuples(st.just("static"), CONFIGS),
    st.tuples(st.just("send"), st.sampled_from([*TOPICS, "x", "y"])),
    st.tuples(st.just("own"), CONFIGS),
    st.tuples(st.just("delete"), st.sampled_from(TOPICS)),
    st.tuples(st.just("permission"), PERMS),
    st.tuples(st.just("role"), st.sampled_from([0, 1])),
    st.tuples(st.just("service"), st.none()),
    st.tuples(st.just("stop"), st.none()),
)
REFUSING = st.builds(
    Plan,
    is_silent=st.booleans(),
    is_garbage=st.booleans(),
    code=st.sampled_from([0, 1]),
    changed=st.sampled_from([True, False, None]),
    body=st.sampled_from(["same", "none", "other"]),
)


@st.composite
def plans(draw: st.DrawFn) -> list[Plan]:
    """Two NameServers of the same mind where it matters who answers first."""
    both = draw(st.lists(REFUSING | st.just(Plan()), min_size=2, max_size=2))
    ordered = draw(st.none() | st.lists(st.sampled_from(TOPICS), max_size=2).map(tuple))
    master = draw(st.none() | st.just("10.0.0.9:10911"))
    return [attrs.evolve(plan, ordered=ordered, master_addr=master) for plan in both]


SETTINGS = st.fixed_dictionaries(
    {
        "broker_id": st.sampled_from([0, 1]),
        "force_register": st.booleans(),
        "broker_permission": PERMS,
        "enable_split_registration": st.booleans(),
        "split_registration_size": st.sampled_from([1, 2, 800]),
        "enable_single_topic_register": st.booleans(),
        "auto_create_topic_enable": st.booleans(),
        "full_body": st.booleans(),
        "register_name_server_period_ms": st.sampled_from([10_000, 30_000]),
        "ha_server_addr": st.sampled_from([None, "10.0.0.1:10912"]),
    }
)
STEPS = st.lists(st.tuples(KINDS, plans()), max_size=6).map(lambda steps: [(*kind, plan) for kind, plan in steps])


@pytest.mark.parametrize("profile", BROKER_PROFILES)
def test_a_registrar_sends_what_the_model_sends(profile: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(SETTINGS, STEPS)
    def check(common: dict[str, Any], steps: list[tuple[str, Any, list[Plan]]]) -> None:
        asyncio.run(SideBySide(profile, common).run(steps))

    check()


@pytest.mark.parametrize("is_old", [True, False])
def test_a_registrar_beats_as_the_model_does(is_old: bool) -> None:
    acting = {
        "enable_slave_acting_master": True,
        "compatible_with_old_name_srv": is_old,
        "total_replicas": 2,
        "skip_pre_online": True,
    }
    steps: list[tuple[str, Any, list[Plan]]] = [("time", 1_000, [Plan(), Plan()]) for _ in range(15)]
    asyncio.run(SideBySide("apache-5.5.0", acting).run([*steps[:5], ("stop", None, [Plan(), Plan()]), *steps]))


SAME = [Plan(), Plan()]
UNTIL_THEN = 40_000
X = TopicConfig(topic_name="x", perm=2, topic_sys_flag=1)
ORDERED_A, NONE_ORDERED = ([Plan(ordered=ordered)] * 2 for ordered in (("a",), ()))
TWINS: list[tuple[str, str, dict[str, Any], list[tuple[str, Any, list[Plan]]]]] = [
    ("apache-5.5.0", "new_topic_alone", {}, [("send", "x", SAME)]),
    ("apache-5.5.0", "perm_anded", {"broker_permission": 4}, [("update", (X,), SAME)]),
    ("apache-5.5.0", "increment_keeps_sys_flag", {"broker_permission": 4}, [("update", (X,), SAME)]),
    ("apache-5.5.0", "ignores_same_config", {}, [("update", (X,), SAME), ("update", (X,), SAME)]),
    (
        "apache-5.5.0",
        "order_config_clears",
        {},
        [("time", 10_000, ORDERED_A), ("time", UNTIL_THEN, NONE_ORDERED)],
    ),
    (
        "apache-4.9.7",
        "order_config_clears",
        {},
        [("time", 10_000, ORDERED_A), ("time", UNTIL_THEN, NONE_ORDERED)],
    ),
    ("apache-5.5.0", "role_change_forced", {"force_register": False}, [("role", 1, SAME)]),
    ("apache-5.5.0", "release_5", {}, []),
    ("apache-4.9.7", "release_5", {}, []),
]


@pytest.mark.parametrize(("profile", "field", "common", "steps"), TWINS)
def test_a_registrar_that_is_wrong_in_one_thing_is_told_from_the_model(
    profile: str, field: str, common: dict[str, Any], steps: list[tuple[str, Any, list[Plan]]]
) -> None:
    right = broker_profile(profile)
    wrong = attrs.evolve(right, **{field: not getattr(right, field)})
    asyncio.run(SideBySide(profile, common).run(steps))
    with pytest.raises(AssertionError):
        asyncio.run(SideBySide(profile, common, twin=wrong, deadline_s=0.2).run(steps))
