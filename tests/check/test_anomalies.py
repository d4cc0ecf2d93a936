"""The catalogue told, tried on servers, and on its page."""

import json
from importlib import resources
from pathlib import Path

import attrs
import pytest

from namesrv.check.anomalies import CONSEQUENCES, Entry, catalogue, digest, issues_of, slug_of, upstream
from namesrv.check.anomaly_story import mermaid, page_of, sentence
from namesrv.check.audit.known import FILE
from namesrv.check.audit.signs import computed
from namesrv.check.embedded import Embedded
from namesrv.check.reproduce import Outcome, Reproduction, bursts_of, leaves_traces, reproduce, takes_time
from namesrv.check.runner import Target
from namesrv.check.steps import Close, Open, Requests
from namesrv.explore.catalogue import Anomaly
from namesrv.model.profiles import PROFILES, Profile
from namesrv.model.promises import NAMES
from namesrv.server import HeldClock

DOCS = Path(__file__).parents[2] / "docs"
ATTEMPTS = 10


def entry_with(*words: str) -> Entry:
    return next(entry for entry in catalogue() if all(word in entry.slug for word in words))


def tried(anomaly: Anomaly, served: str, profile: Profile) -> Reproduction:
    """The story on our server, run as `served`, which is taken for `profile`."""
    options = {"clock": HeldClock()} if takes_time(anomaly) else {}
    with Embedded(profile=served, **options) as server:
        target = Target(host="127.0.0.1", port=server.port)
        held, settle = (server, None) if takes_time(anomaly) else (None, server.settle)
        return reproduce(target, profile, anomaly, held=held, settle=settle, attempts=ATTEMPTS)


def test_most_stories_come_true_on_our_servers_of_those_releases() -> None:
    """All but those that need an order of threads that a server with one thread can't have."""
    outcomes = [
        tried(anomaly, name, PROFILES[name]).outcome
        for entry in catalogue()
        for name, anomaly in entry.found.items()
        if not any(told.at_once for told in anomaly.story) and "no-brokeraddr" not in entry.slug
    ]
    assert outcomes.count(Outcome.REPRODUCED) >= 0.9 * len(outcomes) > 40


@pytest.mark.parametrize(
    "words", [("accepted", "id-held-by-another"), ("topic-before-broker",), ("batch", "over-another")]
)
def test_a_story_is_absent_from_strict(words: tuple[str, ...]) -> None:
    anomaly = next(iter(entry_with(*words).found.values()))
    assert tried(anomaly, "strict", PROFILES["strict"]).outcome is Outcome.ABSENT


def test_a_server_that_is_not_what_it_is_taken_for_is_found_out() -> None:
    anomaly = entry_with("topic-before-broker").found["apache-5.5.0"]
    assert tried(anomaly, "strict", PROFILES["apache-5.5.0"]).outcome is Outcome.UNEXPLAINED


def test_what_leaves_traces_is_for_servers_of_ones_own() -> None:
    anomaly = entry_with("no-brokername").found["apache-5.5.0"]
    assert leaves_traces(anomaly)
    refused = reproduce(Target(host="127.0.0.1", port=1), PROFILES["apache-5.5.0"], anomaly)
    assert refused.outcome is Outcome.LEAVES_TRACES


def test_what_takes_time_needs_a_held_clock() -> None:
    timed = next(a for entry in catalogue() for a in entry.found.values() if takes_time(a))
    assert (
        reproduce(Target(host="127.0.0.1", port=1), PROFILES["strict"], timed, own=True).outcome is Outcome.NEEDS_CLOCK
    )


def test_what_happens_at_once_is_one_burst() -> None:
    anomaly = entry_with("unregister/queued", "accepted").found["apache-5.5.0"]
    (burst,) = bursts_of(anomaly.story)
    assert [type(step) for step in burst if not isinstance(step, Open)] == [Requests]
    closing = next(a for e in catalogue() if "close/" in e.slug for a in e.found.values() if not takes_time(a))
    assert any(isinstance(step, Close) for burst in bursts_of(closing.story) for step in burst)


def test_what_is_not_answered_is_sent_one_way_and_told_so() -> None:
    anomaly = entry_with("broker-addr-null-swallowed", "wiped").found["apache-5.1.4"]
    sends = [
        send
        for burst in bursts_of(anomaly.story)
        for step in burst
        if isinstance(step, Requests)
        for send in step.sends
    ]
    assert [send.oneway for send in sends] == [False, False, True]
    assert sentence(anomaly.story[-1]).startswith("connection 2: one-way REGISTER_BROKER C1 a/0 None")
    assert "one-way REGISTER_BROKER" in mermaid(anomaly)


def test_every_entry_has_a_slug_of_its_own_and_its_words() -> None:
    entries = catalogue()
    assert len({entry.slug for entry in entries}) == len(entries)
    assert all(entry.slug == slug_of(entry.causes, entry.apart) and entry.breaks for entry in entries)
    assert set(CONSEQUENCES) == set(NAMES)


def test_what_is_found_in_5_5_0_is_told_of_the_releases_with_the_same_registration() -> None:
    entry = entry_with("accepted", "id-held-by-another")
    (of_another, found) = (entry.of(PROFILES[name]) for name in ("apache-5.3.3", "apache-5.5.0"))
    assert of_another == attrs.evolve(entry.found["apache-5.5.0"], profile="apache-5.3.3") != found
    assert entry.of(PROFILES["strict"]) is None


def test_each_release_has_a_digest_of_its_own() -> None:
    told = [digest(profile) for profile in PROFILES.values()]
    assert len({digest(), *told}) == len(PROFILES) + 1


def test_upstream_issues_are_of_entries() -> None:
    assert 1464 in {issue["number"] for issue in issues_of(entry_with("accepted", "id-held-by-another"))}
    cited = {json.dumps(issues_of(entry)) for entry in catalogue()}
    assert all(json.dumps(row["issues"]) in cited for row in upstream()["rows"])


def test_a_page_tells_the_story_twice() -> None:
    entry = entry_with("accepted", "id-held-by-another")
    page = page_of(entry, {"apache-5.5.0": "reproduced"})
    assert "1. connection 1: REGISTER_BROKER" in page
    assert mermaid(next(iter(entry.found.values()))) in page
    assert "On the real apache-5.5.0: reproduced." in page


def test_the_page_in_docs_is_of_this_catalogue() -> None:
    text = (DOCS / "anomalies.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in PROFILES)
    for path in (DOCS / "reproduced").glob("*.json"):
        told = json.loads(path.read_bytes())
        assert told["catalogue"] == digest(PROFILES[told["profile"]])


def test_how_each_anomaly_shows_to_an_audit_is_what_is_kept() -> None:
    file = resources.files("namesrv.check.audit").joinpath(FILE)
    assert json.loads(file.read_bytes()) == computed(), "run python -m bench.audit --signs"
