"""What real brokers were recorded to say (traffic/, by `python -m bench.interop.traffic`) is a behaviour of the broker model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from namesrv.broker import default_topics
from namesrv.check.broker_tracker import Act, BrokerTracker, started, stopped
from namesrv.check.broker_traffic import Observation, Said, observations
from namesrv.check.findings import Violation
from namesrv.check.recording_file import load_recording
from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerPermissionChanged,
    TopicCreatedByBroker,
    TopicDeleted,
    TopicUpdated,
)
from namesrv.model.broker_profiles import BROKER_PROFILES, BrokerProfile, MaskedPerm, NewTopicRegistration
from namesrv.model.broker_state import BrokerSettings
from namesrv.model.events import QueryDataVersion, RegisterBroker, UnregisterBroker
from namesrv.model.values import TopicConfig

FOLDER = Path(__file__).with_name("traffic")
RELEASES = ("apache-5.5.0", "apache-4.9.7")
ASKING = ("apache-5.5.0-asking", "apache-4.9.7-asking")
"""With `forceRegister=false`: the broker asks whether it has to register."""
NAME_SERVERS = 3
STARTING_MS = 10_000
"""Between a broker's first connection and its first registration, at the most."""
TRANSACTION_CHECK_MS = 60_000
"""`BrokerConfig.transactionCheckInterval`: so long after its start 4.9.7 makes a topic."""
HALF_TOPIC = TopicConfig(topic_name="RMQ_SYS_TRANS_HALF_TOPIC", read_queue_nums=1, write_queue_nums=1, perm=6)


def event_of(act: dict[str, Any], topic: str) -> BrokerEvent:
    """What was done, in the model's terms."""
    match act["what"]:
        case "topic":
            config = TopicConfig(
                topic_name=topic, read_queue_nums=act["read"], write_queue_nums=act["write"], perm=act["perm"]
            )
            return TopicUpdated(configs=(config,))
        case "permission":
            return BrokerPermissionChanged(broker_permission=act["perm"])
        case _:
            return TopicDeleted(topic=topic)


@attrs.frozen
class Run:
    """A recorded one."""

    script: dict[str, Any]
    seen: list[Observation]
    force_register: bool

    def judge(self, release: str, *, without: int | None = None, profile: BrokerProfile | None = None) -> BrokerTracker:
        """Under that release's profile, or `profile`. `without`: leaves out an act."""
        script = self.script
        host, _, port = script["broker_addr"].rpartition(":")
        settings = BrokerSettings(
            cluster_name=script["cluster"],
            broker_name=script["name"],
            broker_addr=script["broker_addr"],
            ha_server_addr=f"{host}:{int(port) + 1}",
            name_servers=NAME_SERVERS,
            register_name_server_period_ms=10_000,
            force_register=self.force_register,
        )
        begun_ms = self.seen[0].at_ms
        acts = [started(begun_ms + STARTING_MS)]
        if release == "apache-4.9.7":
            checked_ms = begun_ms + TRANSACTION_CHECK_MS
            event = TopicCreatedByBroker(config=HALF_TOPIC)
            acts.append(Act(begun_ms=checked_ms - STARTING_MS, done_ms=checked_ms + STARTING_MS, event=event))
        for number, act in enumerate(script["acts"]):
            if act["what"] == "shutdown":
                acts.append(stopped(act["begun_ms"], act["done_ms"]))
            elif number != without:
                acts.append(Act(begun_ms=act["begun_ms"], done_ms=act["done_ms"], event=event_of(act, script["topic"])))
        topics = default_topics(release, script["cluster"], script["name"]).values()
        tracker = BrokerTracker(profile or BROKER_PROFILES[release], settings, topics, acts, self.seen)
        for each in self.seen:
            tracker.observe(each)
        tracker.end(self.seen[-1].at_ms)
        return tracker


def load(run: str) -> Run:
    """What is in its folder."""
    folder = FOLDER / run.removeprefix("apache-")
    script = json.loads((folder / "script.json").read_text())
    recordings = [load_recording(folder / f"name-server-{number}.jsonl") for number in range(NAME_SERVERS)]
    return Run(script, observations(recordings, script["began_ms"]), force_register=run not in ASKING)


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_real_broker_said_is_a_behaviour_of_its_releases_model(release: str) -> None:
    run = load(release)
    run.judge(release)
    said = [each for each in run.seen if isinstance(each, Said)]
    assert {each.name_server for each in said} == set(range(NAME_SERVERS))
    assert sum(isinstance(each.request, RegisterBroker) for each in said) > 20
    assert sum(isinstance(each.request, UnregisterBroker) for each in said) == NAME_SERVERS


@pytest.mark.parametrize("name", ASKING)
def test_so_is_what_one_said_that_asks_before_it_registers(name: str) -> None:
    run = load(name)
    run.judge(name.removesuffix("-asking"))
    said = [each.request for each in run.seen if isinstance(each, Said)]
    assert sum(isinstance(request, QueryDataVersion) for request in said) > 20
    with pytest.raises(Violation):
        attrs.evolve(run, force_register=True).judge(name.removesuffix("-asking"))


def said_at(run: Run, kind: type, number: int) -> int:
    """Where the broker says the `number`th request of a kind."""
    return [i for i, each in enumerate(run.seen) if isinstance(each, Said) and isinstance(each.request, kind)][number]


def without_one(run: Run) -> list[Observation]:
    """A registration in the middle, and its answer, are missing."""
    at = said_at(run, RegisterBroker, 12)
    key = run.seen[at].key  # type: ignore[union-attr]
    return [each for each in run.seen if getattr(each, "key", None) != key]


def said_twice(run: Run) -> list[Observation]:
    """A registration comes again, unasked."""
    at = said_at(run, RegisterBroker, 12)
    again = attrs.evolve(run.seen[at], key=(9, 9, 9))  # type: ignore[call-arg]
    return [*run.seen[: at + 1], again, *run.seen[at + 1 :]]


def changed(run: Run, number: int, **fields: Any) -> list[Observation]:
    """A registration with another body."""
    at = said_at(run, RegisterBroker, number)
    request = run.seen[at].request  # type: ignore[union-attr]
    body = attrs.evolve(request.body, **fields)
    said = attrs.evolve(run.seen[at], request=attrs.evolve(request, body=body))  # type: ignore[call-arg]
    return [*run.seen[:at], said, *run.seen[at + 1 :]]


def version_again(run: Run) -> list[Observation]:
    """A registration under the first version, which has been left behind."""
    first = run.seen[said_at(run, RegisterBroker, 0)].request.body.data_version  # type: ignore[union-attr]
    return changed(run, -1, data_version=first)


def topic_missing(run: Run) -> list[Observation]:
    """A full registration without one of the topics."""
    body = run.seen[said_at(run, RegisterBroker, -1)].request.body  # type: ignore[union-attr]
    return changed(run, -1, topic_config_table=body.topic_config_table.remove("TBW102"))


def late(run: Run) -> list[Observation]:
    """The first goodbye comes a minute after it is due."""
    at = said_at(run, UnregisterBroker, 0)
    return [*run.seen[:at], *(attrs.evolve(each, at_ms=each.at_ms + 60_000) for each in run.seen[at:])]


def unfinished(run: Run) -> list[Observation]:
    """The last NameServer is not told goodbye, although it is there."""
    return run.seen[: said_at(run, UnregisterBroker, -1)]


TAMPERINGS = (without_one, said_twice, version_again, topic_missing, late, unfinished)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_a_recording_that_was_tampered_with_is_none(release: str, tamper: Callable[[Run], list[Observation]]) -> None:
    run = load(release)
    with pytest.raises(Violation):
        attrs.evolve(run, seen=tamper(run)).judge(release)


@pytest.mark.parametrize("release", RELEASES)
def test_it_is_no_behaviour_of_the_other_releases_model(release: str) -> None:
    (other,) = set(RELEASES) - {release}
    with pytest.raises(Violation):
        load(release).judge(other)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("act", range(5))
def test_what_was_done_to_the_broker_is_needed_to_explain_it(release: str, act: int) -> None:
    with pytest.raises(Violation):
        load(release).judge(release, without=act)


FIELDS = (
    ("apache-4.9.7", {"new_topic_registration": NewTopicRegistration.ONLY_IT}),
    ("apache-4.9.7", {"first_registration_timer_ms": 20_000}),
    ("apache-4.9.7", {"least_period_ms": 30_000}),
    ("apache-5.5.0", {"masked_perm": MaskedPerm.REPLACED}),
    ("apache-5.5.0", {"first_registration_timer_ms": 20_000}),
)
"""What of a profile these runs depend on. How long it waits for a NameServer, and which it tries, makes no difference in them."""


@pytest.mark.parametrize(("release", "fields"), FIELDS, ids="".join)
def test_a_profile_with_another_field_does_not_explain_it(release: str, fields: dict[str, Any]) -> None:
    run = load(release)
    with pytest.raises(Violation):
        run.judge(release, profile=attrs.evolve(BROKER_PROFILES[release], **fields))
