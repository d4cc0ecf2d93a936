"""`namesrv check HOST:PORT`: does this NameServer behave like that release?"""

import secrets
import ssl
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT
from namesrv.cli.main import EXIT_UNKNOWN, nearest


def fail(message: str) -> NoReturn:
    """One clear line, exit 2."""
    click.echo(f"namesrv check: {message}", err=True)
    sys.exit(EXIT_UNKNOWN)


def parse_target(text: str) -> tuple[str, int]:
    """`HOST:PORT`, an IPv6 host in brackets. Raises `click.UsageError`."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise click.UsageError(f"expected HOST:PORT, got {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def start_options(file: Path | None, given: Iterable[str]) -> dict[str, str]:
    """Those of the file and, over them, those of the command line. Raises `click.UsageError`."""
    from namesrv.cli.config_file import read_config_file

    options = {} if file is None else read_config_file("--config", file)
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--option: expected NAME=VALUE, got {text!r}")
        options[name] = value
    return options


def tls_context(ca: Path | None, *, insecure: bool) -> ssl.SSLContext:
    """A client's context. Raises `click.UsageError`."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise click.UsageError(f"--tls-ca {ca}: expected a PEM certificate, got: {error}") from error
    if ca is not None:  # a server's own certificate is trusted as it is, though it may lack what an authority's has
        context.verify_flags = context.verify_flags & ~ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_words(tls: bool, ca: Path | None, *, insecure: bool) -> tuple[str, ...]:
    """The options as they are typed."""
    words = ["--tls"] if tls else []
    words += ["--tls-ca", str(ca)] if ca is not None else []
    return (*words, "--tls-insecure") if insecure else tuple(words)


@click.command(name="check", short_help="Does a NameServer do what its release does?")
@click.argument("target", metavar="HOST:PORT", required=False)
@click.option("--profile", metavar="NAME", help="What it should behave like.  [default: strict]")
@click.option("--clause", "prefixes", multiple=True, metavar="PREFIX",
              help="Only the clauses whose slugs begin so, and no generated sequences. May be said again.")  # fmt: skip
@click.option("--clauses/--no-clauses", "with_clauses", default=True, show_default=True, help="Begin with the clauses.")
@click.option(
    "--list",
    "list_only",
    is_flag=True,
    help="List the clauses, with --profile what they ask of it; needs no HOST:PORT.",
)
@click.option(
    "--infer", "infer_only", is_flag=True, help="Which known profile is it nearest to, and where does it depart?"
)
@click.option("--examples", default=240, show_default=True, type=click.IntRange(min=0),
              help="Generated sequences; 0 for clauses only.")  # fmt: skip
@click.option("--steps", default=20, show_default=True, type=click.IntRange(min=1), help="The most steps of one.")
@click.option("--seed", type=click.IntRange(min=0), help="Generate the same sequences again.  [default: a new one]")
@click.option("--replay", type=click.Path(path_type=Path, exists=True), help="Run this file's sequence, once.")
@click.option("--save", type=NEW_FILE, default=Path("namesrv-failure.json"), show_default=True,
              help="Where a failing sequence goes.")  # fmt: skip
@click.option("--fail-on", type=click.Choice(["must", "should", "may"]), default="may", show_default=True,
              help="Clauses of this severity, or a worse one, have to hold. Sequences are compared as closely.")  # fmt: skip
@click.option("--junit", "junit_file", type=NEW_FILE, help="The result as JUnit XML.")
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The result for machines.")
@click.option("--html", "html_file", type=NEW_FILE, help="The result as a page, with drawings.")
@click.option("--markdown", type=NEW_FILE, help="With --list: write the clauses as a page.")
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
@click.option("--expiry/--no-expiry", default=True, show_default=True,
              help="Wait for silent brokers to expire (some 20 s, beside the search).")  # fmt: skip
@click.option("--slow", is_flag=True, help="Also what takes minutes: the fixed 120 s of 4.9.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE",
              help="What the NameServer was started with: supportActingMaster=true. More than once.")  # fmt: skip
@click.option("--config", "config_file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="The file of options that it was started with (-c).")  # fmt: skip
@click.option("--tls", is_flag=True, help="Speak TLS; the certificate has to be one that the system trusts.")
@click.option("--tls-ca", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Trust this PEM certificate; implies --tls.")  # fmt: skip
@click.option("--tls-insecure", is_flag=True, help="Do not look at the certificate; implies --tls.")
@click.option("--own", is_flag=True, help="Nobody else uses it: null names and addresses, and its own options, too.")
@click.option(
    "--shared", is_flag=True, help="Others use it, even if no broker is registered: its options are left alone."
)
@click.option("--destructive", is_flag=True, help="Also what can harm a NameServer beyond the run's own names.")
def check(
    target: str | None,
    profile: str | None,
    prefixes: tuple[str, ...],
    with_clauses: bool,
    list_only: bool,
    infer_only: bool,
    examples: int,
    steps: int,
    seed: int | None,
    replay: Path | None,
    save: Path,
    fail_on: str,
    junit_file: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    markdown: Path | None,
    expect: str,
    expiry: bool,
    slow: bool,
    options: tuple[str, ...],
    config_file: Path | None,
    tls: bool,
    tls_ca: Path | None,
    tls_insecure: bool,
    own: bool,
    shared: bool,
    destructive: bool,
) -> None:
    """Run the suite's clauses, then generated sequences, on the NameServer at HOST:PORT and on the model, side by side.

    The NameServer may be in use: names of the run's own are used, and removed at the end. Where no broker is registered its
    options are tried as well, and put back (--shared: never). What is promised about slugs, JSON,
    JUnit and exit codes: docs/check.md.
    """
    from namesrv.check.clauses.clause import Needs, Severity
    from namesrv.check.clauses.selecting import selected
    from namesrv.check.clauses.suite import SUITE
    from namesrv.check.findings import Undecided, Verdict
    from namesrv.check.probing import probe
    from namesrv.check.runner import Target
    from namesrv.model.profiles import PROFILES

    if profile is not None and profile not in PROFILES:
        fail(f"no such profile {profile!r}{nearest(profile, list(PROFILES))}")
    try:
        clauses = selected(SUITE, prefixes)
    except LookupError as error:
        fail(f"no clause begins with {error.args[0]!r}{nearest(error.args[0], [clause.slug for clause in SUITE])}")
    if list_only:
        from namesrv.cli.listing import list_clauses

        list_clauses(clauses, None if profile is None else PROFILES[profile], markdown)
        return
    if markdown is not None:
        raise click.UsageError("--markdown: needs --list")
    if infer_only and (profile is not None or replay is not None):
        raise click.UsageError("--infer: asks for the profile, and replays nothing")
    if infer_only and (junit_file is not None or html_file is not None):
        raise click.UsageError("--infer: its result is written with --json only")
    if own and shared:
        raise click.UsageError("--own and --shared: either somebody else uses the NameServer, or nobody does")
    if replay is not None and (junit_file is not None or json_file is not None):
        raise click.UsageError("--replay: its result is written with --html only")
    if replay is None and not with_clauses and (prefixes or not examples):
        raise click.UsageError("--no-clauses: nothing is left to run")
    if target is None:
        raise click.UsageError("Missing argument 'HOST:PORT'.")
    host, port = parse_target(target)
    started_with = start_options(config_file, options)
    context = tls_context(tls_ca, insecure=tls_insecure) if tls or tls_ca or tls_insecure else None
    chosen_target = Target(host=host, port=port, tls=context)
    try:
        version = probe(chosen_target)
    except Undecided as reason:
        fail(str(reason))
    needs = {Needs.SLOW: slow, Needs.OWN: own, Needs.DESTRUCTIVE: destructive, Needs.UNUSED: not shared}
    chosen = frozenset(need for need, given in needs.items() if given)
    given = {"--destructive": destructive, "--slow": slow, "--own": own, "--shared": shared}
    words = [word for word, is_given in given.items() if is_given]
    words += () if fail_on == "may" else ("--fail-on", fail_on)
    words += tls_words(tls, tls_ca, insecure=tls_insecure)
    words += (word for key, value in started_with.items() for word in ("--option", f"{key}={value}"))
    if infer_only:
        from namesrv.cli.inferring import infer_profile

        verdict = infer_profile(
            chosen_target,
            clauses,
            chosen,
            version=version,
            json_file=json_file,
            started_with=started_with,
            options=words,
        )
    else:
        from namesrv.cli.checking import Checking, Files

        checking = Checking(
            target=chosen_target,
            profile=PROFILES[profile or "strict"],
            version=version,
            files=Files(save=save, json=json_file, html=html_file, junit=junit_file),
            chosen=chosen,
            fail_on=Severity(fail_on),
            options=tuple(words),
            started_with=started_with,
        )
        if replay is not None:
            verdict = checking.replay(replay)
        else:
            verdict = checking.check(
                clauses if with_clauses else (),
                examples=0 if prefixes else examples,
                steps=steps,
                seed=secrets.randbelow(1 << 32) if seed is None else seed,
                expiry=expiry and bool(examples) and not prefixes,
            )
    if verdict is Verdict.UNKNOWN:
        sys.exit(EXIT_UNKNOWN)
    sys.exit(0 if verdict.value == expect else 1)
