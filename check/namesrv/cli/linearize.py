"""`namesrv linearize HOST:PORT`: can what concurrent clients were answered have been answered one by one?"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT
from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from namesrv.check.concurrent.linearizing import Caught, Linearized
    from namesrv.check.recording import Event, Head
    from namesrv.model.options import Options
    from namesrv.model.profiles import Profile


@click.command(name="linearize", short_help="Clients that ask at once: does an order explain it?")
@click.argument("target", metavar="[HOST:PORT]", required=False)
@click.option("--recording", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Judge this round, recorded earlier (--save), and ask nobody.")  # fmt: skip
@click.option("--names", default="", metavar="PREFIX", help="With --recording: look only at names that begin so.")
@click.option("--profile", "name", default="strict", show_default=True, metavar="NAME",
              help="The release that the NameServer is.")  # fmt: skip
@click.option("--clients", default=3, show_default=True, type=click.IntRange(1, 32), help="So many ask at once.")
@click.option("--requests", default=4, show_default=True, type=click.IntRange(min=1),
              help="Of each client, in a round.")  # fmt: skip
@click.option("--rounds", default=50, show_default=True, type=click.IntRange(min=1), help="Each has names of its own.")
@click.option("--seed", type=click.IntRange(min=0), help="Ask the same again.  [default: a new one]")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="What it was started with.")
@click.option("--places", default=20_000, show_default=True, type=click.IntRange(min=1),
              help="Look at so many states of the search for an order, in each round; more is unknown.")  # fmt: skip
@click.option("--shrink", "shrink_s", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
              help="Look so long for the least that is as impossible.")  # fmt: skip
@click.option("--tls", is_flag=True, help="Speak TLS; the certificate has to be one that the system trusts.")
@click.option("--tls-ca", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Trust this PEM certificate; implies --tls.")  # fmt: skip
@click.option("--tls-insecure", is_flag=True, help="Do not look at the certificate; implies --tls.")
@click.option("--save", type=NEW_FILE, default=Path("namesrv-linearize.jsonl"), show_default=True,
              help="Where the recording of a round goes that nothing explains.")  # fmt: skip
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The result for machines.")
@click.option("--html", "html_file", type=NEW_FILE, help="The result as a page, with a drawing of what overlaps.")
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
def linearize(
    target: str | None,
    recording: Path | None,
    names: str,
    name: str,
    clients: int,
    requests: int,
    rounds: int,
    seed: int | None,
    options: tuple[str, ...],
    places: int,
    shrink_s: float,
    tls: bool,
    tls_ca: Path | None,
    tls_insecure: bool,
    save: Path,
    json_file: Path | None,
    html_file: Path | None,
    expect: str,
) -> None:
    """Let clients ask the NameServer at HOST:PORT at once: is there an order that explains all their answers?

    The NameServer may be in use: each round has names of its own, and removes them. A round that nothing explains is kept, and
    can be judged again by itself (--recording).
    """
    import secrets

    from namesrv.check.concurrent.linearizing import Rounds, as_document, judge_recording
    from namesrv.check.concurrent.linearizing import linearize as run
    from namesrv.check.concurrent.ordering import MAX_PLACES
    from namesrv.check.findings import Undecided
    from namesrv.check.probing import probe
    from namesrv.check.runner import Target
    from namesrv.check.search import new_run_name
    from namesrv.cli.check import parse_target, start_options, tls_context, tls_words
    from namesrv.cli.results import code_of, write_json
    from namesrv.model.options import started
    from namesrv.model.profiles import PROFILES

    if name not in PROFILES:
        raise click.UsageError(f"--profile: no {name!r}{nearest(name, list(PROFILES))}")
    if (target is None) == (recording is None):
        raise click.UsageError("expected HOST:PORT or --recording FILE")
    profile, given = PROFILES[name], start_options(None, options)
    begun_with = started(profile.settings, given, trims=profile.trims_config)
    words = [word for key, value in given.items() for word in ("--option", f"{key}={value}")]
    words += [] if places == MAX_PLACES else ["--places", str(places)]
    if recording is not None:
        events, where = _events(recording)
        report = judge_recording(
            events, where, profile, names, options=begun_with, max_places=places, shrink_s=shrink_s
        )
        again = f"namesrv linearize --recording {recording} --profile {name}{f' --names {names}' if names else ''}"
    else:
        assert target is not None
        host, port = parse_target(target)
        context = tls_context(tls_ca, insecure=tls_insecure) if tls or tls_ca or tls_insecure else None
        chosen = Target(host=host, port=port, tls=context)
        try:
            probe(chosen)
        except Undecided as reason:
            raise click.ClickException(str(reason)) from reason
        seed = secrets.randbelow(1 << 32) if seed is None else seed
        asked = Rounds(clients=clients, requests=requests, rounds=rounds, seed=seed)
        with click.progressbar(length=rounds, label=f"{name} at {target}", file=sys.stderr) as bar:
            report = run(chosen, profile, asked, new_run_name(), options=begun_with, max_places=places,
                         shrink_s=shrink_s, on_round=lambda _: bar.update(1))  # fmt: skip
        again = f"namesrv linearize {target} --profile {name} --clients {clients} --requests {requests} --seed {seed}"
        words += ["--rounds", str(report.rounds if report.caught else rounds)]
        words += tls_words(tls, tls_ca, insecure=tls_insecure)
    again = " ".join([again, *words])
    _tell(report)
    least: list[str] = []
    if report.caught is not None:
        least = report.caught.lines(profile)
        _tell_caught(report.caught, least)
        if recording is None:
            try:
                judge_again = _saved(save, report.target, report.caught, name, given.items())
                click.echo(f"Judged again: {judge_again}")
            except OSError as error:  # --save has a default, whose folder may be read-only
                click.echo(f"The round is not kept: {error}")
    click.echo(f"Again: {again}")
    write_json(json_file, {**as_document(report, least), "command": again})
    if html_file is not None:
        _page(html_file, report, profile, begun_with, again)
    code = code_of([report.verdict])
    sys.exit(code if code == EXIT_UNKNOWN else code ^ (expect == "violated"))


def _tell(report: "Linearized") -> None:
    asked = report.asked
    rounds = f"{report.rounds:,} round{'' if report.rounds == 1 else 's'} of {asked.clients} clients"
    click.echo(
        f"{report.verdict.value}: {report.target} as {report.profile}: {rounds}, {report.requests:,} requests, seed {asked.seed}",
    )
    click.echo(
        f"  {report.overlapping:,} times two requests overlapped of which one may change something; {report.overtaken:,} answers "
        f"overtook earlier requests; {report.explained:,} answers explained; at most {report.most_places:,} states "
        f"looked at for a round, {report.slowest_s:.1f} s",
    )
    for reason in report.why_unknown:
        click.echo(f"  not decided: {reason}")
    if report.left_behind:
        click.echo(f"  could not be removed: {report.left_behind} names")


def _tell_caught(caught: "Caught", least: list[str]) -> None:
    found, names = caught.judged.impossible, caught.history.names
    assert found is not None
    lines = [f"  round {caught.number}, connection {found.connection}: {found.finding.what}"]
    lines += [f"    {'or      ' if n else 'possible'}  {text}" for n, text in enumerate(found.finding.expected)]
    lines += [
        f"    got       {found.finding.got}",
        "",
        "The least of it (names without the round's prefix):",
        *least,
        "",
    ]
    click.echo("\n".join(line.replace(names, "") for line in lines))


def _events(recording: Path) -> "tuple[tuple[Event, ...], str]":
    """What is in the file, and whose it is. Raises `click.ClickException`."""
    from namesrv.check.recorded.stream import Stream
    from namesrv.check.recording import RecordingError

    try:
        stream = Stream(recording)
        return tuple(stream), stream.head.upstream
    except (RecordingError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _head(where: str) -> "Head":
    import datetime
    from importlib.metadata import version

    from namesrv.check.recording import Head

    started = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Head(started=started, listen=where, upstream=where, made_by=f"namesrv {version('namesrv')}")


def _saved(save: Path, where: str, caught: "Caught", profile: str, options: Iterable[tuple[str, str]]) -> str:
    """Writes the round's recording; the command that judges it once more."""
    from namesrv.check.recording_file import RecordingWriter

    save.unlink(missing_ok=True)  # an earlier run's
    with RecordingWriter(save, _head(where)) as writer:
        for event in caught.history.events:
            writer.write(event)
    words = [f"namesrv linearize --recording {save} --profile {profile} --names {caught.history.names}"]
    return " ".join([*words, *(f"--option {key}={value}" for key, value in options)])


def _page(file: Path, report: "Linearized", profile: "Profile", options: "Options", again: str) -> None:
    from markupsafe import Markup

    from namesrv.check.concurrent.bars import bars_of, drawing
    from namesrv.check.concurrent.story import story_of
    from namesrv.check.recorded.seen import Start
    from namesrv.check.recorded.show import book_of_recording
    from namesrv.check.recorded.show import write as write_run
    from namesrv.check.report_page import Page, Section, write

    sections: tuple[Section, ...] = ()
    caught = report.caught
    if caught is not None:
        assert caught.judged.impossible is not None
        events, kept = caught.history.events, {id(event) for event in caught.least}
        story = story_of(events[: caught.judged.impossible.event + 1], profile, caught.history.names)
        needed = (number for number, event in enumerate(events) if id(event) in kept)
        bars = bars_of(story, caught.judged.impossible, needed, caught.history.names)
        run = file.with_name(f"{file.stem}-run.html")
        head = _head(report.target)
        write_run(run, book_of_recording(caught.least, head, profile, Start.EMPTY, options, caught.history.names))
        title = f"Round {caught.number}: no order explains these answers"
        sections = (
            Section(
                title=title,
                paragraphs=(
                    "A bar is a request, from its sending to its answer. The axis is the order of events, not time.",
                    "The answer with ✗ is impossible. It would be so with the bold ones alone.",
                ),
                steps=tuple(bar.text() for bar in bars),
                drawing=Markup(drawing(bars, title)),
                links=(("what it had to hold, event by event, of the bold ones", run.name),),
            ),
        )
    facts = (
        ("rounds", f"{report.rounds:,} of {report.asked.clients} clients with {report.asked.requests} requests each"),
        ("requests", f"{report.requests:,}"),
        ("overlapped", f"{report.overlapping:,} pairs of which one may change something"),
        ("overtook", f"{report.overtaken:,} answers"),
        ("states", f"{report.most_places:,} at most for a round, {report.slowest_s:.1f} s"),
        *(("not decided", reason) for reason in report.why_unknown),
    )
    title = f"Concurrent clients of {report.target} as {report.profile}"
    write(file, Page(title=title, verdict=report.verdict.value, facts=facts, sections=sections, command=again))
