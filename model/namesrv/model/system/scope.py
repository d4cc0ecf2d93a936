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


@attrs.frozen(kw_only=True)
class Scope:
    """`versions`: of each broker's topics, so one less than their changes; `faults`: in the whole run, of the `kinds`.

    `deletes`: how often a topic is deleted. `forced`: whether brokers register without asking first (`forceRegister`).
    `extended`: whether they say of full bodies that they are full (`docs/protocol-gaps.md`).
    `names`: how many broker names the brokers share, in turn; those of one name have ids 0, 1 and so on.
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
    kinds: frozenset[str] = frozenset(FAULTS)

    def __str__(self) -> str:
        """As `parse` reads it."""
        said = [f"{field.name}={getattr(self, field.name)}" for field in attrs.fields(Scope) if field.type is int]
        said.append(f"forced={str(self.forced).lower()}")
        if self.extended:
            said.append("extended=true")
        if self.kinds != frozenset(FAULTS):
            said.append(f"kinds={'+'.join(sorted(self.kinds))}")
        return ",".join(said)


def parse_scope(text: str, default: Scope = Scope()) -> Scope:
    """Reads `brokers=2,namesrvs=1,kinds=break+crash`. Raises `ValueError` that says what was expected."""
    scope = default
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        match name.strip():
            case "kinds":
                scope = attrs.evolve(scope, kinds=_kinds(value))
            case "forced":
                scope = attrs.evolve(scope, forced=_flag("forced", value))
            case "extended":
                scope = attrs.evolve(scope, extended=_flag("extended", value))
            case known if known in LEAST:
                if not value.isdecimal() or int(value) < LEAST[known]:
                    raise ValueError(f"scope: {known}: expected a number of at least {LEAST[known]}, got {value!r}")
                numbers: dict[str, Any] = {known: int(value)}
                scope = attrs.evolve(scope, **numbers)
            case unknown:
                raise ValueError(
                    f"scope: expected one of {', '.join([*LEAST, 'forced', 'extended', 'kinds'])}, got {unknown!r}"
                )
    return scope


LEAST: Final = {"brokers": 1, "namesrvs": 1, "topics": 1, "versions": 1, "faults": 0, "deletes": 0, "names": 1}


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
