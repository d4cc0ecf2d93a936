"""TLA+ values as Python has them: TLC prints them, `parse_value` reads them; `tla_value` and `as_tla` go the other way.

int, bool and str are themselves, a set is a frozenset, a sequence a tuple, a function or record a `Function`, a model value a
`ModelValue`. One value of TLA+ is one value here: a function over 1..n *is* a sequence, and a record is a function over strings.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final, TypeAlias

import attrs
from rpds import HashTrieMap


@attrs.frozen
class ModelValue:
    """What a .cfg file has introduced by `h1 = h1`: equal to nothing but itself."""

    name: str


@attrs.frozen(init=False, eq=False, repr=False)
class Function(Mapping["TlaValue", "TlaValue"]):
    """A function whose domain is not 1..n. (Keys of several types make `HashTrieMap` panic.)"""

    pairs: "frozenset[tuple[TlaValue, TlaValue]]"
    _by_key: "dict[TlaValue, TlaValue]"
    _hash: int

    def __init__(self, pairs: "Iterable[tuple[TlaValue, TlaValue]]") -> None:
        by_key = dict(pairs)
        unordered = frozenset(by_key.items())
        self.__attrs_init__(unordered, by_key, hash(unordered))

    def __getitem__(self, key: "TlaValue") -> "TlaValue":
        return self._by_key[key]

    def __iter__(self) -> "Iterator[TlaValue]":
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and self._hash == other._hash and self.pairs == other.pairs

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return as_tla(self)


TlaValue: TypeAlias = "int | bool | str | ModelValue | frozenset[TlaValue] | tuple[TlaValue, ...] | Function"

TOKEN: Final = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*") | (?P<number>-?\d+) | (?P<word>[A-Za-z_]\w*)
          | (?P<mark><<|>>|\|->|:>|@@|\.\.|[\[\](){},]|/\\|=))""",
    re.VERBOSE,
)
ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}


class TlaSyntaxError(ValueError):
    """Not a value as TLC prints them; the text says where and what was expected."""


def function(pairs: Iterable[tuple[TlaValue, TlaValue]]) -> TlaValue:
    """The function with these pairs: a tuple if its domain is 1..n (the empty one too)."""
    made = dict(pairs)
    # `True in {1: ...}` holds in Python, and TRUE is not 1.
    if all(type(key) is int for key in made) and set(made) == set(range(1, len(made) + 1)):
        return tuple(made[index] for index in range(1, len(made) + 1))
    return Function(made.items())


def tla_value(value: object) -> TlaValue:
    """A Python value as the TLA+ value that it stands for: maps are functions, tuples and lists sequences, sets sets.

    Raises `TypeError` for what has no such value, `None` for one.
    """
    match value:
        case bool() | int() | str() | ModelValue():
            return value
        case Mapping() | HashTrieMap():
            return function((tla_value(key), tla_value(item)) for key, item in value.items())
        case tuple() | list():
            return tuple(tla_value(item) for item in value)
        case Set():
            return frozenset(tla_value(item) for item in value)
        case _:
            raise TypeError(f"tla_value: expected what TLA+ has, got {type(value).__name__} {value!r}")


def as_tla(value: TlaValue) -> str:
    """The value as a module may have it. Sets and functions are sorted, so that equal values give equal text."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case ModelValue():
            return value.name
        case tuple():
            return f"<<{', '.join(map(as_tla, value))}>>" if value else "<<>>"
        case frozenset():
            return "{" + ", ".join(sorted(map(as_tla, value))) + "}"
        case _:
            pairs = sorted((as_tla(key), key, as_tla(item)) for key, item in value.items())
            if all(isinstance(key, str) and re.fullmatch(r"[A-Za-z]\w*", key) for _, key, _ in pairs):
                return "[" + ", ".join(f"{key} |-> {item}" for _, key, item in pairs) + "]"
            return "(" + " @@ ".join(f"{key} :> {item}" for key, _, item in pairs) + ")"


def parse_value(text: str) -> TlaValue:
    """The value that TLC printed as `text`. Raises `TlaSyntaxError`."""
    reader = _Reader(text)
    value = reader.value()
    reader.end()
    return value


def parse_state(text: str) -> dict[str, TlaValue]:
    r"""A state as TLC prints it, `/\ x = 1` a line for each variable (`x = 1` if there is one only). Raises `TlaSyntaxError`."""
    reader, state = _Reader(text), dict[str, TlaValue]()
    while True:
        several = reader.take("/\\")
        name = reader.word()
        reader.expect("=")
        state[name] = reader.value()
        if not several or reader.at_end():
            reader.end()
            return state


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            found = TOKEN.match(text, at)
            if found is None:
                raise TlaSyntaxError(f"at {at}: expected a TLA+ value, got {text[at : at + 40]!r}")
            assert found.lastgroup is not None
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0

    def at_end(self) -> bool:
        return self.at == len(self.tokens)

    def end(self) -> None:
        if not self.at_end():
            raise TlaSyntaxError(f"expected the end, got {self.tokens[self.at][1]!r} in {self.text[:200]!r}")

    def next(self) -> tuple[str, str]:
        if self.at_end():
            raise TlaSyntaxError(f"expected more, got the end of {self.text[:200]!r}")
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, mark: str) -> bool:
        found = not self.at_end() and self.tokens[self.at] == ("mark", mark)
        self.at += found
        return found

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            got = "the end" if self.at_end() else repr(self.tokens[self.at][1])
            raise TlaSyntaxError(f"expected {mark!r}, got {got} in {self.text[:200]!r}")

    def word(self) -> str:
        kind, text = self.next()
        if kind != "word":
            raise TlaSyntaxError(f"expected a name, got {text!r} in {self.text[:200]!r}")
        return text

    def value(self) -> TlaValue:
        """A value, or several functions that `@@` makes one (the left one's pairs count)."""
        value = self.part()
        while self.take("@@"):
            added = self.part()
            value = function({**_pairs(added), **_pairs(value)}.items())
        return value

    def part(self) -> TlaValue:
        kind, text = self.next()
        match kind, text:
            case "string", _:
                return self.mapped(re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text[1:-1]))
            case "number", _:
                return self.range_or_mapped(int(text))
            case "word", "TRUE" | "FALSE":
                return self.mapped(text == "TRUE")
            case "word", _:
                return self.mapped(ModelValue(text))
            case "mark", "<<":
                return self.mapped(tuple(self.items(">>")))
            case "mark", "{":
                return self.mapped(frozenset(self.items("}")))
            case "mark", "[":
                return self.mapped(self.record())
            case "mark", "(":
                inner = self.value()
                self.expect(")")
                return self.mapped(inner)
            case _:
                raise TlaSyntaxError(f"expected a value, got {text!r} in {self.text[:200]!r}")

    def mapped(self, key: TlaValue) -> TlaValue:
        """What has been read, unless it is what `:>` maps."""
        return function([(key, self.part())]) if self.take(":>") else key

    def range_or_mapped(self, first: int) -> TlaValue:
        """TLC prints 1..3 for a set that nobody has looked into."""
        if not self.take(".."):
            return self.mapped(first)
        kind, last = self.next()
        if kind != "number":
            raise TlaSyntaxError(f"expected a number after '..', got {last!r}")
        return frozenset(range(first, int(last) + 1))

    def items(self, closing: str) -> list[TlaValue]:
        items: list[TlaValue] = []
        while not self.take(closing):
            if items:
                self.expect(",")
            items.append(self.value())
        return items

    def record(self) -> TlaValue:
        pairs: list[tuple[TlaValue, TlaValue]] = []
        while not self.take("]"):
            if pairs:
                self.expect(",")
            name = self.word()
            self.expect("|->")
            pairs.append((name, self.value()))
        return function(pairs)


def _pairs(value: TlaValue) -> dict[TlaValue, TlaValue]:
    if isinstance(value, tuple):
        return dict(enumerate(value, start=1))
    if isinstance(value, Function):
        return dict(value)
    raise TlaSyntaxError(f"expected a function beside '@@', got {value!r}")
