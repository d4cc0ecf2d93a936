"""SMT-LIB 2, always the same text for the same question.

Z3's own printer names shared parts by where they happen to lie in memory. Here a part that is large becomes a definition whose
name is the hash of what it says, with the variables that are free in it as parameters. So texts can be compared, kept and hashed.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import attrs
import z3

from namesrv.proofs.universe import Term

LARGE: Final = 160
"""Characters; a part that is longer gets a name of its own."""

Parts = tuple[str | int, ...]
"""Text, and in it the variables that are free there, by de Bruijn index."""


@attrs.frozen
class Said:
    """A term as text. `free`: its variables with their sorts; `height`: how deep quantifiers are nested in it.

    `needs`: the names of the definitions and symbols that it uses.
    """

    parts: Parts
    free: tuple[tuple[int, str], ...] = ()
    height: int = 0
    needs: frozenset[str] = frozenset()

    @property
    def length(self) -> int:
        """About how long the text is."""
        return sum(len(part) if isinstance(part, str) else 4 for part in self.parts)


class Writer:
    """Writes terms down, each part once. Terms that it has written are kept, so that they can be asked for again."""

    def __init__(self) -> None:
        self._said: dict[int, tuple[Term, Said]] = {}
        self._definitions: dict[str, tuple[str, frozenset[str], int]] = {}
        self._declarations: dict[str, str] = {}

    def question(self, hypotheses: Iterable[Term], goal: Term) -> str:
        """Whether the hypotheses entail the goal: unsat means yes."""
        said = [self._say(term) for term in hypotheses]
        asserted = [f"(assert {self._closed(s)})" for s in said]
        negated = self._say(goal)
        asserted.append(f"(assert (not {self._closed(negated)}))")
        needed = frozenset[str]().union(*(s.needs for s in said), negated.needs)
        lines = ["(set-logic ALL)"]
        lines += [self._declarations[name] for name in sorted(needed & self._declarations.keys(), key=self._rank)]
        used = sorted(needed & self._definitions.keys(), key=lambda name: (self._definitions[name][2], name))
        lines += [self._definitions[name][0] for name in used]
        return "\n".join([*lines, *asserted, "(check-sat)", ""])

    def text(self, term: Term) -> str:
        """A term's text, in which large parts are hashes: the same for the same term."""
        return self._closed(self._say(term))

    def _rank(self, name: str) -> tuple[int, str]:
        return (0 if self._declarations[name].startswith(("(declare-sort", "(declare-datatypes")) else 1, name)

    def _closed(self, said: Said) -> str:
        assert not said.free, f"a closed term: {said}"
        return "".join(str(part) for part in said.parts)

    def _say(self, term: Term) -> Said:
        mark = term.get_id()
        if mark not in self._said:
            self._said[mark] = (term, self._shortened(term, self._spelled(term)))
        return self._said[mark][1]

    def _spelled(self, term: Term) -> Said:
        if z3.is_quantifier(term):
            return self._quantified(term)
        if z3.is_var(term):
            index = z3.get_var_index(term)
            return Said((index,), ((index, term.sort().name()),), needs=self._sort(term.sort()))
        if z3.is_int_value(term):
            number = term.as_long()
            return Said((str(number) if number >= 0 else f"(- {-number})",))
        declared = term.decl()
        name = "ite" if declared.kind() == z3.Z3_OP_ITE else declared.name()
        needs = self._symbol(declared)
        if term.num_args() == 0:
            return Said((name,), needs=needs)
        parts: list[str | int] = [f"({name}"]
        free: dict[int, str] = {}
        height = 0
        for child in map(self._say, term.children()):
            parts += [" ", *child.parts]
            free.update(child.free)
            height = max(height, child.height)
            needs |= child.needs
        return Said((*parts, ")"), tuple(sorted(free.items())), height, needs)

    def _quantified(self, term: Term) -> Said:
        count = term.num_vars()
        body = self._say(term.body())
        names = [f"x{body.height}_{number}" for number in range(count)]
        needs = body.needs
        for number in range(count):
            needs |= self._sort(term.var_sort(number))
        bound = " ".join(f"({names[n]} {term.var_sort(n).name()})" for n in range(count))
        inner = [
            part if isinstance(part, str) else names[count - 1 - part] if part < count else part - count
            for part in body.parts
        ]
        free = tuple((index - count, sort) for index, sort in body.free if index >= count)
        binder = "forall" if term.is_forall() else "exists"
        return Said((f"({binder} ({bound}) ", *inner, ")"), free, body.height + 1, needs)

    def _shortened(self, term: Term, said: Said) -> Said:
        """With a name for it, if it is large."""
        if said.length <= LARGE:
            return attrs.evolve(said, parts=_joined(said.parts))
        at = {index: f"p{number}" for number, (index, _) in enumerate(said.free)}
        body = "".join(part if isinstance(part, str) else at[part] for part in said.parts)
        parameters = " ".join(f"({at[index]} {sort})" for index, sort in said.free)
        head = f"({parameters}) {term.sort().name()} {body})"
        name = f"d_{hashlib.sha256(head.encode()).hexdigest()[:16]}"
        if name not in self._definitions:
            rank = 1 + max((self._definitions[n][2] for n in said.needs if n in self._definitions), default=0)
            self._definitions[name] = (f"(define-fun {name} {head}", said.needs, rank)
        used: list[str | int] = [f"({name}" if said.free else name]
        for index, _ in said.free:
            used += [" ", index]
        return Said(_joined((*used, *([")"] if said.free else []))), said.free, 0, said.needs | {name})

    def _sort(self, sort: z3.SortRef) -> frozenset[str]:
        name = sort.name()
        if sort.kind() == z3.Z3_UNINTERPRETED_SORT:
            self._declarations.setdefault(name, f"(declare-sort {name} 0)")
            return frozenset({name})
        if sort.kind() == z3.Z3_DATATYPE_SORT:
            elements = " ".join(f"({sort.constructor(n).name()})" for n in range(sort.num_constructors()))
            self._declarations.setdefault(name, f"(declare-datatypes (({name} 0)) (({elements})))")
            return frozenset({name})
        return frozenset()

    def _symbol(self, declared: z3.FuncDeclRef) -> frozenset[str]:
        if declared.kind() == z3.Z3_OP_DT_CONSTRUCTOR:
            return self._sort(declared.range())
        if declared.kind() != z3.Z3_OP_UNINTERPRETED:
            return frozenset()
        name = declared.name()
        sorts = [declared.domain(number) for number in range(declared.arity())]
        arguments = " ".join(sort.name() for sort in sorts)
        self._declarations.setdefault(name, f"(declare-fun {name} ({arguments}) {declared.range().name()})")
        return frozenset({name}).union(*map(self._sort, sorts), self._sort(declared.range()))


def _joined(parts: Parts) -> Parts:
    """Neighbouring texts made one."""
    joined: list[str | int] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
