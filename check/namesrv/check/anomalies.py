"""The anomaly catalogue: what exploration finds for each profile, merged by cause, with what heals it.

Nothing here says which anomalies there are: `namesrv.explore.catalogue` finds them. What it can't find are the words:
what the loss of each invariant means to clients, and which upstream issues are about the same (`upstream.json`).
"""

import re
from functools import cache
from importlib import resources
from typing import Any, Final

import attrs
import orjson

from namesrv.check import stamp
from namesrv.explore.catalogue import Anomaly, Causes, anomalies
from namesrv.explore.heal import Remedy, remedy_of
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES, Profile, registration_of

NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")
CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")

SHORT: Final = {
    "register_broker": "register",
    "unregister_broker": "unregister",
    "channel_destroy": "close",
    "scan_not_active_broker": "scan",
    "query_data_version": "query",
    "register_topic_in_namesrv": "register-topic",
    "delete_topic_in_namesrv": "delete-topic",
    "wipe_write_perm_of_broker": "wipe",
    "add_write_perm_of_broker": "add-write-perm",
}

CONSEQUENCES: Final = {
    "RouteSoundness": "Routes show an address that is not live, and that no scan or close will remove: clients are sent there.",
    "AddressUniqueness": "One broker stands at two places: clients count its queues twice, and a removal leaves one of them.",
    "ClusterAgreement": "A broker name is listed without an address, or in a cluster that it is not in: tools that go "
    "through clusters fail or count wrongly.",
    "QueueSoundness": "A topic has queues of a broker that is not there: its route is empty or short.",
    "AtomicRefusal": "A request that was answered with an error has changed the tables; the sender can't know, and nobody "
    "undoes it.",
    "VersionMonotonicity": "An older state of a broker replaces a newer one: topics go back to what they were.",
    "AcknowledgedEffect": "A broker was told SUCCESS and believes itself registered, but is not, or not as it said: "
    "clients do not find it, or its topics, until it registers again.",
    "VersionCoherence": "QUERY_DATA_VERSION says unchanged while the tables hold something else: a broker that asks first "
    "(forceRegister=false) never repairs it.",
    "SkipSafety": "A broker that skips its registration because nothing changed is left with other tables than one that "
    "registers.",
    "LiveIsStanding": "An address is kept alive that stands nowhere: questions are answered as if it were registered, and "
    "its connection's end removes nothing.",
    "LiveIsConnected": "A broker whose connection is gone stays in routes until it expires (120 s) rather than until then.",
    "NothingLeftOver": "Filter servers or static-topic mappings of brokers that are gone stay in routes.",
    "TopicsAreSaid": "Topics of an earlier holder of the place are routed to the present one, which does not have them: "
    "sends to it fail.",
    "WipedIsReadOnly": "An administrator has taken a broker's write permission away, before maintenance say, and producers send "
    "to it again before it is given back.",
    "HandGivesWay": "What an administrator did to a topic of one NameServer (deleted it, put other queues) outlasts its broker's "
    "registrations: the broker believes itself registered, and that NameServer goes on showing something else.",
}
"""What the loss of each invariant means to those who ask for routes."""


@attrs.frozen(kw_only=True)
class Entry:
    """One anomaly. `found`: by profile, of those that differ; `remedies`: what the least is that heals it, by profile.

    `apart`: what tells it apart from a shorter story of the same causes, which breaks other invariants.
    """

    slug: str
    causes: Causes
    apart: frozenset[str]
    found: dict[str, Anomaly]
    remedies: dict[str, Remedy]

    @property
    def breaks(self) -> frozenset[str]:
        """The invariants that it breaks in some release and no simpler cause does."""
        return frozenset[str]().union(*(anomaly.new for anomaly in self.found.values()))

    def of(self, profile: Profile) -> Anomaly | None:
        """What is found in that profile, or in the one with the same registration."""
        anomaly = self.found.get(registration_of(profile).name)
        return None if anomaly is None else attrs.evolve(anomaly, profile=profile.name)

    @property
    def also(self) -> frozenset[str]:
        """Those that are false then, too."""
        return frozenset[str]().union(*(anomaly.broken for anomaly in self.found.values())) - self.breaks


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every entry, in the order in which they were found: the shortest stories first. Takes some 30 s."""
    by_causes: dict[tuple[Causes, frozenset[str]], dict[str, Anomaly]] = {}
    for profile in DISTINCT_PROFILES.values():
        told: set[Causes] = set()
        for anomaly in anomalies(profile):
            apart = anomaly.new if anomaly.causes in told else frozenset[str]()
            told.add(anomaly.causes)
            by_causes.setdefault((anomaly.causes, apart), {})[profile.name] = anomaly
    entries = [
        Entry(
            slug=slug_of(causes, apart),
            causes=causes,
            apart=apart,
            found=found,
            remedies={name: remedy_of(anomaly, DISTINCT_PROFILES[name]) for name, anomaly in found.items()},
        )
        for (causes, apart), found in by_causes.items()
    ]
    entries.sort(key=lambda entry: (min(len(a.story) for a in entry.found.values()), len(entry.slug), entry.slug))
    return tuple(entries)


def slug_of(causes: Causes, apart: frozenset[str] = frozenset()) -> str:
    """A lasting name, made of the rules and their circumstances; and of what breaks, of all but the first of the same causes."""
    parts = []
    for cause in causes:
        words = [SHORT.get(cause.table, cause.table), cause.rule, *sorted(cause.circumstances)]
        parts.append("/".join(NOT_A_WORD.sub("-", word.lower()).strip("-") for word in words))
    return "+".join(sorted(parts)) + "".join(f"!{CAPITAL.sub('-', name).lower()}" for name in sorted(apart))


def digest(*profiles: Profile) -> str:
    """A hash of which anomalies those profiles (or all) have and what they break, for what is generated to carry."""
    chosen = profiles or tuple(PROFILES.values())
    told = [
        (
            entry.slug,
            sorted((a.profile, sorted(a.new), sorted(a.broken)) for a in map(entry.of, chosen) if a is not None),
        )
        for entry in sorted(catalogue(), key=lambda entry: entry.slug)
    ]
    return stamp.digest(orjson.dumps([row for row in told if row[1]]).decode())


@cache
def upstream() -> dict[str, Any]:
    """What is known upstream, by the words that have to be in a slug."""
    known: dict[str, Any] = orjson.loads(resources.files("namesrv.check").joinpath("upstream.json").read_bytes())
    return known


def issues_of(entry: Entry) -> list[dict[str, Any]]:
    """The upstream issues that are about an entry: those of the first row all of whose words its slug has."""
    words = set(re.split(r"[/+]", entry.slug))
    for row in upstream()["rows"]:
        if words >= set(row["words"]) and (not row.get("breaks") or entry.breaks & set(row["breaks"])):
            issues: list[dict[str, Any]] = row["issues"]
            return issues
    return []
