"""By which kinds of findings each anomaly of the catalogue shows: the audit's own eyes on the state that its story comes to.

Looked at is a NameServer with those tables, by itself and beside one that was started afterwards, at which the same brokers have
registered. Searching the catalogue takes a minute or two, so what comes of it is kept (`signs.json`), with its digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from namesrv.check.anomalies import catalogue, digest
from namesrv.check.audit.alone import alone
from namesrv.check.audit.together import At, together
from namesrv.check.seen import Place, Seen
from namesrv.explore.catalogue import Anomaly
from namesrv.explore.heal import started_since
from namesrv.model.ledger import live_info
from namesrv.model.profiles import DISTINCT_PROFILES, Profile
from namesrv.model.route import pickup_topic_route_data
from namesrv.model.state import Tables
from namesrv.model.values import BrokerData, ClusterInfo, table


def seen_of(tables: Tables, profile: Profile, also: Iterable[Place] = ()) -> Seen:
    """What a NameServer with these tables shows, 322 included; where a route may be any of several, the first."""
    routes = {}
    for topic in tables.topic_queue_table:
        if topic is not None:
            found = pickup_topic_route_data(tables, topic, profile)
            routes[topic] = found[0] if found else None
    stored = {}
    for cluster, addr in {*_places(tables), *also}:
        info = live_info(tables, addr, cluster)
        here = info is not None and (not profile.concurrent_tables or _is_live_in(tables, cluster, addr))
        stored[cluster, addr] = info.data_version if here and info is not None else None
    brokers = {name: _written(data) for name, data in tables.broker_addr_table.items()}
    return Seen(
        topics=frozenset(tables.topic_queue_table),
        clusters=ClusterInfo(broker_addr_table=table(brokers), cluster_addr_table=tables.cluster_addr_table),
        routes=routes,
        stored=stored,
        version=profile.mq_version,
    )


def _written(data: BrokerData) -> BrokerData:
    """An address that is null is left out of JSON, and so is its id."""
    addrs = {broker_id: addr for broker_id, addr in data.broker_addrs.items() if addr is not None}
    return attrs.evolve(data, broker_addrs=table(addrs))


def _is_live_in(tables: Tables, cluster: str, addr: str) -> bool:
    return any((key.cluster_name, key.broker_addr) == (cluster, addr) for key in tables.broker_live_table)


def _places(tables: Tables) -> set[Place]:
    """What 322 is asked about: every address in every cluster."""
    datas = tables.broker_addr_table.values()
    clusters = {*tables.cluster_addr_table, *(data.cluster for data in datas)}
    addrs = {addr for data in datas for addr in data.broker_addrs.values()}
    return {(cluster, addr) for cluster in clusters for addr in addrs if cluster and addr}


def kinds_of(anomaly: Anomaly, profile: Profile) -> frozenset[str]:
    """The kinds by which it shows, at that NameServer alone and in a set of two whose other one was started since."""
    tables = anomaly.after.state.tables
    found: set[str] = set()
    for part in started_since(anomaly.after, profile):
        other = part.state.tables
        this = At("this", profile, seen_of(tables, profile, _places(other)))
        found |= {sign.kind for sign in alone(this.where, this.seen)}
        since = At("the other", profile, seen_of(other, profile, _places(tables)))
        found |= {sign.kind for sign in together((this, since))}
    return frozenset(found)


def computed() -> dict[str, Any]:
    """What `signs.json` has to hold: for each profile its anomalies, the shortest story first."""
    return {
        "catalogue": digest(),
        "profiles": {
            name: [
                {"slug": entry.slug, "heals": entry.remedies[name].name, "kinds": sorted(kinds_of(anomaly, profile))}
                for entry in catalogue()
                if (anomaly := entry.found.get(name)) is not None
            ]
            for name, profile in DISTINCT_PROFILES.items()
        },
    }
