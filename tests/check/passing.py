"""Time that passes on a server whose clock is held, as fast as it can."""

import attrs

from namesrv.check.embedded import Embedded
from namesrv.model.profiles import Profile


@attrs.define
class Passing:
    """The held clock of a server, and its scans, as if nobody held them."""

    server: Embedded
    profile: Profile
    next_scan_ms: int
    waited_ms: int = 0

    def now_ms(self) -> int:
        return self.server.now_ms()

    def wait(self, ms: int) -> None:
        """It scans whenever it would."""
        self.waited_ms += ms
        until_ms = self.now_ms() + ms
        while self.next_scan_ms <= until_ms:
            self.server.advance(self.next_scan_ms - self.now_ms())
            self.server.scan()
            self.server.settle()
            self.next_scan_ms += self.profile.scan_interval_ms
        self.server.advance(until_ms - self.now_ms())

    def advance(self, ms: int) -> None:
        raise AssertionError("time passes by itself")

    def scan(self) -> None:
        raise AssertionError("it scans by itself")

    def begin_run(self) -> None:
        self.server.begin_run()

    def settle(self) -> None:
        pass
