"""What a rule names as its source is there: the class, in the jars of the release, with that method."""

import re
import zipfile
from collections.abc import Mapping
from functools import cache

import pytest

from namesrv.check.clauses.suite import SUITE
from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing

pytestmark = pytest.mark.oracle

SOURCES = sorted({(rule.tag, rule.source) for clause in SUITE for rule in clause.rules if "." in rule.source})
RELEASES = sorted({tag for tag, _ in SOURCES if tag.startswith("rocketmq-all-")})


@cache
def classes(version: str) -> Mapping[str, bytes]:
    """RocketMQ's classes of a release, by their last name."""
    try:
        folder = resolve_jars(rocketmq("namesrv", version))
    except NotAvailable as error:
        missing(error)
    found: dict[str, bytes] = {}
    for jar in sorted(folder.glob("rocketmq-*.jar")):
        with zipfile.ZipFile(jar) as opened:
            for name in opened.namelist():
                if name.endswith(".class"):
                    last = re.split(r"[/$]", name.removesuffix(".class"))[-1]
                    found[last] = found.get(last, b"") + opened.read(name)
    return found


@pytest.mark.parametrize("tag", RELEASES)
def test_every_source_is_a_method_of_the_release(tag: str) -> None:
    there = classes(tag.removeprefix("rocketmq-all-"))
    asked = [source.split(".") for named, source in SOURCES if named == tag]
    absent = [f"{name}.{method}" for name, method in asked if method.encode() not in there.get(name, b"")]
    assert absent == []
