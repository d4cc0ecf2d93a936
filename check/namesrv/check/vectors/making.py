"""The vectors of a profile: from the pool to the lines of its file, with what they cover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import orjson

from namesrv.check.steps import Requests
from namesrv.check.vectors.choosing import CHOSEN, choose
from namesrv.check.vectors.playing import FORMAT
from namesrv.check.vectors.pool import POOL, pool
from namesrv.check.vectors.rows import ROWS, unreached
from namesrv.check.vectors.script import Op, Script, VectorStep
from namesrv.model.events import RegisterBroker
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import ORDER_TOPIC_CONFIG, table


@attrs.frozen(kw_only=True)
class Vectors:
    """`ops`: one a line. `reached`: the rows that decide for certain, each with the number of sequences in which it does."""

    profile: str
    sequences: int
    ops: tuple[Op, ...]
    reached: dict[str, int]
    unreached: dict[str, str]

    def lines(self) -> Iterator[bytes]:
        """The file's lines, each with its end."""
        for op in self.ops:
            yield orjson.dumps(op, option=orjson.OPT_APPEND_NEWLINE)

    @property
    def missing(self) -> tuple[str, ...]:
        """Rows that are neither reached nor said to be out of reach."""
        return tuple(row for row in ROWS if row not in self.reached and row not in self.unreached)

    @property
    def reached_after_all(self) -> tuple[str, ...]:
        """Rows that are said to be out of reach, and are reached."""
        return tuple(row for row in ROWS if row in self.reached and row in self.unreached)


def make(
    profile: Profile, *, count: int = POOL, limit: int = CHOSEN, progress: Callable[[str], None] = lambda line: None
) -> Vectors:
    """The same vectors each time. `count`: so many generated sequences are chosen from; `limit`: so many at the most are."""
    progress(f"{profile.name}: generating {count} sequences")
    sequences = pool(profile, count=count)
    progress(f"{profile.name}: choosing from {len(sequences)}")
    chosen = choose(profile, sequences, limit=limit)
    chosen.sort(key=_lasting)
    ops: list[Op] = [_head(profile, len(chosen))]
    reached: dict[str, int] = {}
    initial = NameServerState()
    for number, steps in enumerate(chosen, 1):
        name = f"s{number:03}"
        script = Script(profile, name, initial)
        script.run(steps)
        ops.append({"op": "sequence", "name": name, "rows": sorted(script.rows)})
        ops += script.ops
        for row in script.rows:
            reached[row] = reached.get(row, 0) + 1
        if ORDER_TOPIC_CONFIG in script.namespaces:
            initial = NameServerState(kv_config=table({ORDER_TOPIC_CONFIG: table()}))
    ops.append({"op": "end", "sequences": len(chosen)})
    return Vectors(
        profile=profile.name,
        sequences=len(chosen),
        ops=tuple(ops),
        reached={row: reached[row] for row in ROWS if row in reached},
        unreached=unreached(profile),
    )


def _head(profile: Profile, sequences: int) -> dict[str, Any]:
    return {"op": "vectors", "format": FORMAT, "profile": profile.name, "sequences": sequences}


def _lasting(steps: tuple[VectorStep, ...]) -> int:
    """What a sequence leaves that others notice; those that leave worse come later.

    Nobody can remove a namespace, and brokers are told of the order topics. A null address (4.9.7) ends the search for the place
    of a closed connection's broker, a null name in a cluster (5.x) the list of system topics: with an exception, whoever asks.
    Source: `RouteInfoManager.onChannelDestroy`, 4.9.7; `.getSystemTopicList`, whose set takes no null, 5.5.0.
    """
    sends = [send.request for step in steps if isinstance(step, Requests) for send in step.sends]
    claims = [request for request in sends if isinstance(request, RegisterBroker)]
    if any(request.broker_name is None for request in claims):
        return 3
    if any(request.broker_addr is None for request in claims):
        return 2
    return int(any(getattr(request, "namespace", None) == ORDER_TOPIC_CONFIG for request in sends))
