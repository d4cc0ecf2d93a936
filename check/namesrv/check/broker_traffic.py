"""What a broker said to its NameServers, from recordings of all of them, in the broker model's terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from namesrv.check.findings import Undecided
from namesrv.check.recording import Closed, FrameSeen, Opened, Recording, Side
from namesrv.model.broker_events import BrokerRequest, Call, NameServerIndex, ReceivedAnswer, RegisterTopic
from namesrv.model.events import BrokerHeartbeat, QueryDataVersion, RegisterBroker, UnregisterBroker
from namesrv.remoting import requests
from namesrv.remoting.answer_body import decode_topic_route_data
from namesrv.remoting.body import decode_data_version, decode_register_broker_body
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand, decode_command
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.frame import FrameDecoder
from namesrv.remoting.headers import (
    BrokerHeartbeatRequestHeader,
    BrokerRequestHeader,
    RegisterBrokerRequestHeader,
    read,
)

NS_A_MS: Final = 1_000_000
NOT_REGISTRATION: Final = (
    RequestCode.GET_BROKER_CLUSTER_INFO,
    RequestCode.GET_BROKER_MEMBER_GROUP,
    RequestCode.GET_ROUTEINFO_BY_TOPIC,
)
"""What brokers ask besides, for other reasons than to be known."""


Key = tuple[int, int, int]
"""What makes an answer the answer to a request: the recording, the connection, the opaque."""


@attrs.frozen(kw_only=True)
class Connected:
    """There is a connection to the NameServer."""

    at_ms: int
    name_server: NameServerIndex


@attrs.frozen(kw_only=True)
class Disconnected:
    """There is none any more."""

    at_ms: int
    name_server: NameServerIndex


@attrs.frozen(kw_only=True)
class Said:
    """A request of the broker's. `key`: which answer is its answer; `None` for a one-way one."""

    at_ms: int
    name_server: NameServerIndex
    request: BrokerRequest
    key: Key | None


@attrs.frozen(kw_only=True)
class Answered:
    """What a NameServer answered; `outcome` is of call 0, whichever it may be in the model."""

    at_ms: int
    name_server: NameServerIndex
    key: Key
    outcome: ReceivedAnswer


Observation = Connected | Disconnected | Said | Answered


def as_request(command: RemotingCommand) -> BrokerRequest:
    """A request from the wire. Raises `RemotingError`."""
    ext, body = command.ext_fields, command.body or b""
    match command.code:
        case RequestCode.REGISTER_BROKER:
            header = read(RegisterBrokerRequestHeader, ext)
            return RegisterBroker(
                cluster_name=header.cluster_name,
                broker_addr=header.broker_addr,
                broker_name=header.broker_name,
                broker_id=header.broker_id,
                ha_server_addr=header.ha_server_addr,
                heartbeat_timeout_ms=header.heartbeat_timeout_ms,
                enable_acting_master=header.enable_acting_master,
                full_body=header.full_body,
                body=decode_register_broker_body(body),
            )
        case RequestCode.UNREGISTER_BROKER:
            return UnregisterBroker(**attrs.asdict(read(BrokerRequestHeader, ext)))
        case RequestCode.QUERY_DATA_VERSION:
            names = attrs.asdict(read(BrokerRequestHeader, ext))
            return QueryDataVersion(**names, data_version=decode_data_version(body))
        case RequestCode.BROKER_HEARTBEAT:
            beat = read(BrokerHeartbeatRequestHeader, ext)
            return BrokerHeartbeat(
                cluster_name=beat.cluster_name, broker_addr=beat.broker_addr, broker_name=beat.broker_name
            )
        case _:
            [queues] = decode_topic_route_data(body).queue_datas
            return RegisterTopic(topic=command.ext("topic") or "", queue_data=queues)


def as_outcome(request: BrokerRequest, answer: RemotingCommand) -> ReceivedAnswer:
    """An answer from the wire; of call 0."""
    outcome = ReceivedAnswer(call=Call(0), code=answer.code)
    if answer.code != ResponseCode.SUCCESS:
        return outcome
    try:
        if isinstance(request, QueryDataVersion):
            asked = requests.query_data_version_result(answer)
            return attrs.evolve(
                outcome, has_body=asked.has_body, changed=asked.changed, data_version=asked.data_version
            )
        if isinstance(request, RegisterBroker):
            result = requests.register_broker_result(answer)
            return attrs.evolve(
                outcome,
                ha_server_addr=result.ha_server_addr,
                master_addr=result.master_addr,
                kv_table=result.kv_table,
            )
    except RemotingError:
        return attrs.evolve(outcome, body_error=True)
    return outcome


def observations(recordings: Iterable[Recording], began_ms: int) -> list[Observation]:
    """One recording of each NameServer, all begun at `began_ms` (epoch). Raises `Undecided`.

    NameServers get the numbers of the broker's own list, which it has shuffled (`NettyRemotingClient`, 4.9.7 and 5.5.0, method
    `updateNameServerAddressList`). All that depends on its order is in which order it says goodbye, so that tells it.
    """
    merged = [each for index, recording in enumerate(recordings) for each in _of_one(index, recording, began_ms)]
    merged.sort(key=lambda each: each.at_ms)
    left = [
        each.name_server for each in merged if isinstance(each, Said) and isinstance(each.request, UnregisterBroker)
    ]
    order = list(dict.fromkeys([*left, *(each.name_server for each in merged)]))
    number = {name_server: NameServerIndex(place) for place, name_server in enumerate(order)}
    return [attrs.evolve(each, name_server=number[each.name_server]) for each in merged]


def _of_one(index: int, recording: Recording, began_ms: int) -> Iterator[Observation]:
    name_server, open_connections = NameServerIndex(index), set[int]()
    asked: dict[Key, BrokerRequest] = {}
    if recording.left_out_lines:
        raise Undecided(
            f"recording {index}: {recording.left_out_lines} lines can't be used, the first: {recording.left_out[0]}"
        )
    for event in recording.events:
        at_ms = began_ms + event.at // NS_A_MS
        if isinstance(event, Opened):
            open_connections.add(event.connection)
            yield Connected(at_ms=at_ms, name_server=name_server)
        elif isinstance(event, Closed) and event.connection in open_connections:
            open_connections.remove(event.connection)
            if not open_connections:
                yield Disconnected(at_ms=at_ms, name_server=name_server)
        elif isinstance(event, FrameSeen):
            command = decode_command(FrameDecoder().feed(event.data)[0])
            key = (index, event.connection, command.opaque)
            if event.sender is Side.CLIENT and command.code not in NOT_REGISTRATION:
                try:
                    request = as_request(command)
                except RemotingError as error:
                    raise Undecided(f"recording {index} at {at_ms}: {error}") from error
                if not command.is_oneway:
                    asked[key] = request
                yield Said(
                    at_ms=at_ms, name_server=name_server, request=request, key=None if command.is_oneway else key
                )
            elif event.sender is Side.SERVER and key in asked:
                outcome = as_outcome(asked.pop(key), command)
                yield Answered(at_ms=at_ms, name_server=name_server, key=key, outcome=outcome)
