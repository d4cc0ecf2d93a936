"""A NameServer that stopped, or did not run: the next one begins with nothing, but for what is on its disk."""

from collections import Counter
from collections.abc import Iterable

from rpds import HashTrieMap

from namesrv.check.recorded.seen import Line
from namesrv.check.tracker import Belief
from namesrv.model.state import NameServerState


class Running:
    """What a recording shows of that. `counts`, `doubts`: the replay's. `may_have_stopped`: its end of a line came first."""

    def __init__(self, counts: Counter[str], doubts: Counter[str]) -> None:
        self.may_have_stopped = False
        self._counts = counts
        self._doubts = doubts
        self._unexplained_closes = 0
        self._is_down = False

    def heard(self) -> None:
        """It has spoken."""
        self._is_down = False

    def closed_unexplained(self) -> None:
        """It has closed a connection for no reason that is known: maybe because it stopped."""
        self._unexplained_closes += 1

    def again(self, beliefs: Iterable[Belief]) -> set[NameServerState]:
        """Nobody was connected any more, and the NameServer's end came first: what another process holds by now, if it is one."""
        self._stopped()
        self._counts["times that the NameServer may have started again"] += 1
        return {_new(belief, belief.state.kv_config) for belief in beliefs}

    def next(self, beliefs: Iterable[Belief]) -> set[NameServerState]:
        """Nobody listens where the NameServer did, or will: what the next one begins with."""
        self._stopped()
        if not self._is_down:
            self._counts["times that the NameServer did not run"] += 1
        self._is_down = True
        nothing = NameServerState().kv_config
        return {_new(belief, kv) for belief in beliefs for kv in (belief.state.kv_config, nothing)}

    def judge_closes(self, lines: Iterable[Line]) -> None:
        """Connections that the NameServer has closed, while it went on elsewhere: lost ones, or its fault. Nobody can tell."""
        if self._unexplained_closes and any(not line.server_closed for line in lines):
            self._doubts["connections that the NameServer closed for no reason that is known"] += (
                self._unexplained_closes
            )
        self._unexplained_closes = 0

    def _stopped(self) -> None:
        self.may_have_stopped = False
        self._unexplained_closes = 0


def _new(belief: Belief, kv_config: "HashTrieMap[str, HashTrieMap[str, str | None]]") -> NameServerState:
    return NameServerState(kv_config=kv_config, options=belief.state.options, started_ms=None, route_found=None)
