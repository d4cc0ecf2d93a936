"""What is seen in a recording: events, one by one, the connections that they are of, and what is impossible."""

from enum import Enum

import attrs

from namesrv.check.findings import Finding
from namesrv.check.recording import Side
from namesrv.model.events import Channel, Opaque, Request
from namesrv.remoting.command import RemotingCommand


class Start(Enum):
    """What the NameServer held when the recording began."""

    EMPTY = "empty"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Impossible:
    """What no behaviour of the model explains. `event`: its number in the recording, from 0; `asked_at`: that of the request.

    `alone`: it is so whatever came before.
    """

    event: int
    at: int
    connection: int | None
    finding: Finding
    asked_at: int | None = None
    alone: bool = False


@attrs.define
class Asked:
    """A request that has not been answered. `opaque`: the model's; `request`: `None` if it is not known what was asked.

    `writes`: how many there had been, if all of them were done.
    """

    opaque: Opaque
    at_ms: int
    request: Request | None
    event: int
    writes: int | None = None


@attrs.define
class Line:
    """One connection. `asked`: by the opaque on the wire, what has not been answered; `heard`: the NameServer has spoken."""

    channel: Channel
    used_ms: int
    continued: bool = False
    heard: bool = False
    client_closed: bool = False
    server_closed: bool = False
    broken: bool = False
    unreadable: set[Side] = attrs.Factory(set)
    asked: dict[int, list[Asked]] = attrs.Factory(dict)

    @property
    def waiting(self) -> list[Asked]:
        """All of it, in the order of the first of each opaque."""
        return [asked for each in self.asked.values() for asked in each]


@attrs.define(kw_only=True)
class Seen:
    """What one event was: for pages. `text`: the request or answer; `wrong`: why it is impossible."""

    event: int
    kind: str
    text: str = ""
    connection: int | None = None
    request: Request | None = None
    answered: int | None = None
    command: RemotingCommand | None = None
    wrong: Impossible | None = None
    note: str = ""
