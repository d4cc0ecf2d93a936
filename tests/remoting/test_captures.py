"""Frames of real peers: read, written again, and built anew from typed values."""

import json
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from namesrv.model.values import DataVersion
from namesrv.remoting.answer_body import (
    decode_broker_member_group,
    decode_cluster_info,
    decode_kv_table,
    decode_topic_list,
    decode_topic_route_data,
    encode_broker_member_group,
    encode_cluster_info,
    encode_kv_table,
    encode_topic_list,
    encode_topic_route_data,
)
from namesrv.remoting.body import (
    decode_data_version,
    decode_register_broker_body,
    encode_data_version,
    encode_register_broker_body,
)
from namesrv.remoting.codes import RequestCode, SerializeType
from namesrv.remoting.command import RemotingCommand, encode_command, request
from namesrv.remoting.compressed import crc32, decode_compressed, encode_compressed
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import loads
from namesrv.remoting.headers import (
    BrokerRequestHeader,
    GetBrokerMemberGroupRequestHeader,
    KVConfigRequestHeader,
    RegisterBrokerRequestHeader,
    RegisterBrokerResponseHeader,
    TopicRequestHeader,
    WipeWritePermOfBrokerResponseHeader,
    WritePermOfBrokerRequestHeader,
    read,
    write,
)
from namesrv.remoting.version import MQVersion
from tests.remoting.captured import FRAMES, SCENARIOS, body_of, captured, commands


def test_there_are_frames_of_every_kind_of_peer() -> None:
    assert len(SCENARIOS) == 38
    assert len(FRAMES) == 87
    assert {name.split("-")[0] for name in SCENARIOS} == {"b494", "b497", "b550", "client", "mqadmin"}


@pytest.mark.parametrize(("name", "index"), FRAMES)
def test_a_frame_of_a_real_peer_encodes_back_to_the_same_bytes(name: str, index: int) -> None:
    assert encode_command(commands(name)[index]) == captured(name)[index]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_captured_header_decodes_to_what_its_text_says(name: str) -> None:
    for raw, command in zip(captured(name), commands(name), strict=True):
        if command.serialize_type == SerializeType.JSON:
            length = int.from_bytes(raw[5:8])
            fields = json.loads(raw[8 : 8 + length])
            assert (command.code, command.opaque, command.flag, command.version, command.language) == tuple(
                fields[key] for key in ("code", "opaque", "flag", "version", "language")
            )
            assert command.ext_fields == fields.get("extFields")
            assert command.remark == fields.get("remark")


def test_the_cpp_client_writes_a_newline_and_no_serialize_type() -> None:
    command = commands("client-cpp-route")[0]
    assert (command.language, command.version, command.trailing) == ("CPP", 63, b"\n")
    assert command.keys is not None
    assert "serializeTypeCurrentRPC" not in command.keys
    assert command.ext("OnsChannel") == "ALIYUN"


def test_a_go_header_keeps_its_order_of_keys_and_its_empty_remark() -> None:
    command = commands("client-go-route")[0]
    assert command.keys == ("code", "language", "version", "opaque", "flag", "remark", "extFields")
    assert command.remark == ""


def test_a_oneway_registration_wants_no_answer() -> None:
    (command,) = commands("b494-register-oneway")
    assert command.is_oneway
    assert not command.is_response


@pytest.mark.parametrize("name", [name for name in SCENARIOS if "register" in name])
def test_a_registration_carries_the_crc32_of_its_body_as_sent(name: str) -> None:
    for command in commands(name):
        if command.code == RequestCode.REGISTER_BROKER and not command.is_response:
            header = read(RegisterBrokerRequestHeader, command.ext_fields)
            assert header.body_crc32 == crc32(command.body)


# Built anew -------------------------------------------------------------------------------------------------------


def without_order(command: RemotingCommand) -> dict[str, Any]:
    """A command up to the order of extFields and of the body's keys, and the crc32 that follows from the latter."""
    fields = attrs.asdict(command, recurse=False, filter=lambda field, _: field.name not in ("keys", "body"))
    if command.ext_fields is not None:
        fields["ext_fields"] = {key: value for key, value in command.ext_fields.items() if key != "bodyCrc32"}
    fields["body"] = None if command.body is None else loads(command.body)
    return fields


PLAIN_REGISTRATIONS = (
    ("b550-register", True),
    ("b550-register-incremental", True),
    ("b550-register-static-topic", True),
    ("b550-acting-master-register", True),
    ("b550-acting-slave-register", True),
    ("b550-register-binary", True),
    ("b497-register", False),
    ("b494-register", False),
    ("b494-register-perm-masked", False),
    ("b494-register-oneway", False),
    ("b494-register-binary", False),
)


@pytest.mark.parametrize(("name", "release_5"), PLAIN_REGISTRATIONS)
def test_a_registration_built_from_typed_values_equals_the_brokers_up_to_order(name: str, release_5: bool) -> None:
    real = commands(name)[0]
    assert real.body is not None
    body = decode_register_broker_body(real.body)
    header = read(RegisterBrokerRequestHeader, real.ext_fields)
    mapping_version = loads(real.body)["topicConfigSerializeWrapper"].get("mappingDataVersion")
    if mapping_version is not None:
        # NameServers don't look at it, so it is no part of the value.
        mapping_version = DataVersion(timestamp=mapping_version["timestamp"], counter=mapping_version["counter"])
    encoded = encode_register_broker_body(body, release_5=release_5, mapping_data_version=mapping_version)
    built = request(
        RequestCode.REGISTER_BROKER,
        opaque=real.opaque,
        ext_fields=write(attrs.evolve(header, body_crc32=crc32(encoded))),
        body=encoded,
        oneway=real.is_oneway,
        version=MQVersion.V5_5_0 if release_5 else real.version,
        serialize_type=real.serialize_type,
    )
    assert without_order(built) == without_order(real)
    if real.serialize_type == SerializeType.JSON:
        header_keys = json.loads(encode_command(built)[8 : 8 + int.from_bytes(encode_command(built)[5:8])])
        assert tuple(header_keys) == real.keys


def test_a_broker_4_9_4_compresses_as_we_read_and_write_it() -> None:
    real = commands("b494-register-compressed")[0]
    assert real.body is not None
    body = decode_compressed(real.body, mappings=False)
    assert body.topic_config_table is not None
    assert "TBW102" in body.topic_config_table
    again = encode_compressed(body, release_5=False)
    assert decode_compressed(again, mappings=False) == body


def test_a_broker_5_5_0_compresses_with_attributes_and_a_count_of_mappings() -> None:
    real = commands("b550-register-compressed-broken")[0]
    assert real.body is not None
    assert read(RegisterBrokerRequestHeader, real.ext_fields).compressed is False
    with pytest.raises(BodyError, match="RegisterBrokerBody at character 0: expected JSON"):
        decode_register_broker_body(real.body)
    body = decode_compressed(real.body, mappings=True)
    assert body.topic_config_table is not None
    assert len(body.topic_config_table) == 15
    with pytest.raises(BodyError, match="expected NAME READ WRITE PERM FILTER"):
        decode_compressed(real.body, mappings=False, attributes=False)


def test_a_static_topic_comes_with_integer_keys_that_no_json_library_reads() -> None:
    raw = body_of("b550-register-static-topic", 0)
    with pytest.raises(ValueError, match="Expecting property name"):
        json.loads(raw)
    (info,) = decode_register_broker_body(raw).topic_queue_mapping_info_map.values()
    assert info.curr_id_map is not None
    assert dict(info.curr_id_map) == {queue: queue for queue in range(8)}


def test_a_split_registration_has_one_data_version_in_all_of_its_parts() -> None:
    bodies = [decode_register_broker_body(c.body) for c in commands("b550-split-register") if c.body is not None]
    assert len(bodies) == 3
    assert len({body.data_version for body in bodies}) == 1
    names: set[str] = set()
    for body in bodies:
        assert body.topic_config_table is not None
        names |= set(body.topic_config_table)
    assert len(names) == sum(len(body.topic_config_table or ()) for body in bodies)


# Answers ----------------------------------------------------------------------------------------------------------


def test_a_slaves_answer_names_its_master() -> None:
    header = read(RegisterBrokerResponseHeader, commands("b550-acting-slave-register")[1].ext_fields)
    assert header.master_addr
    assert header.ha_server_addr


@pytest.mark.parametrize(
    ("name", "index", "quoted"),
    [
        ("client-java550-route", 1, True),
        ("client-go-route", 3, False),
        ("client-cpp-route", 3, False),
        ("client-js-route", 3, False),
        ("b550-acting-member-route", 1, True),
    ],
)
def test_a_captured_route_is_written_again_byte_for_byte(name: str, index: int, quoted: bool) -> None:
    raw = body_of(name, index)
    assert encode_topic_route_data(decode_topic_route_data(raw), quoted=quoted) == raw


def test_a_captured_cluster_info_is_written_again_byte_for_byte() -> None:
    raw = body_of("b550-cluster-info", 1)
    assert encode_cluster_info(decode_cluster_info(raw)) == raw


def test_a_captured_topic_list_holds_the_same_topics_when_written_again() -> None:
    raw = body_of("mqadmin-get-all-topic-list", 1)
    topics = decode_topic_list(raw)
    assert "TBW102" in topics.topic_list
    assert sorted(json.loads(encode_topic_list(topics))["topicList"]) == sorted(json.loads(raw)["topicList"])


def test_captured_order_topic_keys_are_written_again_byte_for_byte() -> None:
    raw = body_of("b550-register-static-topic", 1)
    keys = decode_kv_table(raw)
    assert keys.table
    assert encode_kv_table(keys) == raw


def test_a_captured_member_group_is_written_again_byte_for_byte() -> None:
    raw = body_of("b550-get-broker-member-group", 1)
    group = decode_broker_member_group(raw)
    assert group is not None
    assert encode_broker_member_group(group) == raw


def test_a_topic_registered_alone_is_a_route_without_brokers() -> None:
    route = decode_topic_route_data(body_of("b550-register-topic-in-namesrv", 0))
    assert not route.broker_datas
    assert len(route.queue_datas) == 1


@pytest.mark.parametrize(
    ("name", "index", "state_version"),
    [
        ("b550-query-data-version", 0, True),
        ("b550-query-data-version", 1, True),
        ("b494-query-data-version", 0, False),
        ("b494-query-data-version", 1, False),
        ("b550-acting-oneway-query-data-version", 0, True),
    ],
)
def test_a_captured_data_version_is_written_again_byte_for_byte(name: str, index: int, state_version: bool) -> None:
    raw = body_of(name, index)
    version = decode_data_version(raw)
    assert version is not None
    assert encode_data_version(version, state_version=state_version) == raw


@pytest.mark.parametrize(
    ("name", "index", "kind"),
    [
        ("b550-register", 0, RegisterBrokerRequestHeader),
        ("b550-acting-master-register", 0, RegisterBrokerRequestHeader),
        ("b494-register", 0, RegisterBrokerRequestHeader),
        ("b550-acting-slave-register", 1, RegisterBrokerResponseHeader),
        ("b550-unregister", 0, BrokerRequestHeader),
        ("b494-unregister", 0, BrokerRequestHeader),
        ("b550-query-data-version", 0, BrokerRequestHeader),
        ("b550-broker-heartbeat", 0, BrokerRequestHeader),
        ("b550-get-broker-member-group", 0, GetBrokerMemberGroupRequestHeader),
        ("b550-register-topic-in-namesrv", 0, TopicRequestHeader),
        ("mqadmin-delete-topic-in-namesrv", 0, TopicRequestHeader),
        ("mqadmin-wipe-write-perm", 0, WritePermOfBrokerRequestHeader),
        ("mqadmin-wipe-write-perm", 1, WipeWritePermOfBrokerResponseHeader),
        ("mqadmin-add-write-perm", 0, WritePermOfBrokerRequestHeader),
        ("mqadmin-put-kv-config", 0, KVConfigRequestHeader),
        ("mqadmin-get-kv-config", 0, KVConfigRequestHeader),
        ("mqadmin-delete-kv-config", 0, KVConfigRequestHeader),
    ],
)
def test_a_captured_custom_header_loses_nothing_when_read_and_written(
    name: str, index: int, kind: type[attrs.AttrsInstance]
) -> None:
    ext_fields: Mapping[str, str] | None = commands(name)[index].ext_fields
    assert ext_fields
    assert write(read(kind, ext_fields)) == ext_fields
