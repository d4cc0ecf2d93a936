"""The NameServers of a run: for each row our server, as `namesrv serve` starts it, and the real one that it is compared with.

Both get the same traffic of the same peers. That the real one shows what a peer has done tells that it has done it; then ours
has to show the same, fact by fact.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

import attrs

from bench.interop.cells import Departed
from bench.interop.program import NotInTime, Program, until
from namesrv.check.findings import Undecided
from namesrv.check.oracle import HOST, Oracle, OracleFailed, free_port
from namesrv.check.probing import probe
from namesrv.check.runner import Target
from namesrv.check.snapshot import Looker
from namesrv.model.profiles import PROFILES
from namesrv.proofs.observed import Fact
from namesrv.remoting.command import RemotingCommand, encode_command, request

SCAN_INTERVAL_MS: Final = 1_000
START_TIMEOUT_S: Final = 90.0
PEER_TIMEOUT_S: Final = 180.0
"""For a peer to do what it is told, on a busy machine."""
SAME_TIMEOUT_S: Final = 90.0
"""For our server to show what the real one shows: a broker registers at least every 30 s."""

Facts = frozenset[Fact]


@attrs.frozen
class Row:
    """One of our profiles. `twin`: the release that it is compared with. `full`: with every peer and check, or with some."""

    name: str
    twin: str
    full: bool


FULL: Final = ("strict", "apache-5.5.0", "apache-4.9.7")
ROWS: Final = {
    name: Row(name, "apache-5.5.0" if name == "strict" else name, name in FULL)
    for name in sorted(PROFILES, key=lambda name: (name not in FULL, FULL.index(name) if name in FULL else 0))
}


class Served:
    """`namesrv serve` in a process of its own, on a port that stays its own over restarts."""

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.target = Target(host=HOST, port=free_port(HOST))
        self._program: Program | None = None

    def start(self) -> None:
        """Up when it answers. Raises `Undecided`."""
        command = (sys.executable, "-m", "namesrv.cli.main", "serve", "--profile", self.profile)
        self._program = Program(
            "serve", [*command, "--listen", self.target.where, "--scan-interval-ms", str(SCAN_INTERVAL_MS), "-v"]
        )
        until(f"namesrv serve --profile {self.profile} answers", self._answers, timeout_s=START_TIMEOUT_S)

    def _answers(self) -> bool:
        assert self._program is not None
        if not self._program.is_running:
            raise Undecided(f"namesrv serve has ended:\n{self._program.tail()}")
        with suppress(Undecided):
            probe(self.target)
            return True
        return False

    def stop(self) -> None:
        """As `kill -9` does."""
        if self._program is not None:
            self._program.stop()
            self._program = None

    def log(self) -> str:
        """What it has logged since its start."""
        return "" if self._program is None else self._program.log()


@attrs.frozen
class Pair:
    """One row, running."""

    row: Row
    ours: Served
    twin: Target

    @property
    def address(self) -> str:
        """Where our server listens."""
        return self.ours.target.where

    @property
    def both(self) -> str:
        """The two as a list of NameServers."""
        return f"{self.address};{self.twin.where}"

    def settled(self, what: str, holds: Callable[[Facts], object]) -> None:
        """The real one comes to show it, and ours the same. Raises `Undecided` or `Departed` if it doesn't."""
        until(f"{what}, at the real NameServer", lambda: holds(look(self.twin)), timeout_s=PEER_TIMEOUT_S)
        try:
            until(
                what,
                lambda: holds(mine := look(self.ours.target)) and mine == look(self.twin),
                timeout_s=SAME_TIMEOUT_S,
            )
        except NotInTime:
            raise Departed(f"{what}: {told_apart(look(self.ours.target), look(self.twin))}") from None


def look(target: Target) -> Facts:
    """What it answers to 206, 106 and every 105, now. Raises `Undecided`."""
    looker = Looker(target)
    try:
        return looker.look()
    finally:
        looker.close()


def asked(target: Target, code: int, **ext_fields: str) -> RemotingCommand:
    """The answer of whoever listens there. Raises `Undecided`."""
    peer = target.connect()
    try:
        peer.send(encode_command(request(code, opaque=1, ext_fields=ext_fields)))
        answer = peer.answer(1, time.monotonic() + target.timeout_s)
    finally:
        peer.close()
    if answer is None:
        raise Undecided(f"request {code} at {target.where}: no answer within {target.timeout_s:g} s")
    return answer


def told_apart(ours: Facts, theirs: Facts) -> str:
    """For people."""
    only_ours, only_theirs = sorted(fact.says for fact in ours - theirs), sorted(fact.says for fact in theirs - ours)
    if not only_ours and not only_theirs:
        return "both show the same, and not that"
    return f"expected (the real one) {'; '.join(only_theirs) or 'no more'}; got {'; '.join(only_ours) or 'no more'}"


@contextmanager
def name_servers(rows: Iterable[Row]) -> Iterator[list[Pair]]:
    """All of them up; gone with the block. Raises `NotAvailable`, `Undecided`."""
    with ExitStack() as stack:
        pairs = []
        for row in rows:
            twin = stack.enter_context(real_name_server(row.twin))
            ours = Served(row.name)
            stack.callback(ours.stop)
            ours.start()
            pairs.append(Pair(row, ours, twin))
        yield pairs


@contextmanager
def real_name_server(release: str) -> Iterator[Target]:
    """Apache's, that scans often where it can be told to. Raises `NotAvailable`, `Undecided`."""
    interval = None if release == "apache-4.9.7" else SCAN_INTERVAL_MS
    try:
        with Oracle(release, scan_interval_ms=interval) as oracle:
            yield Target(host=oracle.host, port=oracle.port)
    except OracleFailed as error:
        raise Undecided(str(error)) from error
