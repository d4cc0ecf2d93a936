"""Mutated classes: Apache's sources from Maven Central, one line changed, compiled against the release's own jars.

Nothing of Apache's is kept here: the sources are read from the user's cache and written to a folder that goes.
"""

import os
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from bench.mutants.mutation import Mutation
from namesrv.check.jars import resolve_jars, resolve_sources, rocketmq
from namesrv.check.java import Java, find_java
from namesrv.check.not_available import NotAvailable
from namesrv.check.oracle import release_named

PACKAGE: Final = "org/apache/rocketmq/namesrv"
COMPILE_TIMEOUT_S: Final = 120.0
SMALL_JVM: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class DoesNotCompile(Exception):
    """The mutated class is not Java any more."""


@attrs.frozen
class Workshop:
    """Where one release's mutants are made."""

    release: str
    java: Java
    jars: Path
    sources: Path

    def source(self, name: str) -> str:
        """The text of a class, named as `Mutation.source` is."""
        with zipfile.ZipFile(self.sources) as jar:
            return jar.read(f"{PACKAGE}/{name}.java").decode()

    @contextmanager
    def mutant(self, mutation: Mutation) -> Iterator[Path]:
        """A folder with the mutated class, for as long as the block. Raises `DoesNotApply`, `DoesNotCompile`."""
        with self.compiled({mutation.source: mutation.apply(self.source(mutation.source))}) as classes:
            yield classes

    @contextmanager
    def unchanged(self, names: Iterable[str]) -> Iterator[Path]:
        """A folder with those classes, compiled as mutants are, but as they are."""
        with self.compiled({name: self.source(name) for name in names}) as classes:
            yield classes

    @contextmanager
    def compiled(self, texts: Mapping[str, str]) -> Iterator[Path]:
        """A folder with classes compiled from their texts. Raises `DoesNotCompile`."""
        with tempfile.TemporaryDirectory(prefix="namesrv-mutant-") as work:
            files = []
            for name, text in texts.items():
                files.append(Path(work) / "source" / PACKAGE / f"{name}.java")
                files[-1].parent.mkdir(parents=True, exist_ok=True)
                files[-1].write_text(text)
            classes = Path(work) / "classes"
            compiler = (self.java.path, *SMALL_JVM, "-m", "jdk.compiler/com.sun.tools.javac.Main")
            path = os.pathsep.join(str(jar) for jar in sorted(self.jars.glob("*.jar")))
            done = subprocess.run(
                [*compiler, "-nowarn", "-proc:none", "-encoding", "UTF-8", "-cp", path, "-d", classes, *files],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=COMPILE_TIMEOUT_S,
            )
            if done.returncode != 0:
                raise DoesNotCompile(f"{', '.join(texts)}: {done.stderr[:600]}")
            yield classes


def workshop(release: str) -> Workshop:
    """For a release by its profile's name. Raises `NotAvailable` (a JDK, Maven Central), `UnknownRelease`."""
    coordinates = rocketmq("namesrv", release_named(release).version)
    java = find_java()
    if not java.has_compiler():
        raise NotAvailable("java", f"{java.path}: expected a JDK of 11 or later, got one without a compiler")
    return Workshop(release, java, resolve_jars(coordinates), resolve_sources(coordinates))
