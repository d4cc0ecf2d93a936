"""How a registrar is configured: who the broker is, which NameServers it has, what it does otherwise than by default."""

import ssl

import attrs

from namesrv.model.values import PERM_READ, PERM_WRITE
from namesrv.remoting.address import Address
from namesrv.remoting.channel import CONNECT_TIMEOUT_MS, Backoff


@attrs.frozen(kw_only=True)
class RegistrarSettings:
    """Names and defaults as in `BrokerConfig` and `MessageStoreConfig`, 5.5.0; times in milliseconds.

    `register_broker_timeout_ms` `None`: the profile's. `state_version`: of DataVersions, 5.x. `connected_wait_ms`: how long the
    start waits for first connections, as a real broker does by opening its store. `full_body`: registrations say whether they are
    full, which no Apache broker does (`docs/protocol-gaps.md`).
    """

    name_servers: tuple[Address, ...]
    cluster_name: str
    broker_name: str
    broker_addr: str
    broker_id: int = 0
    ha_server_addr: str | None = None
    broker_permission: int = PERM_READ | PERM_WRITE
    auto_create_topic_enable: bool = True
    register_name_server_period_ms: int = 30_000
    register_broker_timeout_ms: int | None = None
    force_register: bool = True
    compressed_register: bool = False
    enable_split_registration: bool = False
    split_registration_size: int = 800
    enable_single_topic_register: bool = False
    enable_slave_acting_master: bool = False
    compatible_with_old_name_srv: bool = True
    broker_heartbeat_interval_ms: int = 1_000
    send_heartbeat_timeout_ms: int = 1_000
    broker_not_active_timeout_ms: int = 10_000
    total_replicas: int = 1
    skip_pre_online: bool = False
    disappear_time_after_start_ms: int = -1
    state_version: int = 0
    full_body: bool = False
    connect_timeout_ms: int = CONNECT_TIMEOUT_MS
    connected_wait_ms: int = 1_000
    backoff: Backoff = Backoff()
    tls: ssl.SSLContext | None = None
