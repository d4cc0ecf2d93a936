"""The least of a recording that is as impossible."""

import attrs

from namesrv.check.recorded.judging import judge, told
from namesrv.check.recorded.seen import Start
from namesrv.check.recorded.shortest import shortest
from namesrv.check.recording import Event, FrameSeen
from namesrv.check.recording_file import load_recording
from namesrv.check.steps import Open
from namesrv.model.events import UnregisterBroker
from namesrv.model.profiles import APACHE_5_5_0, PROFILES, STRICT
from tests.check.recorded.making import record_steps
from tests.check.recorded.tampering import broker_removed, version_changed
from tests.check.recorded.test_judging import NEXT_VERSION, QUERY, RECORDINGS, ROUTE, TWO_TOPICS, said

OTHER = attrs.evolve(TWO_TOPICS, broker_addr="h2:10911", broker_name="b", ha_server_addr="h2:10912")


def least_of(events: tuple[Event, ...], profile: str, start: Start) -> list[str]:
    found = judge(events, PROFILES[profile], start).impossible
    assert found is not None
    least = shortest(events, found, PROFILES[profile], start)
    again = judge(least, PROFILES[profile], start).impossible
    assert again is not None
    assert again.finding.got == found.finding.got
    assert set(again.finding.expected) <= set(found.finding.expected)
    return [line.partition(": ")[2].partition(",")[0] for line in told(least, PROFILES[profile], start)]


def test_other_brokers_and_later_events_are_left_out() -> None:
    steps = (
        *(Open(connection=1), Open(connection=2), said(2, OTHER), said(1, TWO_TOPICS), said(2, ROUTE), said(1, QUERY)),
        *(said(2, ROUTE), said(1, NEXT_VERSION)),
    )
    (_, events), *_ = version_changed(record_steps("strict", steps).events)
    least = least_of(events, "strict", Start.EMPTY)
    assert [line.split()[0] for line in least] == ["REGISTER_BROKER", "QUERY_DATA_VERSION", "SUCCESS"]
    assert "h1:10911" in least[0]


def test_what_makes_an_answer_right_is_not_left_out() -> None:
    """Without the unregistration the route would be impossible too, for another reason: that is no explanation."""
    gone = UnregisterBroker(cluster_name="C1", broker_addr="h2:10911", broker_name="b", broker_id=0)
    steps = (Open(connection=1), said(1, TWO_TOPICS), said(1, OTHER), said(1, gone), said(1, ROUTE))
    (_, events), *_ = broker_removed(record_steps("strict", steps).events)
    least = least_of(events, "strict", Start.EMPTY)
    assert [line.split()[0] for line in least] == ["REGISTER_BROKER", "SUCCESS", "GET_ROUTEINFO_BY_TOPIC", "SUCCESS"]


def test_of_a_real_recording_little_is_left() -> None:
    recording = load_recording(RECORDINGS / "broker-5.5.0.jsonl")
    (_, events), *_ = broker_removed(recording.events)
    assert len(least_of(events, "apache-5.5.0", Start.UNKNOWN)) <= 4


def test_without_time_all_of_it_is_left_up_to_what_is_impossible() -> None:
    (_, events), *_ = version_changed(
        record_steps("strict", (Open(connection=1), said(1, TWO_TOPICS), said(1, QUERY), said(1, ROUTE))).events
    )
    found = judge(events, STRICT, Start.EMPTY).impossible
    assert found is not None
    least = shortest(events, found, STRICT, Start.EMPTY, budget_s=0, clock=lambda: 0.0)
    assert least == events[: found.event + 1]
    assert isinstance(least[-1], FrameSeen)
    assert judge(least, APACHE_5_5_0, Start.EMPTY).impossible is not None
