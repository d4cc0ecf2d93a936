"""REGISTER_TOPIC_IN_NAMESRV (217), of 5.x."""

from typing import Final

import attrs

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4, apache_5_1, apache_5_4
from namesrv.check.clauses.world import (
    H2,
    adds,
    asks,
    broker,
    case,
    close,
    gone,
    one_way,
    over,
    queue,
    route,
    styled,
    version,
)
from namesrv.check.steps import Header, Send
from namesrv.model.profiles import Profile

SOURCE: Final = "RouteInfoManager.registerTopic"
ANSWER: Final = "DefaultRequestProcessor.registerTopicToNamesrv"

DECODE: Final = "RemotingSerializable.decode"

MASTER: Final = broker()
QUEUES: Final = '{"queueDatas":[{"brokerName":"~a","perm":6,"readQueueNums":3,"topicSysFlag":0,"writeQueueNums":2}]}'
"""The queues of `a`, as a body to be bent."""


def queues(field: str, value: str) -> str:
    """Those with another value."""
    return QUEUES.replace(f'"{field}":6', f'"{field}":{value}')


def given(body: str) -> Send:
    """A topic with this body."""
    return styled(adds("t3", queue()), body=body.encode())


def _unknown(profile: Profile) -> bool:
    return not profile.register_topic


NOT_ANSWERED: Final = apache_4(
    "The code is not known, and not answered.", "DefaultRequestProcessor.processRequest", _unknown
)

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="register-topic-in-namesrv/new-topic",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("A topic that is not there gets the queues as given.", SOURCE)),
        steps=case(
            MASTER,
            over(2, broker(H2, name="b")),
            adds("t3", queue(perm=7, flag=3), queue("b", 4, nums=1)),
            route("t3"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/known-topic",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache("Of a topic that is there the given names' queues are replaced, others' stay.", SOURCE),
        ),
        steps=case(MASTER, over(2, broker(H2, name="b")), adds("t1", queue(perm=4)), route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/another-name-joins",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("A topic that is there may get queues of a name that did not have it.", SOURCE)),
        steps=case(
            MASTER,
            over(2, broker(H2, ("t3", "t4"), name="b")),
            adds("t1", queue("b")),
            route("t1"),
            route("t1"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/nobodys-broker",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache("A new topic with a queue of a name that is not there is not registered at all: SUCCESS.", SOURCE),
        ),
        steps=case(MASTER, adds("t3", queue(), queue("nobody"), queue(perm=4)), route("t3"), route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/known-topic-of-nobodys-broker",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache("Of a topic that is there queues are put up to the first of a name that is not there.", SOURCE),
        ),
        steps=case(
            MASTER,
            over(2, broker(H2, name="b")),
            adds("t1", queue(perm=4), queue("nobody"), queue("b", 4)),
            route("t1"),
            route("t1"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/one-name-twice",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("Of several queues of one name the last counts.", SOURCE)),
        steps=case(MASTER, adds("t3", queue(perm=4), queue(perm=6, nums=9)), route("t3"), route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/no-queues",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("Without queues nothing is registered: SUCCESS.", SOURCE)),
        steps=case(
            MASTER,
            adds("t3"),
            adds("t1"),
            attrs.evolve(adds("t3"), queue_datas=None),
            route("t3"),
            route("t1"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/queue-null",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("A queue that is null ends it as one of nobody's does: SUCCESS.", SOURCE)),
        steps=case(
            MASTER,
            adds("t3", None, queue()),
            adds("t1", queue(perm=4), None, queue(perm=2)),
            route("t1"),
            route("t1"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/queue-without-name",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("A queue without brokerName ends it as one of nobody's does: SUCCESS.", SOURCE)),
        steps=case(
            MASTER, adds("t3", queue(None)), adds("t1", queue(perm=4), queue(None)), route("t1"), route("t1"), close(1)
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/topic-missing",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("Without a topic nothing is registered: SUCCESS.", SOURCE)),
        steps=case(MASTER, adds(None, queue()), route("t1"), route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/without-body",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache_5_1(
                "Without a body the answer is a NullPointerException.",
                "RemotingSerializable.decode",
                lambda p: not p.decodes_absent_body,
            ),
            apache("Without a body nothing is registered: SUCCESS.", ANSWER),
        ),
        steps=case(MASTER, attrs.evolve(adds("t3"), queue_datas=None, has_body=False), route("t3"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/before-any-broker",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("Where there is no broker no topic can be registered.", SOURCE)),
        steps=case(adds("t3", queue()), route("t3"), MASTER, route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/version-stays",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache("Its broker's DataVersion does not change, and the same registration leaves the topic.", SOURCE),
        ),
        steps=case(MASTER, adds("t3", queue()), asks(MASTER, version()), MASTER, route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/broker-names-it-too",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache(
                "A broker that registers the topic under another DataVersion replaces what was given by hand.",
                "RouteInfoManager.registerBroker",
            ),
        ),
        steps=case(MASTER, adds("t3", queue()), broker(topics=("t1", "t3"), said=version(2)), route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/goes-with-its-broker",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache(
                "A topic that was added by hand goes with the name that has it.", "RouteInfoManager.unRegisterBroker"
            ),
        ),
        steps=case(
            MASTER,
            over(2, broker(H2, name="b")),
            adds("t3", queue(), queue("b")),
            gone(MASTER),
            over(2, gone(broker(H2, name="b"))),
            route("t1"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/slaves-name",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("A name is there as soon as any broker of it is.", SOURCE)),
        steps=case(over(2, broker(H2, broker_id=1)), adds("t3", queue()), route("t3"), route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/binary-header",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache("The request may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),
        ),
        steps=case(MASTER, styled(adds("t3", queue()), header=Header.ROCKETMQ), route("t3"), route("t1"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/one-way",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache("A one-way request registers, and is not answered.", "NettyRemotingAbstract.processRequestCommand"),
        ),
        steps=case(MASTER, one_way(adds("t3", queue())), asks(MASTER, version()), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/json-null",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("A body that is null, or says nothing of queues, registers nothing.", DECODE)),
        steps=case(
            MASTER,
            *map(given, ("null", '""', "{}", '{"queueDatas":null}', '{"queueDatas":[null]}')),
            route("t3"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/json-of-another-kind",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("A body that is no route is answered SYSTEM_ERROR, and nothing changes.", DECODE)),
        steps=case(
            MASTER,
            *map(given, ("x", "1", "[1]", "{", '{"queueDatas":"x"}', '{"queueDatas":[1]}', queues("perm", '"x"'))),
            given(QUEUES[:-1] + ',"brokerDatas":"x"}'),
            given(QUEUES[:-1] + ',"filterServerTable":[]}'),
            route("t3"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/json-that-all-read",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache("Single quotes, a comma at the end, texts for numbers, one object for an array.", DECODE),
        ),
        steps=case(
            MASTER,
            given(QUEUES.replace('"', "'")),
            given(QUEUES[:-1] + ",}"),
            given(queues("perm", '"4"')),
            given(queues("perm", "null")),
            given(QUEUES.replace("[", "").replace("]", "")),
            route("t3"),
            close(1),
        ),
    ),
    Clause(
        slug="register-topic-in-namesrv/json-blank",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache_5_1(
                "Blanks, and an empty array, are null: nothing is registered.", DECODE, lambda p: p.json_blank_is_null
            ),
            apache("Blanks, and an empty array, are answered SYSTEM_ERROR.", DECODE),
        ),
        steps=case(MASTER, given(" "), given("[]"), route("t3"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/json-bare-keys",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache_5_1("Keys may stand without quotes.", DECODE, lambda p: p.json_is_loose),
            apache("A key without quotes is answered SYSTEM_ERROR.", DECODE),
        ),
        steps=case(MASTER, given(QUEUES.replace('"perm"', "perm")), route("t3"), close(1)),
    ),
    Clause(
        slug="register-topic-in-namesrv/json-comma-behind-an-unknown-field",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache_5_4(
                "A comma may stand behind a last field that the release does not know.",
                DECODE,
                lambda p: p.json_comma_after_unknown,
            ),
            apache("A comma behind a last field that the release does not know is answered SYSTEM_ERROR.", DECODE),
        ),
        steps=case(MASTER, given(QUEUES[:-1] + ',"a":1,}'), route("t3"), close(1)),
    ),
)
