"""What several folders' tests share: which worker runs what, and a table of the faults that were found, after the output."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

from namesrv.check.search import SearchReport
from namesrv.check.vectors.playing import Played

settings.register_profile("namesrv", deadline=None)  # a busy machine is no fault of what is tested
settings.load_profile("namesrv")

FAULT = "fault"
"""A user property of a test's report, which also comes from another process: slug, what it is about, how it was found."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: many tests wait for a Java to start, or for a deadline to pass, and leave a processor to others."""
    from tests.scheduling import workers

    return workers(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Ours in place of `loadfile`, whose units it has; another that is asked for stays."""
    from tests.scheduling import LongestFirst

    return LongestFirst(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A worker's tests are in the order in which they are given out. One process alone keeps pytest's own."""
    if hasattr(config, "workerinput"):
        from tests.scheduling import group_of, in_order

        places = {group: place for place, group in enumerate(in_order([item.nodeid for item in items]))}
        items.sort(key=lambda item: places[group_of(item.nodeid)])


@pytest.fixture
def record_fault(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Notes how a deliberately faulty server was found out."""

    def record(fault: object, report: SearchReport) -> None:
        slug, about = getattr(fault, "slug"), getattr(fault, "about")  # noqa: B009  # tests know the type, this file does not
        found = f"after {report.examples} sequences, {report.requests} requests" if report.violation else "NOT FOUND"
        record_property(FAULT, (slug, about, found))

    return record


@pytest.fixture
def record_fault_of_vectors(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Notes in which sequence of its vectors a deliberately faulty server was found out."""

    def record(fault: object, played: Played) -> None:
        slug, about = getattr(fault, "slug"), getattr(fault, "about")  # noqa: B009  # as above
        found = f"by vectors, in {played.failures[0].sequence}" if played.failures else "NOT FOUND by vectors"
        record_property(FAULT, (slug, about, found))

    return record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind) if r.when == "call"]
    rows = sorted(value for report in reports for name, value in report.user_properties if name == FAULT)
    if rows:
        terminalreporter.section(f"faulty servers: {sum('NOT' not in row[2] for row in rows)} of {len(rows)} found out")
        for slug, about, found in rows:
            terminalreporter.write_line(f"{slug:<32} {about:<58} {found}")
