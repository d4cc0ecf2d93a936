"""`Registrar`: what a broker does to be known, from its start to its shutdown.

    async with Registrar(settings, broker_profile("apache-5.5.0"), topics) as registrar:
        await registrar.update_topics([TopicConfig(topic_name="TopicTest")])

It registers with every NameServer when it starts, then periodically; what changes in between is registered at once. One lock lets
one registration be under way; a NameServer that does not answer delays the next no longer than the timeout.
Source: `BrokerController`, 4.9.7 and 5.5.0.
"""

import asyncio
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Self

from namesrv.broker.outer_api import UNREGISTER_TIMEOUT_MS, BrokerOuterAPI
from namesrv.broker.profiles import RegistrarProfile
from namesrv.broker.report import Watch, nobody
from namesrv.broker.settings import RegistrarSettings
from namesrv.broker.topic_config_manager import Configs, TopicConfigManager, is_masking
from namesrv.broker.topics import AUTO_CREATE_TOPIC
from namesrv.model.values import (
    MASTER_ID,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicQueueMappingInfo,
    table,
)
from namesrv.remoting import requests
from namesrv.remoting.clock import Clock, SystemClock, sleep
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.headers import BrokerHeartbeatRequestHeader, BrokerRequestHeader, RegisterBrokerRequestHeader

FIRST_REGISTRATION_MS: Final = 10_000
LEAST_PERIOD_MS: Final = 10_000
MOST_PERIOD_MS: Final = 60_000
FIRST_HEARTBEAT_MS: Final = 1_000
"""`BrokerController.start`, `.scheduleSendHeartbeat`."""
SINGLE_TOPIC_TIMEOUT_MS: Final = 3_000
"""`BrokerController.registerSingleTopicAll`."""


class Registrar:
    """One broker's registration. `topics`: its own and those that it has stored, by name; `watch`: told of all that goes over
    the wire. With `async with` it starts, and unregisters at the end; `abort` ends it like a crash.
    """

    def __init__(
        self,
        settings: RegistrarSettings,
        profile: RegistrarProfile,
        topics: Mapping[str, TopicConfig],
        *,
        clock: Clock | None = None,
        watch: Watch = nobody,
    ) -> None:
        self.settings = settings
        self.profile = profile
        self.broker_id = settings.broker_id
        self.broker_permission = settings.broker_permission
        self.master_addr: str | None = None
        """Where a slave copies from, as the NameServers say."""
        self.ha_master_addr: str | None = None
        self.is_isolated = False
        self._clock = clock or SystemClock()
        self.topic_config_manager = TopicConfigManager(
            profile,
            self._clock,
            topics,
            state_version=settings.state_version,
            auto_create_topic_enable=settings.auto_create_topic_enable,
        )
        self._outer_api = BrokerOuterAPI(settings, profile, self._clock, watch)
        self._lock = asyncio.Lock()
        self._started_ms = 0
        self._is_shutdown = False
        self._tasks: list[asyncio.Task[None]] = []
        self._periodic_is_over = asyncio.Event()
        self._periodic_is_over.set()

    # Start and end ------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Starts."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unregisters."""
        await self.shutdown()

    async def start(self) -> None:
        """Connects, and starts to register; returns before the first answers."""
        settings = self.settings
        await self._outer_api.start(settings.connected_wait_ms)
        self._started_ms = self._clock.now_ms()
        acting = self.profile.release_5 and settings.enable_slave_acting_master
        self.is_isolated = acting and settings.total_replicas > 1
        self._tasks.append(asyncio.create_task(self._run(acting)))

    async def shutdown(self) -> None:
        """Unregisters with one NameServer after the other, and closes the connections."""
        if self._is_shutdown:
            return
        self._is_shutdown = True
        if self.profile.waits_for_timers_ms and not self._periodic_is_over.is_set():
            await self._wait_for_periodic(self.profile.waits_for_timers_ms)
        await self._stop_tasks()
        request = requests.unregister_broker(self.profile.sender, self._names())
        await self._outer_api.call_one_by_one(request, UNREGISTER_TIMEOUT_MS)
        await self._outer_api.close()

    async def abort(self) -> None:
        """Closes the connections without a word."""
        self._is_shutdown = True
        await self._stop_tasks()
        await self._outer_api.close()

    async def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for end in ends:
            if isinstance(end, Exception):
                raise end  # a mistake of ours: nothing that a NameServer does gets here

    async def _wait_for_periodic(self, wait_ms: int) -> None:
        latch = asyncio.ensure_future(sleep(self._clock, wait_ms))
        over = asyncio.ensure_future(self._periodic_is_over.wait())
        await asyncio.wait([latch, over], return_when=asyncio.FIRST_COMPLETED)
        latch.cancel()
        over.cancel()
        await asyncio.gather(latch, over, return_exceptions=True)

    async def _run(self, acting: bool) -> None:
        """The first registration, then the timers."""
        if not self.is_isolated:
            await self._register_broker_all(check_order_config=True, oneway=False, force=True)
        now_ms = self._clock.now_ms()
        self._tasks.append(asyncio.create_task(self._register_periodically(now_ms + FIRST_REGISTRATION_MS)))
        if acting:
            self._tasks.append(asyncio.create_task(self._beat(now_ms + FIRST_HEARTBEAT_MS)))
        if self.settings.skip_pre_online:
            await self.start_service()

    async def _register_periodically(self, due_ms: int) -> None:
        period_ms = max(LEAST_PERIOD_MS, min(self.settings.register_name_server_period_ms, MOST_PERIOD_MS))
        appears_ms = self._started_ms + self.settings.disappear_time_after_start_ms if self.profile.release_5 else 0
        while True:
            await sleep(self._clock, due_ms - self._clock.now_ms())
            due_ms += period_ms
            if self.is_isolated or self._clock.now_ms() < appears_ms or self._is_shutdown:
                continue
            self._periodic_is_over.clear()
            try:
                force = self.settings.force_register
                await self._register_broker_all(check_order_config=True, oneway=False, force=force)
            finally:
                self._periodic_is_over.set()

    async def _beat(self, due_ms: int) -> None:
        while True:
            await sleep(self._clock, due_ms - self._clock.now_ms())
            due_ms += self.settings.broker_heartbeat_interval_ms
            if not self.is_isolated:
                self._outer_api.send_oneway(self._heartbeat(), self.settings.send_heartbeat_timeout_ms)

    # What changes -------------------------------------------------------------------------------------------------

    async def update_topics(
        self, configs: Iterable[TopicConfig], *, mapping: TopicQueueMappingInfo | None = None
    ) -> None:
        """An administrator creates or changes topics; `mapping` makes them static (5.x). Returns when they are registered."""
        given = tuple(configs)
        manager = self.topic_config_manager
        is_static = mapping is not None and self.profile.release_5
        if self.profile.ignores_same_config and not is_static and any(map(manager.holds, given)):
            return
        manager.update(given)
        if mapping is not None and is_static:
            manager.mappings |= {config.topic_name: mapping for config in given if config.topic_name is not None}
            await self._register_increment(given)
        else:
            await self._register_changed(given)

    async def create_topic_on_send(
        self, topic: str, *, default_topic: str = AUTO_CREATE_TOPIC, queue_nums: int = 4, topic_sys_flag: int = 0
    ) -> None:
        """A producer has sent to `topic`; it is created if it may be. Returns when it is registered."""
        config = self.topic_config_manager.create_on_send(
            topic, default_topic=default_topic, queue_nums=queue_nums, topic_sys_flag=topic_sys_flag
        )
        if config is not None:
            await self._register_created(config)

    async def create_topic(self, config: TopicConfig) -> None:
        """The broker makes a topic of its own accord, if it is not there. Returns when it is registered."""
        if config.topic_name not in self.topic_config_manager.configs:
            self.topic_config_manager.update([config])
            await self._register_created(config)

    async def _register_created(self, config: TopicConfig) -> None:
        if self.profile.new_topic_alone:
            await self._register_changed((config,))
        else:
            await self._register_broker_all(check_order_config=False, oneway=True, force=True)

    def delete_topic(self, topic: str) -> bool:
        """An administrator deletes a topic; the next full registration lacks it. False if there is none."""
        return self.topic_config_manager.delete(topic)

    async def set_broker_permission(self, broker_permission: int) -> None:
        """`brokerPermission` is set. Returns when it is registered."""
        self.broker_permission = broker_permission
        self.topic_config_manager.next_version()
        await self._register_broker_all(check_order_config=False, oneway=False, force=True)

    async def change_role(self, broker_id: int) -> None:
        """The broker gets another id: 0 makes it a master. Registered one-way."""
        self.broker_id = broker_id
        self.master_addr = None
        force = self.profile.role_change_forced or self.settings.force_register
        await self._register_broker_all(check_order_config=True, oneway=True, force=force)

    async def start_service(self) -> None:
        """An isolated broker comes online (5.x). Returns when it is registered."""
        await self._register_broker_all(check_order_config=True, oneway=False, force=self.settings.force_register)
        self.is_isolated = False

    def stop_service(self) -> None:
        """The broker is isolated from now on (5.x): it registers and beats no more."""
        self.is_isolated = True

    # Registrations ------------------------------------------------------------------------------------------------

    async def _register_broker_all(self, *, check_order_config: bool, oneway: bool, force: bool) -> None:
        async with self._lock:
            manager, settings = self.topic_config_manager, self.settings
            version = manager.data_version
            configs = manager.as_registered(self.broker_permission)
            if configs is None and self.profile.table_copied:
                configs = dict(manager.configs)
            mappings = manager.mappings if self.profile.release_5 else {}
            if self.profile.release_5 and settings.enable_split_registration:
                assert configs is not None
                names = sorted(configs)
                size = max(1, settings.split_registration_size)
                while len(names) >= size:
                    part, names = names[:size], names[size:]
                    await self._do_register({name: configs[name] for name in part}, {}, oneway, check_order_config)
                rest = {name: configs[name] for name in names}
                await self._do_register(rest, mappings, oneway, check_order_config)
            elif force or await self._need_register():
                await self._do_register(configs, mappings, oneway, check_order_config, full_at=version)

    async def _register_changed(self, configs: tuple[TopicConfig, ...]) -> None:
        if self.profile.release_5 and self.settings.enable_single_topic_register:
            async with self._lock:
                for config in configs:
                    await self._register_single(config)
        elif configs:
            await self._register_increment(configs)

    async def _register_increment(self, configs: tuple[TopicConfig, ...]) -> None:
        async with self._lock:
            manager = self.topic_config_manager
            said = manager.increment(configs, self.broker_permission)
            mappings = {name: manager.mappings[name] for name in said if name in manager.mappings}
            await self._do_register(said, mappings, False, True)

    async def _register_single(self, config: TopicConfig) -> None:
        assert config.topic_name is not None
        perm = config.perm & self.broker_permission if is_masking(self.broker_permission) else config.perm
        queues = QueueData(
            broker_name=self.settings.broker_name,
            read_queue_nums=config.read_queue_nums,
            write_queue_nums=config.write_queue_nums,
            perm=perm,
            topic_sys_flag=config.topic_sys_flag,
        )
        request = requests.register_topic(self.profile.sender, config.topic_name, queues)
        await self._outer_api.call_all(request, SINGLE_TOPIC_TIMEOUT_MS)

    async def _need_register(self) -> bool:
        version = self.topic_config_manager.data_version
        request = requests.query_data_version(self.profile.sender, self._names(), version)
        return await self._outer_api.need_register(request, version, self._timeout_ms())

    async def _do_register(
        self,
        configs: Configs | None,
        mappings: Mapping[str, TopicQueueMappingInfo],
        oneway: bool,
        check_order_config: bool,
        *,
        full_at: DataVersion | None = None,
    ) -> None:
        """`configs` `None`: the table as it is now. The DataVersion is the one of now in any case.

        `full_at`: these are all topics at that DataVersion; `None` if they are not all.
        """
        if self._is_shutdown and self.profile.release_5:
            return
        manager = self.topic_config_manager
        said = manager.configs if configs is None else configs
        is_full = full_at is not None and (configs is None or full_at == manager.data_version)
        request = self._registration(said, mappings, oneway, is_full=is_full)
        result = await self._outer_api.register_broker_all(request, self._timeout_ms(), len(said))
        if result is None:
            return
        if self.broker_id != MASTER_ID and result.ha_server_addr is not None:
            self.ha_master_addr = result.ha_server_addr
        self.master_addr = result.master_addr
        if check_order_config:
            manager.update_order_topic_config(result.kv_table)

    # Requests -----------------------------------------------------------------------------------------------------

    def _registration(
        self, configs: Configs, mappings: Mapping[str, TopicQueueMappingInfo], oneway: bool, *, is_full: bool
    ) -> RemotingCommand:
        settings, release_5 = self.settings, self.profile.release_5
        acting = settings.enable_slave_acting_master
        deflate = settings.compressed_register
        header = RegisterBrokerRequestHeader(
            broker_name=settings.broker_name,
            broker_addr=settings.broker_addr,
            cluster_name=settings.cluster_name,
            ha_server_addr=settings.ha_server_addr,
            broker_id=self.broker_id,
            compressed=deflate and self.profile.claims_compression,
            heartbeat_timeout_ms=settings.broker_not_active_timeout_ms if release_5 and acting else None,
            enable_acting_master=acting if release_5 else None,
            full_body=is_full if settings.full_body else None,
        )
        body = RegisterBrokerBody(
            topic_config_table=table(configs),
            data_version=self.topic_config_manager.data_version,
            topic_queue_mapping_info_map=table(mappings),
        )
        # A new one each time, as 5.x's wrapper makes it: NameServers do not look at it.
        made = DataVersion(timestamp=self._clock.now_ms())
        return requests.register_broker(
            self.profile.sender, header, body, deflate=deflate, mapping_data_version=made, oneway=oneway
        )

    def _heartbeat(self) -> RemotingCommand:
        settings, sender = self.settings, self.profile.sender
        if settings.compatible_with_old_name_srv:
            version = self.topic_config_manager.data_version
            return requests.query_data_version(sender, self._names(), version, oneway=True)
        header = BrokerHeartbeatRequestHeader(
            cluster_name=settings.cluster_name, broker_addr=settings.broker_addr, broker_name=settings.broker_name
        )
        return requests.broker_heartbeat(sender, header)

    def _names(self) -> BrokerRequestHeader:
        settings = self.settings
        return BrokerRequestHeader(
            broker_name=settings.broker_name,
            broker_addr=settings.broker_addr,
            cluster_name=settings.cluster_name,
            broker_id=self.broker_id,
        )

    def _timeout_ms(self) -> int:
        own = self.settings.register_broker_timeout_ms
        return self.profile.register_broker_timeout_ms if own is None else own
