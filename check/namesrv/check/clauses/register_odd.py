"""REGISTER_BROKER (103): bodies that are no JSON, or JSON of another kind, and header fields that are not what they should be.

No broker sends any of this. A port may be stricter or more lenient without a route being wrong, so most of it is *should*; that
what can't be read changes nothing is *must*.
"""

import zlib
from typing import Any, Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import When, apache, apache_4, apache_5_1, apache_5_4
from namesrv.check.clauses.world import H2, broker, case, over, styled, version, without_fields
from namesrv.check.steps import Header, Send
from namesrv.model.events import Request
from namesrv.model.profiles import NotUtf8, Profile
from namesrv.model.values import table

READ: Final = "DefaultRequestProcessor.registerBroker"
BODY: Final = "RegisterBrokerBody.decode"
DECODE: Final = "RemotingSerializable.decode"
FIELDS: Final = "RemotingCommand.decodeCommandCustomHeader"

MASTER: Final = broker()

VERSION: Final = '{"counter":1,"stateVersion":0,"timestamp":1}'
REST: Final = '"readQueueNums":4,"topicFilterType":"SINGLE_TAG","topicSysFlag":0,"writeQueueNums":4'
T1: Final = f'"~t1":{{"order":false,"perm":6,{REST},"topicName":"~t1"}}'
T2: Final = T1.replace("t1", "t2")


def text(version: str = VERSION, t1: str = T1, filters: str = "[]", more: str = "") -> str:
    """A registration's body as a broker writes it, but for what is given."""
    return (
        f'{{"filterServerList":{filters},"topicConfigSerializeWrapper":'
        f'{{"dataVersion":{version},"topicConfigTable":{{{t1},{T2}}}}}{more}}}'
    )


USUAL: Final = text()


def sent(body: str | bytes, **style: Any) -> Send:
    """The master's registration with this body."""
    return styled(MASTER, body=body.encode() if isinstance(body, str) else body, **style)


def perm(value: str) -> Send:
    """A registration whose first topic has this for its perm."""
    return sent(text(t1=T1.replace('"perm":6', f'"perm":{value}')))


def counter(value: str) -> Send:
    """A registration that has this for its counter."""
    return sent(text(VERSION.replace("1", value, 1)))


def odd(name: str, severity: Severity, *steps: Send | Request, rules: tuple[Any, ...]) -> Clause:
    """A clause about a body."""
    return Clause(slug=f"register-broker/{name}", severity=severity, rules=rules, steps=case(*steps))


def of_fastjson_1(one: str, two: str, when: When) -> tuple[Any, ...]:
    """What fastjson 1.2 does (4.9.7, 5.1.4, 5.3.3), and what fastjson2 does (5.4.0, 5.5.0)."""
    return (apache_4(one, DECODE, when), apache(two, DECODE))


def read_by_all(sentence: str, source: str = DECODE) -> tuple[Any, ...]:
    """Whatever the release."""
    return (apache(sentence, source),)


def is_null(profile: Profile) -> bool:
    """Whether a body that is no UTF-8 is null."""
    return profile.json_not_utf_8 is NotUtf8.NULL


SHOULD: Final = Severity.SHOULD
MUST: Final = Severity.MUST
MAY: Final = Severity.MAY

CLAUSES: Final[tuple[Clause, ...]] = (
    # As 4.9 writes it, and others ---------------------------------------------------------------------------------
    Clause(
        slug="register-broker/as-a-4-9-broker",
        severity=MUST,
        rules=(apache("A 4.9 broker's body has no stateVersion, plain or compressed.", BODY),),
        steps=case(
            styled(MASTER, state_version=False, mq_version=401),
            styled(broker(said=version(2)), state_version=False, mq_version=401, compressed=True),
        ),
    ),
    Clause(
        slug="register-broker/header-without-serialize-type",
        severity=MUST,
        rules=(apache("A header need not say how it is serialized.", "RemotingCommand.headerDecode"),),
        steps=case(styled(MASTER, header=Header.WITHOUT_TYPE)),
    ),
    Clause(
        slug="register-broker/header-in-single-quotes",
        severity=SHOULD,
        rules=(apache("A header may be in single quotes, with a comma at its end.", "RemotingCommand.headerDecode"),),
        steps=case(styled(MASTER, header=Header.SINGLE_QUOTES)),
    ),
    Clause(
        slug="register-broker/unknown-language",
        severity=SHOULD,
        rules=(apache("A header's language may be one that nobody knows.", "RemotingCommand.headerDecode"),),
        steps=case(styled(MASTER, language="KLINGON"), over(2, broker(H2, broker_id=1), language="GO")),
    ),
    Clause(
        slug="register-broker/without-body",
        severity=MUST,
        rules=(apache("A registration without a body is one without topics, at DataVersion 0.", READ),),
        steps=case(
            styled(MASTER, without_body=True),
            styled(broker(H2, broker_id=1), without_body=True, mq_version=36),
            MASTER,
            styled(MASTER, without_body=True, compressed=True, mq_version=401),
        ),
    ),
    # Bodies that nobody reads -------------------------------------------------------------------------------------
    odd(
        "json-of-another-kind",
        MUST,
        MASTER,
        *map(sent, ("x", "1", '"x"', "true", "[1]", "{", "{}x", USUAL[:-1], USUAL * 2)),
        rules=read_by_all("A body that is no JSON object is answered SYSTEM_ERROR, and nothing changes.", BODY),
    ),
    odd(
        "json-null",
        MUST,
        MASTER,
        sent("null"),
        sent('""'),
        rules=read_by_all("A body that is null, or an empty text, is refused, and nothing changes.", READ),
    ),
    odd(
        "json-null-remark",
        MAY,
        sent("null"),
        rules=read_by_all("The remark tells of a NullPointerException.", READ),
    ),
    odd(
        "json-types",
        MUST,
        MASTER,
        *(sent(text(t1=f'"~t1":{value}')) for value in ("null", "[]", '"x"', "1")),
        *map(perm, ('"x"', "[]", "100000000000", "2147483648", '" 6"')),
        *map(counter, ('"x"', "[]", "9223372036854775808")),
        *(sent(text(t1=T1.replace("false", value))) for value in ('"x"', "{}", "[]")),
        *(sent(text(t1=T1.replace('"SINGLE_TAG"', value))) for value in ("9", "{}", "true")),
        *map(sent, (text(value) for value in ('"x"', "1"))),
        *map(
            sent, (USUAL.replace('"topicConfigTable":{', f'"topicConfigTable":{v},"x":{{') for v in ("[]", '"x"', "1"))
        ),
        rules=read_by_all(
            "A field of a type that can't be made its own makes the body unreadable; nothing changes.", BODY
        ),
    ),
    odd(
        "json-types-of-5",
        SHOULD,
        *(sent(text(t1=T1.replace('"perm"', f'"attributes":{value},"perm"'))) for value in ("[]", '"x"', "1")),
        *(
            sent(USUAL.replace('"topicConfigTable"', f'"{field}":{value},"topicConfigTable"'))
            for field, value in (
                *(("mappingDataVersion", '"x"'), ("topicQueueMappingInfoMap", "[]")),
                *(("topicQueueMappingInfoMap", '{"~t1":1}'), ("topicQueueMappingDetailMap", "[]")),
            )
        ),
        rules=(
            apache_4("What 5.x added is a field that nobody knows.", BODY, lambda p: not p.state_version),
            apache("Attributes and mappings of another type make the body unreadable.", BODY),
        ),
    ),
    odd(
        "json-null-key",
        SHOULD,
        sent(text(t1=T1.replace('"~t1":', "null:"))),
        rules=read_by_all("A topic whose key is null makes the body unreadable."),
    ),
    odd(
        "compressed-in-name-only",
        MUST,
        MASTER,
        sent(USUAL, ext_fields=table({"compressed": "true"})),
        sent(zlib.compress(b"1234")),
        sent(zlib.compress(b""), ext_fields=table({"compressed": "true"})),
        rules=read_by_all("A body that is not compressed as its header says can't be read, and nothing changes.", BODY),
    ),
    odd(
        "deflated-bytes-remark",
        MAY,
        sent(zlib.compress(b"1234")),
        rules=(
            apache_5_1("Bytes that are no UTF-8 are null: a NullPointerException.", DECODE, is_null),
            apache("Bytes that are no UTF-8 can't be decoded.", DECODE),
        ),
    ),
    odd(
        "version-below-zero",
        MUST,
        MASTER,
        styled(broker(said=version(2)), mq_version=-1),
        rules=read_by_all(
            "A header's version below zero is none: SYSTEM_ERROR, and nothing changes.", "MQVersion.value2Version"
        ),
    ),
    # JSON that all read -------------------------------------------------------------------------------------------
    odd(
        "json-single-quotes",
        SHOULD,
        sent(USUAL.replace('"dataVersion"', "'dataVersion'").replace('"topicName":"~t1"', "'topicName':'~t1'")),
        rules=read_by_all("Texts may be in single quotes."),
    ),
    odd(
        "json-comment-before",
        SHOULD,
        sent("/* x */" + USUAL),
        sent("// x\n" + text(VERSION.replace("1", "2"))),
        rules=read_by_all("Comments may stand before it."),
    ),
    odd(
        "json-comma-at-the-end",
        SHOULD,
        sent(USUAL[:-1] + ",}"),
        sent(text(VERSION.replace("1}", "2,}"), T1.replace('"~t1"}', '"~t1",}'), '["f1:1",]')),
        rules=read_by_all("A comma may stand behind the last field, and behind the last item."),
    ),
    odd(
        "json-numbers",
        SHOULD,
        *map(perm, ("06", "+6", "4e0", "4L", "4.9", '"4"', "true", "false")),
        rules=read_by_all(
            "A number may have a sign, zeros before it, an exponent, decimals or a letter of its type, or be a text, or true."
        ),
    ),
    odd(
        "json-key-twice",
        MUST,
        sent(text(t1=T1.replace("4", "5") + "," + T1, filters='["f1:1"],"filterServerList":["f2:1"]')),
        rules=read_by_all("Of a key that stands twice the last one counts."),
    ),
    odd(
        "json-escaped-key",
        SHOULD,
        sent(USUAL.replace('"dataVersion"', '"d\\u0061taVersion"').replace('"~t1":', '"~\\u00741":')),
        rules=read_by_all("A key may be written with escapes."),
    ),
    odd(
        "json-unknown-fields",
        MUST,
        sent(USUAL[:-1] + ',"a":{"b":[1,{"c":null}],"":"\\u0001"}}'),
        sent(text(VERSION.replace("1", "2")[:-1] + ',"a":[[]]}', T1.replace('"perm"', '"a":"x","perm"'))),
        rules=read_by_all("Fields that the release does not know are passed over."),
    ),
    odd(
        "json-control-characters",
        SHOULD,
        sent(USUAL[:-1] + ',"a":"\n\x01"}'),
        rules=read_by_all("A text may have control characters in it."),
    ),
    odd(
        "json-one-filter-server",
        SHOULD,
        sent(text(filters='"f1:1"')),
        rules=read_by_all("Filter servers may be one text, which is one of them."),
    ),
    odd(
        "json-defaults",
        SHOULD,
        sent(text(t1='"~t1":{"topicName":"~t1"}', filters="null")),
        rules=read_by_all("Of a topic that says nothing else: 16 queues and 16, perm 6.", "TopicConfig.getPerm"),
    ),
    # JSON that some read ------------------------------------------------------------------------------------------
    odd(
        "json-bare-keys",
        SHOULD,
        sent(USUAL.replace('"filterServerList"', "filterServerList").replace('"counter"', "counter")),
        rules=of_fastjson_1(
            "Keys may stand without quotes.",
            "A body with a key without quotes can't be decoded, and nothing changes.",
            lambda p: p.json_is_loose,
        ),
    ),
    odd(
        "json-byte-order-mark",
        SHOULD,
        sent("\ufeff" + USUAL),
        rules=of_fastjson_1(
            "A byte order mark may stand before it.",
            "A body that begins with a byte order mark can't be decoded.",
            lambda p: p.json_is_loose,
        ),
    ),
    odd(
        "json-comma-at-the-start",
        SHOULD,
        sent("{," + USUAL[1:]),
        rules=of_fastjson_1(
            "A comma may stand before the first field.",
            "A comma before the first field makes a body unreadable.",
            lambda p: p.json_is_loose,
        ),
    ),
    odd(
        "json-empty-comment",
        SHOULD,
        sent(USUAL + "//"),
        rules=of_fastjson_1(
            "A line comment at the end may be empty.",
            "A line comment at the end that is empty makes a body unreadable.",
            lambda p: p.json_is_loose,
        ),
    ),
    odd(
        "json-block-comment",
        SHOULD,
        sent(USUAL.replace('"dataVersion"', '/* x */"dataVersion"')),
        rules=(
            apache_5_4("A block comment inside makes a body unreadable.", DECODE, lambda p: not p.json_block_comments),
            apache("A block comment may stand before a key.", DECODE),
        ),
    ),
    odd(
        "json-comma-missing",
        SHOULD,
        sent(text(VERSION.replace("1,", "1 "))),
        rules=of_fastjson_1(
            "Fields without a comma between them make a body unreadable.",
            "The comma between two fields may be missing.",
            lambda p: p.json_commas_required,
        ),
    ),
    odd(
        "json-comma-behind-an-unknown-field",
        SHOULD,
        sent(USUAL[:-1] + ',"a":1,}'),
        rules=(
            apache_5_4(
                "A comma may stand behind a last field that the release does not know.",
                DECODE,
                lambda p: p.json_comma_after_unknown,
            ),
            apache("A comma behind a last field that the release does not know makes a body unreadable.", DECODE),
        ),
    ),
    odd(
        "json-keys-of-another-case",
        SHOULD,
        sent(text(t1=T1.replace("readQueueNums", "READ_queue-nums").replace("4", "5"))),
        rules=of_fastjson_1(
            "A field is found whatever its key's case, underscores and hyphens.",
            "A key in another case is one of a field that nobody knows.",
            lambda p: p.json_smart_keys,
        ),
    ),
    odd(
        "json-null-number",
        SHOULD,
        *map(perm, ("null", '""', '"null"')),
        rules=of_fastjson_1(
            "A number that is null is the class's default: perm 6.",
            "A number that is null is 0.",
            lambda p: not p.json_null_is_zero,
        ),
    ),
    odd(
        "json-object-for-a-number",
        SHOULD,
        perm("{}"),
        rules=of_fastjson_1(
            "An object instead of a number makes a body unreadable.",
            "A number that is an object is 0.",
            lambda p: not p.json_object_is_zero,
        ),
    ),
    odd(
        "json-object-for-a-counter",
        SHOULD,
        counter("{}"),
        rules=(
            apache_5_4("A counter that is an object is 0.", DECODE, lambda p: p.json_object_is_a_counter),
            apache("A counter that is an object makes a body unreadable.", DECODE),
        ),
    ),
    odd(
        "json-number-in-a-text",
        SHOULD,
        *map(perm, ('"4.7"', '"true"')),
        rules=of_fastjson_1(
            "A text with decimals, or a word, is no number.",
            "A text may be a number with decimals, or true.",
            lambda p: not p.json_numbers_in_texts,
        ),
    ),
    odd(
        "json-list-of-one",
        SHOULD,
        perm("[4]"),
        rules=of_fastjson_1(
            "An array is no number.", "An array of one number is that number.", lambda p: not p.json_list_of_one
        ),
    ),
    odd(
        "json-true-for-a-long",
        SHOULD,
        counter("true"),
        rules=(
            apache_4("True is no long.", DECODE, lambda p: not p.json_true_is_a_long),
            apache("A long that is true is 1.", DECODE),
        ),
    ),
    odd(
        "json-filter-servers-of-another-type",
        SHOULD,
        sent(text(filters='["f1:1"]')),
        sent(text(filters='{"a":1}')),
        rules=of_fastjson_1(
            "Filter servers of another type are one text.",
            "Filter servers of another type say nothing of them.",
            lambda p: p.json_anything_is_a_list,
        ),
    ),
    odd(
        "json-version-of-another-type",
        SHOULD,
        sent(text("[]")),
        rules=of_fastjson_1(
            "An empty array instead of an object is null: the broker registers without dataVersion.",
            "An array instead of an object makes a body unreadable.",
            lambda p: p.json_blank_is_null,
        ),
    ),
    odd(
        "json-blank-remark",
        MAY,
        sent(" "),
        sent("[]"),
        rules=of_fastjson_1(
            "Blanks, and an empty array, are null: a NullPointerException.",
            "Blanks, and an empty array, can't be decoded.",
            lambda p: p.json_blank_is_null,
        ),
    ),
    odd(
        "json-wide-field-name",
        SHOULD,
        sent(USUAL[:-1] + ',"\U0001f600":1}'),
        rules=of_fastjson_1(
            "A field's name may have characters beyond 16 bits.",
            "A field's name with a character beyond 16 bits makes a body unreadable.",
            lambda p: p.json_wide_field_names,
        ),
    ),
    odd(
        "json-wide-topic",
        SHOULD,
        sent(text(t1=T1.replace('"~t1":', '"~t1\U0001f600":'))),
        rules=(
            apache_5_4(
                "A topic with a character beyond 16 bits, as a key, makes a body unreadable.",
                DECODE,
                lambda p: not p.json_wide_map_keys,
            ),
            apache("A topic may have characters beyond 16 bits, also as a key.", DECODE),
        ),
    ),
    odd(
        "json-number-for-a-topic",
        SHOULD,
        sent(text(t1=T1.replace('"~t1":', "1:"))),
        rules=of_fastjson_1(
            "A key of the topics without quotes makes a body unreadable.",
            "A key of the topics may be a number without quotes.",
            lambda p: not p.json_number_is_a_map_key,
        ),
    ),
    odd(
        "json-not-utf-8",
        SHOULD,
        sent((USUAL[:-1] + ',"a":"').encode() + b'\xff"}'),
        rules=(
            apache_5_1("A body that is no UTF-8 is null: refused.", DECODE, is_null),
            apache("A field that the release does not know may be no UTF-8.", DECODE),
        ),
    ),
    odd(
        "json-topic-that-is-no-utf-8",
        SHOULD,
        sent(text(filters='["#"]').encode().replace(b"#", b"f\xff")),
        rules=(
            apache_4(
                "A byte that is no UTF-8 becomes a replacement character.",
                DECODE,
                lambda p: p.json_not_utf_8 is NotUtf8.REPLACED,
            ),
            apache("A text that is no UTF-8 makes a body unreadable, where the release knows the field.", DECODE),
        ),
    ),
    # Fields of the header -----------------------------------------------------------------------------------------
    odd(
        "broker-id-that-is-none",
        MUST,
        MASTER,
        *(
            styled(broker(said=version(2)), ext_fields=table({"brokerId": value}))
            for value in ("x", "", "1.5", "9223372036854775808", " 0", "0x0")
        ),
        rules=read_by_all("A brokerId that is no long is as good as none: SYSTEM_ERROR, and nothing changes.", FIELDS),
    ),
    odd(
        "broker-id-with-a-sign",
        SHOULD,
        styled(MASTER, ext_fields=table({"brokerId": "+0"})),
        over(2, broker(H2, broker_id=-1)),
        rules=read_by_all("A brokerId may have a sign.", FIELDS),
    ),
    odd(
        "checksum-that-is-none",
        MUST,
        *(
            styled(broker(said=version(number)), ext_fields=table({"bodyCrc32": value}))
            for number, value in enumerate(("x", "", "4294967295", "0"), 1)
        ),
        styled(broker(said=version(9)), ext_fields=table({"bodyCrc32": "-1"})),
        rules=read_by_all("A bodyCrc32 that is no int is not checked; one below zero is no body's.", FIELDS),
    ),
    odd(
        "timeout-that-is-no-number",
        SHOULD,
        *(
            styled(broker(said=version(number)), ext_fields=table({"heartbeatTimeoutMillis": value}))
            for number, value in enumerate(("x", "", "9223372036854775808"), 1)
        ),
        rules=read_by_all("A heartbeatTimeoutMillis that is no long is as good as none.", FIELDS),
    ),
    odd(
        "flags-that-are-none",
        MUST,
        styled(MASTER, ext_fields=table({"compressed": "yes", "enableActingMaster": "1"})),
        styled(broker(said=version(2)), ext_fields=table({"compressed": "", "enableActingMaster": ""})),
        rules=read_by_all("A flag that is not true is false.", FIELDS),
    ),
    odd(
        "flags-in-capitals",
        SHOULD,
        styled(broker(H2, broker_id=1), ext_fields=table({"enableActingMaster": "TRUE"})),
        sent(USUAL, ext_fields=table({"compressed": "True"})),
        rules=read_by_all("A flag may be true in any case.", FIELDS),
    ),
    odd(
        "unknown-fields",
        MUST,
        styled(MASTER, ext_fields=table({"x": "y", "BROKERNAME": "z", "": ""})),
        rules=read_by_all("Fields of the header that nobody knows are passed over.", FIELDS),
    ),
    odd(
        "names-beyond-ascii",
        MUST,
        broker(
            "h\u00e4:1", ("t\u00e9", "t\u4e2d"), name="a\u20ac\U0001f600", cluster="C\u4e2d", filters=("f\u00e9:1",)
        ),
        rules=read_by_all("Names may be any text.", READ),
    ),
    without_fields("register-broker", MASTER, MUST, "Without fields there is no brokerId: SYSTEM_ERROR.", READ),
)
