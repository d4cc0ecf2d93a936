"""The relation against the Python `step`: from one situation, with one event, do both come to the same?

Z3 evaluates the relation's own expressions under values made from the model's state (`encode`). A way of the relation is a
transition of the event's kind, with a choice of what the event does not say (which address a closed connection is found to speak
for), whose guard is true; `after` is a function, so each way has one end. The model's ends are those of every choice it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

import attrs
import z3

from namesrv.model.profiles import Profile
from namesrv.proofs.encode import TELLERS, Encoder, Key, Situation, Tables, Valuation, looked_at
from namesrv.proofs.happenings import NEXT_PLACE, End, Happening, Removed
from namesrv.proofs.invariants import INVARIANTS
from namesrv.proofs.parameters import Parameters, signature
from namesrv.proofs.state import TABLES, State, relation
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.transitions import TRANSITIONS
from namesrv.proofs.universe import Term, Universe, conj

FOUND: Final = "channel_destroy/found"
REMOVED: Final = "channel_destroy/removed-at-once"

OTHER_NAMES: Final = {
    "query_data_version/part-null": {"body", "body-absent", "part-null"},
    "get_route_info_by_topic/any": {"found", "not-found"},
    "get_broker_cluster_info/any": {"found"},
    "get_all_topic_list/any": {"found"},
    "unknown_request/any": {"not-supported", "not-answered"},
    "channel_closed/lost": {"lost"},
    "register_topic_in_namesrv/body": {"body", "body-absent"},
}
"""Rows of the relation that are several of the model's, none of which changes anything."""


@attrs.frozen(kw_only=True)
class Way:
    """One way in which the relation may go."""

    transition: str
    after: Tables
    refused: bool
    went_back: bool
    hand_is_left: bool


@attrs.frozen(kw_only=True)
class Difference:
    """Where the two part. `lines`: what differs, for people."""

    happening: Happening
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n  ".join((str(self.happening), *self.lines))


class Relation:
    """One profile's transitions, their expressions over the keys of a finite universe made once."""

    def __init__(self, profile: Profile, u: Universe, transitions: Mapping[str, Transition] = TRANSITIONS) -> None:
        self.profile = profile
        self.encoder = Encoder(u)
        self.before = State.named(u, "0")
        self.p = Parameters.numbered(u, "0")
        made = {name: t.step(self.before, self.p, profile) for name, t in transitions.items()}
        self.steps: dict[str, Step] = {name: step for name, step in made.items() if step is not None}
        self._after = {name: dict(self._changed(step)) for name, step in self.steps.items()}
        self._bits = {
            name: {table: _packed(entries) for table, entries in after.items() if TABLES[table].result == "Bool"}
            for name, after in self._after.items()
        }
        self._guards: dict[tuple[str, ...], Term] = {}
        self._uses = {
            name: used_by(
                [*step.guard.values(), *(term for entries in self._after[name].values() for _, term in entries)]
            )
            for name, step in self.steps.items()
        }
        self._last: tuple[Situation, Tables, Valuation] | None = None
        self._invariants: dict[str, Term] = {}
        self.fired: dict[str, int] = dict.fromkeys(self.steps, 0)

    def _changed(self, step: Step) -> Iterator[tuple[str, list[tuple[Key, Term]]]]:
        for table in sorted(step.after.changed_from(self.before)):
            function = getattr(step.after, table)
            keys = self.encoder.u.tuples(TABLES[table].keys)
            yield table, [(tuple(map(self.encoder.value, key)), function(*key)) for key in keys]

    def _known(self, told: Tables) -> Tables:
        """Without zone names where the release has none: there they are anything."""
        return told if self.profile.acting_master else told | {"zone_of": {}}

    def valuation(self, situation: Situation, rng: Random) -> tuple[Tables, Valuation]:
        """The tables, and Z3's model of them. What nothing can be asked about is drawn once for each situation."""
        if self._last is None or self._last[0] is not situation:
            before = self._known(self.encoder.tables(situation))
            made = Valuation(self.encoder, rng)
            made.state(before, "0")
            self._last = (situation, before, made)
        return self._last[1], self._last[2]

    def _tell(self, known: Valuation, parameters: Tables) -> None:
        for name, (keys, result, entries) in self.encoder.fixed().items():
            known.put(name, keys, result, entries, free=False)
        for field in attrs.fields_dict(Parameters):
            keys, result = signature(field)
            known.put(f"p_{field}_0", keys, result, parameters.get(field, {}), free=result != "Bool")

    def ways(self, situation: Situation, happening: Happening, rng: Random) -> list[Way]:
        """Every way. Raises `OutOfScope`."""
        before, known = self.valuation(situation, rng)
        self._tell(known, happening.parameters(self.encoder, self.profile))
        names = [
            name for name in self.steps if happening.is_of(name) and (name != REMOVED or isinstance(happening, Removed))
        ]
        fields = happening.choices(self.profile)
        found = [way for name in names for way in self._ways_of(name, before, known, fields)]
        return [end for way in found for end in self._to_the_end(way, rng)]

    def _ways_of(self, name: str, before: Tables, known: Valuation, fields: tuple[str, ...]) -> Iterator[Way]:
        used = [field for field in fields if field in self._uses[name]]
        for _ in self._chosen(known, used, known.partly(self._guard(name, used))):
            yield self._way(name, before, known)

    def _to_the_end(self, way: Way, rng: Random) -> Iterator[Way]:
        """4.9.7's close with nobody in between: what was found is removed."""
        if way.transition != FOUND:
            yield way
            return
        known = Valuation(self.encoder, rng)
        known.state(way.after, "0")
        self._tell(known, {})
        yield from self._ways_of(REMOVED, way.after, known, ("addr", "again", "name", "broker_id", *NEXT_PLACE))

    def _later(self, field: str) -> Term:
        return self.encoder.u.const(f"later_{field}", signature(field)[1])

    def _guard(self, name: str, fields: list[str]) -> Term:
        """With these parameters under other names."""
        if (name, *fields) not in self._guards:
            guard = conj(*self.steps[name].guard.values())
            pairs = [(getattr(self.p, field), self._later(field)) for field in fields]
            self._guards[name, *fields] = z3.substitute(guard, *pairs) if pairs else guard
        return self._guards[name, *fields]

    def _chosen(self, known: Valuation, fields: list[str], guard: Term) -> Iterator[None]:
        """Puts every value of these parameters for which the guard is true, one after the other.

        In the guard they stand under other names, which no value is known of: so it can be false before all are chosen. Of an
        element that it does not ask about, one is drawn: nothing can come of it but what comes of any.
        """
        guard = z3.simplify(guard)
        if z3.is_false(guard):
            return
        if not fields:
            yield
            return
        keys, sort = signature(fields[0])
        elements = self.encoder.u.elements[sort]
        if sort != "Bool" and fields[0] not in used_by([guard], "later_"):
            elements = (known.rng.choice(elements),)
        for element in elements:
            known.put(f"p_{fields[0]}_0", keys, sort, {(): self.encoder.value(element)}, free=False)
            chosen = z3.substitute(guard, (self._later(fields[0]), element))
            yield from self._chosen(known, fields[1:], chosen)

    def _way(self, name: str, before: Tables, known: Valuation) -> Way:
        self.fired[name] += 1
        step = self.steps[name]
        after = dict(before)
        for table, entries in self._after[name].items():
            if table in self._bits[name]:
                bits = int(known.eval(self._bits[name][table]))
                after[table] = {key: True for number, (key, _) in enumerate(entries) if bits >> number & 1}
        for table, entries in self._after[name].items():
            if table not in self._bits[name]:
                teller = TELLERS[table]
                size = len(TABLES[teller].keys)
                after[table] = {key: known.eval(term) for key, term in entries if key[:size] in after[teller]}
        back, left = (flag is not None and bool(known.eval(flag)) for flag in (step.went_back, step.hand_is_left))
        return Way(
            transition=name,
            after=self._known(looked_at(after)),
            refused=step.refused,
            went_back=back,
            hand_is_left=left,
        )

    def compare(self, situation: Situation, happening: Happening, rng: Random) -> tuple[list[End], Difference | None]:
        """The model's ends, and how the relation's differ from them, if they do. Raises `OutOfScope`."""
        ends = happening.ends(situation, self.profile)
        ways = self.ways(situation, happening, rng)
        lines: list[str] = []
        expected = [(end, self._known(self.encoder.tables(end.after))) for end in ends]
        for way in ways:
            same = [end for end, tables in expected if tables == way.after]
            if not same:
                nearest = [f"not {line}" for _, tables in expected[:1] for line in differences(way.after, tables)]
                lines.append(f"{way.transition}: {'; '.join(nearest) or 'the model does nothing'}")
            elif not any(_agree(way, end) for end in same):
                lines.append(
                    f"{way.transition}, refused {way.refused}, went back {way.went_back}: the model {same[0].said}"
                )
        for end, tables in expected:
            if not any(way.after == tables for way in ways):
                lines.append(f"the model {end.said}: {len(ways)} ways of the relation, none of them")
        if happening.is_determined and len(ways) > 1:
            lines.append(f"guards overlap: {', '.join(way.transition for way in ways)}")
        return ends, Difference(happening=happening, lines=tuple(lines)) if lines else None

    def kept(self, situation: Situation, rng: Random) -> dict[str, bool]:
        """Which of the relation's invariants of states hold there, as Z3 evaluates them. Raises `OutOfScope`."""
        _, known = self.valuation(situation, rng)
        self._tell(known, {})
        if not self._invariants:
            self._invariants |= {name: i.holds(self.before, self.profile) for name, i in INVARIANTS.items()}
        return {name: bool(known.eval(term)) for name, term in self._invariants.items()}

    def other_successor(self, situation: Situation, happening: Happening, rng: Random) -> bool | None:
        """Asks a solver whether the event may lead anywhere but where the (one) way says; `None` if it may lead nowhere."""
        (way,) = self.ways(situation, happening, rng)
        known = self.valuation(situation, rng)[1]
        post = State.named(self.encoder.u, "1")
        solver = z3.Solver()
        for table in TABLES.values():
            here = getattr(self.before, table.name)
            solver.add(*(here(*k) == known.model.eval(here(*k), True) for k in self.encoder.u.tuples(table.keys)))
        for declared in known.model.decls():
            if declared.name().startswith("p_") or declared.name() in self.encoder.fixed():
                keys = self.encoder.u.tuples(_sorts(declared.name()))
                solver.add(*(declared(*k) == known.model.eval(declared(*k), True) for k in keys))
        steps = [step for name, step in self.steps.items() if happening.is_of(name)]
        solver.add(z3.Or(*(relation(conj(*step.guard.values()), step.after, post) for step in steps)))
        if solver.check() != z3.sat:
            return None
        step = self.steps[way.transition]
        is_another = []
        for table in TABLES.values():
            there, then = getattr(post, table.name), getattr(step.after, table.name)
            keys = self.encoder.u.tuples(table.keys)
            is_another += [there(*k) != known.model.eval(then(*k), True) for k in keys]
        solver.add(z3.Or(*is_another))
        said = solver.check()
        assert said != z3.unknown, "a finite question"
        return bool(said == z3.sat)


def _packed(entries: list[tuple[Key, Term]]) -> Term:
    """Truth values as the bits of one number, to be evaluated at once."""
    return z3.Sum([z3.If(term, z3.IntVal(1 << number), z3.IntVal(0)) for number, (_, term) in enumerate(entries)])


def used_by(terms: list[Term], prefix: str = "p_") -> frozenset[str]:
    """The parameters in them, by the name of the field."""
    seen, found, todo = set[int](), set[str](), list(terms)
    while todo:
        term = todo.pop()
        if term.get_id() in seen:
            continue
        seen.add(term.get_id())
        name = term.decl().name()
        if name.startswith(prefix) and term.num_args() == 0:
            found.add(name.removeprefix(prefix).removesuffix("_0"))
        todo += term.children()
    return frozenset(found)


def _sorts(name: str) -> tuple[str, ...]:
    """What a parameter or a fixed function is a function of."""
    if name.startswith("p_"):
        return signature(name.removeprefix("p_").removesuffix("_0"))[0]
    return ("Config",) if name in ("wiped", "writable") else ("Version",)


def _agree(way: Way, end: End) -> bool:
    kind, rule = way.transition.split("/")
    rules = OTHER_NAMES.get(way.transition, {rule})
    is_read = kind.startswith("get_") or kind == "unknown_request"
    return (
        bool(rules & end.rules)
        and (is_read or end.refused is None or end.refused == way.refused)
        and ("VersionMonotonicity" in end.broken) == way.went_back
        and ("HandGivesWay" in end.broken) == way.hand_is_left
    )


def differences(one: Tables, other: Tables) -> Iterator[str]:
    """Where two states differ, in numbers."""
    for table in TABLES:
        for key in {**one[table], **other[table]}:
            here, there = one[table].get(key), other[table].get(key)
            if here != there:
                yield f"{table}{key}: {here}, but {there}"
