"""GET_ROUTEINFO_BY_TOPIC (105): what clients find their brokers by."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache, apache_4
from namesrv.check.clauses.world import (
    H2,
    H3,
    broker,
    case,
    close,
    configs,
    gone,
    one_way,
    over,
    route,
    styled,
    together,
    version,
    without_fields,
)
from namesrv.check.steps import Header
from namesrv.model.events import GetBrokerClusterInfo, GetRouteInfoByTopic, PutKVConfig
from namesrv.model.values import ORDER_TOPIC_CONFIG, table

SOURCE: Final = "RouteInfoManager.pickupTopicRouteData"
ANSWER: Final = "ClientRequestProcessor.getRouteInfoByTopic"

MASTER: Final = broker()

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="get-route-info-by-topic/found",
        severity=Severity.MUST,
        rules=(apache("A route has the topic's queues by broker name, and those names' brokers.", SOURCE),),
        steps=case(MASTER, over(2, route("t1")), over(2, route("t2"))),
    ),
    Clause(
        slug="get-route-info-by-topic/not-found",
        severity=Severity.MUST,
        rules=(apache("A topic that nobody publishes is answered TOPIC_NOT_EXIST, without body.", ANSWER),),
        steps=case(MASTER, route("t9")),
    ),
    Clause(
        slug="get-route-info-by-topic/faq",
        severity=Severity.MAY,
        rules=(
            apache_4(
                "The remark of TOPIC_NOT_EXIST names the topic and rocketmq.apache.org/docs/faq.",
                "DefaultRequestProcessor.getRouteInfoByTopic",
                lambda p: p.faq_url.startswith("http:"),
            ),
            apache(
                "The remark of TOPIC_NOT_EXIST names the topic and rocketmq.apache.org/docs/bestPractice/06FAQ.", ANSWER
            ),
        ),
        steps=case(route("t9")),
    ),
    Clause(
        slug="get-route-info-by-topic/several-names",
        severity=Severity.MUST,
        rules=(apache("A topic of several names, and of several clusters, has one route.", SOURCE),),
        steps=case(
            MASTER,
            over(2, broker(H2, configs("t1", queues=8) | configs("t3"), name="b")),
            over(3, broker(H3, ("t1", "t4"), name="c", cluster="C2")),
            route("t1"),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/whole-group",
        severity=Severity.MUST,
        rules=(apache("A route shows every broker of a name, by broker id, whoever publishes.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, (), broker_id=1)), over(3, broker(H3, (), broker_id=2)), route("t1")),
    ),
    Clause(
        slug="get-route-info-by-topic/others-are-not-shown",
        severity=Severity.MUST,
        rules=(apache("A route shows no name that does not publish the topic.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, ("t3", "t4"), name="b")), route("t1"), route("t3")),
    ),
    Clause(
        slug="get-route-info-by-topic/acting-master-is-not-shown",
        severity=Severity.MUST,
        rules=(apache("By default no slave is shown as a master, though its group has lost its own.", SOURCE),),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            close(1),
            over(2, route("t1")),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/after-the-last-broker",
        severity=Severity.MUST,
        rules=(
            apache("With its last broker a topic's route is gone, at once for whoever asks after the removal.", SOURCE),
        ),
        steps=case(MASTER, over(2, route("t1")), gone(MASTER), over(2, route("t1"))),
    ),
    Clause(
        slug="get-route-info-by-topic/follows-registrations",
        severity=Severity.MUST,
        rules=(apache("A route is the tables' of the moment: after each change another one.", SOURCE),),
        steps=case(
            MASTER,
            route("t1"),
            over(2, broker(H2, broker_id=1)),
            route("t1"),
            broker(topics=configs("t1", "t2", queues=1), said=version(2)),
            route("t1"),
            over(2, gone(broker(H2, broker_id=1))),
            route("t1"),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/no-order-topic-config",
        severity=Severity.SHOULD,
        rules=(apache("By default a route says nothing of order topics.", ANSWER),),
        steps=case(MASTER, PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"), route("t1")),
        needs=frozenset({Needs.OWN}),
    ),
    Clause(
        slug="get-route-info-by-topic/topic-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without a topic the answer is TOPIC_NOT_EXIST, of `null`.", ANSWER),),
        steps=case(MASTER, route(None)),
    ),
    Clause(
        slug="get-route-info-by-topic/odd-topics",
        severity=Severity.SHOULD,
        rules=(
            apache("A topic that can't be is not found: names are not checked, and compared to the letter.", ANSWER),
        ),
        steps=case(MASTER, route("T1"), route("t1 "), route("t" * 1000), route("tä日😀"), route('t"\\/')),
    ),
    Clause(
        slug="get-route-info-by-topic/standard-json",
        severity=Severity.MUST,
        rules=(
            apache("A client that accepts standard JSON only, or is V4_9_4 or later, reads the same route.", ANSWER),
        ),
        steps=case(
            broker(filters=("f1:1",)),
            styled(route("t1"), accept_standard_json_only=True, mq_version=0),
            styled(route("t1"), accept_standard_json_only=False, mq_version=401),
            styled(route("t1"), mq_version=400),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/zone",
        severity=Severity.MUST,
        rules=(
            apache(
                "Who asks for one zone is told of its brokers only.",
                "ZoneRouteRPCHook.filterByZoneName",
                lambda p: p.zones,
            ),
            apache_4("Zones are not known: every broker is told of.", SOURCE, lambda p: not p.zones),
        ),
        steps=case(
            broker(zone_name="z1"),
            over(2, broker(H2, name="b", zone_name="z2")),
            GetRouteInfoByTopic(topic="t1", zone_name="z1"),
            GetRouteInfoByTopic(topic="t1", zone_name="z3"),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/binary-header",
        severity=Severity.MUST,
        rules=(apache("A question may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),),
        steps=case(MASTER, styled(route("t1"), header=Header.ROCKETMQ), styled(route("t9"), header=Header.ROCKETMQ)),
    ),
    Clause(
        slug="get-route-info-by-topic/one-way",
        severity=Severity.MAY,
        rules=(apache("A one-way question is not answered.", "NettyRemotingAbstract.processRequestCommand"),),
        steps=case(MASTER, one_way(route("t1")), GetBrokerClusterInfo(), close(1)),
    ),
    Clause(
        slug="get-route-info-by-topic/pipelined",
        severity=Severity.MUST,
        rules=(apache("Questions of one connection are each answered, under their own opaque.", ANSWER),),
        steps=case(
            MASTER, together(*(over(2, route(topic)) for topic in ("t1", "t9", "t2", "t1", "t8")), over(3, route("t2")))
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/keys-in-quotes",
        severity=Severity.MUST,
        rules=(
            apache(
                "Broker ids are in quotes for who is V4_9_4 or later, or takes standard JSON only: it can read no other.",
                ANSWER,
            ),
        ),
        steps=case(
            MASTER,
            over(2, broker(H2, broker_id=1)),
            styled(route("t1"), whole_answer=True),
            styled(route("t1"), whole_answer=True, mq_version=401),
            styled(route("t1"), whole_answer=True, mq_version=0, accept_standard_json_only=True),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/keys-without-quotes",
        severity=Severity.SHOULD,
        rules=(
            # Go says 317, JavaScript 121, C++ 63: they were written against NameServers that knew no other form.
            apache(
                "Broker ids are without quotes for older clients, as those in Go, JavaScript and C++ say they are.",
                ANSWER,
            ),
        ),
        steps=case(
            MASTER,
            styled(route("t1"), whole_answer=True, mq_version=317, language="GO", header=Header.WITHOUT_TYPE),
            styled(route("t1"), whole_answer=True, mq_version=121, header=Header.WITHOUT_TYPE),
            styled(route("t1"), whole_answer=True, mq_version=63, language="CPP", header=Header.WITHOUT_TYPE),
            styled(route("t1"), whole_answer=True, mq_version=400, accept_standard_json_only=False),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/standard-json-in-capitals",
        severity=Severity.SHOULD,
        rules=(apache("The flag acceptStandardJsonOnly may be true in any case; what is not true is false.", ANSWER),),
        steps=case(
            MASTER,
            *(
                styled(route("t1"), mq_version=0, ext_fields=table({"acceptStandardJsonOnly": v}))
                for v in ("TRUE", "1", "")
            ),
        ),
    ),
    without_fields(
        "get-route-info-by-topic", route("t1"), Severity.SHOULD, "Without fields: no route of `null`.", ANSWER
    ),
)
