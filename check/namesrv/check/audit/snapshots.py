"""One snapshot of a set: every NameServer asked at the same time, each within its time, and what is wrong in what they say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import attrs

from namesrv.check.audit.alone import alone, without_master
from namesrv.check.audit.sign import Sign
from namesrv.check.audit.together import At, together
from namesrv.check.findings import Undecided
from namesrv.check.readable import readable
from namesrv.check.seen import ASKED_AT_ONCE, TIMEOUT_S, Asking, Place, Seen
from namesrv.check.target import Target
from namesrv.model.profiles import PROFILES, STRICT, Profile
from namesrv.remoting.version import version_name

AT_ONCE: Final = 32
"""So many NameServers are asked at the same time; a set has two or three."""


@attrs.frozen(kw_only=True)
class Look:
    """One NameServer in one snapshot. `seen` is `None` where it could not be asked, and `why` says so; `profile`: what it is
    taken for, `profile_why` if that is not what it says; `seconds`: how long it took.
    """

    where: str
    seen: Seen | None = None
    why: str = ""
    profile: Profile | None = None
    profile_why: str = ""
    seconds: float = 0.0

    @property
    def brokers(self) -> int:
        """How many addresses stand there."""
        datas = () if self.seen is None else self.seen.clusters.broker_addr_table.values()
        return len({addr for data in datas for addr in data.broker_addrs.values()})


@attrs.frozen(kw_only=True)
class Snapshot:
    """`signs`: what is wrong in it, at one of them or between them."""

    looks: tuple[Look, ...]
    signs: frozenset[Sign]
    remarks: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every NameServer could be asked."""
        return all(look.seen is not None for look in self.looks)


@attrs.frozen(kw_only=True)
class Asker:
    """How a set is asked. Times in seconds; `within_s` bounds one NameServer's part of a snapshot. `profile`: of all of them,
    `None`: of the release that the answers' headers name.
    """

    targets: tuple[Target, ...]
    profile: Profile | None = None
    data_versions: bool = False
    timeout_s: float = TIMEOUT_S
    within_s: float = 60.0
    at_once: int = ASKED_AT_ONCE
    clock: Callable[[], float] = time.monotonic

    def snapshot(self, also: Iterable[Place] = ()) -> Snapshot:
        """Everything once. `also`: places that 322 is asked about, too (of earlier snapshots). Never raises `Undecided`."""
        places = frozenset(also)
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(self.targets))) as pool:
            looks = tuple(pool.map(lambda target: self._look(target, places), self.targets))
        return judged(looks)

    def _look(self, target: Target, places: frozenset[Place]) -> Look:
        began = self.clock()
        try:
            asking = Asking(
                target,
                data_versions=self.data_versions,
                at_once=self.at_once,
                timeout_s=self.timeout_s,
                within_s=self.within_s,
            )
            try:
                seen = asking.see(places)
            finally:
                asking.close()
        except Undecided as error:
            return Look(where=target.where, why=readable(str(error)), seconds=self.clock() - began)
        profile, why = (self.profile, "") if self.profile is not None else profile_of(seen.version)
        return Look(where=target.where, seen=seen, profile=profile, profile_why=why, seconds=self.clock() - began)


def judged(looks: tuple[Look, ...]) -> Snapshot:
    """A snapshot with what is wrong in it."""
    set_of = tuple(
        At(look.where, look.profile, look.seen) for look in looks if look.seen is not None and look.profile is not None
    )
    signs = {sign for at in set_of for sign in alone(at.where, at.seen)} | set(together(set_of))
    return Snapshot(looks=looks, signs=frozenset(signs), remarks=tuple(_remarks(set_of)))


def _remarks(set_of: tuple[At, ...]) -> Iterable[str]:
    for name in sorted({name for at in set_of for name in without_master(at.seen)}):
        yield f"{name} has no master: nothing can be sent to it"
    for at in set_of:
        if not at.seen.clusters.broker_addr_table:
            yield f"no broker is registered at {at.where}"
    releases = sorted({at.profile.name for at in set_of})
    if len(releases) > 1:
        yield f"the set mixes releases: {', '.join(releases)}"


def profile_of(version: int) -> tuple[Profile, str]:
    """What a NameServer is taken for whose answers carry this version: that release, or the last one before it that is known.

    `strict` answers as the release that it is built after, and is taken for that.
    """
    releases = sorted((p for p in PROFILES.values() if p is not STRICT), key=lambda profile: profile.mq_version)
    exact = next((profile for profile in releases if profile.mq_version == version), None)
    if exact is not None:
        return exact, ""
    before = [profile for profile in releases if profile.mq_version < version]
    return (before[-1] if before else releases[0]), f"nearest to {version_name(version)}"
