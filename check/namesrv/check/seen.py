"""Everything that a NameServer shows by requests that change nothing, once, as values; and the connection over which it is asked.

Asked are 206, 106, and 105 for each topic; 322 only if told to, for it is a sign of life of whoever it asks about.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import attrs

from namesrv.check.findings import Undecided
from namesrv.check.steps import Style
from namesrv.check.target import Target
from namesrv.check.wire import Prefix, encode, read_answer
from namesrv.model.events import (
    Answer,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    QueryDataVersion,
    Request,
)
from namesrv.model.values import ClusterInfo, DataVersion, TopicList, TopicRouteData, table

TIMEOUT_S: Final = 5.0
SUCCESS: Final = 0
TOPIC_NOT_EXIST: Final = 17
ASKED_AT_ONCE: Final = 64
"""So many requests are sent before their answers are waited for."""

NOBODYS: Final = DataVersion(state_version=-1, timestamp=-1, counter=-1)
"""No broker has it, so 322 says *changed*: 4.9.7 then takes it for no sign of life."""

NULL_KEY: Final = "null"
"""How fastjson writes a key that is null (4.9.7 keeps such ones)."""

EVERYTHING: Final = Prefix("")

WARNING: Final = "QUERY_DATA_VERSION is a sign of life: an address that is asked about expires later than it would."
"""What has to be said where 322 is asked."""

Word = str | None
Place = tuple[str, str]
"""A cluster and an address, as 322 asks about them."""

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Seen:
    """What one NameServer answered. Null keys are `None`.

    `routes`: of each topic that is listed, `None` where there is none (TOPIC_NOT_EXIST). `stored`: what 322 said of each place
    that was asked about, `None` where nothing is stored; `None` altogether if it was not asked. `version`: in the answers'
    headers. `answers`: how many came.
    """

    topics: frozenset[Word]
    clusters: ClusterInfo
    routes: Mapping[str, TopicRouteData | None]
    stored: Mapping[Place, DataVersion | None] | None = None
    version: int = -1
    answers: int = 0


class Asking:
    """A connection over which a NameServer is asked. Raises `Undecided` where that can't be done.

    `data_versions`: ask 322, too. `at_once`: so many requests are sent together, and answered within `timeout_s`; everything is
    within `within_s`. `between`: called before they are (for tests: what happens while somebody looks).
    """

    def __init__(
        self,
        target: Target,
        *,
        data_versions: bool = False,
        at_once: int = ASKED_AT_ONCE,
        timeout_s: float = TIMEOUT_S,
        within_s: float = math.inf,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._timeout_s = timeout_s
        self._within_s = within_s
        self._peer = target.connect(timeout_s=min(timeout_s, within_s))
        self._data_versions = data_versions
        self._at_once = at_once
        self._between = between
        self._deadline = math.inf
        self._version = -1
        self.answers = 0

    def close(self) -> None:
        """Ends it."""
        self._peer.close()

    def see(self, also: Iterable[Place] = ()) -> Seen:
        """Everything once. `also`: more places to ask 322 about, if that is asked."""
        self._deadline = time.monotonic() + self._within_s
        before = self.answers
        (answer,) = self._ask([GetAllTopicList()])
        topics = _body(answer, TopicList).topic_list
        named = sorted(topic for topic in topics if topic is not None)
        info, *answers = self._ask([GetBrokerClusterInfo(), *(GetRouteInfoByTopic(topic=topic) for topic in named)])
        clusters = _with_null_keys(_body(info, ClusterInfo))
        return Seen(
            topics=topics,
            clusters=clusters,
            routes={topic: _route(answer) for topic, answer in zip(named, answers, strict=True)},
            stored=self._stored(clusters, also) if self._data_versions else None,
            version=self._version,
            answers=self.answers - before,
        )

    def _stored(self, info: ClusterInfo, also: Iterable[Place]) -> dict[Place, DataVersion | None]:
        """322 about every address in every cluster."""
        clusters = set(info.cluster_addr_table) | {d.cluster for d in info.broker_addr_table.values()}
        asked = [
            QueryDataVersion(
                cluster_name=cluster, broker_addr=addr, broker_name=name, broker_id=i, data_version=NOBODYS
            )
            for cluster in sorted(clusters, key=str)
            for name, i, addr in _stands(info)
            if cluster and addr
        ]
        known = {(r.cluster_name, r.broker_addr) for r in asked}
        asked += [
            QueryDataVersion(cluster_name=cluster, broker_addr=addr, broker_name="", broker_id=0, data_version=NOBODYS)
            for cluster, addr in sorted(set(also) - known)
        ]
        stored: dict[Place, DataVersion | None] = {}
        for request, answer in zip(asked, self._ask(asked), strict=True):
            assert request.cluster_name is not None
            assert request.broker_addr is not None
            if answer.code == SUCCESS:
                body = answer.body
                stored[request.cluster_name, request.broker_addr] = body if isinstance(body, DataVersion) else None
        return stored

    def _ask(self, requests: Iterable[Request]) -> list[Answer]:
        """The answers, in the order of the requests."""
        left, answers = list(requests), list[Answer]()
        while left:
            batch, left = left[: self._at_once], left[self._at_once :]
            self._between()
            numbered = [(self._peer.next_opaque(), request) for request in batch]
            self._peer.send(b"".join(encode(EVERYTHING, r, Style(), opaque=o, oneway=False) for o, r in numbered))
            deadline = min(time.monotonic() + self._timeout_s, self._deadline)
            for opaque, request in numbered:
                command = self._peer.answer(opaque, deadline)
                if command is None:
                    raise Undecided(f"{type(request).__name__} at {self._peer.where}: {self._why()}")
                self._version = command.version
                answers.append(read_answer(EVERYTHING, request, command))
        self.answers += len(answers)
        return answers

    def _why(self) -> str:
        if self._peer.is_closed_by_peer:
            return "it closed the connection"
        if time.monotonic() >= self._deadline:
            return f"not everything was answered within {self._within_s:g} s"
        return f"no answer within {self._timeout_s:g} s"


def _stands(info: ClusterInfo) -> list[tuple[Word, int, Word]]:
    places = {(d.broker_name, i, addr) for d in info.broker_addr_table.values() for i, addr in d.broker_addrs.items()}
    return sorted(places, key=str)


def _body(answer: Answer, expected: type[T]) -> T:
    if answer.code != SUCCESS or not isinstance(answer.body, expected):
        raise Undecided(f"expected a {expected.__name__}, got code {answer.code}, {answer.remark or answer.exception}")
    return answer.body


def _route(answer: Answer) -> TopicRouteData | None:
    return None if answer.code == TOPIC_NOT_EXIST else _body(answer, TopicRouteData)


def _with_null_keys(info: ClusterInfo) -> ClusterInfo:
    """Keys that were null are again; of a broker's data only its own name tells."""
    brokers = {data.broker_name if name == NULL_KEY else name: data for name, data in info.broker_addr_table.items()}
    return ClusterInfo(
        broker_addr_table=table({name: attrs.evolve(data, broker_name=name) for name, data in brokers.items()}),
        cluster_addr_table=table(
            {None if key == NULL_KEY else key: names for key, names in info.cluster_addr_table.items()}
        ),
    )
