"""What changes from one profile to another, field by field, each with the shortest case of the suite that shows it.

Nothing here says what shows a field: our server of one profile meets the model of the same profile with that field changed, and
the suite's cases are tried, shortest first; the first that fails is cut down, step by step.
"""

import ast
import inspect
import itertools
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from typing import Any, Final

import attrs

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.on_our_server import PATIENCE_MS, Servers, fault_of
from namesrv.check.clauses.suite import SUITE
from namesrv.check.describe import describe_step
from namesrv.check.findings import Finding, Suspicious, Violation
from namesrv.check.steps import Open, Step
from namesrv.model.profiles import PROFILES, Profile

NOT_TOLD: Final = {
    "name": "a name",
    "scan_interval_ms": "cases say when it is scanned",
    "first_scan_ms": "cases say when it is scanned",
    "internal_step_deadline_ms": "how long the check waits",
    "atomic_requests": "what others may see in the middle of a request; whoever lets nobody look is right, too",
    "in_order": "whoever keeps the order is right, too",
    "route_encoded_after_lock": "what a route may be while something in it changes; whoever encodes it before is right, too",
    "sorts_config": "whoever lists options by name is right where any order is, too",
    "ready_check_breaks": "with the option needWaitForService only, and then a run could not see what is queued",
    "cluster_test_answers_everything": "with the option clusterTest only, and then nobody can register",
}
"""Fields that no case of the suite tells of, and why."""


@attrs.frozen(kw_only=True)
class Shown:
    """A case that tells two profiles apart, cut down. `clause`: the slug it comes from.

    `finding`: *expected* by the profile with the field changed, *got* from the unchanged one.
    """

    clause: str
    steps: tuple[Step, ...]
    finding: Finding


@attrs.frozen(kw_only=True)
class Difference:
    """`about`: the field's meaning and source; `before`, `after`: its values; `shown`: what tells them apart.

    `server`, `model`: whose server is not whose model then. Mostly the earlier release's, unless the change has no effect there.
    """

    field: str
    about: str
    before: str
    after: str
    server: str
    model: str
    shown: Shown | None = None

    def told(self) -> list[str]:
        """The case, a line each, and what comes of it with either; or one line that says why none is shown."""
        if self.shown is None:
            return [f"Not shown: {NOT_TOLD.get(self.field, 'alone it has no effect that a case of the suite shows')}."]
        finding = self.shown.finding
        return [
            *(describe_step(step) for step in self.shown.steps if not isinstance(step, Open)),
            f"then {finding.what}",
            f"  {self.server}: {finding.got}",
            *(f"  as {self.model}: {expected}" for expected in finding.expected),
        ]


@cache
def abouts() -> dict[str, str]:
    """What stands under each field in `Profile`'s source."""
    (made,) = ast.parse(inspect.getsource(Profile)).body
    assert isinstance(made, ast.ClassDef)
    told: dict[str, str] = {}
    for field, after in zip(made.body, [*made.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            is_told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            text = str(after.value.value) if is_told else _of_the_kind(field.target.id)  # type: ignore[union-attr]
            told[field.target.id] = " ".join(text.split())
    return told


def _of_the_kind(field: str) -> str:
    """A field without a text of its own has the text of its enumeration."""
    kind = attrs.fields_dict(Profile)[field].type
    return inspect.getdoc(kind) or "" if isinstance(kind, type) and issubclass(kind, Enum) else ""


def written(value: Any) -> str:
    """A field's value, for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case frozenset():
            return ", ".join(sorted(map(str, value)))
        case _:
            return str(value)


def _values(before: Any, after: Any) -> tuple[str, str]:
    """Of options only those that the other has not."""
    if isinstance(before, tuple) and isinstance(after, tuple):
        more = [[each for each in one if each not in other] for one, other in ((before, after), (after, before))]
        gone, come = (", ".join(f"{each.key}={each.default}" for each in some) or "-" for some in more)
        return gone, come
    return written(before), written(after)


def changed_fields(before: Profile, after: Profile) -> list[str]:
    """Those with different values, but for the name."""
    fields = [field.name for field in attrs.fields(Profile) if field.name != "name"]
    return [name for name in fields if getattr(before, name) != getattr(after, name)]


def differences(before: Profile, after: Profile, clauses: Sequence[Clause] = SUITE) -> Iterator[Difference]:
    """Each field that differs, as soon as it is known what shows it: a few seconds each."""
    for field in changed_fields(before, after):
        was, becomes = _values(getattr(before, field), getattr(after, field))
        found = Difference(
            field=field, about=abouts()[field], before=was, after=becomes, server=before.name, model=after.name
        )
        if field not in NOT_TOLD:
            forth = shortest(before, attrs.evolve(before, **{field: getattr(after, field)}), clauses)
            back = None if forth else shortest(after, attrs.evolve(after, **{field: getattr(before, field)}), clauses)
            found = attrs.evolve(found, shown=forth or back)
            if back is not None:
                found = attrs.evolve(found, server=after.name, model=before.name)
        yield found


def shortest(server: Profile, model: Profile, clauses: Sequence[Clause] = SUITE) -> Shown | None:
    """The shortest case that shows that our server of the one profile is not the other, cut down."""
    hasty = attrs.evolve(model, internal_step_deadline_ms=PATIENCE_MS)
    with Servers(server.name) as servers:
        for clause in sorted(clauses, key=lambda clause: (len(clause.steps), clause.slug)):
            if clause.rule(server) is None:
                continue
            finding = _finding(clause, hasty, servers)
            if finding is not None:
                return _cut_down(clause, finding, hasty, servers)
    return None


def _finding(clause: Clause, model: Profile, servers: Servers) -> Finding | None:
    with servers.serving(clause) as there:
        error = fault_of(clause, model, there)
    return error.finding if isinstance(error, Violation | Suspicious) else None


def _cut_down(clause: Clause, finding: Finding, model: Profile, servers: Servers) -> Shown:
    """Without the steps that are not needed; from the last to the first, so that an order of events stays one."""
    steps = clause.steps
    for index in reversed(range(len(steps))):
        if isinstance(steps[index], Open):
            continue
        fewer = attrs.evolve(clause, steps=steps[:index] + steps[index + 1 :])
        found = _finding(fewer, model, servers)
        if found is not None:
            steps, finding = fewer.steps, found
            clause = fewer
    return Shown(clause=clause.slug, steps=steps, finding=finding)


RELEASES: Final = tuple(sorted((p for p in PROFILES.values() if p.name != "strict"), key=lambda p: p.mq_version))
"""The oldest first."""

PAIRS: Final = (*itertools.pairwise(RELEASES), (PROFILES["apache-5.5.0"], PROFILES["strict"]))
"""Each release and the next; and what our repairs change."""
