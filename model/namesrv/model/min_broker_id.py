"""NOTIFY_MIN_BROKER_ID_CHANGE: whom the NameServer tells, one-way, that the lowest broker id of a name has changed.

Only with notifyMinBrokerIdChanged. Whether it gets there is nobody's promise: 5.1.4 ends a round at the first address that it
can't reach, later releases go on. Source: `RouteInfoManager.registerBroker`, `.unRegisterBroker`, `.notifyMinBrokerIdChanged`,
`.chooseBrokerAddrsToNotify`, 5.1.4 and 5.3.3.
"""

from collections.abc import Iterable

from namesrv.model.events import NotifyMinBrokerIdChange, RegisterBroker
from namesrv.model.state import Tables
from namesrv.model.values import BrokerData


def lowest_id(tables: Tables, broker_name: str | None) -> int:
    """The lowest id of a name; of one without brokers 0, so that its first broker is never news."""
    data = tables.broker_addr_table.get(broker_name)
    return 0 if data is None or not data.broker_addrs else min(data.broker_addrs)


def after_registration(before: int, request: RegisterBroker, after: Tables) -> tuple[NotifyMinBrokerIdChange, ...]:
    """Where the newcomer's id is below `before`, the lowest: to all others, also where no slave may act for its master."""
    data = after.broker_addr_table.get(request.broker_name)
    if data is None or request.broker_id is None or request.broker_id >= before:
        return ()
    return tuple(_tell(data, but_lowest=len(data.broker_addrs) > 1, ha_broker_addr=request.ha_server_addr))


def after_batch(offline: Iterable[tuple[str | None, str | None]], after: Tables) -> tuple[NotifyMinBrokerIdChange, ...]:
    """`offline`: names whose lowest broker has left, and its address. To all that are left, if they may have an acting master."""
    told: list[NotifyMinBrokerIdChange] = []
    for name, addr in dict(offline).items():
        data = after.broker_addr_table.get(name)
        if data is not None and data.enable_acting_master:
            told += _tell(data, offline_broker_addr=addr)
    return tuple(told)


def after_repaired(before: Tables, after: Tables) -> tuple[NotifyMinBrokerIdChange, ...]:
    """`strict`, whatever has happened: what the tables show was the lowest id, and is not any more."""
    told: list[NotifyMinBrokerIdChange] = []
    for name, data in after.broker_addr_table.items():
        old = before.broker_addr_table.get(name)
        if old is None or old is data or min(old.broker_addrs) == min(data.broker_addrs):
            continue
        was, lowest = min(old.broker_addrs), min(data.broker_addrs)
        if lowest < was:
            addr = data.broker_addrs[lowest]
            live = (info for key, info in after.broker_live_table.items() if key.broker_addr == addr)
            told += _tell(data, but_lowest=len(data.broker_addrs) > 1, ha_broker_addr=next(live).ha_server_addr)
        elif data.enable_acting_master:
            told += _tell(data, offline_broker_addr=old.broker_addrs[was])
    return tuple(told)


def _tell(
    data: BrokerData,
    *,
    but_lowest: bool = False,
    ha_broker_addr: str | None = None,
    offline_broker_addr: str | None = None,
) -> list[NotifyMinBrokerIdChange]:
    lowest = min(data.broker_addrs)
    return [
        NotifyMinBrokerIdChange(
            addr=addr,
            min_broker_id=lowest,
            min_broker_addr=data.broker_addrs[lowest],
            ha_broker_addr=ha_broker_addr,
            offline_broker_addr=offline_broker_addr,
        )
        for broker_id, addr in sorted(data.broker_addrs.items())
        if not (but_lowest and broker_id == lowest)
    ]
