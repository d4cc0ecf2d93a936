"""What each release's fastjson takes for JSON, beyond the standard, and what it makes of values of another type.

One named field per difference, each seen on the real releases (the suite's clauses about JSON are tried on them again). 4.9.7 has
fastjson 1.2.69_noneautotype, 5.1.4 and 5.3.3 have 1.2.83, 5.4.0 has fastjson2 2.0.43, 5.5.0 has 2.0.59. What they all take
alike is `loose_json`'s.
"""

from enum import Enum
from typing import Final

import attrs


class NotUtf8(Enum):
    """What becomes of a body that is no UTF-8."""

    REPLACED = "replaced"
    """4.9.7's `RemotingSerializable.decode` makes a String of it, with a replacement character for what is none."""
    NULL = "null"
    """fastjson 1.2.83, `JSON.parseObject(byte[], …)`: the whole body is null."""
    SKIPPED = "skipped"
    """fastjson2 reads bytes: it does not notice in the text of a field that it does not know, and refuses it elsewhere."""


@attrs.frozen(kw_only=True)
class Dialect:
    """How one release reads the bodies of requests."""

    not_utf_8: NotUtf8
    release_5: bool
    """Whether the classes have what 5.x added: stateVersion, a topic's attributes, topic-queue mappings."""
    loose: bool
    """Keys may be bare words, commas stand before a first field, comments anywhere, a last one may be `//` alone; BOM; NaN."""
    blank_is_null: bool
    """No JSON at all, and `[]` where an object should be, are null."""
    commas_required: bool
    """Fields of an object need a comma between them."""
    comma_after_unknown: bool
    """A comma may stand behind the last field though the class does not know that field, and two commas between two."""
    block_comments: bool
    """`/* */` may stand inside an object or behind it; before it, it may in all."""
    smart_keys: bool
    """A field is found whatever its key's case, `_` and `-`."""
    null_is_zero: bool
    """A number that is null is 0; otherwise the class's default stays. `""` and `"null"` are as null."""
    object_is_zero: bool
    """An int that is an object is 0."""
    object_is_a_counter: bool
    """A DataVersion's counter that is an object is 0."""
    numbers_in_texts: bool
    """A text may be a decimal number, or `true`; otherwise only digits."""
    list_of_one: bool
    """A number may be an array of one."""
    true_is_a_long: bool
    """A long may be true or false, as an int may in all."""
    anything_is_a_list: bool
    """What is neither array nor text becomes an array of one text; otherwise null."""
    wide_field_names: bool
    """A field's name may have characters beyond 16 bits. So may a map's key in which something is escaped."""
    wide_map_keys: bool
    """So may a map's key."""
    number_is_a_map_key: bool
    """In a map of texts a key may be a number without quotes."""
    counter_is_int: bool
    """A DataVersion's counter has to be an int."""


FASTJSON_1_2_83: Final = Dialect(
    not_utf_8=NotUtf8.NULL,
    release_5=True,
    loose=True,
    blank_is_null=True,
    commas_required=True,
    comma_after_unknown=True,
    block_comments=True,
    smart_keys=True,
    null_is_zero=False,
    object_is_zero=False,
    object_is_a_counter=False,
    numbers_in_texts=False,
    list_of_one=False,
    true_is_a_long=True,
    anything_is_a_list=True,
    wide_field_names=True,
    wide_map_keys=True,
    number_is_a_map_key=False,
    counter_is_int=False,
)
"""5.1.4 and 5.3.3."""

FASTJSON_1_2_69: Final = attrs.evolve(
    FASTJSON_1_2_83, not_utf_8=NotUtf8.REPLACED, release_5=False, true_is_a_long=False
)
"""4.9.7."""

FASTJSON_2_0_59: Final = attrs.evolve(
    FASTJSON_1_2_83,
    not_utf_8=NotUtf8.SKIPPED,
    loose=False,
    blank_is_null=False,
    commas_required=False,
    comma_after_unknown=False,
    smart_keys=False,
    null_is_zero=True,
    object_is_zero=True,
    numbers_in_texts=True,
    list_of_one=True,
    anything_is_a_list=False,
    wide_field_names=False,
    number_is_a_map_key=True,
)
"""5.5.0."""

FASTJSON_2_0_43: Final = attrs.evolve(
    FASTJSON_2_0_59,
    comma_after_unknown=True,
    block_comments=False,
    object_is_a_counter=True,
    wide_map_keys=False,
    counter_is_int=True,
)
"""5.4.0."""
