"""Recordings of real brokers (traffic/), and their judge: the broker model of their release."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from rpds import HashTrieMap

from namesrv.broker import default_topics
from namesrv.check.broker_tracker import Act, BrokerTracker, started, stopped
from namesrv.check.broker_traffic import Observation, numbered, observations
from namesrv.check.recording_file import load_recording
from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerPermissionChanged,
    Elected,
    RoleChanged,
    ServiceStarted,
    TopicCreatedByBroker,
    TopicDeleted,
    TopicsCopied,
    TopicUpdated,
    Unfenced,
)
from namesrv.model.broker_profiles import BROKER_PROFILES, BrokerProfile
from namesrv.model.broker_state import BrokerSettings
from namesrv.model.values import DataVersion, TopicConfig
from namesrv.remoting.body import decode_old_register_broker_body

FOLDER = Path(__file__).with_name("traffic")
STARTING_MS = 10_000
"""Between a broker's first connection and its first registration, at the most."""
TRANSACTION_CHECK_MS = 60_000
"""`BrokerConfig.transactionCheckInterval`: so long after its start 4.9.7 makes a topic."""
HALF_TOPIC = TopicConfig(topic_name="RMQ_SYS_TRANS_HALF_TOPIC", read_queue_nums=1, write_queue_nums=1, perm=6)
ACTING = {"broker_id": 1, "enable_slave_acting_master": True, "total_replicas": 2}
SETTINGS: dict[str, dict[str, Any]] = {
    "": {},
    "asking": {"force_register": False},
    "compressed": {"compressed_register": True},
    "split": {"enable_split_registration": True, "split_registration_size": 6},
    "promoted": {"broker_id": 1},
    "dledger": {"broker_id": -1, "enable_dledger_commit_log": True},
    "controller": {"enable_controller_mode": True},
    "acting": ACTING,
    "beating": ACTING | {"compatible_with_old_name_srv": False},
}
"""Of the broker, by what stands behind its release: `KINDS` of `bench.interop.traffic`."""


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
        case "topic deleted":
            return TopicDeleted(topic=topic)
        case "role":
            return RoleChanged(broker_id=act["broker_id"])
        case "elected":
            return Elected(broker_id=act["broker_id"], epoch=act["epoch"])
        case "online":
            return Unfenced()
        case "service started":
            return ServiceStarted()
        case "copied":
            copy = decode_old_register_broker_body(act["topics"].encode())
            assert copy.topic_config_table is not None
            assert copy.data_version is not None
            return TopicsCopied(topic_config_table=copy.topic_config_table, data_version=copy.data_version)
        case unknown:
            raise AssertionError(f"{unknown!r} is nothing that was done")


@attrs.frozen(kw_only=True)
class Life:
    """From one start of the broker to its end."""

    acts: list[dict[str, Any]]
    seen: list[Observation]


@attrs.frozen
class Run:
    """A recorded one. `settings`: of the broker, besides its names."""

    script: dict[str, Any]
    seen: list[Observation]
    name_servers: int
    settings: dict[str, Any]

    def lives(self, without: int | None) -> Iterator[Life]:
        """One, or as many as it was started."""
        acts = [act for number, act in enumerate(self.script["acts"]) if number != without]
        began = [0, *(act["done_ms"] for act in acts if act["what"] == "started again")]
        for begun_ms, until_ms in zip(began, [*began[1:], 1 << 62], strict=True):
            yield Life(
                acts=[a for a in acts if begun_ms <= a["begun_ms"] < until_ms and a["what"] != "started again"],
                seen=numbered([each for each in self.seen if begun_ms <= each.at_ms < until_ms]),
            )

    def judge(self, release: str, *, without: int | None = None, profile: BrokerProfile | None = None) -> None:
        """Under that release's profile, or `profile`. `without`: leaves out an act. Raises `Violation`, `Undecided`."""
        script = self.script
        host, _, port = script["broker_addr"].rpartition(":")
        settings = BrokerSettings(
            cluster_name=script["cluster"],
            broker_name=script["name"],
            broker_addr=script["broker_addr"],
            ha_server_addr=f"{host}:{int(port) + 1}",
            name_servers=self.name_servers,
            register_name_server_period_ms=10_000,
            **self.settings,
        )
        own = default_topics(release, script["cluster"], script["name"])
        stored: HashTrieMap[str, TopicConfig] = HashTrieMap()
        version: DataVersion | None = None
        for life in self.lives(without):
            topics = {**own, **dict(stored.items())}.values()
            acts = [*self.by_itself(release, life), *self.acts(release, life)]
            tracker = BrokerTracker(
                profile or BROKER_PROFILES[release], settings, topics, acts, life.seen, stored_version=version
            )
            for each in life.seen:
                tracker.observe(each)
            tracker.end(life.seen[-1].at_ms)
            # Who is started again is so as its master's successor, with what it has stored.
            state = next(iter(tracker.beliefs)).state
            stored, version = state.topic_config_table, state.data_version
            settings = attrs.evolve(settings, broker_id=0)

    def by_itself(self, release: str, life: Life) -> Iterator[Act]:
        """What nobody has to do."""
        begun_ms, ended_ms = life.seen[0].at_ms, life.seen[-1].at_ms
        told = [act["done_ms"] for act in life.acts if act["what"] == "started"]
        yield started(told[0] if told else begun_ms + STARTING_MS)
        if release != "apache-4.9.7":
            return
        event = TopicCreatedByBroker(config=HALF_TOPIC)
        checked_ms = begun_ms + TRANSACTION_CHECK_MS
        if not any(act["what"] == "role" for act in life.acts) and checked_ms < ended_ms:
            yield Act(begun_ms=checked_ms - STARTING_MS, done_ms=checked_ms + STARTING_MS, event=event)

    def acts(self, release: str, life: Life) -> Iterator[Act]:
        """What was done, as the tracker wants it."""
        broker_id = self.settings.get("broker_id", 0)
        for act in life.acts:
            if act["what"] == "started":
                continue
            if act["what"] == "shutdown":
                yield stopped(act["begun_ms"], act["done_ms"])
                continue
            event = event_of(act, self.script["topic"])
            if isinstance(event, RoleChanged):
                if release == "apache-4.9.7" and (broker_id, event.broker_id) == (0, 1):
                    event = attrs.evolve(event, makes=(HALF_TOPIC,))
                broker_id = event.broker_id
            yield Act(begun_ms=act["begun_ms"], done_ms=act["done_ms"], event=event)


def script_of(run: str) -> dict[str, Any]:
    """What was done to the broker, and who it was."""
    script: dict[str, Any] = json.loads((FOLDER / run / "script.json").read_text())
    return script


def load(run: str) -> Run:
    """What is in its folder."""
    folder, script = FOLDER / run, script_of(run)
    recordings = [load_recording(file) for file in sorted(folder.glob("name-server-*.jsonl"))]
    settings = SETTINGS[run.partition("-")[2]]
    return Run(script, observations(recordings, script["began_ms"]), len(recordings), settings)


def release_of(run: str) -> str:
    """The profile's name."""
    return f"apache-{run.partition('-')[0]}"


def runs() -> list[str]:
    """All that there are: a recording that has ended has a script."""
    return sorted(script.parent.name for script in FOLDER.glob("*/script.json"))
