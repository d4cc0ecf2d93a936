"""The cache of jars: whole or not there, whatever the resolvers do."""

import zipfile
from pathlib import Path

import pytest

from namesrv.check.jars import (
    Coordinates,
    Resolver,
    ResolverAbsent,
    ResolverFailed,
    resolve_jars,
    resolve_sources,
    resolve_with_jgo,
    rocketmq,
    user_cache,
)
from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing

COORDINATES = rocketmq("namesrv", "5.5.0")
JAR = "rocketmq-namesrv-5.5.0.jar"


def write_jar(path: Path) -> None:
    """A small whole one."""
    with zipfile.ZipFile(path, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")


def good(coordinates: Coordinates, work: Path) -> Path:
    """Brings the jar."""
    (work / "jars").mkdir()
    write_jar(work / "jars" / JAR)
    return work / "jars"


def absent(coordinates: Coordinates, work: Path) -> Path:
    """Is not installed."""
    raise ResolverAbsent("not on PATH")


def failing(coordinates: Coordinates, work: Path) -> Path:
    """Fails when half is done."""
    good(coordinates, work)
    raise ResolverFailed("connection reset")


def cutting_off(coordinates: Coordinates, work: Path) -> Path:
    """Brings the jar and half of another."""
    jars = good(coordinates, work)
    write_jar(jars / "netty.jar")
    whole = (jars / "netty.jar").read_bytes()
    (jars / "netty.jar").write_bytes(whole[: len(whole) // 2])
    return jars


def forgetful(coordinates: Coordinates, work: Path) -> Path:
    """Brings something else."""
    (work / "jars").mkdir()
    write_jar(work / "jars" / "netty.jar")
    return work / "jars"


def test_what_was_resolved_once_is_not_resolved_again(tmp_path: Path) -> None:
    first = resolve_jars(COORDINATES, cache=tmp_path, resolvers={"good": good})
    assert [jar.name for jar in first.iterdir()] == [JAR]
    assert resolve_jars(COORDINATES, cache=tmp_path, resolvers={"failing": failing}) == first


@pytest.mark.parametrize("bad", [absent, failing, cutting_off, forgetful])
def test_after_a_resolver_that_brings_nothing_whole_the_next_is_asked(tmp_path: Path, bad: Resolver) -> None:
    folder = resolve_jars(COORDINATES, cache=tmp_path, resolvers={"bad": bad, "good": good})
    assert [jar.name for jar in folder.iterdir()] == [JAR]


@pytest.mark.parametrize("bad", [absent, failing, cutting_off, forgetful])
def test_a_failure_leaves_nothing_in_the_cache(tmp_path: Path, bad: Resolver) -> None:
    with pytest.raises(NotAvailable):
        resolve_jars(COORDINATES, cache=tmp_path, resolvers={"bad": bad})
    assert list(tmp_path.iterdir()) == []


def test_the_message_names_each_resolver_its_fault_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable) as caught:
        resolve_jars(COORDINATES, cache=tmp_path, resolvers={"mvn": absent, "jgo": failing})
    assert caught.value.what == "maven"
    for part in ("rocketmq-namesrv:5.5.0", "mvn: not on PATH", "jgo: connection reset", "namesrv[oracle]"):
        assert part in str(caught.value)


def test_a_jar_that_somebody_else_put_there_meanwhile_is_as_good(tmp_path: Path) -> None:
    def overtaken(coordinates: Coordinates, work: Path) -> Path:
        resolve_jars(coordinates, cache=tmp_path, resolvers={"good": good})
        return good(coordinates, work)

    folder = resolve_jars(COORDINATES, cache=tmp_path, resolvers={"overtaken": overtaken})
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_sources_are_a_jar_of_their_own(tmp_path: Path) -> None:
    def with_sources(coordinates: Coordinates, work: Path) -> Path:
        jars = good(coordinates, work)
        write_jar(jars / "rocketmq-namesrv-5.5.0-sources.jar")
        return jars

    jar = resolve_sources(COORDINATES, cache=tmp_path, resolvers={"without": good, "with": with_sources})
    assert jar.name == "rocketmq-namesrv-5.5.0-sources.jar"
    assert jar.is_file()
    with pytest.raises(NotAvailable, match=r"expected rocketmq-namesrv-5\.4\.0-sources\.jar"):
        resolve_sources(rocketmq("namesrv", "5.4.0"), cache=tmp_path, resolvers={"without": good})


def test_the_cache_is_where_xdg_cache_home_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache() == tmp_path / "namesrv"


@pytest.mark.oracle
def test_jgo_alone_brings_all_jars_of_the_nameserver_4_9_7(tmp_path: Path) -> None:
    pytest.importorskip("jgo")
    try:
        folder = resolve_jars(rocketmq("namesrv", "4.9.7"), cache=tmp_path, resolvers={"jgo": resolve_with_jgo})
    except NotAvailable as error:
        missing(error)
    names = {jar.name for jar in folder.iterdir()}
    assert {"rocketmq-namesrv-4.9.7.jar", "rocketmq-remoting-4.9.7.jar"} <= names
    assert [name for name in names if name.startswith("fastjson-")]
    assert not [name for name in names if "junit" in name or "mockito" in name]
