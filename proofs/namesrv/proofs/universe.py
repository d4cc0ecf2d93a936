"""What there is: sorts of any size, or (to look for counterexamples) of a few elements each.

Formulas are written once. Over an unbounded universe a quantifier is Z3's; over a finite one it is written out, so that nothing
but propositional logic and integer arithmetic is left, which is decided.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

import attrs
import z3

Term = Any
"""A Z3 expression: its Python classes follow from its sort."""

SORTS: Final = ("Addr", "Name", "Cluster", "Topic", "Channel", "Config", "Value", "Version")
"""Uninterpreted. `Config`: the part of a topic config that a route shows; `Value`: what is stored and never looked at (zone
names, `haServerAddr`, filter server lists, mapping infos). Beside them `Id` and `Int`, integers, and `Bool`."""

WITH_NULL: Final = ("Addr", "Name", "Cluster", "Topic", "Version")
"""Sorts with an element for what was left out or sent as null; all but `Version` have one for the empty string, too."""


@attrs.frozen
class Scope:
    """How many elements a finite universe has, null and the empty cluster not counted. `ids`: the broker ids."""

    addrs: int = 2
    names: int = 2
    clusters: int = 2
    topics: int = 2
    channels: int = 2
    configs: int = 2
    values: int = 1
    versions: int = 2
    ids: tuple[int, ...] = (-1, 0, 1)

    @property
    def sizes(self) -> dict[str, int]:
        """By sort."""
        return {
            "Addr": self.addrs,
            "Name": self.names,
            "Cluster": self.clusters,
            "Topic": self.topics,
            "Channel": self.channels,
            "Config": self.configs,
            "Value": self.values,
            "Version": self.versions,
        }


@cache
def _finite_sort(sort: str, size: int) -> tuple[Any, tuple[Term, ...]]:
    """An enumeration; its elements are `null_addr`, `addr_0` and so on."""
    names = [f"{sort.lower()}_{number}" for number in range(size)]
    if sort in WITH_NULL:
        names.insert(0, f"null_{sort.lower()}")
    if sort == "Cluster":
        names.insert(1, "empty_cluster")
    declared, elements = z3.EnumSort(f"{sort}_{size}", names)
    return declared, tuple(elements)


class Universe:
    """The sorts, their fixed elements and functions. `scope`: `None` if there is no bound."""

    def __init__(self, scope: Scope | None = None) -> None:
        self.scope = scope
        self._depth = 0
        self._sorts: dict[str, Any] = {"Id": z3.IntSort(), "Int": z3.IntSort(), "Bool": z3.BoolSort()}
        self.elements: dict[str, tuple[Term, ...]] = {"Bool": (z3.BoolVal(False), z3.BoolVal(True))}
        for sort in SORTS:
            if scope is None:
                self._sorts[sort] = z3.DeclareSort(sort)
            else:
                self._sorts[sort], self.elements[sort] = _finite_sort(sort, scope.sizes[sort])
        if scope is not None:
            self.elements["Id"] = tuple(z3.IntVal(number) for number in scope.ids)

    def sort(self, name: str) -> Any:
        """Z3's sort of that name."""
        return self._sorts[name]

    def const(self, name: str, sort: str) -> Term:
        """A constant."""
        return z3.Const(name, self.sort(sort))

    def function(self, name: str, args: Iterable[str], result: str) -> Callable[..., Term]:
        """A function; without arguments, a constant."""
        sorts = [self.sort(arg) for arg in args]
        if not sorts:
            constant = self.const(name, result)
            return lambda: constant
        declared: Callable[..., Term] = z3.Function(name, *sorts, self.sort(result))
        return declared

    def null(self, sort: str) -> Term:
        """What stands for null."""
        if self.scope is not None:
            return self.elements[sort][0]
        return self.const(f"null_{sort.lower()}", sort)

    def empty(self, sort: str) -> Term:
        """What stands for the empty string. In a finite universe only clusters have it (4.9.7 keys liveness by it)."""
        if self.scope is not None:
            return self.elements[sort][1] if sort == "Cluster" else self.null(sort)
        return self.const(f"empty_{sort.lower()}", sort)

    def missing(self, sort: str, term: Term) -> Term:
        """Whether it is null or empty."""
        return disj(term == self.null(sort), term == self.empty(sort))

    def integer(self, number: int) -> Term:
        """A number."""
        return z3.IntVal(number)

    # Versions and configs ----------------------------------------------------------------------------------------

    def state_version(self, version: Term) -> Term:
        """`DataVersion.stateVersion`."""
        return self.function("state_version", ("Version",), "Int")(version)

    def counter(self, version: Term) -> Term:
        """`DataVersion.counter`, if it has one."""
        return self.function("counter", ("Version",), "Int")(version)

    def has_counter(self, version: Term) -> Term:
        """Whether the counter is not null."""
        return self.function("has_counter", ("Version",), "Bool")(version)

    def timestamp(self, version: Term) -> Term:
        """`DataVersion.timestamp`."""
        return self.function("timestamp", ("Version",), "Int")(version)

    def is_null_version(self, version: Term) -> Term:
        """Whether there is none."""
        return version == self.null("Version")

    def same_version(self, one: Term, other: Term) -> Term:
        """`DataVersion.equals`, null included."""
        nulls = self.is_null_version(one), self.is_null_version(other)
        fields = conj(
            self.state_version(one) == self.state_version(other),
            self.timestamp(one) == self.timestamp(other),
            self.has_counter(one) == self.has_counter(other),
            disj(neg(self.has_counter(one)), self.counter(one) == self.counter(other)),
        )
        return disj(conj(*nulls), conj(neg(nulls[0]), neg(nulls[1]), fields))

    def wiped(self, config: Term) -> Term:
        """The config without its write permission."""
        return self.function("wiped", ("Config",), "Config")(config)

    def writable(self, config: Term) -> Term:
        """The config with the permissions to read and to write, and no others."""
        return self.function("writable", ("Config",), "Config")(config)

    # Quantifiers -------------------------------------------------------------------------------------------------

    def _quantified(self, sorts: tuple[str, ...], body: Callable[..., Term], z3_binder: Any, written_out: Any) -> Term:
        if self.scope is not None:
            return written_out(*(body(*chosen) for chosen in self.tuples(sorts)))
        # Named by depth, so that the same formula made twice is the same expression.
        self._depth += 1
        variables = [self.const(f"x{self._depth}_{index}", sort) for index, sort in enumerate(sorts)]
        inner = _bool(body(*variables))
        self._depth -= 1
        return inner if not sorts or z3.is_true(inner) or z3.is_false(inner) else z3_binder(variables, inner)

    def forall(self, sorts: tuple[str, ...], body: Callable[..., Term]) -> Term:
        """For all elements."""
        return self._quantified(sorts, body, z3.ForAll, conj)

    def exists(self, sorts: tuple[str, ...], body: Callable[..., Term]) -> Term:
        """For some elements."""
        return self._quantified(sorts, body, z3.Exists, disj)

    def tuples(self, sorts: tuple[str, ...]) -> Iterable[tuple[Term, ...]]:
        """All tuples of elements of a finite universe."""
        if not sorts:
            yield ()
            return
        for first in self.elements[sorts[0]]:
            for rest in self.tuples(sorts[1:]):
                yield (first, *rest)

    def is_id(self, term: Term) -> Term:
        """Whether it is one of the broker ids that there are."""
        if self.scope is None:
            return conj()
        return disj(*(term == number for number in self.elements["Id"]))

    def axioms(self) -> dict[str, Term]:
        """What is true of the fixed elements and functions, by name."""
        told = {
            "WipedTwice": self.forall(("Config",), lambda c: self.wiped(self.wiped(c)) == self.wiped(c)),
        }
        if self.scope is None:
            for sort in WITH_NULL:
                if sort != "Version":
                    told[f"NullIsNot{sort}Empty"] = self.null(sort) != self.empty(sort)
        else:  # two configs that differ in the write bit only are a pair: needed to tell a counterexample in real values
            told["WipedPairs"] = self.forall(
                ("Config", "Config"),
                lambda c, d: disj(self.wiped(c) != self.wiped(d), c == self.wiped(c), d == self.wiped(d), c == d),
            )
        return told


# Connectives, which take Python's bools and fold what is decided ------------------------------------------------------


def _bool(term: Term) -> Term:
    return z3.BoolVal(term) if isinstance(term, bool) else term


def conj(*terms: Term) -> Term:
    """All of them."""
    told = [term for term in map(_bool, terms) if not z3.is_true(term)]
    if any(z3.is_false(term) for term in told):
        return z3.BoolVal(False)
    if not told:
        return z3.BoolVal(True)
    return told[0] if len(told) == 1 else z3.And(*told)


def disj(*terms: Term) -> Term:
    """One of them."""
    told = [term for term in map(_bool, terms) if not z3.is_false(term)]
    if any(z3.is_true(term) for term in told):
        return z3.BoolVal(True)
    if not told:
        return z3.BoolVal(False)
    return told[0] if len(told) == 1 else z3.Or(*told)


def neg(term: Term) -> Term:
    """Not."""
    told = _bool(term)
    if z3.is_true(told):
        return z3.BoolVal(False)
    if z3.is_false(told):
        return z3.BoolVal(True)
    return told.arg(0) if z3.is_not(told) else z3.Not(told)


def imp(when: Term, then: Term) -> Term:
    """If `when`, then `then`."""
    return disj(neg(when), then)


def ite(when: Term, then: Term, otherwise: Term) -> Term:
    """One or the other."""
    told, yes, no = _bool(when), _bool(then), _bool(otherwise)
    if z3.is_true(told) or yes.eq(no):
        return yes
    if z3.is_false(told):
        return no
    if z3.is_bool(yes):
        if z3.is_true(yes):
            return disj(told, no)
        if z3.is_false(yes):
            return conj(neg(told), no)
        if z3.is_true(no):
            return disj(neg(told), yes)
        if z3.is_false(no):
            return conj(told, yes)
    return z3.If(told, yes, no)


def eq(one: Term, other: Term) -> Term:
    """Equal; folded where they are the same expression or two different elements."""
    if one.eq(other):
        return z3.BoolVal(True)
    return one == other
