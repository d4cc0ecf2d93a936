"""What is read back from a frame is what the release would read in it."""

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from namesrv.check import strategies
from namesrv.check.recorded.request import NotUnderstood, read_request
from namesrv.check.steps import Header, Style
from namesrv.check.strategies import Part, without
from namesrv.check.wire import Prefix, encode, model_request
from namesrv.model.events import (
    DeleteTopicInNamesrv,
    QueryDataVersion,
    RegisterBroker,
    Request,
    UnknownRequest,
    UpdateNamesrvConfig,
)
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_3_3, APACHE_5_4_0, APACHE_5_5_0, STRICT, Profile
from namesrv.model.values import DataVersion, RegisterBrokerBody, table
from namesrv.remoting.command import RemotingCommand, decode_command, encode_command, request
from namesrv.remoting.frame import FrameDecoder

profiles = st.sampled_from((STRICT, APACHE_5_5_0, APACHE_5_4_0, APACHE_4_9_7))
lacking = st.builds(without, strategies.register_brokers, st.sampled_from(Part))
requests: st.SearchStrategy[Request] = st.one_of(
    strategies.register_brokers,
    strategies.register_brokers,
    lacking,
    strategies.unregister_brokers,
    strategies.query_data_versions,
    strategies.broker_heartbeats,
    strategies.reads,
    strategies.write_perms,
    strategies.topics_by_hand,
    strategies.kv_requests(own=True),
    strategies.unknown_requests,
)


def read_back(data: bytes, profile: Profile) -> Request:
    (frame,) = FrameDecoder().feed(data)
    return read_request(decode_command(frame), profile)


def as_asked(asked: Request, style: Style, profile: Profile) -> Request:
    """What the release reads: a code that it does not know is only a number to it."""
    expected = model_request(asked, style, profile)
    code = _command(asked, style).code
    known = {217: profile.register_topic, 901: profile.member_group, 904: profile.broker_heartbeat}
    return expected if known.get(code, True) else UnknownRequest(code=code)


def _command(asked: Request, style: Style) -> RemotingCommand:
    (frame,) = FrameDecoder().feed(encode(Prefix(""), asked, style, opaque=1, oneway=False))
    return decode_command(frame)


@settings(max_examples=80, deadline=None)
@given(requests, strategies.styles, profiles)
@example(DeleteTopicInNamesrv(topic="t1", cluster_name=""), Style(header=Header.ROCKETMQ), STRICT)
def test_every_request_is_read_back_as_its_release_reads_it(asked: Request, style: Style, profile: Profile) -> None:
    try:
        got = read_back(encode(Prefix(""), asked, style, opaque=1, oneway=False), profile)
    except NotUnderstood:
        # The one thing that only the NameServer knows: its own time, where a broker sent a version of null.
        assert isinstance(asked, RegisterBroker) and asked.body is not None and asked.body.data_version is None
        return
    expected = as_asked(asked, style, profile)
    if isinstance(expected, RegisterBroker) and expected.body_error is not None:
        # Why a body can't be read is the runner's to know where it wrote none.
        assert isinstance(got, RegisterBroker) and got.body is None and got.body_error is not None
        expected = attrs.evolve(expected, body_error=got.body_error)
    if isinstance(expected, QueryDataVersion) and expected.body_error is not None:
        assert isinstance(got, QueryDataVersion)  # what can't be read is not there
        expected = attrs.evolve(expected, data_version=None, has_body=got.has_body)
    if isinstance(expected, UpdateNamesrvConfig) and not expected.readable:
        expected = attrs.evolve(expected, properties=None)  # nobody can say what is in it
    assert got == (expected if profile.state_version else as_4_9_reads(expected))


def as_4_9_reads(request: Request) -> Request:
    """It knows no stateVersion and no mappings."""
    match request:
        case RegisterBroker(body=RegisterBrokerBody(data_version=version) as body):
            stripped = attrs.evolve(body, data_version=_stripped(version), topic_queue_mapping_info_map=table({}))
            return attrs.evolve(request, body=stripped)
        case QueryDataVersion():
            return attrs.evolve(request, data_version=_stripped(request.data_version))
        case _:
            return request


def _stripped(version: DataVersion | None) -> DataVersion | None:
    return None if version is None else attrs.evolve(version, state_version=0)


def test_a_counter_beyond_an_int_can_not_be_read_by_5_4_0_only() -> None:
    body = RegisterBroker(cluster_name="C", broker_addr="h:1", broker_name="a", broker_id=0)
    assert body.body is not None
    large = attrs.evolve(body, body=attrs.evolve(body.body, data_version=DataVersion(timestamp=1, counter=1 << 31)))
    data = encode(Prefix(""), large, Style(), opaque=1, oneway=False)
    assert read_back(data, APACHE_5_5_0) == large
    assert read_back(data, APACHE_5_4_0) == attrs.evolve(large, body=None, body_error="RemotingCommandException")


def test_a_wrong_checksum_is_noticed() -> None:
    asked = RegisterBroker(cluster_name="C", broker_addr="h:1", broker_name="a", broker_id=0)
    (frame,) = FrameDecoder().feed(encode(Prefix(""), asked, Style(), opaque=1, oneway=False))
    command = decode_command(frame)
    fields = {**(command.ext_fields or {}), "bodyCrc32": "1"}
    got = read_back(encode_command(attrs.evolve(command, ext_fields=fields)), APACHE_5_5_0)
    assert got == attrs.evolve(asked, crc32_matches=False)


def test_what_only_the_nameserver_knows_is_not_understood() -> None:
    body = b'{"topicConfigSerializeWrapper":{"topicConfigTable":{}}}'
    with pytest.raises(NotUnderstood) as raised:
        read_request(request(103, opaque=1, ext_fields={"brokerId": "0"}, body=body), APACHE_5_5_0)
    assert raised.value.changes


@pytest.mark.parametrize(
    ("profile", "error"), [(APACHE_5_3_3, "NullPointerException"), (APACHE_5_5_0, "RemotingCommandException")]
)
def test_a_body_that_is_no_utf_8_is_null_to_fastjson_1(profile: Profile, error: str) -> None:
    got = read_request(request(103, opaque=1, ext_fields={"brokerId": "0"}, body=b"\xff\xfe"), profile)
    assert isinstance(got, RegisterBroker)
    assert (got.body, got.body_error) == (None, error)
