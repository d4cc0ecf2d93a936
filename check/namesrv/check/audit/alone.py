"""What is wrong in the answers of one NameServer: which invariants of `namesrv.model` are seen to be false, and where.

Each is said of answers here as `namesrv.model.invariants` and `.promises` say it of tables. That the two agree is tested on every
state that the catalogue of anomalies comes to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from namesrv.check.audit.sign import Sign
from namesrv.check.seen import Seen, Word
from namesrv.model.values import MASTER_ID

Standing = tuple[Word, int]
"""A broker's name and id."""


def said(word: Word) -> str:
    """A name or an address for people."""
    return "(null)" if word is None else word


def standing(seen: Seen) -> dict[Word, list[Standing]]:
    """By address, where it stands."""
    places: dict[Word, list[Standing]] = defaultdict(list)
    for name, data in sorted(seen.clusters.broker_addr_table.items(), key=str):
        for broker_id, addr in sorted(data.broker_addrs.items()):
            places[addr].append((name, broker_id))
    return places


def alone(where: str, seen: Seen) -> Iterator[Sign]:
    """Everything that is wrong at that NameServer."""
    for kind, broker, topic, text in (*_addresses(seen), *_names(seen), *_queues(seen), *_liveness(seen)):
        yield Sign(kind=kind, where=(where,), broker=broker, topic=topic, says=text)


Told = tuple[str, str, str, str]
"""Kind, broker, topic, and what it says."""


def _addresses(seen: Seen) -> Iterator[Told]:
    for addr, places in standing(seen).items():
        if len(places) > 1:
            names = {name for name, _ in places}
            kind = "address-at-two-names" if len(names) > 1 else "address-at-two-ids"
            where = " and as ".join(f"{said(name)}/{broker_id}" for name, broker_id in places)
            yield kind, said(addr), "", f"{said(addr)} stands as {where}"


def _names(seen: Seen) -> Iterator[Told]:
    brokers, clusters = seen.clusters.broker_addr_table, seen.clusters.cluster_addr_table
    for name, data in brokers.items():
        if not data.broker_addrs:
            yield "name-without-address", said(name), "", f"{said(name)} of {said(data.cluster)} has no address"
        if name not in clusters.get(data.cluster, frozenset()):
            yield (
                "name-in-no-cluster",
                said(name),
                "",
                f"{said(name)} is of {said(data.cluster)}, which does not list it",
            )
    for cluster, names in clusters.items():
        for name in names:
            known = brokers.get(name)
            if known is None:
                yield "name-without-broker", said(name), "", f"{said(cluster)} lists {said(name)}, which is not known"
            elif known.cluster != cluster:
                text = f"{said(cluster)} lists {said(name)}, which is of {said(known.cluster)}"
                yield "name-in-another-cluster", said(name), "", text


def _queues(seen: Seen) -> Iterator[Told]:
    brokers = seen.clusters.broker_addr_table
    for topic, route in seen.routes.items():
        if route is None:
            yield "topic-without-route", "", topic, f"{topic} is listed and has no route"
            continue
        for name in {queue.broker_name for queue in route.queue_datas} - set(brokers):
            yield "queues-without-broker", said(name), topic, f"{topic} has queues of {said(name)}, which is not known"
        for name in set(route.topic_queue_mapping_by_broker or ()) - set(brokers):
            yield "mapping-left-over", said(name), topic, f"{topic} has a mapping of {said(name)}, which is not known"


def _liveness(seen: Seen) -> Iterator[Told]:
    """What 322 says. Of an address that stands in a cluster it was asked there; of others wherever they were known."""
    if seen.stored is None:
        return
    places = standing(seen)
    brokers = seen.clusters.broker_addr_table
    for addr, names in places.items():
        for name, broker_id in names:
            cluster = brokers[name].cluster
            if cluster is not None and addr and seen.stored.get((cluster, addr), True) is None:
                yield (
                    "route-not-live",
                    said(addr),
                    "",
                    f"{addr} stands as {said(name)}/{broker_id} of {cluster}, and is not live",
                )
    for (cluster, addr), version in seen.stored.items():
        if version is not None and addr not in places:
            yield "live-nowhere", addr, "", f"{addr} is live in {cluster}, and stands nowhere"


def without_master(seen: Seen) -> list[str]:
    """Names that have brokers and no master: nothing can be sent to them, which may be meant so."""
    datas = seen.clusters.broker_addr_table
    return sorted(
        said(name) for name, data in datas.items() if data.broker_addrs and MASTER_ID not in data.broker_addrs
    )
