"""Taking in what is known without parsing it comes to the same as parsing it: the condition of `namesrv.server.unchanged`."""

from typing import Any

import orjson
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from namesrv.remoting.command import RemotingCommand, decode_command, encode_command
from namesrv.remoting.compressed import crc32
from namesrv.remoting.frame import FrameDecoder
from namesrv.server import SERVER_PROFILES, ServerProfile
from namesrv.server.processor import Processor
from namesrv.server.route_info import RouteInfoManager
from namesrv.server.tables import Tables

START_MS = 1_700_000_000_000
TOPICS = ("a", "b", "c", "d")
Step = tuple[str, dict[str, Any]]


class Side:
    """One server without sockets, with the short ways or without."""

    def __init__(self, profile: ServerProfile, *, short_ways: bool) -> None:
        self.now_ms = START_MS
        self.closed: list[object] = []
        self.manager = RouteInfoManager(profile, self.closed.append)
        self.processor = Processor(self.manager, lambda: self.now_ms, (1 << 20) if short_ways else 0)
        self.hits = 0
        take = self.processor.unchanged.take

        def counted(*arguments: Any) -> None:
            self.hits += 1
            take(*arguments)

        self.processor.unchanged.take = counted  # type: ignore[method-assign]

    def ask(self, channel: object, frame: bytes) -> bytes | None:
        """The answer."""
        [parts] = FrameDecoder().feed(frame)
        answer = self.processor.process(channel, parts.serialize_type, parts.header, parts.body)
        self.manager.run_unregistrations()
        return answer

    def state(self) -> object:
        """All tables, without what is only remembered for speed."""
        tables = self.manager.tables
        return (
            tables.topic_queue,
            {n: (e.cluster, e.name, e.addrs, e.acting, e.zone) for n, e in tables.broker_addr.items()},
            tables.cluster_addr,
            {
                key: (i.last_update_ms, i.heartbeat_timeout_ms, i.version, i.channel, i.ha_server_addr, i.partial)
                for key, i in tables.live.items()
            },
            tables.filter_server,
            tables.mapping,
            self.closed,
        )


def config(topic: str, perm: int, attributes: dict[str, str]) -> dict[str, object]:
    """As a 5.x broker writes it."""
    return {
        "attributes": attributes,
        "order": False,
        "perm": perm,
        "readQueueNums": 4,
        "topicFilterType": "SINGLE_TAG",
        "topicName": topic,
        "topicSysFlag": 0,
        "writeQueueNums": 4,
    }


def register_frame(what: dict[str, Any]) -> bytes:
    """A REGISTER_BROKER. `timestamp` `None`: that of the counter. `mapping`: the epoch of a mapping on n1, 0 for none."""
    timestamp = what["counter"] if what["timestamp"] is None else what["timestamp"]
    version = {"counter": what["counter"], "stateVersion": what["state"], "timestamp": timestamp}
    wrapper: dict[str, object] = {"dataVersion": version}
    if what["mapping_timestamp"] is not None:
        wrapper["mappingDataVersion"] = {"counter": 0, "stateVersion": 0, "timestamp": what["mapping_timestamp"]}
    wrapper["topicConfigTable"] = {t: config(t, p, what["attributes"]) for t, p in what["topics"].items()}
    if what["mapping"]:
        info = {"bname": "n1", "currIdMap": {"0": 0}, "dirty": False, "epoch": what["mapping"]}
        info |= {"topic": "s", "totalQueues": 1}
        wrapper["topicQueueMappingDetailMap"] = {}
        wrapper["topicQueueMappingInfoMap"] = {"s": info}
    if what["second_version"]:
        wrapper["zz"] = 0
    body = orjson.dumps({"filterServerList": what["filters"], "topicConfigSerializeWrapper": wrapper})
    if what["second_version"]:
        body = body.replace(b'"zz":0', b'"dataVersion":{"counter":2,"stateVersion":0,"timestamp":2}')
    if what.get("second_table"):
        second = orjson.dumps({t: config(t, 6, {}) for t in what["second_table"]})
        body = body.removesuffix(b"}}") + b',"topicConfigTable":' + second + b"}}"
    ext = {
        "clusterName": what["cluster"],
        "brokerName": what["name"],
        "brokerId": str(what["id"]),
        "brokerAddr": what["addr"],
        "haServerAddr": what["ha"],
        "compressed": "false",
        "bodyCrc32": str(crc32(body) + what["crc_error"]),
    }
    if what["acting"] is not None:
        ext["enableActingMaster"] = what["acting"]
    if what["zone"]:
        ext["__ZONE_NAME"] = what["zone"]
    if what.get("full") is not None:
        ext["fullBody"] = what["full"]
    command = RemotingCommand(code=103, opaque=1, ext_fields=ext, body=body, version=what["version"])
    return encode_command(command)


registrations = st.fixed_dictionaries(
    {
        "cluster": st.sampled_from(["C", "C", "C", "D"]),
        "name": st.sampled_from(["n1", "n1", "n2"]),
        "id": st.integers(0, 2),
        "addr": st.sampled_from(["h1:1", "h2:1", "h3:1"]),
        "ha": st.sampled_from(["ha1", "ha2"]),
        "acting": st.sampled_from([None, "false", "true"]),
        "zone": st.sampled_from(["", "", "z"]),
        "counter": st.integers(1, 3),
        "timestamp": st.sampled_from([None, None, 1, 2]),
        "state": st.sampled_from([0, 0, 0, 1]),
        "mapping_timestamp": st.sampled_from([None, 1, 2]),
        "topics": st.dictionaries(st.sampled_from(TOPICS), st.sampled_from([2, 4, 6])),
        "attributes": st.sampled_from([{}, {"+message.type": "NORMAL"}]),
        "filters": st.sampled_from([[], [], ["f1"], ["f]2"]]),
        "mapping": st.sampled_from([0, 0, 0, 0, 1, 2]),
        "second_version": st.sampled_from([False, False, False, True]),
        "crc_error": st.sampled_from([0, 0, 0, 0, 1]),
        "version": st.sampled_from([513, 513, 407]),
        "channel": st.integers(1, 3),
        "full": st.sampled_from([None, None, "true", "false"]),
    }
)
first_registrations = registrations.map(
    lambda what: what | {"crc_error": 0, "topics": {"a": 6, "b": 4} | what["topics"], "mapping": 0}
)
"""Those that are accepted, mostly: something to come back to."""

changes = st.fixed_dictionaries(
    {},
    optional={
        "counter": st.integers(1, 4),
        "timestamp": st.sampled_from([None, 1, 2, 3]),
        "mapping_timestamp": st.sampled_from([1, 2, 3]),
        "mapping": st.sampled_from([0, 1, 2]),
        "topics": st.dictionaries(st.sampled_from((*TOPICS, "")), st.sampled_from([4, 6]), min_size=1),
        "channel": st.integers(1, 3),
        "crc_error": st.sampled_from([0, 0, 0, 1]),
    },
)
"""What may be different when a broker registers again."""

steps = st.one_of(
    st.tuples(st.just("register"), registrations),
    *[st.tuples(st.just("again"), changes)] * 6,
    *[st.tuples(st.just("before last"), changes)] * 2,
    st.tuples(st.just("unregister"), st.just({})),
    st.tuples(st.just("close"), st.fixed_dictionaries({"channel": st.integers(1, 3)})),
    st.tuples(st.just("scan"), st.just({})),
    st.tuples(st.just("wait"), st.just({})),
)


@given(
    profile=st.sampled_from(sorted(SERVER_PROFILES)),
    first=st.tuples(st.just("register"), first_registrations),
    rest=st.lists(steps, min_size=2, max_size=14),
)
@settings(max_examples=400, deadline=None)
def test_short_ways_come_to_the_same_as_reading_every_topic(profile: str, first: Step, rest: list[Step]) -> None:
    story = [first, *rest]
    sides = [Side(SERVER_PROFILES[profile], short_ways=short) for short in (True, False)]
    channels = {number: object() for number in range(1, 4)}
    told: list[dict[str, Any]] = []
    for kind, what in story:
        if kind == "register" or (kind in ("again", "before last") and told):
            if kind == "register":
                told.append(what)
            else:
                told.append((told[-1] if kind == "again" else told[max(0, len(told) - 2)]) | {"crc_error": 0} | what)
            frame, channel = register_frame(told[-1]), channels[told[-1]["channel"]]
            answers = [side.ask(channel, frame) for side in sides]
            assert parsed(answers[0]) == parsed(answers[1])
        elif kind == "unregister" and told:
            last = told[-1]
            ext = {"clusterName": last["cluster"], "brokerName": last["name"], "brokerId": str(last["id"])}
            frame = encode_command(RemotingCommand(code=104, opaque=1, ext_fields=ext | {"brokerAddr": last["addr"]}))
            for side in sides:
                side.ask(channels[last["channel"]], frame)
        for side in sides:
            if kind == "close":
                side.manager.channel_destroyed(channels[what["channel"]], None)
            elif kind == "scan":
                side.now_ms += 100_000
                side.manager.scan_not_active_broker(side.now_ms)
            elif kind == "wait":
                side.now_ms += 30_000
            side.manager.run_unregistrations()
        assert sides[0].state() == sides[1].state()
    event(f"hits: {min(sides[0].hits, 5)}")
    assert sides[1].hits == 0


def parsed(answer: bytes | None) -> object:
    """The answer's command."""
    if answer is None:
        return None
    [frame] = FrameDecoder().feed(answer)
    return decode_command(frame)


BASE: dict[str, Any] = {
    "cluster": "C", "name": "n1", "id": 0, "addr": "h1:1", "ha": "ha", "acting": "false", "zone": "", "counter": 1,
    "timestamp": None, "state": 0, "mapping_timestamp": 1, "topics": {"a": 6, "b": 6, "c": 6}, "attributes": {}, "filters": [],
    "mapping": 0, "second_version": False, "crc_error": 0, "version": 513, "channel": 1,
}  # fmt: skip


def hits(*told: dict[str, Any], profile: str = "strict") -> int:
    """How many of these registrations are taken the short way."""
    side = Side(SERVER_PROFILES[profile], short_ways=True)
    for what in told:
        side.ask(what.get("channel", "channel"), register_frame(BASE | what))
    return side.hits


def came_to_the_same(*told: dict[str, Any], profile: str = "strict") -> Tables:
    """The tables after these registrations, the short ways and the long one having led to the same."""
    sides = [Side(SERVER_PROFILES[profile], short_ways=short) for short in (True, False)]
    for what in told:
        answers = [side.ask(what.get("channel", "channel"), register_frame(BASE | what)) for side in sides]
        assert parsed(answers[0]) == parsed(answers[1])
        assert sides[0].state() == sides[1].state()
    return sides[0].manager.tables


def test_the_periodic_registration_of_a_5_x_broker_is_not_parsed() -> None:
    assert hits({}, {"mapping_timestamp": 2}, {"mapping_timestamp": 3}) == 2


def test_nor_is_that_of_a_4_9_broker() -> None:
    old = {"mapping_timestamp": None, "acting": None, "version": 407}
    assert hits(old, old, old, profile="apache-4.9.7") == 2


def test_a_new_version_with_the_same_topics_is_not_parsed() -> None:
    assert hits({}, {"counter": 2}, {"counter": 3}) == 2


def test_of_a_new_version_with_a_changed_or_new_or_deleted_topic_only_that_one_is_read() -> None:
    changed, added = {"a": 6, "b": 4, "c": 6}, {"a": 6, "b": 4, "c": 6, "d": 6}
    told = ({"counter": 2, "topics": changed}, {"counter": 3, "topics": added}, {"counter": 4, "topics": changed})
    assert hits({}, *told) == 3


@pytest.mark.parametrize(("profile", "short"), [("strict", 1), ("apache-5.5.0", 0), ("apache-4.9.7", 0)])
def test_of_a_repeated_version_with_other_topics_only_strict_reads_just_those(profile: str, short: int) -> None:
    told = ({}, {"topics": {"a": 6, "b": 4, "c": 6}})
    assert hits(*told, profile=profile) == short
    assert came_to_the_same(*told, profile=profile).topic_queue["b"]["n1"].perm == (4 if short else 6)


@pytest.mark.parametrize(("profile", "epoch"), [("strict", 1), ("apache-5.5.0", 2)])
def test_a_body_with_mappings_is_read_in_full_and_strict_puts_them_again(profile: str, epoch: int) -> None:
    told = ({"mapping": 1}, {"name": "n2", "addr": "h2:1", "mapping": 2}, {"mapping": 1})
    assert hits(*told, profile=profile) == 0
    assert came_to_the_same(*told, profile=profile).mapping["s"]["n1"].epoch == epoch


def test_a_full_body_that_leaves_a_topic_out_goes_the_full_way_and_removes_it() -> None:
    told = ({"full": "true"}, {"full": "true"}, {"full": "true", "counter": 2, "topics": {"a": 6}})
    assert hits(*told) == 1
    assert set(came_to_the_same(*told).topic_queue) == {"a"}
    assert "c" in came_to_the_same(*told, profile="apache-5.5.0").topic_queue


def test_strict_refuses_the_mapping_of_another_name_which_would_be_overlooked_in_a_full_body() -> None:
    told = ({"full": "true"}, {"name": "n2", "addr": "h2:1", "mapping": 1}, {"full": "true", "counter": 2})
    assert hits(*told) == 1
    assert came_to_the_same(*told).mapping == {}


@pytest.mark.parametrize("profile", sorted(SERVER_PROFILES))
def test_of_two_topic_tables_in_a_body_the_second_counts_however_well_the_first_is_known(profile: str) -> None:
    sides = [Side(SERVER_PROFILES[profile], short_ways=short) for short in (True, False)]
    for counter, perm in ((1, 6), (2, 4)):
        frame = register_frame(BASE | {"counter": counter, "topics": {"a": perm, "b": 6}, "second_table": ("c", "d")})
        for side in sides:
            side.ask("channel", frame)
        assert sides[0].state() == sides[1].state()
    assert set(sides[0].manager.tables.topic_queue) == {"c", "d"}


def test_strict_refuses_a_topic_without_a_name_however_well_the_others_are_known() -> None:
    told = ({}, {"counter": 2, "topics": {"": 6, "a": 6, "b": 6, "c": 6}})
    assert hits(*told) == 0
    assert "" not in came_to_the_same(*told).topic_queue
    assert hits(*told, profile="apache-5.5.0") == 1


@pytest.mark.parametrize("counter", [1, 2])
@pytest.mark.parametrize("channel", ["channel", "another"])
def test_an_older_version_goes_the_full_way_however_well_its_topics_are_known(counter: int, channel: str) -> None:
    told = ({"counter": 2, "timestamp": 3}, {"counter": counter, "timestamp": 2, "channel": channel})
    assert hits(*told) == 0
    is_refused = channel == "another"
    stored = (0, 3, 2) if is_refused else (0, 2, counter)
    assert [info.version for info in came_to_the_same(*told).live.values()] == [stored]


def test_a_wrong_checksum_is_not_overlooked() -> None:
    side = Side(SERVER_PROFILES["strict"], short_ways=True)
    side.ask("channel", register_frame(BASE))
    for what in ({"mapping_timestamp": 2}, {"counter": 2}, {"counter": 2, "topics": {"a": 6, "b": 4, "c": 6}}):
        answer = parsed(side.ask("channel", register_frame(BASE | what | {"crc_error": 1})))
        assert isinstance(answer, RemotingCommand)
        assert answer.remark == "crc32 not match"
    assert side.hits == 0


def test_what_anybody_else_did_to_the_name_makes_a_registration_be_read_again() -> None:
    slave = {"id": 1, "addr": "h2:1"}
    assert hits({}, slave, {}) == 0
    assert hits({}, slave, {}, {}, slave) == 2


def test_a_second_version_in_the_body_keeps_a_new_first_one_from_being_believed() -> None:
    assert hits({"second_version": True}, {"second_version": True, "counter": 3}) == 0


def test_a_topic_named_like_the_ignored_field_is_not_ignored() -> None:
    first = {"topics": {"mappingDataVersion": 6, "x": 6}, "mapping_timestamp": None}
    side, plain = (Side(SERVER_PROFILES["apache-5.5.0"], short_ways=short) for short in (True, False))
    for what in (first, first | {"counter": 2, "topics": {"mappingDataVersion": 4, "x": 6}}):
        for one in (side, plain):
            one.ask("channel", register_frame(BASE | what))
        assert side.state() == plain.state()
    assert side.manager.tables.topic_queue["mappingDataVersion"]["n1"].perm == 4


@given(story=st.lists(st.fixed_dictionaries({"mapping_timestamp": st.integers(0, 1 << 50)}), max_size=6))
def test_a_broker_alone_is_read_in_full_once(story: list[dict[str, Any]]) -> None:
    """Guards against a condition that never holds."""
    assert hits({}, *story, profile="apache-5.5.0") == len(story)
