"""REGISTER_BROKER (103): nulls that all releases read, and what becomes of the topics.

5.x publishes the topics before it looks at their mappings: a null there ends `registerBroker` with an exception that is
swallowed, and what was published until then stays, of a broker that is not live.
"""

from typing import Final

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.odd_bodies import MASTER, MUST, SHOULD, VERSION, odd, read_by_all, sent, text
from namesrv.check.clauses.rules import apache, apache_4, apache_5_1, repaired
from namesrv.check.steps import Send

REGISTER: Final = "RouteInfoManager.registerBroker"
PICKUP: Final = "RouteInfoManager.pickupTopicRouteData"
INFO: Final = (
    '{"topic":"~t1","bname":"~a","totalQueues":1,"scope":"__global__","epoch":0,"dirty":false,"currIdMap":{0:0}}'
)


def mappings(value: str, number: int = 1) -> Send:
    """A registration with this for its table of mappings."""
    return sent(text(VERSION.replace("1", str(number), 1), wrapped=f'"topicQueueMappingInfoMap":{value},'))


CLAUSES: Final[tuple[Clause, ...]] = (
    odd(
        "mappings-null",
        MUST,
        mappings("null"),
        MASTER,
        mappings("null", 2),
        rules=(
            apache_4("A table of mappings is a field that nobody knows.", REGISTER, lambda p: not p.acting_master),
            repaired("A broker whose table of mappings is null is refused.", lambda p: p.atomic_refusal),
            apache("A table of mappings that is null: the topics are published, and the broker is not live.", REGISTER),
        ),
    ),
    odd(
        "mapping-null",
        MUST,
        mappings('{"~t1":null}'),
        rules=(
            apache_4("A mapping is of a field that nobody knows.", REGISTER, lambda p: not p.acting_master),
            repaired("A broker with a mapping that is null is refused.", lambda p: p.atomic_refusal),
            apache("A mapping that is null: the topics are published, and the broker is not live.", REGISTER),
        ),
    ),
    odd(
        "mapping-without-broker-name",
        MUST,
        mappings('{"~t1":' + INFO.replace('"~a"', "null") + "}"),
        rules=(
            apache_4("A mapping is of a field that nobody knows.", REGISTER, lambda p: not p.acting_master),
            repaired("A mapping of another broker name is refused.", lambda p: p.atomic_refusal),
            apache_5_1("A mapping without a broker name is one of the name null.", PICKUP, lambda p: p.json_null_keys),
            apache("A topic that has a mapping without a broker name has no route: SYSTEM_ERROR.", PICKUP),
        ),
    ),
    odd(
        "json-null-filter-server",
        SHOULD,
        sent(text(filters='["f1:1",null]')),
        rules=read_by_all("A filter server may be null, and clients are told so."),
    ),
    odd(
        "json-null-where-nobody-looks",
        SHOULD,
        sent(text(wrapped='"topicQueueMappingDetailMap":{"~t1":null},"mappingDataVersion":null,')),
        rules=read_by_all("What no NameServer uses may be null: details of mappings, and their DataVersion."),
    ),
)
