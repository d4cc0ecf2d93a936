"""The rows of the model's transition tables, and those that no vector of a profile reaches, each with its reason.

A row is `table/rule`, as the model's `Applied` names it. `tests/check/vectors/test_rows.py` compares the list with the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.model.events import Applied
from namesrv.model.profiles import (
    ChannelDestroy,
    OlderStateVersion,
    Profile,
    TopicBeforeBroker,
    Unregistration,
)

TABLES: Final = {
    "register_broker": (
        "crc32-not-match",
        "undecodable-body",
        "part-missing",
        "broker-id-null",
        "cluster-name-null-swallowed",
        "broker-name-null-swallowed",
        "version-null-swallowed",
        "older-state-version",
        "older-data-version",
        "name-of-another-cluster",
        "topic-before-broker",
        "topic-table-null-swallowed",
        "broker-addr-null-swallowed",
        "accepted",
    ),
    "unregister_broker": (
        "queued",
        "batch",
        "broker-id-null",
        "by-id",
        "part-missing",
        "not-live",
        "another-place",
        "another-connection",
        "accepted",
    ),
    "query_data_version": ("body", "body-absent", "part-null", "changed", "unchanged"),
    "broker_heartbeat": ("part-null", "unknown", "refreshed"),
    "get_route_info_by_topic": ("found", "not-found"),
    "get_broker_cluster_info": ("found",),
    "get_all_topic_list": ("found",),
    "put_kv_config": ("part-null", "put"),
    "get_kv_config": ("found", "not-found"),
    "delete_kv_config": ("deleted",),
    "get_kv_list_by_namespace": ("found", "not-found"),
    "wipe_write_perm_of_broker": ("wiped",),
    "add_write_perm_of_broker": ("added",),
    "delete_topic_in_namesrv": ("deleted",),
    "register_topic_in_namesrv": ("body", "body-absent", "nothing", "registered", "illegal-broker"),
    "get_topics_by_cluster": ("found",),
    "get_system_topic_list": ("found",),
    "get_unit_topic_list": ("found",),
    "get_broker_member_group": ("found",),
    "unknown_request": ("not-supported", "not-answered"),
    "channel_destroy": (
        "close-of-nobody",
        "address-missing",
        "removed-at-once",
        "removal-queued",
        "address-without-place",
        "close-removes-all",
    ),
    "scan_not_active_broker": ("expired", "scan-stopped"),
}
"""Every table's rules."""

ROWS: Final = tuple(f"{table}/{rule}" for table, rules in TABLES.items() for rule in rules)


def row(applied: Applied) -> str:
    """Its name. Raises `ValueError` for a row that `TABLES` lacks: the list has to be made whole."""
    name = f"{applied.table}/{applied.rule}"
    if applied.rule not in TABLES.get(applied.table, ()):
        raise ValueError(f"the model has a row {name!r} that vectors/rows.py does not list")
    return name


@attrs.frozen
class Unreached:
    """Rows that no vector of some profiles reaches: `of` says of which, `why` says why."""

    rows: tuple[str, ...]
    of: Callable[[Profile], bool]
    why: str


UNREACHED: Final = (
    Unreached(
        ("register_broker/part-missing", "unregister_broker/part-missing"),
        lambda p: not p.parts_required,
        "the profile does not ask whether a part is missing (repair `parts-required`)",
    ),
    Unreached(
        ("register_broker/broker-id-null",),
        lambda p: p.parts_required,
        "a missing broker id is a missing part",
    ),
    Unreached(
        (
            "register_broker/cluster-name-null-swallowed",
            "register_broker/broker-name-null-swallowed",
            "register_broker/broker-addr-null-swallowed",
        ),
        lambda p: p.atomic_refusal or not p.concurrent_tables,
        "null keys are refused before (`strict`), or taken (HashMap)",
    ),
    Unreached(
        ("register_broker/version-null-swallowed",),
        lambda p: p.older_state_version is not OlderStateVersion.IGNORED,
        "state versions are not compared, or a missing version is a missing part",
    ),
    Unreached(
        ("register_broker/older-state-version",),
        lambda p: p.older_state_version is OlderStateVersion.WINS,
        "the release knows no state version",
    ),
    Unreached(
        ("register_broker/older-data-version",),
        lambda p: not p.data_version_monotonic,
        "any other DataVersion replaces the stored one (repair `data-version-monotonic`)",
    ),
    Unreached(
        ("register_broker/name-of-another-cluster",),
        lambda p: not p.one_cluster_per_name,
        "a name may stand in several clusters (repair `one-cluster-per-name`)",
    ),
    Unreached(
        ("register_broker/topic-before-broker",),
        lambda p: p.topic_before_broker is TopicBeforeBroker.ACCEPTED,
        "one topic alone may register its broker",
    ),
    Unreached(
        ("register_broker/topic-table-null-swallowed",),
        lambda p: p.topic_before_broker is not TopicBeforeBroker.REFUSED_LEAVING_NAME,
        "nobody looks for a single topic, or a missing table is a missing part",
    ),
    Unreached(
        ("unregister_broker/queued", "unregister_broker/batch", "channel_destroy/removal-queued"),
        lambda p: p.unregistration is not Unregistration.QUEUED_BY_ADDR,
        "the profile removes at once",
    ),
    Unreached(
        ("unregister_broker/by-id", "unregister_broker/broker-id-null"),
        lambda p: p.unregistration is not Unregistration.AT_ONCE_BY_ID,
        "the profile removes by address",
    ),
    Unreached(
        tuple(f"unregister_broker/{rule}" for rule in ("not-live", "another-place", "another-connection", "accepted")),
        lambda p: p.unregistration is not Unregistration.AT_ONCE_CHECKED,
        "the release asks nothing before it unregisters (repair `unregister-checks-place`)",
    ),
    Unreached(
        ("query_data_version/part-null",),
        lambda p: not p.concurrent_tables,
        "HashMap takes null keys",
    ),
    Unreached(
        ("query_data_version/body-absent", "register_topic_in_namesrv/body-absent"),
        lambda p: p.decodes_absent_body,
        "a missing body is read as null",
    ),
    Unreached(
        ("broker_heartbeat/part-null", "broker_heartbeat/unknown", "broker_heartbeat/refreshed"),
        lambda p: not p.broker_heartbeat,
        "the release does not know BROKER_HEARTBEAT (904)",
    ),
    Unreached(
        tuple(f"register_topic_in_namesrv/{rule}" for rule in TABLES["register_topic_in_namesrv"]),
        lambda p: not p.register_topic,
        "the release does not know REGISTER_TOPIC_IN_NAMESRV (217)",
    ),
    Unreached(
        ("get_broker_member_group/found",),
        lambda p: not p.member_group,
        "the release does not know GET_BROKER_MEMBER_GROUP (901)",
    ),
    Unreached(
        ("unknown_request/not-supported",),
        lambda p: not p.answers_unknown_codes,
        "the release does not answer an unknown code",
    ),
    Unreached(
        ("unknown_request/not-answered",),
        lambda p: p.answers_unknown_codes,
        "the release answers an unknown code",
    ),
    Unreached(
        ("channel_destroy/removed-at-once", "channel_destroy/address-missing"),
        lambda p: p.channel_destroy is not ChannelDestroy.ONE_AT_ONCE,
        "the profile does not remove one address at once",
    ),
    Unreached(
        ("channel_destroy/address-without-place",),
        lambda p: p.channel_destroy is not ChannelDestroy.ONE_QUEUED,
        "the profile does not look for a place before it removes",
    ),
    Unreached(
        ("channel_destroy/close-removes-all",),
        lambda p: p.channel_destroy is not ChannelDestroy.ALL_AT_ONCE,
        "a closed connection takes one address along (repair `close-removes-all`)",
    ),
    Unreached(
        ("scan_not_active_broker/expired",),
        lambda p: not p.request_heartbeat_timeout,
        "every broker has 120 s, and no request shortens them: `namesrv check --slow` waits for that",
    ),
    Unreached(
        ("scan_not_active_broker/scan-stopped",),
        lambda p: True,
        "a race: the live table has to change under the scan's iterator, which no order of requests brings about for certain",
    ),
)
"""What is not reached, and why. Whether the rest is, and nothing of this, is tested."""


def unreached(profile: Profile) -> dict[str, str]:
    """The rows that no vector of the profile reaches, with the reason."""
    return {name: each.why for each in UNREACHED if each.of(profile) for name in each.rows}
