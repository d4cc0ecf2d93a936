"""What an audit makes of snapshots: what stays is a finding, unknown is never green, and it comes with what explains it."""

from collections.abc import Callable, Iterable
from itertools import accumulate

import pytest

from namesrv.check.audit.audited import Audit, audited
from namesrv.check.audit.auditor import Auditor, changes, share
from namesrv.check.audit.kinds import KINDS
from namesrv.check.audit.known import known
from namesrv.check.audit.signs import seen_of
from namesrv.check.audit.snapshots import Look, Snapshot, judged, profile_of
from namesrv.check.findings import Verdict
from namesrv.check.seen import Place
from namesrv.explore.peers import H1, H2, ONE, registration
from namesrv.model.events import Channel
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_1_4, APACHE_5_5_0, DISTINCT_PROFILES
from tests.check.audit.sets import SOUND, X, Y, look, snapshot, sound, told, with_cluster, with_route

FINE = snapshot(sound(), sound())
WRONG = snapshot(with_cluster(sound(), "C2", "a", "b"), sound())
OTHER_WRONG = snapshot(with_cluster(sound(), "C1", "a", "gone"), sound())
DOWN = judged((look(X, sound()), Look(where=Y, why="connection refused")))
WRONG_AND_DOWN = judged((look(X, with_cluster(sound(), "C2", "a", "b")), Look(where=Y, why="connection refused")))


def verdict(*snapshots: Snapshot, asked_for: int = 3) -> Verdict:
    return audited(snapshots, asked_for).verdict


def test_what_every_snapshot_says_is_a_finding() -> None:
    audit = audited((WRONG, WRONG, WRONG), 3)
    assert audit.verdict is Verdict.VIOLATED
    (finding,) = audit.findings
    assert (finding.kind.slug, finding.where, finding.broker) == ("name-in-another-cluster", (X,), "a")
    assert audit.reason == "1 finding, each in 3 snapshots in a row"


def test_what_several_namesrvs_say_alike_is_one_finding() -> None:
    wrong = with_cluster(sound(), "C2", "a", "b")
    (finding,) = audited((snapshot(wrong, wrong),) * 3, 3).findings
    assert finding.where == (X, Y)


@pytest.mark.parametrize("snapshots", [(WRONG, WRONG, FINE), (WRONG, FINE, FINE), (FINE, FINE, FINE)])
def test_what_is_over_is_not(snapshots: tuple[Snapshot, ...]) -> None:
    assert verdict(*snapshots) is Verdict.HOLDS


@pytest.mark.parametrize("snapshots", [(FINE, FINE, WRONG), (WRONG, OTHER_WRONG, WRONG), (WRONG, FINE, WRONG)])
def test_what_was_not_there_all_the_time_is_undecided(snapshots: tuple[Snapshot, ...]) -> None:
    audit = audited(snapshots, 3)
    assert audit.verdict is Verdict.UNKNOWN
    assert audit.findings == ()
    assert "C2 lists a" in audit.reason


def test_one_snapshot_decides_nothing_and_two_that_nothing_is_wrong() -> None:
    assert verdict(FINE) is Verdict.UNKNOWN
    assert verdict(FINE, FINE) is Verdict.HOLDS
    assert verdict(WRONG, WRONG) is Verdict.UNKNOWN


def test_a_namesrv_that_cannot_be_asked_leaves_it_undecided() -> None:
    audit = audited((DOWN, DOWN, DOWN), 3)
    assert audit.verdict is Verdict.UNKNOWN
    assert audit.reason == "nothing wrong was seen; y:9876 could not be asked: connection refused"


def test_what_is_wrong_at_the_others_is_a_finding_all_the_same() -> None:
    assert verdict(WRONG_AND_DOWN, WRONG_AND_DOWN, WRONG_AND_DOWN) is Verdict.VIOLATED


def test_what_was_wrong_while_another_was_down_counts() -> None:
    """A sign of one NameServer does not depend on who else is there."""
    assert verdict(WRONG_AND_DOWN, WRONG, WRONG) is Verdict.VIOLATED


# What explains it -----------------------------------------------------------------------------------------------------


def test_the_anomaly_that_shows_so_is_named_first_and_what_heals_it_is_told() -> None:
    requests = (*SOUND[:2], (Channel(4), registration("h4:1", ("C2", "a", 2))))
    wrong = seen_of(told(requests).state.tables, APACHE_5_5_0)
    findings = audited((snapshot(wrong),) * 3, 3).findings
    finding = next(f for f in findings if f.kind.slug == "name-in-another-cluster")
    assert finding.explained_by[0].slug == "register/accepted/name-of-another-cluster"
    assert finding.do == (
        "Give one of the brokers called `a` another brokerName: a name must be of one brokerClusterName only.",
        "A restart of x:9876 heals it, and nothing less: one NameServer at a time, brokers register again within 30 s.",
    )


def test_what_nothing_in_the_catalogue_shows_is_explained_by_nothing() -> None:
    ordered = snapshot(sound(), with_route(sound(), "t2", order_topic_conf="a:4"))
    (finding,) = audited((ordered,) * 3, 3).findings
    assert finding.explained_by == ()
    assert finding.do == (finding.kind.do,)


def test_every_sentence_can_be_told_of_every_kind() -> None:
    for kind in KINDS.values():
        said = kind.do.format(broker="`a`", where=X, others=Y)
        assert "{" not in said
        assert said.endswith(".")
        assert kind.means.endswith(".")


@pytest.mark.parametrize("profile", DISTINCT_PROFILES)
def test_anomalies_are_known_by_kinds_that_there_are(profile: str) -> None:
    anomalies = known()[profile]
    assert bool(anomalies) is (profile != "strict")
    assert all(anomaly.kinds <= set(KINDS) for anomaly in anomalies)
    assert profile == "strict" or sum(bool(anomaly.kinds) for anomaly in anomalies) > 0.8 * len(anomalies)


# Which release --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "profile", "why"),
    [
        (513, APACHE_5_5_0, ""),
        (407, APACHE_4_9_7, ""),
        (445, APACHE_5_1_4, "nearest to V5_1_6"),
        (300, APACHE_4_9_7, "nearest to V4_4_6"),
        (612, APACHE_5_5_0, "nearest to HIGHER_VERSION"),
    ],
)
def test_a_namesrv_is_taken_for_the_release_that_its_answers_name(version: int, profile: object, why: str) -> None:
    found, said = profile_of(version)
    assert found is profile
    assert said == why or (why.startswith("nearest") and said.startswith("nearest to V"))


# Looking again --------------------------------------------------------------------------------------------------------


class Scripted:
    """Snapshots that are there already. `asked`: the places that 322 was to be asked about, each time."""

    def __init__(self, *snapshots: Snapshot) -> None:
        self._left = list(snapshots)
        self.asked: list[frozenset[Place]] = []

    def snapshot(self, also: Iterable[Place]) -> Snapshot:
        self.asked.append(frozenset(also))
        return self._left.pop(0)


def run(script: Scripted) -> tuple[Audit, int]:
    pauses: list[float] = []
    audit = Auditor(script.snapshot, confirm=3).audit(pauses.append)
    return audit, len(pauses)


@pytest.mark.parametrize(
    ("snapshots", "verdict", "pauses"),
    [
        ((FINE,) * 2, Verdict.HOLDS, 1),
        ((WRONG,) * 3, Verdict.VIOLATED, 2),
        ((FINE, WRONG, FINE), Verdict.HOLDS, 2),
        ((FINE, WRONG, WRONG, WRONG), Verdict.VIOLATED, 3),
        ((WRONG, WRONG, FINE), Verdict.HOLDS, 2),
        ((WRONG, OTHER_WRONG) * 5, Verdict.UNKNOWN, 8),
        ((DOWN,) * 2, Verdict.UNKNOWN, 1),
    ],
    ids=["fine", "wrong", "over", "wrong from the second on", "wrong at first", "in motion", "down"],
)
def test_it_looks_again_while_something_is_in_motion(
    snapshots: tuple[Snapshot, ...], verdict: Verdict, pauses: int
) -> None:
    audit, paused = run(Scripted(*snapshots))
    assert audit.verdict is verdict
    assert paused == pauses


def test_pauses_are_in_step_with_nothing() -> None:
    """What goes to and fro in step with them would be the same in every snapshot: the bad twin is a regular pause."""

    def is_seen_twice(pause: Callable[[int], float], period: float) -> bool:
        at = accumulate(pause(number) for number in range(1, 15))
        return len({int(time / period * 2) % 2 for time in at}) == 2

    periods = [0.01 * number for number in range(10, 200)]
    assert all(is_seen_twice(share, period) for period in periods)
    assert not all(is_seen_twice(lambda number: 1.0, period) for period in periods)


def test_what_one_namesrv_shows_another_is_asked_about() -> None:
    script = Scripted(FINE, FINE)
    run(script)
    first, second = script.asked
    places: set[Place] = {("C1", H1), ("C1", H2), ("C2", "h3:10911")}
    assert first == frozenset()
    assert second == places


def test_what_changes_is_told() -> None:
    def alone_at(where: str, *requests: object) -> Audit:
        seen = seen_of(told(requests).state.tables, APACHE_5_5_0)  # type: ignore[arg-type]
        return audited((judged((look(where, seen),)),) * 3, 3)

    before = alone_at(X, SOUND[0])
    after = alone_at(
        X, SOUND[1], (Channel(4), registration(H1, ("C2", "a", 0))), (ONE, registration(topics={"t1": 4, "t9": 4}))
    )
    said = list(changes(before, after))
    assert f"{H2} came to x:9876" in said
    assert "topics at x:9876: 1 came, 0 went" in said
    assert any(line.startswith("found: C2 lists a") for line in said)
    assert any(line.startswith("over: C2 lists a") for line in changes(after, before))
    assert list(changes(before, before)) == []


def test_a_namesrv_that_is_lost_and_comes_back_is_told() -> None:
    up, down = audited((FINE,) * 3, 3), audited((DOWN,) * 3, 3)
    assert list(changes(up, down)) == ["y:9876 is lost: connection refused"]
    assert list(changes(down, up)) == ["y:9876 answers again"]


def test_what_can_not_be_seen_any_more_is_not_over() -> None:
    """A broker is missing at y, and x, which shows that, is lost."""
    whole, lacking = sound(), seen_of(told(SOUND[:2]).state.tables, APACHE_5_5_0)
    missing = judged((look(X, whole), look(Y, lacking)))
    x_is_lost = judged((Look(where=X, why="connection refused"), look(Y, lacking)))
    before, after, healed = (
        audited((each,) * 3, 3) for each in (missing, x_is_lost, judged((look(X, whole), look(Y, whole))))
    )
    assert [f.where for f in before.findings if f.kind.slug == "broker-missing"] == [(Y,)]
    lines = [line for line in changes(before, after) if "h3:10911" in line]
    assert lines and all(line.startswith("not to be seen now: ") for line in lines)
    assert any(line.startswith("over: b/0 of C2, h3:10911, stands at x:9876") for line in changes(before, healed))
