"""QUERY_DATA_VERSION (322): what a broker asks before it skips its registration."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import EXTENSIONS, apache, apache_4, apache_5_1, apache_5_4, repaired
from namesrv.check.clauses.world import H2, asks, broker, case, close, gone, one_way, over, styled, version
from namesrv.check.steps import Header, Send
from namesrv.model.profiles import NotUtf8

SOURCE: Final = "DefaultRequestProcessor.queryBrokerTopicConfig"
CHANGED: Final = "RouteInfoManager.isBrokerTopicConfigChanged"
DECODE: Final = "RemotingSerializable.decode"
STORED: Final = "RouteInfoManager.queryBrokerTopicConfig"
KEY: Final = "BrokerAddrInfo.equals"

MASTER: Final = broker()
V1: Final = version()
V2: Final = version(2)

ODD: Final = '{"counter":1,"stateVersion":0,"timestamp":1}'
"""The version that is registered, as a body to be bent."""


def asked(body: str | bytes) -> Send:
    """The question with this body."""
    return styled(asks(MASTER, V1), body=body.encode() if isinstance(body, str) else body)


CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="query-data-version/unchanged",
        severity=Severity.MUST,
        rules=(apache("The registered DataVersion is unchanged, and answered in the body.", SOURCE),),
        steps=case(MASTER, asks(MASTER, V1)),
    ),
    Clause(
        slug="query-data-version/changed",
        severity=Severity.MUST,
        rules=(
            apache("Any other DataVersion, newer or older, is changed; the registered one is in the body.", SOURCE),
        ),
        steps=case(broker(said=V2), asks(MASTER, version(3)), asks(MASTER, V1), asks(MASTER, version(0))),
    ),
    Clause(
        slug="query-data-version/counter-alone",
        severity=Severity.MUST,
        rules=(apache("Another counter alone is changed.", "DataVersion.equals"),),
        steps=case(MASTER, asks(MASTER, version(2, 1)), asks(MASTER, version(0, 1))),
    ),
    Clause(
        slug="query-data-version/timestamp-alone",
        severity=Severity.MUST,
        rules=(apache("Another timestamp alone is changed.", "DataVersion.equals"),),
        steps=case(MASTER, asks(MASTER, version(1, 2)), asks(MASTER, version(1, 0))),
    ),
    Clause(
        slug="query-data-version/state-version-alone",
        severity=Severity.MUST,
        rules=(
            apache("Another stateVersion alone is changed.", "DataVersion.equals", lambda p: p.state_version),
            apache_4(
                "A stateVersion is a field that nobody knows: the version is unchanged.",
                "DataVersion.equals",
                lambda p: not p.state_version,
            ),
        ),
        steps=case(
            MASTER, asks(MASTER, version(state=1)), broker(said=version(state=2)), asks(MASTER, version(state=1))
        ),
    ),
    Clause(
        slug="query-data-version/unknown-address",
        severity=Severity.MUST,
        rules=(apache("Of who is not registered every DataVersion is changed, and there is no body.", SOURCE),),
        steps=case(MASTER, over(2, asks(broker(H2, name="b"), V1))),
    ),
    Clause(
        slug="query-data-version/asking-registers-nobody",
        severity=Severity.MUST,
        rules=(apache("A question registers nobody.", SOURCE),),
        steps=case(asks(MASTER, V1), asks(MASTER, V1), close(1)),
    ),
    Clause(
        slug="query-data-version/follows-registrations",
        severity=Severity.MUST,
        rules=(apache("What was registered last is what is compared with.", STORED),),
        steps=case(MASTER, asks(MASTER, V1), broker(said=V2), asks(MASTER, V2), asks(MASTER, V1)),
    ),
    Clause(
        slug="query-data-version/after-leaving",
        severity=Severity.MUST,
        rules=(apache("Of who has left every DataVersion is changed.", STORED),),
        steps=case(MASTER, gone(MASTER), asks(MASTER, V1)),
    ),
    Clause(
        slug="query-data-version/each-its-own",
        severity=Severity.MUST,
        rules=(apache("Brokers of one name have DataVersions of their own.", STORED),),
        steps=case(
            broker(said=V2),
            over(2, broker(H2, broker_id=1, said=version(7))),
            over(2, asks(broker(H2, broker_id=1), version(7))),
            over(2, asks(broker(H2, broker_id=1), V2)),
            asks(MASTER, V2),
        ),
    ),
    Clause(
        slug="query-data-version/over-another-connection",
        severity=Severity.SHOULD,
        rules=(apache("Any connection may ask.", SOURCE),),
        steps=case(MASTER, over(2, asks(MASTER, V1)), over(2, asks(MASTER, V2))),
    ),
    # Places -------------------------------------------------------------------------------------------------------
    Clause(
        slug="query-data-version/another-name",
        severity=Severity.MUST,
        rules=(
            repaired("Under a name that it does not hold an address is told changed.", lambda p: p.query_checks_place),
            apache("Nobody looks at the broker name.", SOURCE),
        ),
        steps=case(MASTER, asks(broker(name="b"), V1)),
    ),
    Clause(
        slug="query-data-version/another-id",
        severity=Severity.MUST,
        rules=(
            repaired("At an id that it does not hold an address is told changed.", lambda p: p.query_checks_place),
            apache("Nobody looks at the broker id.", SOURCE),
        ),
        steps=case(MASTER, asks(broker(broker_id=1), V1)),
    ),
    Clause(
        slug="query-data-version/another-cluster",
        severity=Severity.MUST,
        rules=(
            apache_4("Nobody looks at the cluster.", SOURCE, lambda p: not p.concurrent_tables),
            apache("In a cluster that it is not registered in an address is unknown.", STORED),
        ),
        steps=case(MASTER, asks(broker(cluster="C2"), V1)),
    ),
    Clause(
        slug="query-data-version/addresses-of-one-hash",
        severity=Severity.MUST,
        rules=(apache("An address whose hash in Java is another one's is not that other one.", KEY),),
        steps=case(broker("Aa:1"), asks(broker("BB:1"), V1), asks(broker("Aa:1"), V1)),
    ),
    Clause(
        slug="query-data-version/clusters-of-one-hash",
        severity=Severity.MUST,
        rules=(
            apache_4("Nobody looks at the cluster.", SOURCE, lambda p: not p.concurrent_tables),
            apache("A cluster whose hash in Java is another one's is not that other one.", KEY),
        ),
        steps=case(broker(cluster="Aa"), asks(broker(cluster="BB"), V1)),
    ),
    Clause(
        slug="query-data-version/displaced-broker",
        severity=Severity.MUST,
        rules=(
            repaired("A displaced broker is told changed.", lambda p: p.displaced_broker_leaves),
            apache("A displaced broker is told unchanged.", CHANGED),
        ),
        steps=case(MASTER, over(2, broker(H2)), asks(MASTER, V1)),
    ),
    Clause(
        slug="query-data-version/unregistered-from-elsewhere",
        severity=Severity.MUST,
        rules=(
            repaired("Who stands is told unchanged.", lambda p: p.query_checks_place),
            apache("Who is no longer live is told changed, though it stands in routes.", CHANGED),
        ),
        steps=case(MASTER, gone(broker(name="b")), asks(MASTER, V1)),
    ),
    Clause(
        slug="query-data-version/after-a-part",
        severity=Severity.MUST,
        rules=(
            repaired("A version of which only a part was told is changed.", lambda p: p.full_body_replaces, EXTENSIONS),
            apache("Nobody knows which bodies are parts: the version is unchanged.", CHANGED),
        ),
        steps=case(MASTER, broker(topics=("t3",), said=V2, full_body=False), asks(MASTER, V2)),
    ),
    Clause(
        slug="query-data-version/after-a-refusal",
        severity=Severity.MUST,
        rules=(
            apache_4("Who registered one topic is told unchanged.", CHANGED, lambda p: not p.concurrent_tables),
            apache("Who has been refused is told changed, and there is no body.", CHANGED),
        ),
        steps=case(broker(topics=("t1",)), asks(MASTER, V1)),
    ),
    # The ways to write it, and bad input --------------------------------------------------------------------------
    Clause(
        slug="query-data-version/without-body",
        severity=Severity.SHOULD,
        rules=(
            apache_4(
                "A question without body is answered with a NullPointerException.",
                "RemotingSerializable.decode",
                lambda p: not p.decodes_absent_body,
            ),
            apache("A question without body is one for no version: changed.", "RemotingSerializable.decode"),
        ),
        steps=case(MASTER, asks(MASTER, None), over(2, asks(broker(H2), None))),
    ),
    Clause(
        slug="query-data-version/broker-addr-missing",
        severity=Severity.SHOULD,
        rules=(
            apache_4(
                "Without brokerAddr a question is one for an address that is not registered.",
                SOURCE,
                lambda p: not p.concurrent_tables,
            ),
            apache("A question without brokerAddr is answered with a NullPointerException.", "BrokerAddrInfo.hashCode"),
        ),
        steps=case(MASTER, asks(broker(None), V1)),
    ),
    Clause(
        slug="query-data-version/cluster-name-missing",
        severity=Severity.SHOULD,
        rules=(
            apache_4("Nobody looks at the cluster.", SOURCE, lambda p: not p.concurrent_tables),
            apache(
                "A question without clusterName is answered with a NullPointerException.", "BrokerAddrInfo.hashCode"
            ),
        ),
        steps=case(MASTER, asks(broker(cluster=None), V1)),
    ),
    Clause(
        slug="query-data-version/broker-name-missing",
        severity=Severity.SHOULD,
        rules=(
            repaired(
                "Without brokerName a question is one for another place: changed.", lambda p: p.query_checks_place
            ),
            apache("Nobody looks at the broker name.", SOURCE),
        ),
        steps=case(MASTER, asks(broker(name=None), V1)),
    ),
    Clause(
        slug="query-data-version/broker-id-missing",
        severity=Severity.SHOULD,
        rules=(
            repaired("Without brokerId a question is one for another place: changed.", lambda p: p.query_checks_place),
            apache("Nobody looks at the broker id.", SOURCE),
        ),
        steps=case(MASTER, asks(broker(broker_id=None), V1)),
    ),
    Clause(
        slug="query-data-version/counter-null",
        severity=Severity.SHOULD,
        rules=(
            repaired("A version without counter is nobody's: changed.", lambda p: p.parts_required),
            apache("Two versions without counters are equal.", "DataVersion.equals"),
        ),
        steps=case(broker(said=version(None, 1)), asks(MASTER, version(None, 1)), asks(MASTER, version(0, 1))),
    ),
    Clause(
        slug="query-data-version/counter-beyond-an-int",
        severity=Severity.SHOULD,
        rules=(
            apache_5_4(
                "A counter beyond an int is no number: the answer is a JSONException.",
                SOURCE,
                lambda p: p.counter_is_int,
            ),
            apache("A counter is a long.", "DataVersion.getCounter"),
        ),
        steps=case(MASTER, asks(MASTER, version(1 << 31, 1)), asks(MASTER, version((1 << 31) - 1, 1))),
    ),
    Clause(
        slug="query-data-version/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("A question may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),),
        steps=case(
            MASTER, styled(asks(MASTER, V1), header=Header.ROCKETMQ), styled(asks(MASTER, V2), header=Header.ROCKETMQ)
        ),
    ),
    Clause(
        slug="query-data-version/one-way",
        severity=Severity.MAY,
        rules=(apache("A one-way question is not answered.", "NettyRemotingAbstract.processRequestCommand"),),
        steps=case(MASTER, one_way(asks(MASTER, V1)), asks(MASTER, V1), close(1)),
    ),
    Clause(
        slug="query-data-version/json-null",
        severity=Severity.SHOULD,
        rules=(apache("A body that is null, or an empty text, is no version: changed.", DECODE),),
        steps=case(MASTER, *map(asked, ("null", '""', "{}"))),
    ),
    Clause(
        slug="query-data-version/json-of-another-kind",
        severity=Severity.MUST,
        rules=(apache("A body that is no JSON object is answered SYSTEM_ERROR.", DECODE),),
        steps=case(MASTER, *map(asked, ("x", "1", '"x"', "true", "[1]", "{", "{}x", ODD[:-1], ODD * 2))),
    ),
    Clause(
        slug="query-data-version/json-types",
        severity=Severity.SHOULD,
        rules=(apache("A number that can't be made one is answered SYSTEM_ERROR.", DECODE),),
        steps=case(
            MASTER,
            *(asked(ODD.replace("1", value, 1)) for value in ('"x"', "[]", "100000000000000000000", '" 1 "')),
            *(asked(ODD.replace("1}", f"{value}}}")) for value in ('"x"', "{}", "[]", "9223372036854775808")),
        ),
    ),
    Clause(
        slug="query-data-version/json-that-all-read",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "Single quotes, comments before, a comma at the end, texts for numbers, a key twice: unchanged.", DECODE
            ),
        ),
        steps=case(
            MASTER,
            asked(ODD.replace('"', "'")),
            asked("/* x */ " + ODD),
            asked(ODD[:-1] + ",}"),
            asked('{"counter":"1","stateVersion":00,"timestamp":+1}'),
            asked('{"counter":7,"counter":1,"stateVersion":0,"timestamp":1.7,"a":{"b":[null]}}'),
        ),
    ),
    Clause(
        slug="query-data-version/json-blank",
        severity=Severity.SHOULD,
        rules=(
            apache_4("Blanks, and an empty array, are null: changed.", DECODE, lambda p: p.json_blank_is_null),
            apache("Blanks, and an empty array, are no version: the answer is a JSONException.", DECODE),
        ),
        steps=case(MASTER, asked(" "), asked("[]")),
    ),
    Clause(
        slug="query-data-version/json-comma-missing",
        severity=Severity.SHOULD,
        rules=(
            apache_4("A comma that is missing is answered SYSTEM_ERROR.", DECODE, lambda p: p.json_commas_required),
            apache("The comma between two fields may be missing.", DECODE),
        ),
        steps=case(MASTER, asked(ODD.replace("1,", "1 ", 1))),
    ),
    Clause(
        slug="query-data-version/json-comma-behind-an-unknown-field",
        severity=Severity.MAY,
        rules=(
            apache_5_4(
                "A comma may stand behind a last field that the release does not know.",
                DECODE,
                lambda p: p.json_comma_after_unknown,
            ),
            apache("A comma behind a last field that the release does not know: JSONValidException.", DECODE),
        ),
        steps=case(MASTER, asked(ODD[:-1] + ',"a":1,}')),
    ),
    Clause(
        slug="query-data-version/json-object-for-a-counter",
        severity=Severity.SHOULD,
        rules=(
            apache_5_4("A counter that is an object is 0.", DECODE, lambda p: p.counter_is_int),
            apache("A counter that is an object is answered SYSTEM_ERROR.", DECODE),
        ),
        steps=case(MASTER, asked(ODD.replace("1", "{}", 1))),
    ),
    Clause(
        slug="query-data-version/json-true-for-a-long",
        severity=Severity.SHOULD,
        rules=(
            apache_4("True is no long.", DECODE, lambda p: not p.json_true_is_a_long),
            apache("A long that is true is 1.", DECODE),
        ),
        steps=case(MASTER, asked(ODD.replace("1", "true", 1)), asked(ODD.replace("1}", "true}"))),
    ),
    Clause(
        slug="query-data-version/json-not-utf-8",
        severity=Severity.SHOULD,
        rules=(
            apache_5_1("A body that is no UTF-8 is null: changed.", DECODE, lambda p: p.json_not_utf_8 is NotUtf8.NULL),
            apache("Bytes that are no text are answered SYSTEM_ERROR.", DECODE),
        ),
        steps=case(MASTER, asked(b"\xff\xfe"), asked(ODD.encode() + b"\xff")),
    ),
    Clause(
        slug="query-data-version/header-without-serialize-type",
        severity=Severity.SHOULD,
        rules=(apache("A header need not say how it is serialized, nor its body what its stateVersion is.", SOURCE),),
        steps=case(MASTER, styled(asks(MASTER, V1), header=Header.WITHOUT_TYPE, state_version=False)),
    ),
    Clause(
        slug="query-data-version/without-fields",
        severity=Severity.SHOULD,
        rules=(
            apache_4("A question without fields is one for no address.", SOURCE, lambda p: not p.concurrent_tables),
            apache("A question without fields is answered with a NullPointerException.", "BrokerAddrInfo.hashCode"),
        ),
        steps=case(styled(asks(MASTER, V1), without_ext_fields=True)),
    ),
    Clause(
        slug="query-data-version/moved-broker",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A broker that has moved is told unchanged at its new place alone.", lambda p: p.query_checks_place
            ),
            apache("A broker that stands under two names is told unchanged under both.", SOURCE),
        ),
        steps=case(MASTER, broker(name="b", said=V2), asks(MASTER, V2), asks(broker(name="b"), V2)),
    ),
)
