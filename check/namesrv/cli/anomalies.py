"""`namesrv anomalies`: what breaks, found by exploration, told as stories, and tried on a NameServer."""

import shlex
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT
from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from namesrv.check.anomalies import Entry
    from namesrv.check.reproduce import Reproduction
    from namesrv.check.runner import Target
    from namesrv.model.profiles import Profile

    Told = Callable[[], Reproduction]
    """An anomaly's story, told when it is called."""


@click.command(name="anomalies", short_help="How a release breaks an invariant, as stories to try.")
@click.argument("slug", required=False)
@click.option("--profile", metavar="NAME", help="Only this profile's; with --against, what the NameServer behaves as.")
@click.option("--against", metavar="HOST:PORT", help="Try the stories on this NameServer.")
@click.option("--oracle", is_flag=True, help="Try them on the real NameServer of the profile, which this starts.")
@click.option("--own", is_flag=True, help="The NameServer is yours: try also what leaves traces that can't be removed.")
@click.option("--slow", is_flag=True, help="With --oracle: also what takes real time, some minutes.")
@click.option("--attempts", type=click.IntRange(min=1), default=100, show_default=True,
              help="For stories in which several things happen at once.")  # fmt: skip
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The result for machines.")
@click.option("--html", "html_file", type=NEW_FILE,
              help="The stories as a page, with drawings; beside it a page of each, step by step.")  # fmt: skip
@click.option("--markdown", type=NEW_FILE, help="Write the catalogue as a page.")
@click.option("--reproductions", type=click.Path(path_type=Path, exists=True, dir_okay=False), multiple=True,
              help="For --markdown: what --json wrote for a real NameServer.")  # fmt: skip
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="With --against: what exit code 0 stands for.")  # fmt: skip
def anomalies(
    slug: str | None,
    profile: str | None,
    against: str | None,
    oracle: bool,
    own: bool,
    slow: bool,
    attempts: int,
    json_file: Path | None,
    html_file: Path | None,
    markdown: Path | None,
    reproductions: tuple[Path, ...],
    expect: str,
) -> None:
    """Every way in which a release breaks an invariant of registration, or the one called SLUG.

    They are found by search in the model, some 30 seconds each time, and can be tried on a real NameServer: it is violated
    if an anomaly shows there.
    """
    from namesrv.model.profiles import PROFILES

    if profile is not None and profile not in PROFILES:
        raise click.UsageError(f"--profile: no {profile!r}{nearest(profile, list(PROFILES))}")
    if (against or oracle) and profile is None:
        raise click.UsageError("--profile: with --against or --oracle, say what the NameServer behaves as")
    if slow and not oracle:
        raise click.UsageError("--slow: needs --oracle, a NameServer that is started for each such story")
    if against and oracle:
        raise click.UsageError("--against, --oracle: expected one of them, got both")
    if reproductions and markdown is None:
        raise click.UsageError("--reproductions: needs --markdown")
    if slug is not None:
        _refuse_unknown(slug, profile)
    said = [_read(file) for file in reproductions]
    if against is not None:
        _probe(against)

    from namesrv.check.anomalies import catalogue

    entries = catalogue()
    if slug is not None:
        entries = tuple(entry for entry in entries if entry.slug == slug)
    if profile is not None and any(entry.of(PROFILES[profile]) for entry in catalogue()):
        entries = tuple(entry for entry in entries if entry.of(PROFILES[profile]))
    if html_file is not None:
        _write_html(html_file, entries)
    if markdown is not None:
        _write_page(markdown, said)
    elif against or oracle:
        assert profile is not None
        stage = partial(_stage, profile=PROFILES[profile], slow=slow) if oracle else _no_stage
        with _target(against, PROFILES[profile]) as target:
            tried = _try_all(entries, target, PROFILES[profile], own=own or oracle, attempts=attempts, stage=stage)
        _write_tried(json_file, profile, tried)
        _exit(tried, expect)
    elif slug is not None:
        _tell(entries[0], json_file)
    else:
        _list(entries, json_file)


def _refuse_unknown(slug: str, profile: str | None) -> None:
    """Before the search, by what it has come to before (`signs.json`). Raises `click.UsageError`."""
    from namesrv.check.audit.known import known
    from namesrv.model.profiles import PROFILES, registration_of

    slugs = {name: [anomaly.slug for anomaly in found] for name, found in known().items()}
    everything = list(dict.fromkeys(each for found in slugs.values() for each in found))
    if slug not in everything:
        raise click.UsageError(f"no anomaly {slug!r}{nearest(slug, everything)}")
    of_profile = [] if profile is None else slugs[registration_of(PROFILES[profile]).name]
    if of_profile and slug not in of_profile:
        raise click.UsageError(f"--profile: {profile} has no anomaly {slug!r}")


def _read(file: Path) -> Any:
    """What `--json` wrote of a real NameServer. Raises `click.UsageError`."""
    import orjson

    try:
        said = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise click.UsageError(f"--reproductions {file}: {error}") from error
    if not isinstance(said, dict) or not said.keys() >= {"profile", "catalogue", "tried"}:
        raise click.UsageError(f"--reproductions {file}: expected what --json wrote with --against or --oracle")
    return said


def _probe(against: str) -> None:
    """Before the search: whether anybody is there. Raises `click.ClickException`."""
    from namesrv.check.findings import Undecided
    from namesrv.check.probing import probe
    from namesrv.check.target import Target
    from namesrv.cli.check import parse_target

    host, port = parse_target(against)
    try:
        probe(Target(host=host, port=port))
    except Undecided as reason:
        raise click.ClickException(str(reason)) from reason


@contextmanager
def _target(against: str | None, profile: "Profile") -> "Iterator[Target]":
    from namesrv.check.oracle import Oracle
    from namesrv.check.runner import Target
    from namesrv.cli.check import parse_target

    if against is not None:
        host, port = parse_target(against)
        yield Target(host=host, port=port)
        return
    with Oracle(profile.name) as started:
        yield Target(host=started.host, port=started.port)


def _no_stage(entry: "Entry") -> None:
    """On somebody's NameServer nothing is staged."""
    del entry


def _stage(entry: "Entry", *, profile: "Profile", slow: bool) -> "Told | None":
    from namesrv.check.reproduce import takes_time
    from namesrv.check.staged import staged
    from namesrv.check.staging import staging_of

    anomaly, staging = entry.of(profile), staging_of(entry.slug)
    if anomaly is None or staging is None or (takes_time(anomaly) and not slow):
        return None
    return partial(staged, profile, anomaly, staging)


def _try_all(
    entries: "tuple[Entry, ...]",
    target: "Target",
    profile: "Profile",
    *,
    own: bool,
    attempts: int,
    stage: "Callable[[Entry], Told | None]",
) -> "dict[str, Reproduction]":
    """One after the other; but what is staged spends its time waiting, so all of that at once."""
    from rich.console import Console

    from namesrv.check.reproduce import reproduce

    console = Console()
    tried: dict[str, Reproduction] = {}
    with ThreadPoolExecutor() as pool:
        waiting = {entry.slug: pool.submit(_tried, act) for entry in entries if (act := stage(entry)) is not None}
        for entry in sorted(entries, key=lambda entry: entry.slug in waiting):
            if entry.slug in waiting:
                said = waiting[entry.slug].result()
            else:
                anomaly = entry.of(profile) or next(iter(entry.found.values()))
                said = _tried(partial(reproduce, target, profile, anomaly, own=own, attempts=attempts))
            tried[entry.slug] = said
            times = f" in {said.attempts} attempts" if said.attempts > 1 else ""
            detail = f": {said.detail}" if said.detail else ""
            console.print(f"{said.outcome.name.lower()}{times}  {entry.slug}{detail}", highlight=False, soft_wrap=True)
    return {entry.slug: tried[entry.slug] for entry in entries}


def _tried(act: "Told") -> "Reproduction":
    from namesrv.check.findings import Undecided
    from namesrv.check.oracle import OracleFailed
    from namesrv.check.reproduce import Outcome, Reproduction

    try:
        return act()
    except (Undecided, OracleFailed) as why:
        return Reproduction(outcome=Outcome.UNDECIDED, detail=str(why))


def _exit(tried: "dict[str, Reproduction]", expect: str) -> None:
    from namesrv.check.reproduce import Outcome

    outcomes = {said.outcome for said in tried.values()}
    if Outcome.REPRODUCED in outcomes:
        sys.exit(0 if expect == "violated" else 1)
    if outcomes == {Outcome.ABSENT}:
        sys.exit(1 if expect == "violated" else 0)
    sys.exit(EXIT_UNKNOWN)


def _list(entries: "tuple[Entry, ...]", json_file: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from namesrv.cli.results import write_json

    console = Console()
    table = Table(title=f"{len(entries)} anomalies", title_justify="left")
    for column in ("slug", "found in", "breaks"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        table.add_row(entry.slug, ", ".join(entry.found), ", ".join(sorted(entry.breaks)))
    console.print(table)
    write_json(json_file, [_as_data(entry) for entry in entries])


def _tell(entry: "Entry", json_file: Path | None) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    from namesrv.check.anomaly_story import page_of
    from namesrv.cli.results import write_json

    Console().print(Markdown(page_of(entry)))
    write_json(json_file, [_as_data(entry)])


def _as_data(entry: "Entry") -> dict[str, Any]:
    from namesrv.check.anomalies import issues_of
    from namesrv.check.anomaly_story import sentence

    return {
        "slug": entry.slug,
        "breaks": sorted(entry.breaks),
        "profiles": {
            name: {"story": [sentence(told) for told in anomaly.story], "heals": entry.remedies[name].value}
            for name, anomaly in entry.found.items()
        },
        "upstream": [issue["number"] for issue in issues_of(entry)],
    }


def _write_tried(json_file: Path | None, profile: str, tried: "dict[str, Reproduction]") -> None:
    from namesrv.check.anomalies import digest
    from namesrv.cli.results import write_json
    from namesrv.model.profiles import PROFILES

    rows = {
        slug: {"outcome": said.outcome.name.lower(), "attempts": said.attempts, "detail": said.detail}
        for slug, said in tried.items()
    }
    write_json(json_file, {"profile": profile, "catalogue": digest(PROFILES[profile]), "tried": rows})


def _write_html(file: Path, entries: "tuple[Entry, ...]") -> None:
    from namesrv.check.anomaly_story import section_of
    from namesrv.check.recorded.runs import book_of_anomaly
    from namesrv.check.recorded.show import BooksBeside
    from namesrv.check.report_page import Page, write
    from namesrv.cli.results import typed_again
    from namesrv.model.profiles import PROFILES

    title = f"{len(entries)} anomalies of registration" if len(entries) != 1 else entries[0].slug
    lead = (
        "Ways in which a release breaks an invariant of registration, found by exploration, the shortest story of each."
    )
    command = shlex.join(typed_again(without=frozenset()))
    beside, sections = BooksBeside(file), []
    for entry in entries:
        profile, anomaly = next(iter(entry.found.items()))
        sections.append(section_of(entry, (beside.add(book_of_anomaly(anomaly, PROFILES[profile], entry.slug)),)))
    write(file, Page(title=title, lead=lead, sections=tuple(sections), command=command))


def _write_page(markdown: Path, reproductions: list[Any]) -> None:
    from namesrv.check.anomaly_page import page

    markdown.write_text(page(reproductions), encoding="utf-8")
