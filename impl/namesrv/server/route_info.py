"""The NameServer's mind: every request, closed connection and scan as one call on the tables. No sockets, no bytes of frames.

A faulty server for a test is a subclass with one method changed. Source: `RouteInfoManager`; `docs/strict.md`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from namesrv.server import strict
from namesrv.server.log import log
from namesrv.server.notifications import Round, lowest_ids, round_of, rounds_of_change
from namesrv.server.profiles import ServerProfile
from namesrv.server.registration import NullPointer, Registered, Registration, is_expired, live_key, register_apache
from namesrv.server.removal import (
    Unregistration,
    channel_destroyed_at_once,
    first_place,
    first_spoken_for,
    scan_at_once,
    takes_lowest_id,
    unregister_by_addr,
    unregister_by_id,
)
from namesrv.server.tables import LiveInfo, LiveKey, Tables, Version


class RouteInfoManager:
    """One profile's behaviour on one set of tables. Channels are any objects; they are compared by identity.

    `close_channel` is called with a channel that the release closes; the caller then reports `channel_destroyed` as for any
    other closed connection. 5.5.0 puts unregistrations off: `queue` holds them until `run_unregistrations`.
    """

    def __init__(self, profile: ServerProfile, close_channel: Callable[[object], None]) -> None:
        self.profile = profile
        self.tables = Tables()
        self.queue: deque[Unregistration] = deque()
        self.is_scan_stopped = False
        """4.9.7: an exception has ended the scan timer for good."""
        self._close_channel = close_channel
        self.notify: Callable[[Round], None] | None = None
        """Told whom to tell of a lowest broker id that has changed; nobody asks for it while it is `None`."""

    # Requests -----------------------------------------------------------------------------------------------------

    def register_broker(self, r: Registration) -> Registered:
        """REGISTER_BROKER."""
        if self.profile.repaired:
            with self._telling():
                return strict.register_strict(self.tables, self.profile, r)
        entry = self.tables.broker_addr.get(r.name)
        lowest = min(entry.addrs) if entry is not None and entry.addrs else 0
        result = register_apache(self.tables, self.profile, r)
        if self.notify is not None and result.entry is not None and r.broker_id < lowest:
            self.notify(round_of(result.entry, came=r.ha_server_addr))
        return result

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Repaired: whatever happens within is looked at by what it has changed."""
        if self.notify is None:
            yield
            return
        before = lowest_ids(self.tables)
        yield
        self.notify(rounds_of_change(self.tables, before))

    def unregister_broker(
        self, channel: object, cluster: str | None, addr: str | None, name: str | None, broker_id: int | None
    ) -> str:
        """UNREGISTER_BROKER; the rule that applied: `part-missing`, `another-place`, `another-connection` are refusals.

        Raises `NullPointer`.
        """
        if self.profile.repaired:
            with self._telling():
                return strict.unregister_strict(self.tables, channel, cluster, addr, name, broker_id)
        if self.profile.unregister_by_id:
            if broker_id is None:
                raise NullPointer
            unregister_by_id(self.tables, self.profile, Unregistration(cluster, addr, name, broker_id))
            return "accepted"
        self.queue.append(Unregistration(cluster, addr, name, broker_id))
        return "queued"

    def run_unregistrations(self) -> None:
        """Works off the queue, one by one: `BatchUnregistrationService.run`."""
        while self.queue:
            u = self.queue.popleft()
            takes_lowest = takes_lowest_id(self.tables, u)
            unregister_by_addr(self.tables, self.profile, u)
            entry = self.tables.broker_addr.get(u.name)
            if self.notify is not None and takes_lowest and entry is not None and entry.acting:
                self.notify(round_of(entry, offline=u.addr))
            log.info("broker removed", why="queued unregistration", cluster=u.cluster, broker=u.name, addr=u.addr)

    def query_data_version(
        self,
        cluster: str | None,
        addr: str | None,
        name: str | None,
        broker_id: int | None,
        version: Version | None,
        now_ms: int,
    ) -> tuple[bool, Version | None]:
        """QUERY_DATA_VERSION: whether it has changed, and what is stored. Raises `NullPointer`."""
        info = self.tables.live.get(live_key(self.profile, cluster, addr))
        changed = info is None or info.version is None or info.version != version
        if info is None:
            return changed, None
        if self.profile.repaired:
            stands = strict.stands(self.tables, cluster, name, broker_id, addr)
            changed = changed or not stands or info.partial
            refreshes = stands
        else:
            refreshes = self.profile.query_always_refreshes or not changed
        if refreshes:
            info.last_update_ms = now_ms
        return changed, info.version

    def broker_heartbeat(self, cluster: str | None, addr: str | None, now_ms: int) -> None:
        """BROKER_HEARTBEAT. Raises `NullPointer`."""
        info = self.tables.live.get(live_key(self.profile, cluster, addr))
        if info is not None:
            info.last_update_ms = now_ms

    # What happens by itself ---------------------------------------------------------------------------------------

    def channel_destroyed(self, channel: object, remote_addr: str | None) -> None:
        """A connection is gone, whoever closed it. `remote_addr`: the peer's, `HOST:PORT`."""
        if self.profile.repaired:
            with self._telling():
                gone = strict.close_strict(self.tables, channel)
            for key in gone:
                log.info("broker removed", why="connection closed", cluster=key[0], addr=key[1])
        elif self.profile.unregister_by_id:
            key_found = first_spoken_for(self.tables, channel)
            channel_destroyed_at_once(self.tables, channel, remote_addr)
            if key_found is not None:
                log.info("broker removed", why="connection closed", addr=key_found[1])
        else:
            key_found = first_spoken_for(self.tables, channel)
            if key_found is not None:
                self._queue_removal(key_found)

    def _queue_removal(self, key: LiveKey) -> None:
        place = first_place(self.tables, key)
        if place is not None:
            self.queue.append(place)

    def scan_not_active_broker(self, now_ms: int) -> int:
        """Sees to the removal of every live address that has been silent for too long. Returns how many there were."""
        if self.is_scan_stopped:
            return 0
        count = 0

        def expired(key: LiveKey, info: LiveInfo) -> None:
            nonlocal count
            count += 1
            log.warning("broker expired", cluster=key[0], addr=key[1], timeout_ms=info.heartbeat_timeout_ms)

        if self.profile.repaired:
            with self._telling():
                gone = strict.scan_strict(self.tables, self.profile, now_ms)
            for key, info in gone:
                expired(key, info)
                if first_spoken_for(self.tables, info.channel) is None:
                    self._close_channel(info.channel)
        elif self.profile.unregister_by_id:

            def close(key: LiveKey, info: LiveInfo) -> None:
                expired(key, info)
                self._close_channel(info.channel)

            self.is_scan_stopped = not scan_at_once(self.tables, self.profile, now_ms, close)
        else:
            for key, info in list(self.tables.live.items()):
                if is_expired(self.profile, info, now_ms):
                    expired(key, info)
                    self._close_channel(info.channel)
                    self._queue_removal(key)
        return count
