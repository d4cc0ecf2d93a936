"""What several folders' tests share: the table of faults that were found, at the end of the output."""

from collections.abc import Callable

import pytest

from namesrv.check.search import SearchReport
from namesrv.check.vectors.playing import Played

FOUND = pytest.StashKey[list[tuple[str, str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FOUND] = []


@pytest.fixture
def record_fault(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Notes how a deliberately faulty server was found out."""

    def record(fault: object, report: SearchReport) -> None:
        slug, about = getattr(fault, "slug"), getattr(fault, "about")  # noqa: B009  # tests know the type, this file does not
        found = f"after {report.examples} sequences, {report.requests} requests" if report.violation else "NOT FOUND"
        request.config.stash[FOUND].append((slug, about, found))

    return record


@pytest.fixture
def record_fault_of_vectors(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Notes in which sequence of its vectors a deliberately faulty server was found out."""

    def record(fault: object, played: Played) -> None:
        slug, about = getattr(fault, "slug"), getattr(fault, "about")  # noqa: B009  # as above
        found = f"by vectors, in {played.failures[0].sequence}" if played.failures else "NOT FOUND by vectors"
        request.config.stash[FOUND].append((slug, about, found))

    return record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash[FOUND]
    if rows:
        terminalreporter.section(f"faulty servers: {sum('NOT' not in row[2] for row in rows)} of {len(rows)} found out")
        for slug, about, found in rows:
            terminalreporter.write_line(f"{slug:<32} {about:<58} {found}")
