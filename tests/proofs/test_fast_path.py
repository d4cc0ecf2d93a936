"""What the proof of the server's short way rests on: a name's generation grows with every change to what is known of the name."""

from collections.abc import Callable
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from namesrv.server import SERVER_PROFILES, by_hand
from namesrv.server.profiles import ServerProfile
from namesrv.server.tables import BrokerEntry, Tables
from tests.server.test_unchanged import Side, Step, first_registrations, register_frame, steps


def known_of(tables: Tables, entry: BrokerEntry) -> object:
    """Everything that a name's generation vouches for (`namesrv.proofs.theorems.fast_path.as_left`)."""
    return (
        entry.cluster,
        dict(entry.addrs),
        entry.acting,
        entry.zone,
        entry.wiped,
        {topic: queues[entry.name] for topic, queues in tables.topic_queue.items() if entry.name in queues},
        {topic: infos[entry.name] for topic, infos in tables.mapping.items() if entry.name in infos},
    )


BY_HAND: dict[str, Callable[[Tables, ServerProfile, str], object]] = {
    "wipe": by_hand.wipe_write_perm,
    "add": lambda tables, _, name: by_hand.add_write_perm(tables, name),
    "delete": lambda tables, profile, _: by_hand.delete_topic(tables, profile, "a", None),
}


@given(
    profile=st.sampled_from(sorted(SERVER_PROFILES)),
    first=st.tuples(st.just("register"), first_registrations),
    rest=st.lists(steps | st.tuples(st.sampled_from(sorted(BY_HAND)), st.just({})), min_size=2, max_size=14),
)
@settings(max_examples=200, deadline=None)
def test_while_a_generation_is_the_same_nothing_of_its_name_has_changed(
    profile: str, first: Step, rest: list[Step]
) -> None:
    side = Side(SERVER_PROFILES[profile], short_ways=False)
    tables = side.manager.tables
    channels = {number: object() for number in range(1, 4)}
    seen: dict[tuple[int, int], tuple[BrokerEntry, object]] = {}
    told: list[dict[str, Any]] = []
    for kind, what in [first, *rest]:
        if kind in ("register", "again", "before last"):
            told.append(what if kind == "register" else told[-1] | {"crc_error": 0} | what)
            side.ask(channels[told[-1]["channel"]], register_frame(told[-1]))
        elif kind == "close":
            side.manager.channel_destroyed(channels[what["channel"]], None)
        elif kind == "scan":
            side.now_ms += 100_000
            side.manager.scan_not_active_broker(side.now_ms)
        elif kind in BY_HAND:
            BY_HAND[kind](tables, side.manager.profile, told[-1]["name"])
        elif kind == "unregister":
            last = told[-1]
            side.manager.unregister_broker(
                channels[last["channel"]], last["cluster"], last["addr"], last["name"], last["id"]
            )
        side.manager.run_unregistrations()
        for entry in tables.broker_addr.values():
            _, before = seen.setdefault((id(entry), entry.generation), (entry, known_of(tables, entry)))
            assert before == known_of(tables, entry)
    event(f"generations: {min(len(seen), 8)}")
