"""Mutated classes: Apache's sources from Maven Central, one line changed, compiled against the release's own jars.

Nothing of Apache's is kept here: the sources are read from the user's cache and written to a folder that goes.
"""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from bench.mutants.hosting import Host
from bench.mutants.mutation import Mutation
from namesrv.check.jars import resolve_jars, resolve_sources, rocketmq
from namesrv.check.java import find_java
from namesrv.check.not_available import NotAvailable
from namesrv.check.oracle import release_named

PACKAGE: Final = "org/apache/rocketmq"


class DoesNotCompile(Exception):
    """The mutated class is not Java any more."""


@attrs.frozen
class Workshop:
    """Where one release's mutants are made. `version`: Maven Central's name of it. `host`: and where they run."""

    release: str
    version: str
    host: Host

    def source(self, path: str) -> str:
        """The text of a class, named as `Mutation.path` is. Raises `NotAvailable`."""
        with zipfile.ZipFile(resolve_sources(rocketmq(path.partition("/")[0], self.version))) as jar:
            return jar.read(f"{PACKAGE}/{path}.java").decode()

    @contextmanager
    def mutant(self, mutation: Mutation) -> Iterator[Path]:
        """A folder with the mutated class, for as long as the block. Raises `DoesNotApply`, `DoesNotCompile`."""
        with self.compiled({mutation.path: mutation.apply(self.source(mutation.path))}) as classes:
            yield classes

    @contextmanager
    def unchanged(self, paths: Iterable[str]) -> Iterator[Path]:
        """A folder with those classes, compiled as mutants are, but as they are."""
        with self.compiled({path: self.source(path) for path in paths}) as classes:
            yield classes

    @contextmanager
    def compiled(self, texts: Mapping[str, str]) -> Iterator[Path]:
        """A folder with classes compiled from their texts. Raises `DoesNotCompile`, `HostFailed`."""
        with tempfile.TemporaryDirectory(prefix="namesrv-mutant-") as work:
            files = []
            for path, text in texts.items():
                files.append(Path(work) / "source" / PACKAGE / f"{path}.java")
                files[-1].parent.mkdir(parents=True, exist_ok=True)
                files[-1].write_text(text)
            classes = Path(work) / "classes"
            error = self.host.compile(files, classes)
            if error is not None:
                raise DoesNotCompile(f"{', '.join(texts)}: {error[:600]}")
            yield classes


@contextmanager
def workshop(release: str) -> Iterator[Workshop]:
    """For a release by its profile's name. Raises `NotAvailable` (a JDK, Maven Central), `UnknownRelease`."""
    version = release_named(release).version
    java = find_java()
    if not java.has_compiler():
        raise NotAvailable("java", f"{java.path}: expected a JDK of 11 or later, got one without a compiler")
    host = Host(release, java, resolve_jars(rocketmq("namesrv", version)))
    try:
        yield Workshop(release, version, host)
    finally:
        host.stop()
