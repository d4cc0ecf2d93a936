"""A NameServer of its own making: asyncio, mutable tables, three profiles. `NameServer` is the way in."""

from namesrv.server.app import NameServer
from namesrv.server.clock import Clock, HeldClock, SystemClock
from namesrv.server.profiles import SERVER_PROFILES, ServerProfile, UnknownProfile, server_profile

__all__ = [
    "SERVER_PROFILES",
    "Clock",
    "HeldClock",
    "NameServer",
    "ServerProfile",
    "SystemClock",
    "UnknownProfile",
    "server_profile",
]
