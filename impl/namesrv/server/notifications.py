"""NOTIFY_MIN_BROKER_ID_CHANGE, which the NameServer sends to brokers: to whom, and how it gets there.

Source: `RouteInfoManager.registerBroker`, `.unRegisterBroker`, `.notifyMinBrokerIdChanged`, `.chooseBrokerAddrsToNotify`,
`NettyRemotingClient.invokeOneway`, 5.1.4 and 5.3.3.
"""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Final

from namesrv.remoting.address import parse_address
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import encode_command, request
from namesrv.server.log import log
from namesrv.server.profiles import ServerProfile
from namesrv.server.tables import BrokerEntry, Tables

CONNECT_TIMEOUT_S: Final = 3.0
"""`NettyClientConfig.connectTimeoutMillis`."""

MAX_ROUNDS: Final = 1_000
"""More rounds than this are not held for brokers that don't take them; Apache's queue of a channel has no end."""

Round = list[tuple[str, Mapping[str, str]]]
"""Addresses in the order of the brokers' ids, each with the ext fields that it is sent."""

Lowest = dict[str | None, tuple[int, str | None]]
"""The lowest id of each name, and its address."""


def lowest_ids(tables: Tables) -> Lowest:
    """Of every name that has brokers."""
    return {
        name: (min(entry.addrs), entry.addrs[min(entry.addrs)])
        for name, entry in tables.broker_addr.items()
        if entry.addrs
    }


def round_of(entry: BrokerEntry, *, came: str | None = None, offline: str | None = None) -> Round:
    """Who is told what: after a departure all that are left; of a newcomer all others, or itself if it is alone.

    `came`: the newcomer's address for HA; `offline`: the address that has left.
    """
    lowest = min(entry.addrs)
    said = {
        "minBrokerId": str(lowest),
        "minBrokerAddr": entry.addrs[lowest],
        "offlineBrokerAddr": offline,
        "haBrokerAddr": came,
    }
    fields = {key: value for key, value in said.items() if value is not None}
    is_all = offline is not None or len(entry.addrs) == 1
    return [(addr, fields) for i, addr in sorted(entry.addrs.items()) if addr is not None and (is_all or i != lowest)]


def rounds_of_change(tables: Tables, before: Lowest) -> Round:
    """`strict`: one rule for whatever has happened since `before`."""
    told: Round = []
    for name, (was, addr) in before.items():
        entry = tables.broker_addr.get(name)
        if entry is None or not entry.addrs or min(entry.addrs) == was:
            continue
        lowest = min(entry.addrs)
        if lowest < was:
            live = next(info for key, info in tables.live.items() if key[1] == entry.addrs[lowest])
            told += round_of(entry, came=live.ha_server_addr)
        elif entry.acting:
            told += round_of(entry, offline=addr)
    return told


class Notifier:
    """Sends rounds, one after the other, each over connections of its own: nobody waits for it.

    In 5.1.4 an address that can't be reached ends its round (`Profile.notification_ends_at_dead`).
    """

    def __init__(self, profile: ServerProfile) -> None:
        self._profile = profile
        self._opaque = itertools.count(1)
        self._rounds: asyncio.Queue[Round] = asyncio.Queue(MAX_ROUNDS)
        self._task: asyncio.Task[None] | None = None

    def send(self, told: Round) -> None:
        """Puts a round in the queue. Has to be called in a running loop."""
        if not told:
            return
        try:
            self._rounds.put_nowait(told)
        except asyncio.QueueFull:
            log.warning("notification dropped", addrs=[addr for addr, _ in told])
            return
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Ends it; what has not been sent is not."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            for addr, fields in await self._rounds.get():
                try:
                    await self._tell(addr, fields)
                except (OSError, TimeoutError, ValueError) as error:
                    log.warning("notification not sent", addr=addr, error=str(error))
                    if self._profile.notification_ends_at_dead:
                        break

    async def _tell(self, addr: str, fields: Mapping[str, str]) -> None:
        broker = parse_address(addr, "broker address")
        frame = encode_command(
            request(
                RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE,
                opaque=next(self._opaque),
                ext_fields=fields,
                oneway=True,
                version=self._profile.mq_version,
            )
        )
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(broker.host, broker.port)
            try:
                writer.write(frame)
                await writer.drain()
            finally:
                writer.close()
        log.info("lowest broker id told", addr=addr, **fields)


__all__ = ["Lowest", "Notifier", "Round", "lowest_ids", "round_of", "rounds_of_change"]
