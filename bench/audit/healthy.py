"""Sets of real NameServers that are in order, audited at rest, while brokers register again and again, and while topics change.

Brokers are our registrars (a master and its slave, a master with a static topic), and one with a filter server in another
cluster; an order configuration stands at every NameServer.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from bench.audit.told import say, told
from namesrv.broker import Registrar, RegistrarSettings, broker_profile, default_topics
from namesrv.check.audit.audited import Audit
from namesrv.check.audit.auditor import Auditor
from namesrv.check.audit.snapshots import Asker
from namesrv.check.oracle import Oracle
from namesrv.check.peer import Peer
from namesrv.check.target import Target
from namesrv.check.wire import Prefix
from namesrv.explore.peers import registration
from namesrv.model.events import PutKVConfig
from namesrv.model.values import ORDER_TOPIC_CONFIG, PERM_READ, PERM_WRITE, TopicConfig, TopicQueueMappingInfo, table
from namesrv.remoting.address import Address

AUDITS: Final = 10
CONFIRM: Final = 8
"""As the command does it."""

PAUSE_S: Final = 0.2
TOPICS: Final = 50
BETWEEN_CHANGES_S: Final = 0.05
NO_PREFIX: Final = Prefix("")

SETS: Final = {
    "two of 5.5.0": ("apache-5.5.0", "apache-5.5.0"),
    "two of 4.9.7": ("apache-4.9.7", "apache-4.9.7"),
    "three of three releases": ("apache-5.5.0", "apache-5.1.4", "apache-4.9.7"),
}
MAPPING: Final = TopicQueueMappingInfo(
    topic="static", bname="b", total_queues=8, epoch=1, curr_id_map=table({0: 0, 1: 1})
)


def healthy(releases: tuple[str, ...], progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """What came of each phase: how many audits had which verdict, and every finding (there should be none)."""
    with contextlib.ExitStack() as stack:
        oracles = [stack.enter_context(Oracle(release)) for release in releases]
        return asyncio.run(_phases(tuple(Target(host=o.host, port=o.port) for o in oracles), progress))


async def _phases(targets: tuple[Target, ...], progress: Callable[[str], None]) -> list[dict[str, Any]]:
    rows = []
    async with _brokers(targets) as (registrars, others):
        for phase, drive in (
            ("at rest", _nothing),
            ("registering again and again", _again),
            ("topics change", _topics),
        ):
            driving = asyncio.create_task(drive(registrars, others))
            try:
                for data_versions in (False, True):
                    audits = await asyncio.to_thread(_audits, targets, data_versions)
                    verdicts = Counter(audit.verdict.value for audit in audits)
                    found = sorted({f"{f.kind.slug}: {f.says[0]}" for audit in audits for f in audit.findings})
                    rows.append(
                        {"phase": phase, "data_versions": data_versions, "verdicts": dict(verdicts), "findings": found}
                    )
                    progress(f"{phase}, data versions {data_versions}: {dict(verdicts)} {found}")
            finally:
                driving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await driving
    return rows


def _audits(targets: tuple[Target, ...], data_versions: bool) -> list[Audit]:
    asker = Asker(targets=targets, data_versions=data_versions)
    wait = threading.Event().wait
    return [Auditor(asker.snapshot, confirm=CONFIRM).audit(lambda share: wait(PAUSE_S * share)) for _ in range(AUDITS)]


Others = list[Peer]


@asynccontextmanager
async def _brokers(targets: tuple[Target, ...]) -> AsyncIterator[tuple[list[Registrar], Others]]:
    """All registered everywhere."""
    profile = broker_profile("apache-5.5.0")
    addresses = tuple(Address(target.host, target.port) for target in targets)
    async with AsyncExitStack() as stack:
        for target in targets:
            peer = target.connect()
            say(peer, PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="a-0", value="a:4"), NO_PREFIX)
            peer.close()
        registrars = []
        for name, broker_id, port in (("a", 0, 10911), ("a", 1, 10921), ("b", 0, 10931)):
            more = {f"a-{n}": TopicConfig(topic_name=f"a-{n}") for n in range(TOPICS)} if name == "a" else {}
            settings = RegistrarSettings(
                name_servers=addresses,
                cluster_name="DefaultCluster",
                broker_name=name,
                broker_id=broker_id,
                broker_addr=f"127.0.0.1:{port}",
                ha_server_addr=f"127.0.0.1:{port + 1}",
            )
            topics = default_topics(profile.name, "DefaultCluster", name) | more
            registrars.append(await stack.enter_async_context(Registrar(settings, profile, topics)))
        await registrars[-1].update_topics([TopicConfig(topic_name="static")], mapping=MAPPING)
        for registrar in registrars:
            await _register(registrar)
        others = [peer for t in targets for peer in stack.enter_context(told(t, [_OTHER], NO_PREFIX))]
        yield registrars, others


_OTHER: Final = registration(
    "127.0.0.1:10941", ("OtherCluster", "c", 0), {"t1": 4, "t2": 4}, filters=("127.0.0.1:10945",)
)


async def _register(registrar: Registrar) -> None:
    await registrar.set_broker_permission(PERM_READ | PERM_WRITE)


async def _nothing(registrars: list[Registrar], others: Others) -> None:
    del registrars, others


async def _again(registrars: list[Registrar], others: Others) -> None:
    while True:
        for registrar in registrars:
            await _register(registrar)
        for peer in others:
            await asyncio.to_thread(say, peer, _OTHER, NO_PREFIX)


async def _topics(registrars: list[Registrar], others: Others) -> None:
    """A topic more, and one with other queue numbers, all the time."""
    del others
    for number in itertools.count():
        queues = 4 + number % 2  # never what it has: a broker of 5.x says nothing then
        changed = TopicConfig(topic_name="a-1", read_queue_nums=queues, write_queue_nums=queues)
        new = TopicConfig(topic_name=f"new-{number % 200}", read_queue_nums=4 + number // 200)
        await registrars[0].update_topics([changed, new])
        await asyncio.sleep(BETWEEN_CHANGES_S)
