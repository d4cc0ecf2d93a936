"""What a registrar tells whoever watches: each request, each answer, each connection."""

from collections.abc import Callable
from enum import Enum

import attrs


class What(Enum):
    """The kinds of reports."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    """Lost, or not to be had; `detail` says why."""
    SENT = "sent"
    ANSWERED = "answered"
    FAILED = "failed"
    """A request without answer, or an answer that could not be read; `detail` says what was expected and got."""
    NOTIFIED = "notified"
    """The NameServer has asked something of the broker: NOTIFY_MIN_BROKER_ID_CHANGE."""


@attrs.frozen(kw_only=True)
class Report:
    """One of these. `at_ms`: epoch milliseconds; `request`: its name, without one for connections; `detail`: one line for people.

    `code`: the answer's. `topics`: how many a registration has. `oneway`: no answer will come.
    """

    at_ms: int
    what: What
    name_server: str
    request: str | None = None
    detail: str = ""
    code: int | None = None
    topics: int | None = None
    oneway: bool = False


Watch = Callable[[Report], None]
"""Must not raise: it is called in the midst of what it watches."""


def nobody(report: Report) -> None:
    """Watches nothing."""
