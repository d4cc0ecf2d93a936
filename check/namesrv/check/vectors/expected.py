"""A model's answer as a vector expects it: on the wire's side, as JSON."""

from typing import Any

from namesrv.model.events import Answer, AnswerBody
from namesrv.model.profiles import Profile
from namesrv.model.values import BrokerMemberGroup, ClusterInfo, DataVersion, KVTable, TopicList, TopicRouteData
from namesrv.remoting.answer_body import (
    encode_broker_member_group,
    encode_cluster_info,
    encode_kv_table,
    encode_topic_list,
    encode_topic_route_data,
)
from namesrv.remoting.body import encode_data_version
from namesrv.remoting.fastjson import loads

OF_ALL = ClusterInfo | TopicList | KVTable
"""Bodies that tell of everybody's: only what is the sequence's own counts."""


def expected_answer(answer: Answer, profile: Profile, prefix: str) -> dict[str, Any]:
    """Code, remark (`None`: not compared), ext fields and body; with `own` where only the prefix's own counts."""
    expected: dict[str, Any] = {
        "code": answer.code,
        "remark": None if answer.exception is not None else answer.remark or "",
        "extFields": {key: value for key, value in sorted((answer.ext_fields or {}).items()) if value},
        "body": None,
    }
    if answer.body is None:
        return expected
    body = loads(_written(answer.body, profile))
    if isinstance(answer.body, OF_ALL):
        body.pop("brokerAddr", None)  # of some broker, maybe another sequence's
        expected["own"] = prefix
    expected["body"] = body
    return expected


def _written(body: AnswerBody, profile: Profile) -> bytes:
    release_5 = profile.state_version
    match body:
        case TopicRouteData():
            return encode_topic_route_data(body, quoted=True, release_5=release_5)
        case ClusterInfo():
            return encode_cluster_info(body, release_5=release_5)
        case TopicList():
            return encode_topic_list(body)
        case KVTable():
            return encode_kv_table(body)
        case DataVersion():
            return encode_data_version(body, state_version=release_5)
        case BrokerMemberGroup():
            return encode_broker_member_group(body)
