"""How many concurrent clients `namesrv linearize` can decide about, and in what time: `python -m bench.linearize [--write]`.

Rounds on real NameServers; each is recorded first and judged then, so that the NameServer's time does not count.
"""

import argparse
import os
import platform
import statistics
import time
from random import Random
from typing import Final

from bench.page import LINEARIZE, write_part
from namesrv.check import stamp
from namesrv.check.concurrent.driving import Round
from namesrv.check.concurrent.judging import judge_round
from namesrv.check.concurrent.linearizing import Rounds
from namesrv.check.concurrent.ordering import MAX_PLACES
from namesrv.check.findings import Verdict
from namesrv.check.oracle import Oracle
from namesrv.check.runner import Target
from namesrv.check.search import new_run_name
from namesrv.model.profiles import PROFILES

RELEASES: Final = ("apache-5.5.0", "apache-4.9.7")
SIZES: Final = ((3, 4), (4, 6), (6, 8), (8, 12))
"""Clients, and requests of each."""

MADE_OF: Final = stamp.digest(repr((RELEASES, SIZES, MAX_PLACES)))


def measured(oracle: Oracle, release: str, clients: int, requests: int, rounds: int, seed: int) -> str:
    """A row of the table. Raises `SystemExit` if a round is violated: then there is nothing to measure."""
    target, names = Target(host=oracle.host, port=oracle.port), new_run_name()
    asked = Rounds(clients=clients, requests=requests, rounds=rounds, seed=seed)
    pairs, places, seconds, undecided = 0, list[int](), list[float](), 0
    for number in range(1, rounds + 1):
        history = Round(target, f"{names}{number}-", Random(number)).run(asked.plan(number))
        began_s = time.process_time()
        judged = judge_round(history.events, PROFILES[release], names=history.names)
        if judged.verdict is Verdict.VIOLATED:
            raise SystemExit(f"bench: {release}, round {number}: {judged.impossible}")
        seconds.append(time.process_time() - began_s)
        undecided += judged.verdict is Verdict.UNKNOWN
        pairs += history.overlapping
        places.append(judged.most_states)
    print(release, clients, requests, [f"{each:.1f}" for each in seconds], flush=True)
    return (
        f"| {release} | {clients} × {requests} | {rounds} | {pairs / rounds:,.0f} | {rounds - undecided} | "
        f"{statistics.median(seconds):.2g} | {max(seconds):.2g} | {statistics.median(places):,.0f} | {max(places):,} |"
    )


def main() -> None:
    """Prints the rows, and writes them to docs/benchmarks.md with `--write`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = []
    for release in RELEASES:
        with Oracle(release) as oracle:
            rows += [measured(oracle, release, *size, given.rounds, given.seed) for size in SIZES]
    text = "\n".join(
        [
            f"    uv run python -m bench.linearize --rounds {given.rounds} --seed {given.seed} --write",
            "",
            "| | clients × requests | rounds | pairs at once, each | decided | s: median | most | places: median | most |",
            "|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Seconds of processor time to judge a round. *Pairs at once*: of requests of two clients that were in work at the "
            "same time, of which one may change something. *Places*: states, each before a certain event, that the search "
            f"for an order has looked at; beyond {MAX_PLACES:,} it says *unknown*. Python {platform.python_version()}, "
            f"{os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}.",
        ]
    )
    print(text)
    if given.write:
        write_part(LINEARIZE, text, MADE_OF)


if __name__ == "__main__":
    main()
