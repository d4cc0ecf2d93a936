"""What the checker does to a NameServer, as data: steps that can be run, printed, shrunk, stored and replayed.

Names in requests are those of a small world (`C1`, `a`, `h1:10911`, `t1`); the runner gives them a prefix of their own on the
wire, so that a NameServer that others use too is safe.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from enum import Enum
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.model.events import QueryDataVersion, RegisterBroker, Request


class Header(Enum):
    """How the header is written."""

    JSON = "json"
    ROCKETMQ = "rocketmq"
    WITHOUT_TYPE = "without serializeTypeCurrentRPC"
    """JSON, as clients that are not Java write it."""
    SINGLE_QUOTES = "in single quotes"
    """No standard JSON, and a comma stands at its end; no name in it has a quote."""
    UNKNOWN_TYPE = "of a type that there is not"
    TOO_LONG = "longer than its frame"
    BINARY_TOO_LONG = "binary and longer than its frame"
    NO_JSON = "that is no JSON"
    NO_OBJECT = "that is null"
    OF_A_FRAME_TOO_LONG = "of a frame of 16 MiB and more"


UNREADABLE_HEADERS: Final = frozenset(
    {
        *(Header.UNKNOWN_TYPE, Header.TOO_LONG, Header.BINARY_TOO_LONG),
        *(Header.NO_JSON, Header.NO_OBJECT, Header.OF_A_FRAME_TOO_LONG),
    }
)
"""Nobody can read these: whoever gets one ends the connection."""


class Crc(Enum):
    """What the header's `bodyCrc32` says."""

    RIGHT = "right"
    ABSENT = "absent"
    WRONG = "wrong"


PREFIX: Final = "~"
"""Where the run's prefix goes in a body that is given as bytes, and in fields of a header."""

AS_IT_IS: Final = "what it is"
"""In an UPDATE_NAMESRV_CONFIG: the value that the NameServer had when the run began, so that even a broken one is not harmed."""

LATEST_MQ_VERSION: Final = 513
"""V5_5_0. From V5_0_0 (413) on a compressed body ends in topic-queue mappings; before V3_0_11 (37) bodies have an older shape."""


@attrs.frozen(kw_only=True)
class Style:
    """How a request is put on the wire.

    Nothing that the tables depend on, except by mistake; but where a body or fields of a header stand instead of what the request
    says, what a release reads there counts (`as_written`).
    """

    header: Header = Header.JSON
    mq_version: int = LATEST_MQ_VERSION
    compressed: bool = False
    crc: Crc = Crc.RIGHT
    accept_standard_json_only: bool | None = None
    state_version: bool = True
    """Whether a DataVersion has a stateVersion; a 4.9 broker's has none."""
    language: str = "JAVA"
    body: bytes | None = None
    """Instead of the request's own body, these bytes. `~` in them is the run's prefix, which every name of its own has."""
    without_body: bool = False
    ext_fields: HashTrieMap[str, str | None] = HashTrieMap()
    """Fields of the header, over the request's own; `None` leaves one out. `~` as in `body`."""
    without_ext_fields: bool = False
    whole_answer: bool = False
    """Whether its answer's header is looked at as a whole (as closely as the clause asks), and whether its body's numbers are in
    quotes where they are keys."""
    padding_bytes: int = 0
    """About so much of a plain registration's body is a field that no release knows: it takes its reader time. A request that has
    no body gets one of so many bytes, at which nobody looks."""

    @property
    def is_by_hand(self) -> bool:
        """Whether something stands instead of what the request says, or nobody can read it by its version."""
        parts = (
            self.body is not None,
            self.without_body,
            self.ext_fields,
            self.without_ext_fields,
            self.mq_version < 0,
        )
        return any(parts)


@attrs.frozen(kw_only=True)
class Open:
    """A new connection."""

    connection: int


@attrs.frozen(kw_only=True)
class Send:
    """One request over a connection."""

    connection: int
    request: Request
    oneway: bool = False
    style: Style = Style()


@attrs.frozen(kw_only=True)
class Requests:
    """Requests that are all sent before any answer is waited for."""

    sends: tuple[Send, ...]


@attrs.frozen(kw_only=True)
class Close:
    """The connection is closed, or reset if `abort`."""

    connection: int
    abort: bool = False


@attrs.frozen(kw_only=True)
class Advance:
    """The NameServer's held clock goes on. Only where the run holds it."""

    ms: int


@attrs.frozen(kw_only=True)
class Scan:
    """The NameServer scans for brokers that are no longer active. Only where the run holds its clock."""


Step = Open | Requests | Close | Advance | Scan


def question_of(r: RegisterBroker) -> QueryDataVersion:
    """What a broker asks before it registers like this."""
    return QueryDataVersion(
        cluster_name=r.cluster_name,
        broker_addr=r.broker_addr,
        broker_name=r.broker_name,
        broker_id=r.broker_id,
        data_version=None if r.body is None else r.body.data_version,
    )
