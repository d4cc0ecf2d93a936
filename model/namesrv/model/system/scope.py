"""How large a system is looked at: how many brokers and NameServers, and how much may go wrong."""

from typing import Any, Final

import attrs

FAULTS: Final = {
    "break": "a connection breaks; both ends notice, one first",
    "cut": "a connection breaks, and the NameServer does not notice",
    "crash": "a broker's process ends; it may start again, with its versions or without",
    "vanish": "a broker's machine dies without a word",
    "move": "a broker that is down starts again under another name, cluster or address",
    "role": "a broker changes its id from 0 to 1 or back",
    "timeout": "a broker waits for answers no longer",
    "late": "a NameServer does not hear in time of a broker whose connection works",
    "restart": "a NameServer starts again, knowing nobody",
}
"""What may go wrong, by name."""

PAIR: Final = 2
"""So many brokers share a process where they do."""


@attrs.frozen(kw_only=True)
class Scope:
    """`versions`: of each broker's topics, so one less than their changes; `faults`: in the whole run, of the `kinds`.

    `deletes`: how often a topic is deleted. `forced`: whether brokers register without asking first (`forceRegister`).
    `extended`: whether they say of full bodies that they are full (`docs/protocol-gaps.md`).
    `names`: how many broker names the brokers share, in turn; those of one name have ids 0, 1 and so on.
    `clients`: how many ask for routes.
    `acting`: whether brokers of one name may act for their master (`enableSlaveActingMaster`): they start isolated where they are
    several, beat, and slaves copy their master's topics. `heartbeats`: they beat by BROKER_HEARTBEAT instead of
    QUERY_DATA_VERSION (`compatibleWithOldNameSrv=false`).
    `by_hand`: how often an administrator changes something in a NameServer (205, 216, 217, 327).
    `split`: whether a registration of everything is several requests (`enableSplitRegistration`, of 5.x).
    `shared`: whether brokers live in pairs, two in one process and over one connection to each NameServer (BrokerContainer).
    """

    brokers: int = 2
    namesrvs: int = 1
    topics: int = 1
    versions: int = 2
    faults: int = 1
    deletes: int = 0
    names: int = 1
    forced: bool = True
    extended: bool = False
    clients: int = 0
    by_hand: int = 0
    acting: bool = False
    heartbeats: bool = False
    split: bool = False
    shared: bool = False
    kinds: frozenset[str] = frozenset(FAULTS)

    def __str__(self) -> str:
        """As `parse` reads it."""
        said = [f"{field.name}={getattr(self, field.name)}" for field in attrs.fields(Scope) if field.type is int]
        said = [each for each in said if each not in ("clients=0", "by_hand=0")]
        said.append(f"forced={str(self.forced).lower()}")
        said += [f"{flag}=true" for flag in FLAGS[1:] if getattr(self, flag)]
        if self.kinds != frozenset(FAULTS):
            said.append(f"kinds={'+'.join(sorted(self.kinds))}")
        return ",".join(said)

    @property
    def processes(self) -> int:
        """How many processes the brokers live in."""
        return -(-self.brokers // PAIR) if self.shared else self.brokers

    def process_of(self, broker: int) -> int:
        """The process that the broker lives in; each has one connection to each NameServer at a time."""
        return broker // PAIR if self.shared else broker

    def members(self, process: int) -> tuple[int, ...]:
        """The brokers of a process."""
        return tuple(broker for broker in range(self.brokers) if self.process_of(broker) == process)


def parse_scope(text: str, default: Scope = Scope()) -> Scope:
    """Reads `brokers=2,namesrvs=1,kinds=break+crash`. Raises `ValueError` that says what was expected."""
    scope = default
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        match name.strip():
            case "kinds":
                scope = attrs.evolve(scope, kinds=_kinds(value))
            case flag if flag in FLAGS:
                flags: dict[str, Any] = {flag: _flag(flag, value)}
                scope = attrs.evolve(scope, **flags)
            case known if known in LEAST:
                if not value.isdecimal() or int(value) < LEAST[known]:
                    raise ValueError(f"scope: {known}: expected a number of at least {LEAST[known]}, got {value!r}")
                numbers: dict[str, Any] = {known: int(value)}
                scope = attrs.evolve(scope, **numbers)
            case unknown:
                raise ValueError(f"scope: expected one of {', '.join([*LEAST, *FLAGS, 'kinds'])}, got {unknown!r}")
    return scope


LEAST: Final = {
    "brokers": 1,
    "namesrvs": 1,
    "topics": 1,
    "versions": 1,
    "faults": 0,
    "deletes": 0,
    "names": 1,
    "clients": 0,
    "by_hand": 0,
}
"""Numbers, and the least each may be."""

FLAGS: Final = ("forced", "extended", "acting", "heartbeats", "split", "shared")
"""What is true or false."""


def _flag(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError(f"scope: {name}: expected true or false, got {value!r}")
    return value == "true"


def _kinds(value: str) -> frozenset[str]:
    kinds = frozenset(filter(None, value.split("+")))
    if not kinds <= frozenset(FAULTS):
        raise ValueError(f"scope: kinds: expected some of {'+'.join(FAULTS)}, got {value!r}")
    return kinds


@attrs.frozen(kw_only=True)
class Budget:
    """What may still go wrong or change."""

    faults: int
    changes: int
    deletes: int
    by_hand: int = 0
