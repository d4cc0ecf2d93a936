"""Every server that is wrong on purpose is told by a clause of the suite, without any search; which one stands here."""

from typing import Final

import pytest

from namesrv.check.clauses.clause import Needs
from namesrv.check.clauses.on_our_server import Servers, first_telling, told_apart
from namesrv.check.clauses.suite import SUITE
from namesrv.model.profiles import PROFILES
from tests.check.faults import FAULTS, Fault

TOLD_BY: Final = {
    "stale-data-version-accepted": "register-broker/older-version-over-another-connection",
    "older-state-version-accepted": "register-broker/older-state-version",
    "single-topic-first-accepted": "register-broker/topic-before-broker",
    "name-in-two-clusters": "register-broker/name-of-another-cluster",
    "refusal-leaves-name": "register-broker/name-of-another-cluster",
    "address-stays-elsewhere": "register-broker/address-under-another-name",
    "topics-outlive-broker": "unregister-broker/last-of-a-name",
    "name-stays-in-cluster": "unregister-broker/last-of-a-name",
    "mappings-outlive-broker": "register-broker/mapping-outlives-its-broker",
    "close-forgotten": "channel-destroy/master",
    "close-takes-one": "channel-destroy/several-brokers",
    "unregister-by-anyone": "unregister-broker/over-another-connection",
    "unregister-forgotten": "unregister-broker/last-of-a-name",
    "query-ignores-place": "query-data-version/another-name",
    "query-always-changed": "query-data-version/unchanged",
    "query-never-changed": "query-data-version/changed",
    "query-without-version": "query-data-version/unchanged",
    "counter-ignored": "register-broker/counter-alone",
    "timestamp-breaks-no-tie": "register-broker/earlier-timestamp-at-an-equal-counter",
    "same-version-puts-nothing": "register-broker/known-topic-under-the-same-version",
    "short-way-takes-older": "register-broker/older-version-over-another-connection",
    "full-body-ignored": "register-broker/full-body",
    "part-called-whole": "query-data-version/after-a-part",
    "others-mapping-taken": "register-broker/mapping-of-another-name",
    "write-perm-stays": "unregister-broker/master-of-an-acting-group",
    "slave-publishes-for-writing": "register-broker/prime-slave",
    "every-slave-publishes": "register-broker/slave-publishes-nothing",
    "no-slave-publishes": "register-broker/prime-slave",
    "filter-servers-stay": "register-broker/filter-servers-emptied",
    "zone-lost": "register-broker/zone-name",
    "acting-master-lost": "register-broker/acting-master-flag",
    "master-not-told": "register-broker/slave-is-told-its-master",
    "crc-not-checked": "register-broker/checksum-wrong",
    "topic-list-short": "get-all-topic-list/all",
    "route-cached-forever": "get-route-info-by-topic/follows-registrations",
    "wipe-forgotten": "wipe-write-perm-of-broker/all-topics",
    "wipe-undone": "wipe-write-perm-of-broker/then-a-changed-version",
    "wipe-unnoticed": "wipe-write-perm-of-broker/then-a-changed-version",
    "delete-ignores-cluster": "delete-topic-in-namesrv/of-a-cluster",
    "registers-strangers-topic": "register-topic-in-namesrv/nobodys-broker",
    "cluster-ignored": "get-topics-by-cluster/own",
    "clusters-not-listed": "get-system-topic-list/names",
    "address-of-nobody": "get-system-topic-list/address",
    "unit-bits-swapped": "get-unit-topic-list/unit",
    "group-of-another": "get-broker-member-group/whole-group",
    "key-stays": "delete-kv-config/known",
    "namespace-goes": "delete-kv-config/last-key",
    "value-outlives-null": "put-kv-config/value-missing",
    "unknown-code-ignored": "unknown-code/positive",
    "removes-never": "unregister-broker/last-of-a-name",
    "removes-late": "unregister-broker/last-of-a-name",
    "old-id-stays": "register-broker/slave-becomes-master",
    "unregister-by-name-only": "channel-destroy/master",
    "expiry-late": "scan-not-active-broker/default-timeout",
    "expiry-early": "scan-not-active-broker/default-timeout",
    "expiry-wraps-round": "scan-not-active-broker/timeout-without-end",
    "own-timeout-ignored": "scan-not-active-broker/own-timeout",
    "heartbeat-ignored": "scan-not-active-broker/heartbeat-is-a-sign-of-life",
    "query-no-sign-of-life": "scan-not-active-broker/query-is-a-sign-of-life",
    "expiry-forgotten": "scan-not-active-broker/default-timeout",
    "option-not-listed": "get-namesrv-config/listed",
    "black-list-open": "update-namesrv-config/kv-config-path",
    "black-list-first-only": "update-namesrv-config/one-refused-of-two",
    "config-never-unreadable": "update-namesrv-config/unreadable",
    "zone-ignored": "get-route-info-by-topic/zone",
}
"""By fault, the slug of the clause that it is about."""

CLAUSES: Final = {clause.slug: clause for clause in SUITE}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.slug)
def test_a_faulty_server_is_told_by_the_clause_that_it_is_about(fault: Fault) -> None:
    with fault.injected(), Servers(fault.profile) as servers:
        named = TOLD_BY.get(fault.slug)
        if named is not None and told_apart(CLAUSES[named], fault.profile, servers):
            return
        profile = PROFILES[fault.profile]
        asked = [c for c in SUITE if c.rule(profile) and (Needs.SLOW in c.needs) == fault.timed]
        other = first_telling(asked, fault.profile, servers)
    told = "by no clause" if other is None else f"first by {other.slug}"
    pytest.fail(f"{fault.slug} ({fault.about}): expected to be told by {named}, got told {told}")


def test_no_fault_stands_here_that_there_is_not() -> None:
    assert set(TOLD_BY) <= {fault.slug for fault in FAULTS}
