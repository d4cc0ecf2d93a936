"""REGISTER_BROKER (103): as 4.9 writes it and others do; bodies that are no JSON, or not what they should be."""

import zlib
from typing import Final

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.odd_bodies import (
    BODY,
    DECODE,
    MASTER,
    MAY,
    MUST,
    READ,
    SHOULD,
    T1,
    USUAL,
    counter,
    is_null,
    odd,
    perm,
    read_by_all,
    sent,
    text,
)
from namesrv.check.clauses.rules import apache, apache_4, apache_5_1
from namesrv.check.clauses.world import H2, broker, case, over, styled, version
from namesrv.check.steps import Header
from namesrv.model.values import table

CLAUSES: Final[tuple[Clause, ...]] = (
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
                ("topicQueueMappingInfoMap", '{"~t1":{"bname":"~a","currIdMap":{"0":null}}}'),
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
)
