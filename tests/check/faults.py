"""Servers that are wrong on purpose: each fault is one line of `FAULTS`, and the check has to find every one of them.

A fault replaces one attribute of the server's code while its server runs. `timed` faults show only when time goes by, so their
clock is held; the others are looked for over HOST:PORT, with the default options of `namesrv check`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import attrs

from namesrv.server import app, by_hand, lists, processor, registration, removal, route_info, strict, unchanged
from namesrv.server.config import Config
from namesrv.server.kv_config import KVConfigManager
from namesrv.server.processor import Processor
from namesrv.server.route_info import RouteInfoManager
from namesrv.server.routes import Routes
from namesrv.server.tables import Tables


@attrs.frozen
class Fault:
    """`holder.name` becomes `broken(original)`. `about`: what a person would say of such a server."""

    slug: str
    about: str
    holder: Any
    name: str
    broken: Callable[[Any], Any]
    profile: str = "strict"
    timed: bool = False

    @contextmanager
    def injected(self) -> Iterator[None]:
        """While the server is to be faulty."""
        original = getattr(self.holder, self.name)
        with mock.patch.object(self.holder, self.name, self.broken(original)):
            yield


def never(_: Any) -> Callable[..., bool]:
    return lambda *_, **__: False


def always(_: Any) -> Callable[..., bool]:
    return lambda *_, **__: True


def nothing(_: Any) -> Callable[..., None]:
    return lambda *_, **__: None


def only_first_key(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def speaks_for_one(tables: Tables, channel: object) -> list[Any]:
        keys = [key for key, info in tables.live.items() if info.channel is channel][:1]
        for key in keys:
            strict.remove_everywhere(tables, key)
        return keys

    del original
    return speaks_for_one


def every_topic(_: Any) -> Callable[..., list[Any]]:
    return lambda tables, cluster: list(tables.topic_queue)


def only_brokers(_: Any) -> Callable[..., list[Any]]:
    return lambda tables: list(tables.broker_addr)


def swapped(original: Any) -> Any:
    return {**original, 311: original[312]}


def without_name(original: Callable[..., bytes]) -> Callable[..., bytes]:
    return lambda tables, profile, cluster, name: original(tables, profile, cluster, None)


def everywhere(original: Callable[..., None]) -> Callable[..., None]:
    return lambda tables, profile, topic, cluster: original(tables, profile, topic, None)


def whoever(original: Callable[..., str]) -> Callable[..., str]:
    """Those that are there, and not only up to the first that is not."""

    def register(tables: Tables, topic: Any, given: Any) -> str:
        return original(tables, topic, [q for q in given if q is not None and q.broker_name in tables.broker_addr])

    return register


def with_namespace(original: Callable[..., None]) -> Callable[..., None]:
    def delete(keys: KVConfigManager, namespace: Any, key: Any) -> None:
        original(keys, namespace, key)
        if not keys.keys_of(namespace):
            keys._table.pop(namespace, None)

    return delete


def only_values(original: Callable[..., None]) -> Callable[..., None]:
    return lambda keys, namespace, key, value: None if value is None else original(keys, namespace, key, value)


def by_anyone(original: Callable[..., str]) -> Callable[..., str]:
    def unregister(tables: Tables, channel: object, cluster: Any, addr: Any, name: Any, broker_id: Any) -> str:
        info = tables.live.get((cluster, addr))
        return original(tables, info.channel if info is not None else channel, cluster, addr, name, broker_id)

    return unregister


def without_flag(flag: str, value: Any) -> Callable[[Any], Any]:
    def broken(original: Callable[..., None]) -> Callable[..., None]:
        return lambda tables, entry, **flags: original(tables, entry, **{**flags, flag: value})

    return broken


def keeps_filter_servers(original: Callable[..., None]) -> Callable[..., None]:
    return lambda tables, key, servers, entry: original(tables, key, servers, entry) if servers else None


def answers_query(changed: bool | None, body: bool) -> Callable[[Any], Any]:
    def broken(original: Callable[..., tuple[bool, Any]]) -> Callable[..., tuple[bool, Any]]:
        def query(*args: Any) -> tuple[bool, Any]:
            was, version = original(*args)
            return (was if changed is None else changed), (version if body else None)

        return query

    return broken


def forgets_last(original: Callable[..., bytes]) -> Callable[..., bytes]:
    return lambda topics, *rest: original(sorted(map(str, topics))[:-1], *rest)


def ignores_counter(original: Callable[..., bool]) -> Callable[..., bool]:
    def differs(tables: Tables, key: Any, version: Any) -> bool:
        info = tables.live.get(key)
        if info is None or info.version is None or version is None:
            return original(tables, key, version)
        return bool(info.version.timestamp != version.timestamp)

    return differs


def lets_ties_pass(original: Callable[..., bool]) -> Callable[..., bool]:
    def is_older(new: Any, old: Any) -> bool:
        tie = (new.state_version, new.counter) == (old.state_version, old.counter)
        return not tie and original(new, old)

    return is_older


def puts_only_news(original: Callable[..., None]) -> Callable[..., None]:
    def put(tables: Tables, profile: Any, entry: Any, r: Any, *, every: bool) -> None:
        news = registration.version_differs(tables, (r.cluster, r.addr), r.version)
        original(tables, profile, entry, r, every=every and news)

    return put


def writes_as_slave(original: Callable[..., None]) -> Callable[..., None]:
    def put(tables: Tables, profile: Any, entry: Any, r: Any, *, every: bool) -> None:
        with mock.patch.object(registration, "is_prime_slave", return_value=False):
            original(tables, profile, entry, r, every=every)

    return put


def half_written(original: Callable[..., Any]) -> Callable[..., Any]:
    """The name is entered before it is decided whether it may be."""

    def register(tables: Tables, profile: Any, r: Any) -> Any:
        if r.cluster and r.name:
            tables.enter_cluster(r.cluster, r.name)
        return original(tables, profile, r)

    return register


def later(delay_s: float) -> Callable[[Any], Any]:
    """Each removal by so much; those that are queued meanwhile do not go along."""

    def broken(_: Callable[..., None]) -> Callable[..., None]:
        def settle(server: app.NameServer) -> None:
            queue = server.manager.queue
            if server._loop is None or not queue:
                return
            waiting = tuple(queue)
            queue.clear()

            def run() -> None:
                queue.extend(waiting)
                server.manager.run_unregistrations()

            server._loop.call_later(delay_s, run)

        return settle

    return broken


def shifted(ms: int) -> Callable[[Any], Any]:
    return lambda original: lambda profile, info, now_ms: original(profile, info, now_ms + ms)


def wraps_round(_: Any) -> Callable[..., bool]:
    def is_expired(profile: Any, info: Any, now_ms: int) -> bool:
        deadline_ms = info.last_update_ms + info.heartbeat_timeout_ms
        return bool((deadline_ms + (1 << 63)) % (1 << 64) - (1 << 63) < now_ms)

    return is_expired


def default_timeout(original: Callable[..., None]) -> Callable[..., None]:
    def store(tables: Tables, profile: Any, entry: Any, r: Any, result: Any) -> None:
        r.heartbeat_timeout_ms = None
        original(tables, profile, entry, r, result)

    return store


def keeps_all(original: Callable[..., None]) -> Callable[..., None]:
    def remove(tables: Tables, names: Any, *, but: Any = ()) -> None:
        if but == ():
            original(tables, names)

    return remove


def forgets_part(original: Callable[..., None]) -> Callable[..., None]:
    def store(tables: Tables, profile: Any, entry: Any, r: Any, result: Any) -> None:
        r.full_body = None
        original(tables, profile, entry, r, result)

    return store


def blind_to_mappings(original: Callable[..., bool]) -> Callable[..., bool]:
    def part_missing(r: Any) -> bool:
        kept, r.mappings = r.mappings, []
        try:
            return original(r)
        finally:
            r.mappings = kept

    return part_missing


def old_stamp(original: Callable[..., Any]) -> Callable[..., Any]:
    def query(manager: RouteInfoManager, cluster: Any, addr: Any, *rest: Any) -> Any:
        info = manager.tables.live.get((cluster, addr))
        before = None if info is None else info.last_update_ms
        answer = original(manager, cluster, addr, *rest)
        if info is not None and before is not None:
            info.last_update_ms = before
        return answer

    return query


def without_first_line(original: Callable[..., bytes]) -> Callable[..., bytes]:
    return lambda config: original(config).split(b"\n", 1)[1]


def takes_anything(original: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    def decode(data: bytes) -> dict[str, str]:
        try:
            return original(data)
        except ValueError:
            return {}

    return decode


def only_first(original: Callable[..., bool]) -> Callable[..., bool]:
    return lambda config, properties: original(config, dict([*properties.items()][:1]))


def without_zone(original: Callable[..., bytes | None]) -> Callable[..., bytes | None]:
    return lambda routes, topic, *, quoted, zone=None: original(routes, topic, quoted=quoted)


FAULTS = (
    Fault(
        "stale-data-version-accepted", "an older DataVersion replaces a newer one", strict, "older_data_version", never
    ),
    Fault("older-state-version-accepted", "an older claim takes a broker id", strict, "older_state_version", never),
    Fault("single-topic-first-accepted", "one topic registers its broker", strict, "topic_before_broker", never),
    Fault("name-in-two-clusters", "a second cluster takes a name over", strict, "name_of_another_cluster", never),
    Fault(
        "refusal-leaves-name",
        "a refused registration enters the name",
        route_info.strict,
        "register_strict",
        half_written,
    ),
    Fault("address-stays-elsewhere", "an address keeps its old place", strict, "remove_everywhere", nothing),
    Fault("topics-outlive-broker", "the last broker does not remove its topics", Tables, "remove_queues_of", nothing),
    Fault("name-stays-in-cluster", "a gone name stays in its cluster", Tables, "leave_cluster", nothing),
    Fault("mappings-outlive-broker", "a gone name keeps its mappings", Tables, "remove_mappings_of", nothing),
    Fault("close-forgotten", "a closed connection takes nobody along", strict, "close_strict", lambda _: lambda *_: []),
    Fault(
        "close-takes-one", "a closed connection takes one of its brokers along", strict, "close_strict", only_first_key
    ),
    Fault("unregister-by-anyone", "any connection may unregister a broker", strict, "unregister_strict", by_anyone),
    Fault("unregister-forgotten", "unregistering answers and does nothing", strict, "remove_place", nothing),
    Fault("query-ignores-place", "the version is unchanged for whatever place", strict, "stands", always),
    Fault(
        "query-always-changed",
        "the version has always changed",
        RouteInfoManager,
        "query_data_version",
        answers_query(True, True),
    ),
    Fault(
        "query-never-changed",
        "the version has never changed",
        RouteInfoManager,
        "query_data_version",
        answers_query(False, True),
    ),
    Fault(
        "query-without-version",
        "the stored version is not told",
        RouteInfoManager,
        "query_data_version",
        answers_query(None, False),
    ),
    Fault(
        "counter-ignored",
        "a version with another counter is the same",
        registration,
        "version_differs",
        ignores_counter,
        "apache-5.5.0",
    ),
    Fault(
        "timestamp-breaks-no-tie", "an earlier timestamp at an equal counter passes", strict, "is_older", lets_ties_pass
    ),
    Fault(
        "same-version-puts-nothing",
        "a known topic is not put under a known version",
        strict,
        "put_queues",
        puts_only_news,
    ),
    Fault("short-way-takes-older", "an older version of known topics is believed", unchanged, "is_older", never),
    Fault("full-body-ignored", "a full body takes no topic away", Tables, "remove_queues_of", keeps_all),
    Fault("part-called-whole", "a version told in part is unchanged", strict, "store_live", forgets_part),
    Fault("others-mapping-taken", "another name's mapping is taken", strict, "part_missing", blind_to_mappings),
    Fault("write-perm-stays", "a group without its master may be written to", strict, "wipe_write_perm", nothing),
    Fault("slave-publishes-for-writing", "a prime slave keeps the write bit", strict, "put_queues", writes_as_slave),
    Fault("every-slave-publishes", "any slave publishes its topics", strict, "publishes", always),
    Fault("no-slave-publishes", "a prime slave publishes nothing", registration, "is_prime_slave", never),
    Fault(
        "filter-servers-stay",
        "an empty list keeps the filter servers",
        Tables,
        "put_filter_servers",
        keeps_filter_servers,
    ),
    Fault("zone-lost", "a broker's zone is not kept", Tables, "set_flags", without_flag("zone", None)),
    Fault("acting-master-lost", "enableActingMaster is not kept", Tables, "set_flags", without_flag("acting", False)),
    Fault("master-not-told", "a slave is not told its master", registration, "tell_of_master", nothing),
    Fault("crc-not-checked", "a broken body is accepted", processor, "crc32", lambda _: lambda body: body),
    Fault("topic-list-short", "one topic is not listed", processor, "encode_topic_list", forgets_last),
    Fault("route-cached-forever", "a changed route is answered from the cache", Tables, "_drop_route", nothing),
    Fault("wipe-forgotten", "a wiped broker may be written to", by_hand, "wipe_write_perm", lambda _: lambda *_: 0),
    Fault("wipe-undone", "a registration gives the write bit back", Tables, "set_wiped", nothing),
    Fault(
        "wipe-unnoticed",
        "a known registration is not looked at after a wipe",
        Tables,
        "_queues_changed",
        nothing,
        "apache-5.5.0",
    ),
    Fault("delete-ignores-cluster", "a topic is deleted in every cluster", by_hand, "delete_topic", everywhere),
    Fault("registers-strangers-topic", "a topic is registered for nobody's broker", by_hand, "register_topic", whoever),
    Fault("cluster-ignored", "the topics of every cluster are listed", lists, "topics_by_cluster", every_topic),
    Fault("clusters-not-listed", "a cluster's name is no system topic", lists, "system_topics", only_brokers),
    Fault("address-of-nobody", "no broker's address comes with the system topics", lists, "some_address", nothing),
    Fault("unit-bits-swapped", "311 lists by the other bit", lists, "UNIT_LISTS", swapped),
    Fault("group-of-another", "any name's group is answered", processor, "encode_member_group", without_name),
    Fault("key-stays", "a deleted key is found", KVConfigManager, "delete", nothing),
    Fault("namespace-goes", "a namespace goes with its last key", KVConfigManager, "delete", with_namespace),
    Fault("value-outlives-null", "a key put without a value keeps the one before", KVConfigManager, "put", only_values),
    Fault("unknown-code-ignored", "an unknown code is not answered", Processor, "unknown", nothing),
    Fault(
        "removes-never",
        "what was queued is never removed",
        RouteInfoManager,
        "run_unregistrations",
        nothing,
        "apache-5.5.0",
    ),
    Fault("removes-late", "what was queued is removed after 8 s", app.NameServer, "settle", later(8.0), "apache-5.5.0"),
    Fault(
        "old-id-stays",
        "a slave that became master stands under both ids",
        registration,
        "leave_other_ids",
        nothing,
        "apache-5.5.0",
    ),
    Fault(
        "unregister-by-name-only",
        "an address is removed from nobody",
        removal,
        "remove_address",
        nothing,
        "apache-4.9.7",
    ),
    Fault("expiry-late", "a silent broker expires a second late", strict, "is_expired", shifted(-1_000), timed=True),
    Fault("expiry-early", "a broker expires a millisecond early", strict, "is_expired", shifted(1), timed=True),
    Fault("expiry-wraps-round", "a timeout without end expires at once", strict, "is_expired", wraps_round, timed=True),
    Fault(
        "own-timeout-ignored", "a broker's own timeout is not used", strict, "store_live", default_timeout, timed=True
    ),
    Fault(
        "heartbeat-ignored", "a heartbeat is no sign of life", RouteInfoManager, "broker_heartbeat", nothing, timed=True
    ),
    Fault(
        "query-no-sign-of-life",
        "a query is no sign of life",
        RouteInfoManager,
        "query_data_version",
        old_stamp,
        timed=True,
    ),
    Fault("expiry-forgotten", "nobody ever expires", strict, "scan_strict", lambda _: lambda *_: [], timed=True),
    Fault("option-not-listed", "one option is not shown", Config, "listing", without_first_line),
    Fault("black-list-open", "a path can be set over the wire", Config, "refuses", never),
    Fault("black-list-first-only", "a path can be set behind another option", Config, "refuses", only_first),
    Fault("config-never-unreadable", "a wrong escape is passed over", processor, "decode_properties", takes_anything),
    Fault("zone-ignored", "a client's zone is not looked at", Routes, "find", without_zone),
)
