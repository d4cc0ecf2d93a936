"""Registrations that say what is known already, taken in without reading all their topics.

A broker registers every 30 s with thousands of topics and, as a rule, nothing new. A 5.x broker's body is different bytes each
time all the same: `mappingDataVersion`, which no NameServer uses, has a new timestamp. `Unchanged.match` recognises such a
body without parsing it. It rests on this, which is proved (`proofs/THEOREMS.md`) and tested by comparison:

**Whenever the condition holds, carrying the registration out in full would change exactly what `take` changes.** That is the
live entry's last update, channel and DataVersion; and, in case (c) only, the queues of the topics that are different.

The condition, for a REGISTER_BROKER of the live key *k* (its cluster and address):

1. *k* is live, and its live entry was stored by a registration *a* that was accepted as a whole. (Later hits count as *a*.) It
   has an address: an id that is held by none counts as free, so that the next registration puts topics that *a* did not put.
2. Version and ext fields are those of *a*, `bodyCrc32` apart; that is 0, or right for this body.
3. The body is `head version middle tail`, its head byte for byte *a*'s, and *a*'s body was standard JSON with
   `head` = `{"filterServerList":[...],"topicConfigSerializeWrapper":{"dataVersion":`, the version an object of whole numbers,
   and the middle nothing or a `mappingDataVersion` of whole numbers. It brought no mappings (such a body is not read the quick
   way): they would be put again, over those that somebody else has put since.
4. The name's entry is the one that *a* left, in the same generation: no address, flag, zone, cluster, queue or mapping of the
   name has changed since, nor whether it is wiped, whoever did it; and the name is in the cluster's set.
5. Whether every topic would be put is for the release to say: Apache does if the DataVersion is not the stored one, the repaired
   server always (`same-version-puts-topics`). So one of these:
   (a) Not repaired, the tail is *a*'s and the DataVersion equals the stored one. Then only topics that the name lacks would be
   put; it lacks none, since it had all of them after *a* and nothing has changed.
   (b) Every topic would be put, the tail is *a*'s, and *may_put_all* below. Then each would be put as it is already.
   (c) Every topic would be put, the tail differs in whole entries of its table (`changed_topics`), *may_put_all*, and the body
   does not say whether it is full (one that is would take topics and mappings away; with the same tail there are none to take:
       *a* left none). Then
   those outside the window would be put as they are already. (Repaired, none of those inside is without a name: `part-missing`.)

*may_put_all*: *a* put every topic of its body, or was none that publishes (repaired, one of the two is always true); its tail
holds no second `dataVersion` or wrapper (a later key of the same name would count) and no escape that might spell one; and,
repaired, the new version is not older (older ones go the full way, which takes them over the speaking connection only). Filter
servers are *k*'s own and part of the head; a slave's answer is made anew each time.
"""

import re
import zlib
from collections.abc import Mapping
from operator import itemgetter
from typing import Final

from namesrv.server.changed_topics import Numbers, difference, is_canonical
from namesrv.server.crc import combine, shift
from namesrv.server.profiles import ServerProfile
from namesrv.server.registration import Registered, Registration, publishes, put_queues
from namesrv.server.splitter import Body
from namesrv.server.strict import is_older
from namesrv.server.tables import BrokerEntry, LiveInfo, LiveKey, Queue, Tables, Version

MAX_KEPT_BYTES: Final = 64 << 20
"""Tails of bodies are kept up to this sum; beyond, registrations are carried out in full."""

NUMBER: Final = rb"(0|[1-9][0-9]{0,17})"
HEAD: Final = re.compile(
    rb'\{"filterServerList":\[[^\]\\]*\],"topicConfigSerializeWrapper":\{"dataVersion":'
    rb'(?P<version>)\{"counter":' + NUMBER + rb',(?:"stateVersion":' + NUMBER + rb',)?"timestamp":' + NUMBER + rb"\}"
    rb'(?:,"mappingDataVersion":\{"counter":'
    + NUMBER
    + rb',"stateVersion":'
    + NUMBER
    + rb',"timestamp":'
    + NUMBER
    + rb'\})?(?P<tail>),"topicConfigTable":\{'
)
FIELDS: Final = (
    "clusterName",
    "brokerAddr",
    "brokerName",
    "brokerId",
    "haServerAddr",
    "compressed",
    "heartbeatTimeoutMillis",
    "enableActingMaster",
    "__ZONE_NAME",
    "fullBody",
)
"""The ext fields that a registration's outcome depends on, besides `bodyCrc32`."""

NUMBERS: Final = itemgetter(2, 3, 4)
MAX_INT: Final = (1 << 31) - 1
SECOND_MEANINGS: Final = (b"\\", b'"dataVersion"', b'"topicConfigSerializeWrapper"')

Said = tuple[object, ...]


def said(version: int, ext: Mapping[str, str]) -> Said:
    """What the header of a registration says, apart from the checksum."""
    get = ext.get
    return (version, *map(get, FIELDS))


class Accepted:
    """What is remembered of a live key's last registration. `is_canonical` is `None` until somebody has to know."""

    __slots__ = (
        "entry",
        "generation",
        "head",
        "is_canonical",
        "may_put_all",
        "said",
        "tail",
        "tail_crc",
        "tail_shift",
        "topic_count",
    )

    def __init__(
        self, said: Said, head: bytes, tail: bytes, entry: BrokerEntry, *, may_put_all: bool, topic_count: int
    ) -> None:
        self.said = said
        self.head = head
        self.entry = entry
        self.may_put_all = may_put_all
        self.topic_count = topic_count
        self.is_canonical: bool | None = None
        self.keep(tail)

    def keep(self, tail: bytes) -> None:
        """This is the tail now, and the tables are as it says."""
        self.tail = tail
        self.tail_crc: int | None = None
        self.tail_shift = shift(len(tail))
        self.generation = self.entry.generation


class Match:
    """A registration that need not be carried out in full. `changed`: the entries of case (c), `tail` the body's then."""

    __slots__ = ("accepted", "changed", "info", "tail", "version")

    def __init__(self, info: LiveInfo, accepted: Accepted, version: Version) -> None:
        self.info = info
        self.accepted = accepted
        self.version = version
        self.changed: dict[str, Numbers] | None = None
        self.tail = b""


class Unchanged:
    """Remembers and recognises; see the module. `max_kept_bytes` 0 turns it off."""

    def __init__(self, tables: Tables, profile: ServerProfile, max_kept_bytes: int = MAX_KEPT_BYTES) -> None:
        self._tables = tables
        self._profile = profile
        self._max_kept_bytes = max_kept_bytes

    def match(self, version: int, ext: Mapping[str, str], body: Body, body_crc32: int) -> Match | None:
        """The registration, if the condition holds; `body_crc32` is the header's. Changes nothing, never raises."""
        cluster = ext.get("clusterName")
        key: LiveKey = (cluster if self._profile.live_by_cluster else "", ext.get("brokerAddr"))
        info = self._tables.live.get(key)
        accepted = None if info is None else info.accepted
        if accepted is None or accepted.said != said(version, ext):
            return None
        assert info is not None
        assert isinstance(accepted, Accepted)
        entry = accepted.entry
        if (
            entry.generation != accepted.generation
            or self._tables.broker_addr.get(entry.name) is not entry
            or entry.name not in self._tables.cluster_addr.get(cluster, ())
        ):
            return None
        found = HEAD.match(body)
        if found is None or body[: found.start("version")] != accepted.head:
            return None
        counter, state_version, timestamp = NUMBERS(found)
        new = Version(int(state_version or 0) if self._profile.state_version else 0, int(timestamp), int(counter))
        if self._profile.dialect.counter_is_int and int(counter) > MAX_INT:
            return None
        match = Match(info, accepted, new)
        tail_at = found.start("tail")
        same_tail = len(body) - tail_at == len(accepted.tail) and body.endswith(accepted.tail)
        if self._profile.repaired or new != info.version:
            if not accepted.may_put_all or info.version is None:
                return None
            if self._profile.repaired and is_older(new, info.version):
                return None
            if not same_tail and ext.get("fullBody") is not None:
                return None
            if not same_tail and not self._finds_changed(match, bytes(memoryview(body)[tail_at:])):
                return None
        elif not same_tail:
            return None
        if body_crc32 and body_crc32 != (
            self._crc(body, tail_at, accepted) if same_tail else zlib.crc32(body) & 0x7FFFFFFF
        ):
            return None
        return match

    def _finds_changed(self, match: Match, tail: bytes) -> bool:
        accepted = match.accepted
        if accepted.is_canonical is None:
            accepted.is_canonical = is_canonical(accepted.tail, accepted.topic_count)
        if not accepted.is_canonical or len(tail) - len(accepted.tail) > self._max_kept_bytes - self._kept_bytes():
            return False
        match.changed = difference(accepted.tail, tail)
        match.tail = tail
        return match.changed is not None and not (self._profile.repaired and "" in match.changed)

    @staticmethod
    def _crc(body: Body, tail_at: int, accepted: Accepted) -> int:
        if accepted.tail_crc is None:
            accepted.tail_crc = zlib.crc32(accepted.tail)
        return combine(zlib.crc32(body[:tail_at]), accepted.tail_crc, accepted.tail_shift) & 0x7FFFFFFF

    def take(self, match: Match, r: Registration) -> None:
        """Changes what such a registration changes. `r` is as its header says, without a body."""
        match.info.last_update_ms = r.now_ms
        match.info.channel = r.channel
        match.info.version = match.version
        if match.changed is None:
            return
        entry = match.accepted.entry
        if publishes(self._profile, entry, r):
            r.topics = [(topic, Queue(*numbers)) for topic, numbers in match.changed.items()]
            put_queues(self._tables, self._profile, entry, r, every=True)
        match.accepted.keep(match.tail)

    def remember(self, request_said: Said, r: Registration, body: bytes, result: Registered) -> None:
        """Keeps what an accepted registration was, whose body was standard JSON."""
        if result.stored is None or result.entry is None or r.version is None or not r.addr:
            return
        found = HEAD.match(body)
        if found is None:
            return
        tail = body[found.start("tail") :]
        if self._kept_bytes() + len(tail) > self._max_kept_bytes:
            return
        result.stored.accepted = Accepted(
            request_said,
            body[: found.start("version")],
            tail,
            result.entry,
            may_put_all=result.rows_in_place and not r.mappings and not any(m in tail for m in SECOND_MEANINGS),
            topic_count=r.topic_count,
        )

    def _kept_bytes(self) -> int:
        return sum(len(info.accepted.tail) for info in self._tables.live.values() if info.accepted is not None)
