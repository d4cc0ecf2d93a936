"""The scoreboard: every NameServer that is known, clause by clause: `python -m bench.conformance [--only NAME]`.

Each release of Apache's and each profile of our server is held against its own profile, rocketmq-rust's NameServer against that
of the latest release. What came out is kept in docs/conformance/NAME.json; the page is made of those files (`--page`: only that).
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import click

from bench import conformance_page
from bench.rust_port import VERSION as RUST_VERSION
from bench.rust_port import RustPortFailed, rust_namesrv
from namesrv.check.clauses.clause_page import digest
from namesrv.check.clauses.judge import Judge
from namesrv.check.clauses.judged import Judged, Result, scoreboard
from namesrv.check.clauses.suite import SUITE
from namesrv.check.describe import describe_step
from namesrv.check.embedded import Embedded
from namesrv.check.not_available import NotAvailable, required
from namesrv.check.oracle import HOST, RELEASES, Oracle, OracleFailed
from namesrv.check.runner import Target
from namesrv.model.profiles import PROFILES

DOCS: Final = Path(__file__).parents[1] / "docs"
LATEST: Final = "apache-5.5.0"


@attrs.frozen
class Subject:
    """A NameServer to be held against a profile. `name`: also of its file; `departs`: whether it is known to depart."""

    name: str
    title: str
    profile: str
    start: Callable[[], AbstractContextManager[Target]]
    departs: bool = False


@contextmanager
def apache(release: str) -> Iterator[Target]:
    """The real one."""
    with Oracle(release) as oracle:
        yield Target(host=oracle.host, port=oracle.port)


@contextmanager
def ours(profile: str) -> Iterator[Target]:
    """Our server."""
    with Embedded(profile=profile) as server:
        yield Target(host=HOST, port=server.port)


SUBJECTS: Final = (
    *(Subject(name, f"Apache {RELEASES[name].version}", name, partial(apache, name)) for name in RELEASES),
    *(Subject(f"ours-{name}", f"ours, `{name}`", name, partial(ours, name)) for name in PROFILES),
    Subject(f"rust-{RUST_VERSION}", f"rocketmq-rust {RUST_VERSION}", LATEST, rust_namesrv, departs=True),
)


def judge(subject: Subject, on_judged: Callable[[Judged], None]) -> dict[str, Any]:
    """What its file holds. Raises `NotAvailable`, `OracleFailed`, `RustPortFailed`."""
    with subject.start() as target:
        report = Judge(target, PROFILES[subject.profile]).suite(SUITE, on_judged)
    return {
        "name": subject.name,
        "title": subject.title,
        "profile": subject.profile,
        "clauses": digest(SUITE),
        "stopped": report.stopped,
        "groups": {score.group: score.numbers for score in scoreboard(report.judged)},
        "departures": [_departure(judged) for judged in report.of(Result.VIOLATED)],
        "unknown": {judged.clause.slug: judged.reason for judged in report.of(Result.UNKNOWN)},
    }


def _departure(judged: Judged) -> dict[str, Any]:
    assert judged.finding is not None
    assert judged.rule is not None
    return {
        "slug": judged.clause.slug,
        "severity": judged.clause.severity.value,
        "sentence": judged.rule.sentence,
        "source": f"{judged.rule.source}, {judged.rule.tag}",
        "steps": [describe_step(step) for step in judged.steps],
        "what": judged.finding.what,
        "expected": list(judged.finding.expected),
        "got": judged.finding.got,
        "repeated": f"{judged.repeated} of {judged.again}",
    }


def documents() -> list[dict[str, Any]]:
    """What is kept, in the page's order."""
    files = (DOCS / "conformance" / f"{subject.name}.json" for subject in SUBJECTS)
    return [json.loads(file.read_text()) for file in files if file.exists()]


@click.command()
@click.option("--only", multiple=True, metavar="NAME", help="Only these: " + ", ".join(each.name for each in SUBJECTS))
@click.option("--page", is_flag=True, help="Judge nothing, make the page of what there is.")
def main(only: tuple[str, ...], page: bool) -> None:
    """Judge them, and write docs/conformance.md. Exit code 1 if one departs that is not known to, 2 if it is unknown."""
    if unknown := set(only) - {subject.name for subject in SUBJECTS}:
        raise click.UsageError(f"no such NameServer: {', '.join(sorted(unknown))}")
    folder = DOCS / "conformance"
    folder.mkdir(exist_ok=True)
    departs = unknown_yet = False
    for subject in SUBJECTS if not page else ():
        if only and subject.name not in only:
            continue
        try:
            with click.progressbar(length=len(SUITE), label=subject.name, file=sys.stderr) as bar:
                document = judge(subject, lambda judged: bar.update(1))
        except (NotAvailable, OracleFailed, RustPortFailed) as error:
            click.echo(f"conformance: {subject.name}: {error}", err=True)
            # What is not installed keeps the result that it has, unless NAMESRV_REQUIRE names it.
            unknown_yet = unknown_yet or not isinstance(error, NotAvailable) or error.what in required()
            continue
        (folder / f"{subject.name}.json").write_text(json.dumps(document, indent=1) + "\n")
        departs = departs or (bool(document["departures"]) and not subject.departs)
        unknown_yet = unknown_yet or bool(document["unknown"] or document["stopped"])
        click.echo(f"{subject.name}: {len(document['departures'])} depart, {len(document['unknown'])} unknown")
    (DOCS / "conformance.md").write_text(conformance_page.page(documents()))
    if departs:
        sys.exit(1)
    sys.exit(2 if unknown_yet else 0)


if __name__ == "__main__":
    main()
