"""What is wrong in one NameServer's answers: each kind has a snapshot that must be found out, and the model says the same."""

from collections.abc import Callable, Iterator
from random import Random

import attrs
import pytest

from namesrv.check.audit.alone import alone
from namesrv.check.audit.kinds import KINDS, NOT_READABLE, Reads
from namesrv.check.audit.signs import seen_of
from namesrv.check.seen import Seen
from namesrv.explore.peers import H1, H2
from namesrv.explore.themes import THEMES
from namesrv.model.events import ChannelClosed, Opaque, Received
from namesrv.model.invariants import INVARIANTS
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES, Profile
from namesrv.model.promises import NAMES, PROMISES
from namesrv.model.state import Tables
from namesrv.model.system.nameserver_part import NameServerPart, happened, settled
from namesrv.model.values import BrokerData, DataVersion, QueueData, table
from tests.check.audit.sets import H3, MAPPING, broker, sound, with_broker, with_cluster, with_route

QUEUES_OF_NOBODY = QueueData(broker_name="gone", read_queue_nums=4, write_queue_nums=4, perm=6, topic_sys_flag=0)


def standing(seen: Seen, name: str, **addrs: str) -> Seen:
    """With those addresses of that name, by `i0` for id 0."""
    data = broker(seen, name)
    return with_broker(seen, attrs.evolve(data, broker_addrs=table({int(i[1:]): a for i, a in addrs.items()})))


def stored(seen: Seen, cluster: str, addr: str, version: DataVersion | None) -> Seen:
    """With that answer of 322."""
    return attrs.evolve(seen, stored={**(seen.stored or {}), (cluster, addr): version})


Change = Callable[[Seen], Seen]
WRONG: dict[str, tuple[Change, str]] = {
    "address-at-two-names": (lambda s: standing(s, "b", i0=H1), f"{H1} stands as a/0 and as b/0"),
    "address-at-two-ids": (lambda s: standing(s, "a", i0=H1, i1=H1), f"{H1} stands as a/0 and as a/1"),
    "name-without-address": (lambda s: standing(s, "b"), "b of C2 has no address"),
    "name-without-broker": (lambda s: with_cluster(s, "C1", "a", "gone"), "C1 lists gone, which is not known"),
    "name-in-another-cluster": (lambda s: with_cluster(s, "C2", "a", "b"), "C2 lists a, which is of C1"),
    "name-in-no-cluster": (lambda s: with_cluster(s, "C1"), "a is of C1, which does not list it"),
    "queues-without-broker": (
        lambda s: with_route(s, "t2", queue_datas=s.routes["t2"].queue_datas | {QUEUES_OF_NOBODY}),  # type: ignore[union-attr]
        "t2 has queues of gone, which is not known",
    ),
    "topic-without-route": (lambda s: with_route(s, "t2"), "t2 is listed and has no route"),
    "mapping-left-over": (
        lambda s: with_route(s, "t2", topic_queue_mapping_by_broker=table({"gone": MAPPING})),
        "t2 has a mapping of gone, which is not known",
    ),
    "route-not-live": (lambda s: stored(s, "C1", H2, None), f"{H2} stands as a/1 of C1, and is not live"),
    "live-nowhere": (lambda s: stored(s, "C1", "h9:1", DataVersion()), "h9:1 is live in C1, and stands nowhere"),
}


def test_every_kind_of_one_namesrv_has_a_snapshot_that_must_be_found_out() -> None:
    assert set(WRONG) == {s for s, k in KINDS.items() if k.reads in (Reads.ANSWERS, Reads.LIVENESS)}


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_wrong_where_nothing_is(profile: str) -> None:
    assert list(alone("x", sound(PROFILES[profile]))) == []


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_told_and_nothing_else(kind: str) -> None:
    change, says = WRONG[kind]
    seen = change(sound())
    if KINDS[kind].reads is Reads.ANSWERS:
        seen = attrs.evolve(seen, stored=None)
    signs = list(alone("x", seen))
    assert [(sign.kind, sign.says, sign.where) for sign in signs] == [(kind, says, ("x",))]


def test_what_was_not_asked_is_not_told() -> None:
    seen = attrs.evolve(stored(sound(), "C1", H2, None), stored=None)
    assert list(alone("x", seen)) == []


def test_null_names_are_told_as_such() -> None:
    data = BrokerData(cluster="C1", broker_name=None, broker_addrs=table({0: H3}))
    seen = attrs.evolve(with_broker(sound(), data), stored=None)
    assert {sign.says for sign in alone("x", seen)} == {
        f"{H3} stands as b/0 and as (null)/0",
        "(null) is of C1, which does not list it",
    }


# Beside the model -----------------------------------------------------------------------------------------------------

READ_OFF = {
    kind.invariant: {k.slug for k in KINDS.values() if k.invariant == kind.invariant}
    for kind in KINDS.values()
    if kind.invariant is not None and kind.reads in (Reads.ANSWERS, Reads.LIVENESS)
}


def test_of_every_invariant_it_is_said_whether_answers_show_it() -> None:
    whole = {"AddressUniqueness", "ClusterAgreement", "QueueSoundness"}
    assert whole | set(NOT_READABLE) == set(NAMES)
    assert {k.invariant for k in KINDS.values() if k.invariant} <= set(NAMES)


def walk(profile: Profile, rng: Random) -> Iterator[NameServerPart]:
    """States at rest that a few requests and closes of a theme's alphabet come to, whatever is broken on the way."""
    theme = rng.choice([theme for theme in THEMES if "null" not in theme.name and theme.name != "parts"])
    part = NameServerPart()
    for _ in range(7):
        if part.state.tables.broker_live_table and rng.random() < 0.2:
            channel = rng.choice([channel for channel, _ in theme.alphabet])
            part, _ = happened(part, ChannelClosed(channel=channel), profile)
        else:
            channel, request = rng.choice(theme.alphabet)
            part, _ = happened(part, Received(channel=channel, opaque=Opaque(1), request=request), profile)
        part, _ = settled(part, profile)
        yield part


def askable(tables: Tables) -> bool:
    """Not where an address is null, about which nothing can be asked, or has no version: 322 answers as if it were not live."""
    live = tables.broker_live_table
    standing = [addr for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values()]
    has_null = None in standing or any(key.broker_addr is None for key in live)
    return not has_null and all(info.data_version is not None for info in live.values())


@pytest.mark.parametrize("profile", DISTINCT_PROFILES)
def test_answers_say_what_the_invariants_say_of_the_tables(profile: str) -> None:
    chosen, rng = PROFILES[profile], Random(20_261_126)
    known = [(part.state.tables, part.ledger) for _ in range(40) for part in walk(chosen, rng)]
    broken: set[str] = set()
    for tables, ledger in known:
        if not askable(tables):
            continue
        live = {(key.cluster_name or "C1", key.broker_addr) for key in tables.broker_live_table if key.broker_addr}
        shown = {sign.kind for sign in alone("x", seen_of(tables, chosen, live))}
        for invariant, kinds in READ_OFF.items():
            if invariant == "NothingLeftOver":
                continue  # what no route has is not shown
            holds = (
                INVARIANTS[invariant](tables)
                if invariant in INVARIANTS
                else PROMISES[invariant](tables, ledger, chosen)
            )
            assert bool(kinds & shown) is not holds, (invariant, shown, tables)
            broken |= set() if holds else {invariant}
    if profile == "strict":
        assert broken == set()
    else:
        assert {"AddressUniqueness", "ClusterAgreement", "RouteSoundness"} <= broken
