"""What is different between two bodies of one broker, found without parsing what is the same.

A topic is created, and the broker tells its ten thousand topics once more. `difference` compares the bytes, widens what differs
to whole entries of the table, and reads those alone. It works on *canonical* tails only: what follows the versions of a
registration as 4.9 and 5.x brokers write it, every entry matching `ENTRY`, no key twice. There

- a brace after a digit ends an entry, and nothing else looks like that (names and attributes hold neither braces nor quotes),
- so a tail that agrees with a canonical one outside a window of whole entries, and is whole entries inside it, is canonical.

Both are what the tests lean on: the entries read here and those that a parser finds make the same table.
"""

import re
from typing import Final

TABLE_KEY: Final = b'"topicConfigTable"'
TABLE: Final = b",%b:{" % TABLE_KEY
TEXT: Final = rb'[^"\\{}\x00-\x1f]*'
INT: Final = rb"(?:0|-?[1-9][0-9]{0,8})"
ENTRY_PATTERN: Final = (
    rb'"(?P<topic>' + TEXT + rb')":\{'
    rb'(?:"attributes":\{(?:"' + TEXT + rb'":"' + TEXT + rb'"(?:,"' + TEXT + rb'":"' + TEXT + rb'")*)?\},)?'
    rb'"order":(?:true|false),"perm":(?P<perm>' + INT + rb'),"readQueueNums":(?P<read>' + INT + rb"),"
    rb'"topicFilterType":"(?:SINGLE_TAG|MULTI_TAG)","topicName":"(?P=topic)",'
    rb'"topicSysFlag":(?P<flag>' + INT + rb'),"writeQueueNums":(?P<write>' + INT + rb")\}"
)
ENTRY: Final = re.compile(ENTRY_PATTERN)
ENTRIES: Final = re.compile(rb"(?:" + ENTRY_PATTERN + rb",?)+")
END_OF_ENTRY: Final = re.compile(rb"(?<=[0-9])\}")
BLOCK: Final = 1 << 15

Numbers = tuple[int, int, int, int]
"""readQueueNums, writeQueueNums, perm, topicSysFlag."""


def common_prefix(a: bytes, b: bytes) -> int:
    """How many bytes they begin with in common."""
    size = min(len(a), len(b))
    at = 0
    while at < size and a[at : at + BLOCK] == b[at : at + BLOCK]:
        at += BLOCK
    if at >= size:
        return size
    low, high = at, min(at + BLOCK, size)  # equal up to `low`
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_suffix(a: bytes, b: bytes) -> int:
    """How many bytes they end with in common."""
    size = min(len(a), len(b))
    after_a, after_b, done = len(a), len(b), 0
    while (
        done + BLOCK <= size
        and a[after_a - done - BLOCK : after_a - done] == b[after_b - done - BLOCK : after_b - done]
    ):
        done += BLOCK
    low, high = done, min(done + BLOCK, size)
    while low < high:
        middle = (low + high + 1) // 2
        if a[after_a - middle : after_a - low] == b[after_b - middle : after_b - low]:
            low = middle
        else:
            high = middle - 1
    return low


def is_canonical(tail: bytes, topic_count: int) -> bool:
    """Whether the tail begins with a table of `topic_count` entries as brokers write them, each key once.

    `topic_count`: of the tail as parsed, where a key that is there twice counts once. A second table would count instead.
    """
    if not tail.startswith(TABLE) or tail.find(TABLE_KEY, len(TABLE)) >= 0:
        return False
    found = ENTRIES.match(tail, len(TABLE))
    if found is None or tail[found.end() - 1 : found.end() + 1] != b"}}":
        return False
    return len(END_OF_ENTRY.findall(tail, len(TABLE), found.end())) == topic_count


def read_entries(window: bytes) -> dict[str, Numbers] | None:
    """The entries of a window, `None` if it is anything but whole, different entries."""
    entries: dict[str, Numbers] = {}
    at = 0
    try:
        window.decode()
    except UnicodeDecodeError:
        return None
    while True:
        found = ENTRY.match(window, at)
        if found is None:
            return None
        topic = found["topic"].decode()
        if topic in entries:
            return None
        entries[topic] = (int(found["read"]), int(found["write"]), int(found["perm"]), int(found["flag"]))
        at = found.end()
        if at == len(window):
            return entries
        if window[at : at + 1] != b",":
            return None
        at += 1


def difference(old: bytes, new: bytes) -> dict[str, Numbers] | None:
    """The entries of `new` in a window outside which it agrees with `old`, a canonical tail; `new` is one too then.

    `None` where there is no such window of whole entries in both.
    """
    prefix = common_prefix(old, new)
    start = len(TABLE)
    if prefix < start:
        return None
    separator = old.rfind(b"},", start, prefix)
    while separator >= 0 and not old[separator - 1 : separator].isdigit():
        separator = old.rfind(b"},", start, separator + 1)
    if separator >= 0:
        start = separator + 2
    suffix = min(common_suffix(old, new), len(old) - start, len(new) - start)
    found = END_OF_ENTRY.search(old, len(old) - suffix)
    if found is None:
        return None
    old_end, new_end = found.end(), found.end() + len(new) - len(old)
    entries = read_entries(new[start:new_end])
    before = read_entries(old[start:old_end])
    if entries is None or before is None:
        return None
    for topic in entries.keys() - before.keys():
        key = b'"%b":{' % topic.encode()
        if old.find(key, 0, start) >= 0 or old.find(key, old_end) >= 0:
            return None
    return entries
