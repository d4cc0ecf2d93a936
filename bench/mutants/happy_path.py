"""What a smoke test does, to compare with: six requests, each with the answer that everybody would look for.

A broker registers, asks for its version, is looked up in a route, in the cluster info and in the list of topics, and unregisters.
"""

import time
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from rpds import HashTrieMap

from namesrv.check.peer import Peer
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig
from namesrv.remoting.answer_body import decode_cluster_info, decode_topic_list, decode_topic_route_data
from namesrv.remoting.body import encode_data_version, encode_register_broker_body
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand, encode_command, request

TIMEOUT_S: Final = 5.0
CLUSTER, BROKER, ADDR, TOPICS = "HappyCluster", "happy-broker", "10.0.0.1:10911", ("HappyTopic", "OtherTopic")
VERSION: Final = DataVersion(timestamp=1, counter=1)
PLACE: Final = {"clusterName": CLUSTER, "brokerName": BROKER, "brokerAddr": ADDR, "brokerId": "0"}


def walk(host: str, port: int) -> str | None:
    """What was not as expected, or `None`. Raises `Undecided`."""
    peer = Peer(host, port, timeout_s=TIMEOUT_S)
    try:
        return _walk(peer)
    finally:
        peer.close()


def _walk(peer: Peer) -> str | None:
    body = encode_register_broker_body(
        RegisterBrokerBody(
            topic_config_table=HashTrieMap({topic: TopicConfig(topic_name=topic) for topic in TOPICS}),
            data_version=VERSION,
        )
    )
    registration = {
        **PLACE,
        "haServerAddr": "10.0.0.1:10912",
        "compressed": "false",
        "bodyCrc32": str(zlib.crc32(body) & 0x7FFFFFFF),
        "enableActingMaster": "false",
    }
    rows: tuple[tuple[RequestCode, Mapping[str, str], bytes | None, Callable[[RemotingCommand], bool]], ...] = (
        (RequestCode.REGISTER_BROKER, registration, body, _is_success),
        (RequestCode.QUERY_DATA_VERSION, PLACE, encode_data_version(VERSION), _is_unchanged),
        (RequestCode.GET_ROUTEINFO_BY_TOPIC, {"topic": TOPICS[0]}, None, _is_the_route),
        (RequestCode.GET_BROKER_CLUSTER_INFO, {}, None, _has_the_broker),
        (RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, {}, None, _has_the_topics),
        (RequestCode.UNREGISTER_BROKER, PLACE, None, _is_success),
    )
    for code, fields, sent, is_good in rows:
        opaque = peer.next_opaque()
        peer.send(encode_command(request(code, opaque=opaque, ext_fields=fields, body=sent)))
        answer = peer.answer(opaque, time.monotonic() + TIMEOUT_S)
        if answer is None or not (_is_success(answer) and is_good(answer)):
            return f"{code.name}: got {answer}"
    return None


def _is_success(answer: RemotingCommand) -> bool:
    return answer.code == ResponseCode.SUCCESS


def _is_unchanged(answer: RemotingCommand) -> bool:
    return answer.ext("changed") == "false"


def _has_the_topics(answer: RemotingCommand) -> bool:
    return set(TOPICS) <= decode_topic_list(answer.body or b"{}").topic_list


def _is_the_route(answer: RemotingCommand) -> bool:
    route = decode_topic_route_data(answer.body or b"{}")
    brokers = {(data.broker_name, dict(data.broker_addrs).get(0)) for data in route.broker_datas}
    queues = {(data.broker_name, data.read_queue_nums, data.write_queue_nums, data.perm) for data in route.queue_datas}
    return brokers == {(BROKER, ADDR)} and queues == {(BROKER, 16, 16, 6)}


def _has_the_broker(answer: RemotingCommand) -> bool:
    info = decode_cluster_info(answer.body or b"{}")
    data = info.broker_addr_table.get(BROKER)
    names = info.cluster_addr_table.get(CLUSTER)
    return data is not None and data.broker_addrs.get(0) == ADDR and names is not None and BROKER in names
