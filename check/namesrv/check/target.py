"""Where a NameServer is that is asked or tested, and how to speak to it."""

import ssl
import time
from collections.abc import Callable

import attrs

from namesrv.check.peer import Peer


@attrs.frozen(kw_only=True)
class Target:
    """The NameServer under test. Times in seconds. `tls`: a client's context, for a NameServer that is spoken to over TLS."""

    host: str
    port: int
    timeout_s: float = 5.0
    tls: ssl.SSLContext | None = None

    @property
    def where(self) -> str:
        """`HOST:PORT`."""
        return f"{self.host}:{self.port}"

    def connect(self, *, timeout_s: float | None = None, clock: Callable[[], float] = time.monotonic) -> Peer:
        """A new connection. Raises `Undecided`."""
        patience_s = self.timeout_s if timeout_s is None else timeout_s
        return Peer(self.host, self.port, timeout_s=patience_s, clock=clock, tls=self.tls)
