"""`namesrv spec trace` and `namesrv spec traces`: is what was seen of a NameServer a behaviour of the specification?"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT, NEW_FOLDER
from namesrv.cli.main import nearest

if TYPE_CHECKING:
    from namesrv.check.runner import Target
    from namesrv.check.trace_campaign import Campaign
    from namesrv.check.trace_tla import Judged
    from namesrv.check.traces import Trace, TraceEvent

SHOWN_BEFORE = 5
"""So many events before the first that has no explanation."""


@click.command(name="trace")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE…"
)
@click.option("--profile", metavar="NAME", help="Whose behaviour.  [default: what the file says]")
@click.option("--write", type=NEW_FOLDER, metavar="DIR",
              help="Only write the module and its .cfg there, for TLC by hand; then a FILE is one of its traces.")  # fmt: skip
def trace(files: tuple[Path, ...], profile: str | None, write: Path | None) -> None:
    """Check recorded traces with stock TLC against spec/RegistrationTrace.tla: accepted, or rejected, and from which event on."""
    from namesrv.check.findings import Verdict
    from namesrv.check.history import HistoryError
    from namesrv.check.not_available import NotAvailable
    from namesrv.check.spec_values import LeftOut
    from namesrv.check.tlc import spec_folder
    from namesrv.check.trace_tla import judge_traces, trace_files
    from namesrv.check.traces import load_trace
    from namesrv.cli.results import code_of
    from namesrv.model.profiles import PROFILES

    verdicts = set()
    try:
        loaded_files = [(file, load_trace(file)) for file in files]
        names = [profile or loaded.profile for _, loaded in loaded_files]
        for name in names:
            if name not in PROFILES:
                raise click.UsageError(f"no profile {name!r}{nearest(name, list(PROFILES))}")
        if write is not None:
            if len(set(names)) > 1:
                raise click.UsageError(f"--write: expected traces of one profile, got {', '.join(sorted(set(names)))}")
            _write(write, trace_files([loaded for _, loaded in loaded_files], names[0]), spec_folder())
            return
        for (file, loaded), name in zip(loaded_files, names, strict=True):
            (judged,), result = judge_traces([loaded], name, progress=_tell)
            _show(file, loaded, judged)
            if judged.verdict is Verdict.UNKNOWN:
                click.echo(result.text[-2_000:], err=True)
            verdicts.add(judged.verdict)
    except (HistoryError, NotAvailable, LeftOut, OSError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(code_of(verdicts))


@click.command(name="traces")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    help="Which profiles.  [default: those that differ in registration]",
)
@click.option("--oracle", is_flag=True, help="Also of the real NameServers of Apache's profiles.")
@click.option("--count", type=click.IntRange(min=1), default=50, show_default=True, help="Traces of each server.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the first trace.")
@click.option("--save", type=NEW_FOLDER, metavar="DIR", help="Keep the traces there.")
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The results for machines.")
@click.option("--markdown", type=NEW_FILE, metavar="F", help="docs/spec-traces.md.")
def traces(profiles: tuple[str, ...], oracle: bool, count: int, seed: int, save: Path | None, json_file: Path | None,
           markdown: Path | None) -> None:  # fmt: skip
    """Record traces over sockets; TLC has to accept each, and to reject it with an event changed, dropped or swapped."""
    from namesrv.check.findings import Undecided
    from namesrv.check.not_available import NotAvailable
    from namesrv.check.oracle import RELEASES, OracleFailed
    from namesrv.check.trace_campaign import as_data, page, record_ours, record_real, run_campaign, spoken_of
    from namesrv.check.traces import save_trace
    from namesrv.check.tracker import TooManyStates
    from namesrv.cli.results import code_of, write_json
    from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES

    for name in profiles:
        if name not in PROFILES:
            raise click.UsageError(f"no profile {name!r}{nearest(name, list(PROFILES))}")
    done: list[Campaign] = []
    try:
        for name in profiles or DISTINCT_PROFILES:
            recorded = [spoken_of(partial(record_ours, name), count, seed)]
            if oracle and name in RELEASES:
                with _oracle(name) as target:
                    record = partial(record_real, target, PROFILES[name], f"the real {name}")
                    recorded.append(spoken_of(record, count, seed))
            for of_one, set_aside in recorded:
                if save is not None:
                    save.mkdir(parents=True, exist_ok=True)
                    for each in of_one:
                        save_trace(save / f"{each.server}-{name}-{each.seed}.jsonl".replace(" ", "-"), each)
                done.append(run_campaign(of_one, set_aside, progress=_tell))
                _show_campaign(done[-1])
    except (NotAvailable, OracleFailed, Undecided, TooManyStates) as error:
        raise click.ClickException(str(error)) from error
    if markdown is not None:
        markdown.write_text(page(done), encoding="utf-8")
    write_json(json_file, [as_data(each) for each in done])
    sys.exit(code_of(each.verdict for each in done))


@contextmanager
def _oracle(release: str) -> Iterator["Target"]:
    from namesrv.check.oracle import Oracle
    from namesrv.check.runner import Target

    with Oracle(release, progress=_tell) as server:
        yield Target(host=server.host, port=server.port)


def _write(folder: Path, files: dict[str, str], spec: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    click.echo(
        f"(cd {folder} && java -DTLA-Library={spec} -cp tla2tools.jar tlc2.TLC -deadlock -workers 1 -config Trace.cfg Trace.tla)"
    )


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _show(file: Path, loaded: "Trace", judged: "Judged") -> None:
    from namesrv.check.findings import Verdict

    said = {Verdict.HOLDS: "accepted", Verdict.VIOLATED: "rejected", Verdict.UNKNOWN: "undecided"}[judged.verdict]
    count = len(loaded.events)
    click.echo(f"{file}: {said}, {judged.explained} of {count} events explained")
    if judged.verdict is not Verdict.VIOLATED:
        return
    for number in range(max(0, judged.explained - SHOWN_BEFORE), judged.explained):
        click.echo(f"  {number + 1:>4}  {_described(loaded.events[number])}")
    click.echo(f"  {judged.explained + 1:>4}  {_described(loaded.events[judged.explained])}   <- has no explanation")


def _described(event: "TraceEvent") -> str:
    from namesrv.check.describe import describe_answer, describe_request
    from namesrv.model.events import Answered, ChannelClosed, ClosedChannel, Received

    match event:
        case Received():
            how = " one-way" if event.oneway else ""
            return f"connection {event.channel}, request {event.opaque}{how}: {describe_request(event.request)}"
        case Answered():
            return f"connection {event.channel}, answer {event.opaque}: {describe_answer(event.answer)}"
        case ChannelClosed():
            return f"connection {event.channel} is closed by its peer"
        case ClosedChannel():
            return f"connection {event.channel} is closed by the NameServer"
        case _:
            return type(event).__name__


def _show_campaign(c: "Campaign") -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in c.mattered.items())
    click.echo(
        f"{c.verdict.value}: {c.profile}, {c.server}: {c.accepted} of {c.traces} traces accepted ({c.events:,} events); "
        f"{c.rejected} of {sum(c.mattered.values())} that matter rejected ({kinds}), "
        f"{c.spared} of {c.harmless} harmless accepted; "
        f"{c.result.distinct_states or 0:,} distinct states, {c.result.seconds:.0f} s"
    )
    for line in c.contradictions:
        click.echo(f"  contradiction: {line}")
    for line in c.set_aside:
        click.echo(f"  set aside: {line}")
