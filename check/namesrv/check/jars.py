"""Jars of Apache releases with all that they need: resolved from Maven Central once, then kept in the user's cache.

`mvn` does it where it is installed (it is the authority, and knows the user's mirrors), else the package jgo, in pure Python.
A folder of the cache is whole or not there: it gets its name when all jars are in it.
"""

import contextlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import attrs

from namesrv.check.not_available import NotAvailable

RESOLVE_TIMEOUT_S: Final = 600.0
HTTP_TIMEOUT_S: Final = 60
RUNTIME_SCOPES: Final = ("compile", "runtime")
EXACT_RANGE: Final = re.compile(r"\[([^,\[\]()]+)\]")
"""`[1.53.0]`: a range of one version. jgo 3.2 hands it on as it is, and follows no further."""

HOW_TO_GET: Final = "install Maven (mvn), or the extra: pip install 'namesrv[oracle]'"


@attrs.frozen
class Coordinates:
    """What Maven Central knows it under."""

    group: str
    artifact: str
    version: str

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def rocketmq(artifact: str, version: str) -> Coordinates:
    """One of Apache RocketMQ's: `rocketmq("namesrv", "5.5.0")`."""
    return Coordinates("org.apache.rocketmq", f"rocketmq-{artifact}", version)


def user_cache() -> Path:
    """This project's folder in the user's cache: in XDG_CACHE_HOME if set, else where the system keeps caches."""
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "namesrv"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "namesrv"
    if os.name == "nt" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "namesrv" / "Cache"
    return Path.home() / ".cache" / "namesrv"


def resolve_jars(
    coordinates: Coordinates,
    *,
    cache: Path | None = None,
    resolvers: Mapping[str, "Resolver"] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Path:
    """The folder with the artifact's jar and those of everything it needs at run time: `java -cp 'FOLDER/*'`.

    `cache`: by default `user_cache() / "jars"`. `resolvers`: by default all, in their order. `progress` is told, in one line,
    when something is about to be fetched (10 to 60 s). Raises `NotAvailable` if there is no resolver, or all of them fail.
    """
    own = f"{coordinates.artifact}-{coordinates.version}"
    return _fetched(own, coordinates, cache, RESOLVERS if resolvers is None else resolvers, progress)


def resolve_sources(
    coordinates: Coordinates,
    *,
    cache: Path | None = None,
    resolvers: Mapping[str, "Resolver"] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Path:
    """The jar with the artifact's sources. As `resolve_jars`, which see; `resolvers`: by default `SOURCES_RESOLVERS`."""
    own = f"{coordinates.artifact}-{coordinates.version}-sources"
    chosen = SOURCES_RESOLVERS if resolvers is None else resolvers
    return _fetched(own, coordinates, cache, chosen, progress) / f"{own}.jar"


def _fetched(
    own: str,
    coordinates: Coordinates,
    cache: Path | None,
    resolvers: Mapping[str, "Resolver"],
    progress: Callable[[str], None],
) -> Path:
    """The folder of the cache that is named as the jar `own`; if it is not there, a resolver fills it."""
    folder = (user_cache() / "jars" if cache is None else cache) / own
    if folder.is_dir():
        return folder
    faults = []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        progress(f"fetching {coordinates} from Maven Central, once")
        for name, resolver in resolvers.items():
            with tempfile.TemporaryDirectory(prefix=".resolving-", dir=folder.parent) as work:
                try:
                    jars = resolver(coordinates, Path(work))
                    check_jars(jars, own)
                except ResolverFailed as error:
                    faults.append(f"{name}: {error}")
                    continue
                # Somebody else may have put it there meanwhile, which is as good.
                with contextlib.suppress(OSError):
                    jars.rename(folder)
                if folder.is_dir():
                    return folder
    except OSError as error:
        faults.append(f"cache {folder}: {error}")
    raise NotAvailable("maven", f"jars of {coordinates} from Maven Central: {'; '.join(faults)}. {HOW_TO_GET}")


class ResolverFailed(Exception):
    """It ran, and did not bring the jars."""


class ResolverAbsent(ResolverFailed):
    """It is not installed."""


Resolver = Callable[[Coordinates, Path], Path]
"""Puts jars into a new folder in the (empty) folder given, and returns that one."""


def check_jars(jars: Path, own: str) -> None:
    """Raises `ResolverFailed` if one is cut off, or the artifact's `own` is missing."""
    if not (jars / f"{own}.jar").is_file():
        raise ResolverFailed(f"expected {own}.jar among the jars, got {len(list(jars.glob('*.jar')))} others")
    for jar in sorted(jars.glob("*.jar")):
        if not zipfile.is_zipfile(jar):  # looks for the directory at a zip's end
            raise ResolverFailed(f"{jar.name}: expected a whole jar, got {jar.stat().st_size} bytes of something else")


def resolve_with_mvn(coordinates: Coordinates, work: Path) -> Path:
    """Lets `mvn dependency:copy-dependencies` do it."""
    jars = work / "jars"
    pom = work / "pom.xml"
    pom.write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>namesrv</groupId><artifactId>jars</artifactId><version>1</version><dependencies><dependency>"
        f"<groupId>{escape(coordinates.group)}</groupId><artifactId>{escape(coordinates.artifact)}</artifactId>"
        f"<version>{escape(coordinates.version)}</version></dependency></dependencies></project>\n"
    )
    _run_mvn("-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}")
    return jars


def sources_with_mvn(coordinates: Coordinates, work: Path) -> Path:
    """Lets `mvn dependency:copy` do it."""
    jars = work / "jars"
    _run_mvn("dependency:copy", f"-Dartifact={coordinates}:jar:sources", f"-DoutputDirectory={jars}")
    return jars


def _run_mvn(*arguments: str) -> None:
    mvn = shutil.which("mvn")
    if mvn is None:
        raise ResolverAbsent("not on PATH")
    try:
        done = subprocess.run(
            [mvn, "-q", "-B", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=RESOLVE_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ResolverFailed(str(error)) from error
    if done.returncode != 0:
        told = [line for line in done.stdout.splitlines() if line.strip()]
        raise ResolverFailed(f"exit code {done.returncode}: {told[0][:300] if told else 'no output'}")


class ChecksumWarnings(logging.Handler):
    """jgo 3.2 only warns of a wrong checksum; here it counts."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps it."""
        if "hecksum" in record.getMessage():
            self.told.append(record.getMessage())


def resolve_with_jgo(coordinates: Coordinates, work: Path) -> Path:
    """Lets the package jgo do it, with a repository of its own: one that a cut-off download spoiled would stay so."""
    return _run_jgo(work, lambda context: runtime_artifacts(context, str(coordinates)))


def sources_with_jgo(coordinates: Coordinates, work: Path) -> Path:
    """As `resolve_with_jgo`."""

    def sources(context: Any) -> list[Any]:
        component = context.project(coordinates.group, coordinates.artifact).at_version(coordinates.version)
        return [component.artifact("sources", "jar")]

    return _run_jgo(work, sources)


def _run_jgo(work: Path, artifacts: Callable[[Any], list[Any]]) -> Path:
    if find_spec("jgo") is None:
        raise ResolverAbsent("not installed")
    from jgo.maven import MavenContext

    jars = work / "jars"
    jars.mkdir()
    warnings = ChecksumWarnings()
    log = logging.getLogger("jgo")
    log.addHandler(warnings)
    try:
        context = MavenContext(repo_cache=work / "repository", timeout=HTTP_TIMEOUT_S)
        for artifact in artifacts(context):
            file = Path(artifact.resolve())
            shutil.copyfile(file, jars / file.name)
    except Exception as error:  # whatever a library throws that was given no network, or a page instead of a file
        raise ResolverFailed(f"{type(error).__name__}: {str(error)[:300]}") from error
    finally:
        log.removeHandler(warnings)
    if warnings.told:
        raise ResolverFailed(warnings.told[0])
    return jars


def runtime_artifacts(context: Any, coordinates: str) -> list[Any]:
    """jgo's artifacts of all that is needed at run time, one of each (group, artifact, classifier): the nearest."""
    chosen: dict[tuple[str, str, str], Any] = {}
    todo = [coordinates]
    while todo:
        inputs, transitive = context.resolver.resolve([context.create_dependency(todo.pop(0))])
        for dependency in [*inputs, *(each for each in transitive if each.scope in RUNTIME_SCOPES)]:
            key = (dependency.groupId, dependency.artifactId, dependency.classifier)
            exact = EXACT_RANGE.fullmatch(dependency.version)
            if key in chosen:
                continue
            if exact is None:
                chosen[key] = dependency.artifact
                continue
            component = context.project(dependency.groupId, dependency.artifactId).at_version(exact[1])
            chosen[key] = component.artifact(dependency.classifier, dependency.artifact.packaging)
            todo.append(f"{dependency.groupId}:{dependency.artifactId}:{exact[1]}")
    return list(chosen.values())


RESOLVERS: Final[Mapping[str, Resolver]] = {"mvn": resolve_with_mvn, "jgo": resolve_with_jgo}
SOURCES_RESOLVERS: Final[Mapping[str, Resolver]] = {"mvn": sources_with_mvn, "jgo": sources_with_jgo}
