"""What brings a NameServer's threads into the order that an anomaly needs, where luck does not; and what nothing can.

Data beside the catalogue, by slug. A means is one that needs no change to the NameServer: what is sent and closed and when, how
its log is configured, that the log stalls for a moment (`log_pipe`), that the process has just been started.
"""

from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Staging:
    """How an anomaly is staged. `why`: what has to come between what, and what makes it so, with its source.

    While things are done at once, the log stalls. `log`: the logger of RocketMQ's that says something at the point where a thread
    has to wait, and its level. `decoy`: another broker registers first, and holds the write lock while it waits to log.
    `cold`: the JVM logs which classes it loads, and has not yet loaded what it needs to close a connection that is in use.
    """

    why: str
    log: tuple[str, str] = ("RocketmqNamesrv", "WARN")
    decoy: bool = False
    cold: bool = False


STAGINGS: Final = {
    "close/removed-at-once+register/accepted/over-another-connection": Staging(
        why="The registration has to come between the two locks of `RouteInfoManager.onChannelDestroy` (4.9.7), which logs at "
        "INFO between them: the connection is closed and the registration sent while the log stalls.",
        log=("RocketmqNamesrv", "INFO"),
    ),
    "close/removed-at-once+register/accepted/address-under-another-name/connection-shared/no-brokername/over-another-connection"
    "/same-version": Staging(
        why="As without a null name: the registration comes between the two locks of `RouteInfoManager.onChannelDestroy` "
        "(4.9.7), which goes on behind the null name.",
        log=("RocketmqNamesrv", "INFO"),
    ),
    "close/removal-queued+register/accepted/over-another-connection+unregister/batch": Staging(
        why="The registration has to be at the write lock before `BatchUnregistrationService.run` (5.5.0) has taken the removal "
        "out of its queue: another broker's registration, which logs at INFO with the write lock held, waits for the stalled "
        "log; the close and then the registration queue up for the lock behind it. Of the two threads woken then either may be "
        "first.",
        log=("RocketmqNamesrv", "INFO"),
        decoy=True,
    ),
    "close/removal-queued+register/accepted+scan/expired+unregister/batch": Staging(
        why="The registration has to come between a scan's look at the clock and the batch: `scanNotActiveBroker` (5.5.0) logs "
        "at WARN between closing the connection and queueing the removal. The broker asked for a short `heartbeatTimeoutMillis`, "
        "and registers again as soon as its connection is closed, while the log stalls.",
    ),
    "scan/expired+scan/scan-stopped": Staging(
        why="The close that the scan causes has to be noticed before the scan takes the broker out of its table: the first time, "
        "`RemotingUtil.closeChannel` (4.9.7) loads its listener's class in between. The JVM was told to log which classes it "
        "loads, on the console, which stalls.",
        log=("RocketmqNamesrv", "OFF"),
        cold=True,
    ),
    "close/close-of-nobody+scan/expired": Staging(
        why="The close that the scan causes has to be noticed after the scan is through with the broker: between the two "
        "`NettyConnectManageHandler.channelInactive` (4.9.7) logs at INFO, and the log stalls.",
        log=("RocketmqRemoting", "INFO"),
    ),
    "close/close-of-nobody+register/accepted+scan/expired": Staging(
        why="The registration has to come between the scan's look at the clock and its write lock: `scanNotActiveBroker` (4.9.7) "
        "logs at WARN between taking the broker out and `onChannelDestroy`. The broker registers again as soon as its "
        "connection is closed, while the log stalls.",
    ),
    "close/removed-at-once+scan/expired": Staging(
        why="The close that the scan causes has to have been noticed before the scan takes the broker out of its table, and its "
        "removal to come after: the first time, `RemotingUtil.closeChannel` (4.9.7) loads its listener's class in between, which "
        "the JVM was told to log, and `onChannelDestroy` logs at INFO between its two locks. Both wait for the stalled log.",
        log=("RocketmqNamesrv", "INFO"),
        cold=True,
    ),
    "close/removed-at-once+register/accepted+scan/expired": Staging(
        why="`onChannelDestroy` (4.9.7) has to have found the broker by its connection when the scan takes it out, and to remove "
        "it after the registration. It logs at INFO between its two locks: the log stalls from before the connection is closed "
        "until a scan must have come and the registration has been sent.",
        log=("RocketmqNamesrv", "INFO"),
    ),
}
"""By slug; each is of one release. What has a name of its own by what it breaks is staged as the first of the same causes."""


def staging_of(slug: str) -> Staging | None:
    """How an anomaly is staged, if it is."""
    return STAGINGS.get(slug) or STAGINGS.get(slug.partition("!")[0])


UNREACHED: Final[dict[tuple[str, str], str]] = {
    (
        "apache-4.9.7",
        "close/removed-at-once+scan/expired",
    ): "Staged so: the close has been noticed before the scan takes the "
    "broker out (`RemotingUtil.closeChannel` loads its listener's class in between, which the JVM logs), and `onChannelDestroy` "
    "waits between its two locks, where it logs at INFO. Both threads go on when the log does; the scan's has a class to load "
    "before it is where the other one is already, and was second in every attempt",
    (
        "apache-4.9.7",
        "close/close-of-nobody+register/accepted+scan/expired!live-is-connected",
    ): "The registration has to be read before the scan closes its connection, and to be worked on after that close was noticed. "
    "What is held back from outside waits for the write lock of `RouteInfoManager`, and then the notice waits behind it; all "
    "threads of the request executor would have to be busy for so long, which is not staged",
}
"""By profile and slug: why an anomaly can't be reproduced on the real jar from outside, precisely, with its source."""
