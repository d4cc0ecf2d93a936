"""What real brokers were recorded to say (traffic/, by `python -m bench.interop.traffic`) is a behaviour of the broker model."""

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest

from namesrv.check.broker_traffic import Said
from namesrv.check.findings import Violation
from namesrv.model.broker_profiles import BROKER_PROFILES, MaskedPerm, NewTopicRegistration
from namesrv.model.events import BrokerHeartbeat, QueryDataVersion, RegisterBroker, UnregisterBroker
from tests.broker.recorded_runs import Run, load, release_of, runs, script_of

EVERYTHING = ("5.5.0", "5.3.3", "4.9.7")
"""Runs with all that may go wrong with NameServers: three, one of them moody."""


SILENT_MS = 10_000
"""Longer than a busy broker may be late."""


def requests(run: Run, *kinds: type) -> list[Any]:
    """What was said, of these kinds."""
    return [each.request for each in run.seen if isinstance(each, Said) and isinstance(each.request, kinds)]


@pytest.mark.parametrize("name", runs())
def test_what_a_real_broker_said_is_a_behaviour_of_its_releases_model(name: str) -> None:
    load(name).judge(release_of(name))


@pytest.mark.parametrize("name", EVERYTHING)
def test_it_has_spoken_to_three_name_servers_from_its_start_to_its_end(name: str) -> None:
    run = load(name)
    assert {each.name_server for each in run.seen if isinstance(each, Said)} == {0, 1, 2}
    assert len(requests(run, RegisterBroker)) > 20
    assert len(requests(run, UnregisterBroker)) == 3


@pytest.mark.parametrize("name", ["5.5.0-asking", "4.9.7-asking"])
def test_one_that_asks_first_is_none_that_registers_unasked(name: str) -> None:
    run = load(name)
    assert len(requests(run, QueryDataVersion)) > 20
    with pytest.raises(Violation):
        attrs.evolve(run, settings={"force_register": True}).judge(release_of(name))


def ids(run: Run) -> list[int]:
    """The broker ids under which it registered, one after the other."""
    found: list[int] = []
    for request in requests(run, RegisterBroker):
        found += [request.broker_id] if found[-1:] != [request.broker_id] else []
    return found


@pytest.mark.parametrize("name", ["5.5.0-promoted", "4.9.7-promoted"])
def test_a_slave_that_is_started_again_as_the_master_goes_on_with_the_version_that_it_copied(name: str) -> None:
    run = load(name)
    assert ids(run) == [1, 0]


@pytest.mark.parametrize("name", ["5.5.0-dledger", "4.9.7-dledger"])
def test_a_quorums_broker_registers_without_an_id_and_then_as_master_slave_and_master(name: str) -> None:
    found = ids(load(name))
    assert found[0] == -1
    assert found[-3:] == [0, 1, 0]


def test_each_election_is_in_the_state_version_of_what_is_registered_and_none_is_gone_back_on() -> None:
    run = load("5.5.0-controller")
    assert ids(run) == [0, 1, 0]
    versions = [request.body.data_version for request in requests(run, RegisterBroker)]
    assert list(dict.fromkeys(version.state_version for version in versions)) == [1, 2, 3]
    older = attrs.evolve(versions[-1], state_version=2)
    with pytest.raises(Violation):
        tampered(run, said_at(run, -1), body={"data_version": older}).judge("apache-5.5.0")


@pytest.mark.parametrize(("name", "kind"), [("5.5.0-acting", QueryDataVersion), ("5.5.0-beating", BrokerHeartbeat)])
def test_an_acting_slave_beats_every_second_and_keeps_its_id_when_its_master_is_gone(name: str, kind: type) -> None:
    run = load(name)
    assert ids(run) == [1]
    said = [each for each in run.seen if isinstance(each, Said) and each.key is None and each.name_server == 0]
    assert {type(each.request) for each in said} == {kind}
    beats = [each.at_ms for each in said]
    assert len(beats) > 30
    first = requests(run, RegisterBroker)[0]
    assert (first.enable_acting_master, first.heartbeat_timeout_ms) == (True, 10_000)
    middle = beats[len(beats) // 2]
    silent = [e for e in run.seen if getattr(e, "key", 0) is not None or not middle <= e.at_ms < middle + SILENT_MS]
    with pytest.raises(Violation):
        attrs.evolve(run, seen=silent).judge("apache-5.5.0")


def said_at(run: Run, number: int, *, kind: type = RegisterBroker, topics: int = 0) -> int:
    """Where the broker says the `number`th request of a kind; of registrations, of those with at least so many topics."""
    found = []
    for place, each in enumerate(run.seen):
        if isinstance(each, Said) and isinstance(each.request, kind):
            body = getattr(each.request, "body", None)
            if not topics or (body is not None and len(body.topic_config_table) >= topics):
                found.append(place)
    return found[number]


def tampered(
    run: Run, at: int, *, said: dict[str, Any] | None = None, body: dict[str, Any] | None = None, **fields: Any
) -> Run:
    """With another registration there."""
    old: Any = run.seen[at]
    request = attrs.evolve(old.request, body=attrs.evolve(old.request.body, **(body or {})), **fields)
    new = attrs.evolve(old, request=request, **(said or {}))
    return attrs.evolve(run, seen=[*run.seen[:at], new, *run.seen[at + 1 :]])


def without_one(run: Run) -> Run:
    """A registration in the middle, and its answer, are missing."""
    gone = run.seen[said_at(run, 4, topics=2)]
    key = getattr(gone, "key", None) or object()  # of a one-way one there is no answer
    left = [each for each in run.seen if each is not gone and getattr(each, "key", None) != key]
    return attrs.evolve(run, seen=left)


def said_twice(run: Run) -> Run:
    """A registration comes again, unasked."""
    at = said_at(run, 4)
    again = attrs.evolve(run.seen[at], key=(9, 9, 9))  # type: ignore[call-arg]
    return attrs.evolve(run, seen=[*run.seen[: at + 1], again, *run.seen[at + 1 :]])


def version_again(run: Run) -> Run:
    """A registration under the first version, which has been left behind."""
    first: Any = run.seen[said_at(run, 0)]
    return tampered(run, said_at(run, -1), body={"data_version": first.request.body.data_version})


def topic_missing(run: Run) -> Run:
    """A registration without one of its topics."""
    at = said_at(run, -1, topics=2)
    old: Any = run.seen[at]
    topics = old.request.body.topic_config_table
    return tampered(run, at, body={"topic_config_table": topics.remove(max(topics))})


def other_id(run: Run) -> Run:
    """A registration under another broker id."""
    at = said_at(run, 4)
    old: Any = run.seen[at]
    return tampered(run, at, broker_id=old.request.broker_id + 1)


def late(run: Run) -> Run:
    """The first goodbye comes a minute after it is due."""
    at = said_at(run, 0, kind=UnregisterBroker)
    after = [attrs.evolve(each, at_ms=each.at_ms + 60_000) for each in run.seen[at:]]
    return attrs.evolve(run, seen=[*run.seen[:at], *after])


def unfinished(run: Run) -> Run:
    """The last NameServer is not told goodbye, although it is there."""
    return attrs.evolve(run, seen=run.seen[: said_at(run, -1, kind=UnregisterBroker)])


TAMPERINGS = (without_one, said_twice, version_again, topic_missing, other_id, late, unfinished)
KINDS = ("5.3.3-split", "5.5.0-compressed", "4.9.7-compressed", "5.5.0-dledger", "4.9.7-dledger", "5.5.0-controller")


@pytest.mark.parametrize("name", [*EVERYTHING, *KINDS])
@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_a_recording_that_was_tampered_with_is_none(name: str, tamper: Callable[[Run], Run]) -> None:
    with pytest.raises(Violation):
        tamper(load(name)).judge(release_of(name))


@pytest.mark.parametrize("name", ["5.5.0-compressed", "4.9.7-compressed"])
@pytest.mark.parametrize("field", ["deflated", "claims_compressed"])
def test_whether_a_body_is_compressed_and_whether_its_header_says_so_both_count(name: str, field: str) -> None:
    run = load(name)
    at = said_at(run, -1)
    with pytest.raises(Violation):
        tampered(run, at, said={field: not getattr(run.seen[at], field)}).judge(release_of(name))


@pytest.mark.parametrize("name", ["5.5.0-split", "5.3.3-split"])
def test_a_topic_that_is_in_another_part_is_told(name: str) -> None:
    run = load(name)
    places = [said_at(run, number, topics=6) for number in (0, 2)]
    first, second = (run.seen[at].request.body.topic_config_table for at in places)  # type: ignore[union-attr]
    a, b = min({*first} - {*second}), min({*second} - {*first})
    swapped = first.remove(a).insert(b, second[b])
    with pytest.raises(Violation):
        tampered(run, places[0], body={"topic_config_table": swapped}).judge(release_of(name))


@pytest.mark.parametrize("name", EVERYTHING)
def test_it_is_no_behaviour_of_another_releases_model(name: str) -> None:
    for other in {*EVERYTHING} - {name}:
        with pytest.raises(Violation):
            load(name).judge(release_of(other))


def deeds(names: Iterable[str]) -> list[tuple[str, int]]:
    """What was done in these runs, by its number; that they ended shows anyway."""
    return [
        (name, number)
        for name in names
        for number, act in enumerate(script_of(name)["acts"])
        if act["what"] not in ("started", "shutdown", "started again")
    ]


@pytest.mark.parametrize(("name", "act"), deeds(runs()))
def test_what_was_done_to_the_broker_is_needed_to_explain_it(name: str, act: int) -> None:
    with pytest.raises(Violation):
        load(name).judge(release_of(name), without=act)


FIELDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("4.9.7", {"new_topic_registration": NewTopicRegistration.ONLY_IT}),
    ("4.9.7", {"first_registration_timer_ms": 20_000}),
    ("4.9.7", {"least_period_ms": 30_000}),
    ("5.5.0", {"masked_perm": MaskedPerm.REPLACED}),
    ("5.5.0", {"first_registration_timer_ms": 20_000}),
    ("5.5.0-compressed", {"claims_compression": True}),
    ("4.9.7-compressed", {"claims_compression": False}),
    ("5.5.0-split", {"split_makes_versions": True}),
    ("5.3.3-split", {"split_makes_versions": False}),
    ("5.5.0-split", {"split_registration": False}),
)
"""What of a profile these runs depend on. How long it waits for a NameServer, and which it tries, makes no difference in them."""


@pytest.mark.parametrize(("name", "fields"), FIELDS, ids="".join)
def test_a_profile_with_another_field_does_not_explain_it(name: str, fields: dict[str, Any]) -> None:
    profile = attrs.evolve(BROKER_PROFILES[release_of(name)], **fields)
    with pytest.raises(Violation):
        load(name).judge(release_of(name), profile=profile)
