"""Every field of a profile, and with it every repair, has a clause that tells of it: under the model with another value there,
our server of the unchanged profile breaks the clause.
"""

from typing import Any, Final

import attrs
import pytest

from namesrv.check.clauses.on_our_server import PATIENCE_MS, Servers, fault_of
from namesrv.check.clauses.suite import SUITE
from namesrv.check.findings import Suspicious, Violation
from namesrv.check.profile_differences import NOT_TOLD
from namesrv.model.profiles import (
    APACHE_5_1_4,
    PROFILES,
    ChannelDestroy,
    LiveKey,
    NotUtf8,
    OlderStateVersion,
    Profile,
    QueryRefreshes,
    TopicBeforeBroker,
    TopicUpdate,
    Unregistration,
)

TOLD_BY: Final[dict[str, tuple[str, Any, str]]] = {
    "faq_url": ("strict", "elsewhere", "get-route-info-by-topic/faq"),
    "answers_unknown_codes": ("strict", False, "unknown-code/positive"),
    "broker_heartbeat": ("strict", False, "broker-heartbeat/known"),
    "state_version": ("apache-5.5.0", False, "register-broker/state-version-alone"),
    "acting_master": ("apache-5.5.0", False, "register-broker/zone-name"),
    "request_heartbeat_timeout": ("strict", False, "scan-not-active-broker/own-timeout"),
    "concurrent_tables": ("apache-5.5.0", False, "register-broker/cluster-name-missing"),
    "decodes_absent_body": ("apache-5.5.0", False, "query-data-version/without-body"),
    "reads_topic_attributes": ("apache-5.5.0", False, "register-broker/compressed-body-of-a-5-broker"),
    "live_key": ("apache-5.5.0", LiveKey.ADDR, "query-data-version/another-cluster"),
    "older_state_version": ("strict", OlderStateVersion.WINS, "register-broker/older-state-version"),
    "topic_before_broker": ("strict", TopicBeforeBroker.ACCEPTED, "register-broker/topic-before-broker"),
    "topic_update": (
        "apache-5.5.0",
        TopicUpdate.ALL_IF_CHANGED,
        "register-broker/absent-topic-under-the-same-version",
    ),
    "query_refreshes": ("strict", QueryRefreshes.ALWAYS, "scan-not-active-broker/query-for-another-place"),
    "unregistration": ("apache-5.5.0", Unregistration.AT_ONCE_BY_ID, "unregister-broker/another-id"),
    "channel_destroy": ("strict", ChannelDestroy.ONE_AT_ONCE, "channel-destroy/several-brokers"),
    "register_topic": ("strict", False, "register-topic-in-namesrv/new-topic"),
    "member_group": ("strict", False, "get-broker-member-group/whole-group"),
    "counter_is_int": ("apache-5.5.0", True, "query-data-version/counter-beyond-an-int"),
    "prime_slave_is_read_only": ("apache-5.5.0", True, "register-broker/prime-slave-without-acting-master"),
    "heartbeat_timeout_ms": ("apache-5.5.0", 60_000, "scan-not-active-broker/default-timeout"),
    "atomic_refusal": ("strict", False, "register-broker/name-of-another-cluster"),
    "data_version_monotonic": ("strict", False, "register-broker/older-version-over-another-connection"),
    "timestamp_breaks_tie": ("strict", False, "register-broker/earlier-timestamp-at-an-equal-counter"),
    "same_version_puts_topics": ("strict", False, "register-broker/known-topic-under-the-same-version"),
    "one_place_per_address": ("strict", False, "register-broker/address-under-another-name"),
    "displaced_broker_leaves": ("strict", False, "register-broker/id-taken-over"),
    "one_cluster_per_name": ("strict", False, "register-broker/name-of-another-cluster"),
    "first_topics_replace": ("strict", False, "register-broker/first-of-another-master"),
    "full_body_replaces": ("strict", False, "register-broker/full-body"),
    "query_checks_place": ("strict", False, "query-data-version/another-name"),
    "expiry_spares_neighbours": ("strict", False, "scan-not-active-broker/neighbours"),
    "mappings_leave_with_broker": ("strict", False, "register-broker/mapping-outlives-its-broker"),
    "parts_required": ("strict", False, "register-broker/broker-id-missing-remark"),
    "wipe_outlasts_registration": ("strict", False, "wipe-write-perm-of-broker/then-a-changed-version"),
    "mq_version": ("apache-5.5.0", APACHE_5_1_4.mq_version, "answer/version"),
    "json_not_utf_8": ("apache-5.5.0", NotUtf8.NULL, "register-broker/json-not-utf-8"),
    "json_is_loose": ("apache-5.5.0", True, "register-broker/json-bare-keys"),
    "json_blank_is_null": ("apache-5.5.0", True, "query-data-version/json-blank"),
    "json_commas_required": ("apache-5.5.0", True, "register-broker/json-comma-missing"),
    "json_comma_after_unknown": ("apache-5.5.0", True, "register-broker/json-comma-behind-an-unknown-field"),
    "json_block_comments": ("apache-5.5.0", False, "register-broker/json-block-comment"),
    "json_smart_keys": ("apache-5.5.0", True, "register-broker/json-keys-of-another-case"),
    "json_null_is_zero": ("apache-5.5.0", False, "register-broker/json-null-number"),
    "json_object_is_zero": ("apache-5.5.0", False, "register-broker/json-object-for-a-number"),
    "json_numbers_in_texts": ("apache-5.5.0", False, "register-broker/json-number-in-a-text"),
    "json_exponent_is_double": ("apache-5.5.0", False, "register-broker/json-exponent-beyond-an-int"),
    "json_commas_in_texts": ("apache-5.5.0", False, "register-broker/json-commas-in-a-text"),
    "json_list_of_one": ("apache-5.5.0", False, "register-broker/json-list-of-one"),
    "json_list_of_one_text": ("apache-5.5.0", False, "register-broker/json-list-for-a-text"),
    "json_letters_are_flags": ("apache-5.5.0", True, "register-broker/json-letters-for-a-flag"),
    "json_flags_in_single_quotes": ("apache-5.5.0", False, "register-broker/json-flag-in-single-quotes"),
    "json_constants_in_single_quotes": ("apache-5.5.0", True, "register-broker/json-constant-in-single-quotes"),
    "json_refuses_types": ("apache-5.5.0", True, "register-broker/json-type"),
    "json_null_keys": ("apache-5.5.0", True, "register-broker/mapping-without-broker-name"),
    "json_true_is_a_long": ("apache-5.5.0", False, "register-broker/json-true-for-a-long"),
    "json_anything_is_a_list": ("apache-5.5.0", True, "register-broker/json-filter-servers-of-another-type"),
    "json_wide_field_names": ("apache-5.5.0", True, "register-broker/json-wide-field-name"),
    "json_wide_map_keys": ("apache-5.5.0", False, "register-broker/json-wide-topic"),
    "json_number_is_a_map_key": ("apache-5.5.0", False, "register-broker/json-number-for-a-topic"),
    "settings": ("apache-5.5.0", APACHE_5_1_4.settings, "get-namesrv-config/listed"),
    "answers_in_kind": ("apache-5.5.0", True, "answer/header"),
    "trims_config": ("apache-5.5.0", False, "update-namesrv-config/blanks"),
    "config_black_list": ("apache-5.5.0", APACHE_5_1_4.config_black_list, "update-namesrv-config/rocketmq-home"),
    "config_refusal": ("apache-5.5.0", APACHE_5_1_4.config_refusal, "update-namesrv-config/refusal-remark"),
    "zones": ("apache-5.5.0", False, "get-route-info-by-topic/zone"),
    "expiry_overflows": ("strict", True, "scan-not-active-broker/timeout-without-end"),
}
"""By field: a server's profile, another value, and the slug of a clause that tells the two apart."""

CLAUSES: Final = {clause.slug: clause for clause in SUITE}


def test_every_field_stands_here() -> None:
    assert {field.name for field in attrs.fields(Profile)} == {*TOLD_BY, *NOT_TOLD}


@pytest.mark.parametrize("field", TOLD_BY)
def test_a_field_is_told_by_its_clause(field: str) -> None:
    name, other, slug = TOLD_BY[field]
    profile = attrs.evolve(PROFILES[name], internal_step_deadline_ms=PATIENCE_MS)
    with Servers(name) as servers:
        with servers.serving(CLAUSES[slug]) as server:
            assert fault_of(CLAUSES[slug], profile, server) is None
        with servers.serving(CLAUSES[slug]) as server:
            fault = fault_of(CLAUSES[slug], attrs.evolve(profile, **{field: other}), server)
    assert isinstance(fault, Violation | Suspicious), f"{slug} holds with {field}={other}"
