"""`docs/clauses.md`: what the suite asks of a NameServer, clause by clause, with the cases that show it."""

from collections.abc import Iterable, Iterator
from typing import Final

from namesrv.check import stamp
from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.selecting import groups, rules_of
from namesrv.check.describe import describe_step
from namesrv.check.steps import Open
from namesrv.model.profiles import PROFILES

MADE: Final = "`namesrv check --list --markdown docs/clauses.md`"

HEAD: Final = """# Clauses

Generated: {made}. Do not edit.

What `namesrv check HOST:PORT --profile P` asks of a NameServer before it generates sequences: {count} clauses in {groups} groups.
*must*: otherwise routes are wrong or lost; *should*: answers differ; *may*: wording. What is expected in a case is what the
profile's model says, so a case serves every release. Slugs last: [what is promised](check.md).

| about | must | should | may |
|---|---|---|---|
{counts}

"""


def digest(clauses: Iterable[Clause]) -> str:
    """A hash of all that the page says of them."""
    return stamp.digest("\n".join(_told(clauses)))


def page(clauses: Iterable[Clause]) -> str:
    """The page."""
    every = tuple(clauses)
    by_group = groups(every)
    counts = (
        f"| [{group}](#{group}) | " + " | ".join(_count(members, severity) for severity in Severity) + " |"
        for group, members in by_group.items()
    )
    head = HEAD.format(made=MADE, count=len(every), groups=len(by_group), counts="\n".join(counts))
    return stamp.stamped(head + "\n".join(_told(every)), digest(every))


def _count(clauses: Iterable[Clause], severity: Severity) -> str:
    return str(sum(clause.severity is severity for clause in clauses) or "")


def _told(clauses: Iterable[Clause]) -> Iterator[str]:
    for group, members in groups(clauses).items():
        yield f"## {group}\n"
        for clause in members:
            yield from _clause(clause)


def _clause(clause: Clause) -> Iterator[str]:
    told = sorted(need.told.replace(need.option, f"`{need.option}`") for need in clause.needs)
    needs = "".join(f", only {each}" for each in told)
    yield f"### {clause.slug}\n"
    yield f"*{clause.severity.value}*{needs}.\n"
    for rule, names in rules_of(clause):
        whom = "" if len(names) == len(PROFILES) else f" ({', '.join(names)})"
        yield f"- {rule.sentence} `{rule.source}`, {rule.tag}{whom}"
    yield "\n```"
    yield from (describe_step(step) for step in clause.steps if not isinstance(step, Open))
    yield "```\n"
