"""Which anomalies of the catalogue show by which kinds of findings, as `signs` has found it, and what to do about those."""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Final

import attrs
import orjson

from namesrv.check.audit.kinds import Kind
from namesrv.explore.heal import Remedy
from namesrv.model.profiles import Profile, registration_of

FILE: Final = "signs.json"

HEALING: Final = {
    Remedy.FORCED_REGISTRATION: "The next registration of the broker heals it, within 30 s; if it stays, the broker does not "
    "register.",
    Remedy.NEWER_VERSION: "Only a registration with a newer DataVersion heals it: change any topic of the broker "
    "(`mqadmin updateTopic`).",
    Remedy.DEPARTURE: "It heals when one of the brokers that quarrel leaves: shut it down, the others register again within "
    "30 s.",
    Remedy.EXPIRY: "It heals when the broker has been silent for 120 s, or is restarted.",
    Remedy.RESTART: "A restart of {blamed} heals it, and nothing less: one NameServer at a time, brokers register again within "
    "30 s.",
}
"""What to do about an anomaly, by what the model says is the least that heals it."""


@attrs.frozen(kw_only=True)
class Known:
    """An anomaly of the catalogue: how it shows, and what heals it."""

    slug: str
    heals: Remedy
    kinds: frozenset[str]


@cache
def known() -> dict[str, tuple[Known, ...]]:
    """By profile of those that register differently, the shortest stories first."""
    data = orjson.loads(resources.files(__package__).joinpath(FILE).read_bytes())
    return {
        name: tuple(Known(slug=row["slug"], heals=Remedy[row["heals"]], kinds=frozenset(row["kinds"])) for row in rows)
        for name, rows in data["profiles"].items()
    }


def explained_by(
    kind: Kind, shown: frozenset[str], readable: frozenset[str], profiles: Iterable[Profile]
) -> tuple[tuple[Known, ...], ...]:
    """The anomalies of those releases that show so, the likeliest first, those that are as likely together.

    Likely is what shows by nothing more than what is `shown` (of the kinds that are `readable`), then what explains most of it;
    of those the shortest story comes first.
    """
    found: dict[str, Known] = {}
    for profile in profiles:
        for anomaly in known().get(registration_of(profile).name, ()):
            if kind.slug in anomaly.kinds:
                found.setdefault(anomaly.slug, anomaly)

    def likely(anomaly: Known) -> tuple[int, int]:
        return len((anomaly.kinds & readable) - shown), -len(anomaly.kinds & shown)

    return tuple(tuple(group) for _, group in groupby(sorted(found.values(), key=likely), key=likely))
