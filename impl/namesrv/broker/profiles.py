"""As which release a registrar behaves and writes. Each difference is a field; `BROKER_PROFILES` holds the releases by name."""

import difflib
from typing import Final

import attrs

from namesrv.remoting.requests import Sender
from namesrv.remoting.version import MQVersion


@attrs.frozen(kw_only=True)
class RegistrarProfile:
    """One release's broker. Sources: `BrokerController`, `BrokerOuterAPI`, `TopicConfigManager` of that release."""

    name: str
    sender: Sender
    register_broker_timeout_ms: int
    """`BrokerConfig.registerBrokerTimeoutMills`: for all NameServers together, milliseconds."""
    registers_only_connected: bool
    """Whether a NameServer without a connection is left out: `BrokerOuterAPI.registerBrokerAll`, 5.5.0."""
    new_topic_alone: bool
    """Whether a topic that a message created is registered alone, and its answer waited for; else all, one-way."""
    perm_anded: bool
    """Whether a topic's perm is what it and the broker both allow; else the broker's alone."""
    increment_keeps_sys_flag: bool
    """Whether an incremental registration with masked perms keeps `topicSysFlag`."""
    table_copied: bool
    """Whether the table of a full registration is copied before the NameServers are asked if it is needed."""
    ignores_same_config: bool
    """Whether an update with the config that is there does nothing."""
    order_config_clears: bool
    """Whether topics that are not in the order topic configs lose `order`."""
    role_change_forced: bool
    """Whether a new role is registered without asking."""
    claims_compression: bool
    """Whether the header of a compressed registration says so; 5.5.0's never does."""
    release_5: bool
    """Whether there are stateVersion, acting masters, split and single-topic registration, topic-queue mappings."""
    split_makes_versions: bool
    """Whether each part of a split registration has a DataVersion of its own."""
    waits_for_timers_ms: int
    """How long a shutdown waits for a periodic registration before it unregisters, milliseconds."""


APACHE_5_5_0: Final = RegistrarProfile(
    name="apache-5.5.0",
    sender=Sender(version=int(MQVersion.V5_5_0), release_5=True),
    register_broker_timeout_ms=24_000,
    registers_only_connected=True,
    new_topic_alone=True,
    perm_anded=True,
    increment_keeps_sys_flag=True,
    table_copied=True,
    ignores_same_config=True,
    order_config_clears=False,
    role_change_forced=False,
    claims_compression=False,
    release_5=True,
    split_makes_versions=False,
    waits_for_timers_ms=0,
)

APACHE_5_3_3: Final = attrs.evolve(
    APACHE_5_5_0,
    name="apache-5.3.3",
    sender=Sender(version=int(MQVersion.V5_3_3), release_5=True),
    split_makes_versions=True,
)

APACHE_4_9_7: Final = RegistrarProfile(
    name="apache-4.9.7",
    sender=Sender(version=int(MQVersion.V4_9_7), release_5=False),
    register_broker_timeout_ms=6_000,
    registers_only_connected=False,
    new_topic_alone=False,
    perm_anded=False,
    increment_keeps_sys_flag=False,
    table_copied=False,
    ignores_same_config=False,
    order_config_clears=True,
    role_change_forced=True,
    claims_compression=True,
    release_5=False,
    split_makes_versions=False,
    waits_for_timers_ms=5_000,
)

BROKER_PROFILES: Final = {profile.name: profile for profile in (APACHE_5_5_0, APACHE_5_3_3, APACHE_4_9_7)}
"""Every profile by its name, the default first."""


class UnknownBrokerProfile(ValueError):
    """No profile has that name."""


def broker_profile(name: str) -> RegistrarProfile:
    """The profile of that name. Raises `UnknownBrokerProfile`, with the nearest."""
    found = BROKER_PROFILES.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, BROKER_PROFILES, n=1, cutoff=0.3)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UnknownBrokerProfile(f"profile: expected one of {', '.join(BROKER_PROFILES)}, got {name!r}{hint}")
