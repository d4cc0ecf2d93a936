"""REGISTER_BROKER (103): JSON that is not standard, which all releases read, or some."""

from typing import Final

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.odd_bodies import (
    DECODE,
    MAY,
    MUST,
    SHOULD,
    T1,
    USUAL,
    VERSION,
    is_null,
    odd,
    of_fastjson_1,
    read_by_all,
    sent,
    text,
)
from namesrv.check.clauses.rules import apache, apache_4, apache_5_1, apache_5_4
from namesrv.model.profiles import NotUtf8

CLAUSES: Final[tuple[Clause, ...]] = (
    # All read it ----
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
        "json-nul-at-the-ends",
        SHOULD,
        *map(sent, ("\0" + USUAL, USUAL + "\0", USUAL + "\x1ax")),
        rules=read_by_all("NUL bytes may stand before and behind it, and behind a byte 26 anything."),
    ),
    odd(
        "json-octal-escape",
        SHOULD,
        sent(text(filters='["f\\1\\7"]')),
        rules=read_by_all("A backslash and a digit up to 7 are the character of that number."),
    ),
    # Some read it ----
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
    odd(
        "json-type",
        SHOULD,
        sent(USUAL[:-1] + ',"@type":"x"}'),
        sent(text('{"@type":"x",' + VERSION[1:].replace("1", "2"))),
        sent(USUAL[:-1] + ',"a":[{"@type":1}]}'),
        rules=of_fastjson_1(
            "An object that names a class makes a body unreadable.",
            "An object may name a class, as a field that nobody knows.",
            lambda p: p.json_refuses_types,
        ),
    ),
)
