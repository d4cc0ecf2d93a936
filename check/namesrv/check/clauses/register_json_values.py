"""REGISTER_BROKER (103): values of another type than the class has, which fastjson makes its own, or does not."""

from typing import Final

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.odd_bodies import (
    DECODE,
    SHOULD,
    VERSION,
    counter,
    filter_type,
    odd,
    of_fastjson_1,
    order,
    perm,
    read_by_all,
    sent,
    text,
)
from namesrv.check.clauses.rules import apache, apache_4, apache_5_4

CLAUSES: Final[tuple[Clause, ...]] = (
    # All read it ----
    odd(
        "json-numbers",
        SHOULD,
        *map(perm, ("06", "+6", "4e0", "4L", "4.9", '"4"', "true", "false")),
        rules=read_by_all(
            "A number may have a sign, zeros before it, an exponent, decimals or a letter of its type, or be a text, or true."
        ),
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
    odd(
        "json-decimals-beyond-an-int",
        SHOULD,
        *map(perm, ("4294967302.0", "4294967302.5")),
        rules=read_by_all("Of a decimal number beyond an int the upper bits are lost."),
    ),
    odd(
        "json-zeros-behind-a-point",
        SHOULD,
        *map(perm, ('"4.00"', '"-4.0"')),
        rules=read_by_all("A number that is a text may have zeros behind a point."),
    ),
    odd(
        "json-decimal-for-a-text",
        SHOULD,
        sent(text(filters='["f1:1",1.50]')),
        rules=read_by_all("A decimal number for a text is the text as it was written."),
    ),
    odd(
        "json-flags",
        SHOULD,
        *map(order, ("1.5", "0.0", '"Y"', '"N"', '"TRUE"', '"NULL"')),
        rules=read_by_all("A boolean may be a number, Y or N, or true in any case."),
    ),
    # Some read it ----
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
            apache_5_4("A counter that is an object is 0.", DECODE, lambda p: p.counter_is_int),
            apache("A counter that is an object makes a body unreadable.", DECODE),
        ),
    ),
    odd(
        "json-number-in-a-text",
        SHOULD,
        *map(perm, ('"4.7"', '"true"', '"4e0"', '"1.5e1"', '".6"')),
        rules=of_fastjson_1(
            "A text with decimals, an exponent, or a word, is no number.",
            "A text may be a number with decimals or an exponent, or true.",
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
        "json-null-in-capitals",
        SHOULD,
        perm('"NULL"'),
        rules=of_fastjson_1(
            "A number that is NULL is the class's default: perm 6.",
            "NULL is no number.",
            lambda p: not p.json_null_is_zero,
        ),
    ),
    odd(
        "json-exponent-beyond-an-int",
        SHOULD,
        *map(perm, ("1e10", "-1e10", "1e100")),
        sent(text(VERSION.replace("1}", "1e19}"))),
        rules=of_fastjson_1(
            "Of a number with an exponent that is beyond its type the upper bits are lost.",
            "A number with an exponent that is beyond its type is the nearest bound.",
            lambda p: not p.json_exponent_is_double,
        ),
    ),
    odd(
        "json-exponent-beyond-100",
        SHOULD,
        *map(perm, ("1E400", "-1E101", "6.0e-101")),
        rules=of_fastjson_1(
            "An exponent beyond 100 makes a body unreadable.",
            "A number's exponent may be any: it is the nearest bound, or 0.",
            lambda p: not p.json_exponent_is_double,
        ),
    ),
    odd(
        "json-exponent-of-a-counter",
        SHOULD,
        counter("1e10"),
        rules=(
            apache_5_4("A counter with an exponent is an int at the most.", DECODE, lambda p: p.counter_is_int),
            apache("A counter may have an exponent.", DECODE),
        ),
    ),
    odd(
        "json-commas-in-a-text",
        SHOULD,
        *map(perm, ('"1,000"', '"1,000,000"')),
        rules=(
            apache_5_4("A text with commas is no number.", DECODE, lambda p: not p.json_commas_in_texts),
            apache("A number that is a text may have a comma before each three digits.", DECODE),
        ),
    ),
    odd(
        "json-commas-anywhere-in-a-text",
        SHOULD,
        *map(perm, ('"1,0"', '"4,"', '",4"')),
        rules=of_fastjson_1(
            "A number that is a text may have commas anywhere.",
            "A text with commas where no thousands are is no number.",
            lambda p: not p.json_numbers_in_texts,
        ),
    ),
    odd(
        "json-list-of-no-number",
        SHOULD,
        *map(perm, ("[[4]]", "[null]", "[true]", '["4.5"]', "[4,4]")),
        rules=read_by_all("An array of anything but one number is no number."),
    ),
    odd(
        "json-list-for-a-text",
        SHOULD,
        sent(text(filters='["f1:1",["f2:1"]]')),
        rules=(
            apache_5_4("An array for a text is the array's JSON.", DECODE, lambda p: not p.json_list_of_one_text),
            apache("A text may be an array of one.", DECODE),
        ),
    ),
    odd(
        "json-letters-for-a-flag",
        SHOULD,
        *map(order, ('"T"', '"F"', '"f"', '"y"')),
        rules=of_fastjson_1(
            "A boolean may be T, F, f or y.",
            "Of letters only Y and N are booleans.",
            lambda p: p.json_letters_are_flags,
        ),
    ),
    odd(
        "json-flag-in-single-quotes",
        SHOULD,
        order("'true'"),
        rules=(
            apache_5_4(
                "A boolean in single quotes makes a body unreadable.",
                DECODE,
                lambda p: not p.json_flags_in_single_quotes,
            ),
            apache("A boolean may be a text in single quotes.", DECODE),
        ),
    ),
    odd(
        "json-constant-in-single-quotes",
        SHOULD,
        filter_type("'SINGLE_TAG'"),
        rules=of_fastjson_1(
            "A filter type may be in single quotes.",
            "A filter type in single quotes makes a body unreadable.",
            lambda p: p.json_constants_in_single_quotes,
        ),
    ),
)
