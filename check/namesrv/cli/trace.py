"""`namesrv trace`: recordings held against the model, and shown."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT
from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from namesrv.check.recorded.judging import Judged
    from namesrv.check.recorded.stream import Stream
    from namesrv.model.options import Options
    from namesrv.model.profiles import Profile

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

START = click.Choice(["empty", "unknown"])


@click.group(name="trace", short_help="Recorded traffic: is it what a release does? Show it.")
def trace() -> None:
    """Recordings of real traffic (`namesrv record`): is it what the model does, and what happened?"""


@trace.command(name="check")
@click.argument("file", type=FILE)
@click.option("--profile", "profiles", multiple=True, metavar="NAME",
              help="The release that the NameServer is; more than once: which of them it may be.")  # fmt: skip
@click.option("--infer", is_flag=True, help="Try every profile.")
@click.option("--from", "start", type=START, default="unknown", show_default=True,
              help="What it held when the recording began.")  # fmt: skip
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="What it was started with.")
@click.option("--names", default="", metavar="PREFIX",
              help="Look only at names that begin so: others used it, too.")  # fmt: skip
@click.option("--any-version", is_flag=True,
              help="Another version in answers' headers than the release's is no violation.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="Judge each profile so long at the most: what is not done by then is unknown.")  # fmt: skip
@click.option("--shrink", "budget_s", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
              help="Look so long for the least that is as impossible.")  # fmt: skip
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The result for machines.")
@click.option("--html", "html_file", type=NEW_FILE, help="A page on which what is impossible can be followed.")
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
def check(
    file: Path,
    profiles: tuple[str, ...],
    infer: bool,
    start: str,
    options: tuple[str, ...],
    names: str,
    any_version: bool,
    seconds: float | None,
    budget_s: float,
    json_file: Path | None,
    html_file: Path | None,
    expect: str,
) -> None:
    """Is the recording a behaviour of the model?

    With several profiles: 0 if one of them explains it, 1 if none does.
    """
    from namesrv.check.findings import Verdict
    from namesrv.check.recorded.judging import Judged, as_data, judge
    from namesrv.check.recorded.seen import Start
    from namesrv.check.recorded.stream import Stream
    from namesrv.check.recording import RecordingError
    from namesrv.cli.results import code_of, write_json
    from namesrv.model.profiles import PROFILES

    if bool(profiles) == infer:
        raise click.UsageError("give one --profile or more, or --infer")
    profile_names = tuple(PROFILES) if infer else profiles
    for name in profile_names:
        if name not in PROFILES:
            raise click.UsageError(f"--profile: no {name!r}{nearest(name, list(PROFILES))}")
    found: list[Judged] = []
    stream = None
    for name in profile_names:
        try:
            stream = Stream(file)
        except (RecordingError, OSError) as error:
            raise click.ClickException(f"{file} is no recording: {error}") from error
        profile = PROFILES[name]
        started_with = _options(profile, options)
        judged = judge(stream, profile, Start(start), options=started_with, names=names, any_version=any_version,
                       seconds=seconds, where=stream.told_where, progress=_progress(name, stream))  # fmt: skip
        _progress_is_over()
        found.append(judged)
        _tell(file, judged, stream)
    assert stream is not None
    verdicts = [judged.verdict for judged in found]
    if len(found) > 1:
        fitting = [judged.profile for judged in found if judged.verdict is Verdict.HOLDS]
        if fitting:
            verdicts = [Verdict.HOLDS]
        click.echo(f"explained by: {', '.join(fitting) or 'none of them'}")
    least: list[str] = []
    if len(found) == 1 and found[0].impossible is not None:
        least = _shortest(file, found[0], budget_s, options, names, html_file)
        click.echo("\n".join(["", "The least of it that is as impossible:", *least]))
    elif html_file is not None:
        _page(file, profile_names[0], start, options, html_file, names)
    write_json(json_file, {"recording": file.name, "leftOutLines": stream.left_out_lines, "ended": stream.ended,
                           "profiles": [as_data(judged) for judged in found], "shortest": least})  # fmt: skip
    code = code_of(verdicts)
    sys.exit(code if code == EXIT_UNKNOWN else code ^ (expect == "violated"))


@trace.command(name="show")
@click.argument("file", type=FILE)
@click.option("--html", "html_file", type=NEW_FILE, required=True, help="The page.")
@click.option(
    "--profile", default="apache-5.5.0", show_default=True, metavar="NAME", help="How its tables are followed."
)
@click.option("--from", "start", type=START, default="unknown", show_default=True,
              help="What it held when the recording began.")  # fmt: skip
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="What it was started with.")
@click.option("--names", default="", metavar="PREFIX",
              help="Only names that begin so are judged in answers: others used it, too.")  # fmt: skip
def show(file: Path, html_file: Path, profile: str, start: str, options: tuple[str, ...], names: str) -> None:
    """A page on which the run can be followed: who said what, and what the NameServer's tables were at any moment."""
    from namesrv.model.profiles import PROFILES

    if profile not in PROFILES:
        raise click.UsageError(f"--profile: no {profile!r}{nearest(profile, list(PROFILES))}")
    _page(file, profile, start, options, html_file, names)
    click.echo(f"{html_file}: {html_file.stat().st_size:,} bytes")


def _options(profile: "Profile", given: tuple[str, ...]) -> "Options":
    """As `namesrv check --option` takes them."""
    from namesrv.model.options import started

    pairs = [text.partition("=") for text in given]
    for key, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f"--option: expected NAME=VALUE, got {key!r}")
    return started(profile.settings, {key: value for key, _, value in pairs}, trims=profile.trims_config)


def _progress(name: str, stream: "Stream") -> Callable[[int, float], None]:
    """On a terminal, one line that goes on."""

    def tell(events: int, seconds: float) -> None:
        if sys.stderr.isatty():
            speed = f"{events / max(seconds, 1e-9):,.0f} a second"
            click.echo(f"\r\x1b[K{name}: {events:,} events, {stream.told_where()}, {speed}", nl=False, err=True)

    return tell


def _progress_is_over() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def _tell(file: Path, judged: "Judged", stream: "Stream") -> None:
    counts = judged.counts
    click.echo(
        f"{judged.verdict.value}: {file.name} as {judged.profile} from {judged.start.value}: {counts.get('events', 0):,} events, "
        f"{counts.get('answers explained', 0):,} answers explained, at most {judged.most_states:,} states, "
        f"{judged.seconds:.1f} s, {judged.events_per_second:,.0f} events a second",
    )
    told = [
        f"{count:,} {what}" for what, count in counts.items() if what not in ("events", "frames", "answers explained")
    ]
    click.echo(f"  {'; '.join(told)}")
    for reason in judged.reasons:
        click.echo(f"  not decided: {reason}")
    for left_out in stream.left_out:
        click.echo(f"  left out: {left_out}")
    if stream.left_out_lines > len(stream.left_out):
        click.echo(f"  left out: {stream.left_out_lines - len(stream.left_out):,} lines more")
    if judged.impossible is not None:
        found = judged.impossible
        click.echo(f"  event {found.event + 1}, {found.at / 1e9:.3f} s: {found.finding.what}")
        for number, text in enumerate(found.finding.expected):
            click.echo(f"    {'or      ' if number else 'possible'}  {text}")
        click.echo(f"    got       {found.finding.got}")
    elif not stream.ended:
        click.echo("  the recording was not ended in an orderly way: what came last may be missing")


def _shortest(
    file: Path, judged: "Judged", budget_s: float, options: tuple[str, ...], names: str, html_file: Path | None
) -> list[str]:
    from itertools import islice

    from namesrv.check.recorded.judging import told
    from namesrv.check.recorded.shortest import shortest
    from namesrv.check.recorded.show import book_of_recording, write
    from namesrv.check.recorded.stream import Stream
    from namesrv.model.profiles import PROFILES

    assert judged.impossible is not None
    profile = PROFILES[judged.profile]
    stream, started_with = Stream(file), _options(profile, options)
    events = list(islice(stream, judged.impossible.event + 1))
    least = shortest(
        events, judged.impossible, profile, judged.start, options=started_with, names=names, budget_s=budget_s
    )
    if html_file is not None:
        write(html_file, book_of_recording(least, stream.head, profile, judged.start, started_with, names))
    return list(told(least, profile, judged.start, started_with, names))


def _page(file: Path, name: str, start: str, options: tuple[str, ...], html_file: Path, names: str) -> None:
    from namesrv.check.recorded.seen import Start
    from namesrv.check.recorded.show import book_of_recording, write
    from namesrv.check.recorded.stream import Stream
    from namesrv.check.recording import RecordingError
    from namesrv.model.profiles import PROFILES

    try:
        stream = Stream(file)
    except (RecordingError, OSError) as error:
        raise click.ClickException(f"{file} is no recording: {error}") from error
    profile = PROFILES[name]
    write(html_file, book_of_recording(stream, stream.head, profile, Start(start), _options(profile, options), names))
