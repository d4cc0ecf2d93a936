"""Many traces of one server at once: recorded, accepted by TLC, and rejected where an event has been changed so that it matters.

The model, which tracks each trace by itself, and TLC have to agree on every one: on the verdict, and on how far it is explained.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import attrs

from namesrv.check import stamp
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.runner import Target
from namesrv.check.search import new_run_name
from namesrv.check.spec_values import LeftOut
from namesrv.check.tlc import TlcResult, spec_folder
from namesrv.check.trace_mutants import KINDS, Mutant, mutants
from namesrv.check.trace_recorder import Recorder
from namesrv.check.trace_steps import LAST_LOOK, generated_steps
from namesrv.check.trace_tla import Judged, judge_traces, trace_module
from namesrv.check.traces import Trace, explained_by_model
from namesrv.check.wire import Prefix
from namesrv.model.profiles import PROFILES, Profile
from namesrv.server import HeldClock

OURS: Final = "our server"
EXTENDS: Final = re.compile(r"^EXTENDS (.+)$", re.MULTILINE)
BATCH: Final = 50
"""So many traces of a real NameServer are recorded before the deadline is waited for: well before brokers expire."""


@attrs.frozen(kw_only=True)
class Campaign:
    """How it went. `mattered`: mutants that the model does not explain, by kind; `harmless`: those that it does.

    `accepted` of the traces, `rejected` of the mutants that matter and `spared` of the harmless ones by TLC; `contradictions`:
    where that is not what it should be, in words. `set_aside`: traces that the specification does not speak of, and why.
    """

    profile: str
    server: str
    traces: int
    events: int
    accepted: int
    mattered: dict[str, int]
    rejected: int
    harmless: int
    spared: int
    contradictions: tuple[str, ...]
    set_aside: tuple[str, ...]
    verdict: Verdict
    result: TlcResult


def record_ours(profile: str, count: int, seed: int, **options: Any) -> list[Trace]:
    """Of our server, a fresh one for each, whose clock is held: brokers fall silent, and scans come. Raises `Undecided`.

    `options`: more of the server's.
    """
    traces = []
    for number in range(seed, seed + count):
        with Embedded(profile=profile, clock=HeldClock(), **options) as server:
            target = Target(host="127.0.0.1", port=server.port)
            recorder = Recorder(target, PROFILES[profile], Prefix(""), server)
            with closing(recorder):
                recorder.record(generated_steps(number, PROFILES[profile], timed=True))
                events = recorder.finish(LAST_LOOK)
        traces.append(Trace(profile=profile, server=OURS, events=events, seed=number))
    return traces


def record_real(target: Target, profile: Profile, server: str, count: int, seed: int) -> list[Trace]:
    """Of a NameServer at work, under names of each trace's own. Raises `Undecided`, also if brokers may have expired meanwhile.

    All of a batch have made their steps before the profile's deadline is waited for, once, after which nothing is left to do.
    """
    run = new_run_name()
    traces: list[Trace] = []
    for first in range(seed, seed + count, BATCH):
        batch = range(first, min(first + BATCH, seed + count))
        began_s = time.monotonic()
        with ExitStack() as stack:
            recorders = {
                n: stack.enter_context(closing(Recorder(target, profile, Prefix(f"{run}{n}-")))) for n in batch
            }
            for number, recorder in recorders.items():
                recorder.record(generated_steps(number, profile, timed=False))
            time.sleep(
                profile.internal_step_deadline_ms / 1000
            )  # a real one does not say when it has done what it had to
            finished = {number: recorder.finish(LAST_LOOK) for number, recorder in recorders.items()}
        if time.monotonic() - began_s > profile.heartbeat_timeout_ms / 1000:
            raise Undecided(f"{target.where}: brokers may have expired while {len(batch)} traces were recorded")
        traces += [Trace(profile=profile.name, server=server, events=e, seed=n) for n, e in finished.items()]
    return traces


def spoken_of(record: Callable[[int, int], list[Trace]], count: int, seed: int) -> tuple[list[Trace], tuple[str, ...]]:
    """`count` traces that the specification speaks of, and what was set aside on the way.

    `record(count, seed)`: what makes them. A real 4.9.7 may answer a question about the clusters with a
    ConcurrentModificationException, which the model leaves out (`docs/verdicts.md`). Raises `Undecided` if half are like that.
    """
    traces: list[Trace] = []
    aside: list[str] = []
    while len(traces) < count:
        for trace in record(count - len(traces), seed + len(traces) + len(aside)):
            try:
                trace_module([trace])
                traces.append(trace)
            except LeftOut as error:
                aside.append(f"seed {trace.seed}: {error}")
        if len(aside) > count:
            raise Undecided(f"the specification does not speak of {len(aside)} traces: {aside[0]}")
    return traces, tuple(aside)


def run_campaign(
    traces: Sequence[Trace],
    set_aside: tuple[str, ...] = (),
    *,
    timeout_s: float = 3600.0,
    progress: Callable[[str], None] = lambda line: None,
) -> Campaign:
    """Changes each trace in each way, and lets TLC judge all of them in one run.

    The traces are of one profile and server. Raises `NotAvailable`, `TooManyStates`.
    """
    profile = PROFILES[traces[0].profile]
    unchanged = [
        Mutant(kind="", about="as recorded", trace=trace, explained=explained_by_model(trace, profile))
        for trace in traces
    ]
    changed = [mutant for trace in traces for mutant in mutants(trace, profile, trace.seed or 0)]
    every = [*unchanged, *changed]
    judged, result = judge_traces([each.trace for each in every], profile.name, timeout_s=timeout_s, progress=progress)
    pairs = list(zip(every, judged, strict=True))
    contradictions = tuple(said for each, by_tlc in pairs if (said := contradiction(each, by_tlc)) is not None)
    verdict = Verdict.VIOLATED if contradictions else Verdict.HOLDS
    if any(by_tlc.verdict is Verdict.UNKNOWN for by_tlc in judged):
        verdict = Verdict.UNKNOWN
    return Campaign(
        profile=profile.name,
        server=traces[0].server,
        traces=len(traces),
        events=sum(len(trace.events) for trace in traces),
        accepted=sum(by_tlc.verdict is Verdict.HOLDS for each, by_tlc in pairs if not each.kind),
        mattered=dict(Counter(each.kind for each in changed if each.matters)),
        rejected=sum(by_tlc.verdict is Verdict.VIOLATED for each, by_tlc in pairs if each.kind and each.matters),
        harmless=sum(not each.matters for each in changed),
        spared=sum(by_tlc.verdict is Verdict.HOLDS for each, by_tlc in pairs if each.kind and not each.matters),
        contradictions=contradictions,
        set_aside=set_aside,
        verdict=verdict,
        result=result,
    )


def contradiction(each: Mutant, by_tlc: Judged) -> str | None:
    """What is wrong with TLC's verdict, if anything: a recorded trace has to be accepted, and TLC to agree with the model."""
    where = f"{each.trace.server}, {each.trace.profile}, seed {each.trace.seed}, {each.kind} {each.about}".strip()
    if by_tlc.verdict is Verdict.UNKNOWN:
        return f"{where}: TLC came to no verdict"
    if by_tlc.explained != each.explained:
        of = len(each.trace.events)
        return f"{where}: the model explains {each.explained} of {of} events, the specification {by_tlc.explained}"
    if not each.kind and by_tlc.verdict is not Verdict.HOLDS:
        return f"{where}: neither explains event {each.explained}: {each.trace.events[each.explained]}"
    return None


HEAD: Final = """<!-- Written by `namesrv spec traces --oracle --markdown docs/spec-traces.md`; do not edit. -->
# Traces of the real thing

Runs over sockets, with several connections and pipelined requests, were recorded and given to stock TLC, which says whether each
is a behaviour of the specification ([`RegistrationTrace.tla`](../spec/RegistrationTrace.tla)). Each was then changed in one
event: an answer or a request is another one (*changed*), an event or an exchange is missing (*dropped*), or two have changed
places (*swapped*). The Python model says which of these matter; TLC has to reject those, to accept the others, and to agree with
the model on the first event that cannot be explained. Eight specifications that are wrong in one line are found out by 25 traces
of our server each (`pytest -m slow tests/spec/test_traces_find_mutants.py`).

*Set aside*: others were recorded instead, for the specification does not speak of an answer in them. A real 4.9.7 that is asked
for the clusters while its tables change may answer with a ConcurrentModificationException ([`verdicts.md`](verdicts.md)).

*Contradictions* would stand below the table. The one that there was (2026-11-26, a real 5.1.4) is explained now: a route is
encoded when the lock has been released, so its queues may be later than its brokers
([finding](findings/apache-torn-routes.md)). Model and specification allow just that, and reject it the other way round
(`tests/spec/test_late_encoding.py`).

"""


def made_of() -> str:
    """A hash of what is recorded, how it is changed, and the specification that is asked. Raises `NotAvailable` without one."""
    spec, modules = spec_folder(), ["RegistrationTrace", "Profiles"]
    for module in modules:
        extended = EXTENDS.findall((spec / f"{module}.tla").read_text(encoding="utf-8"))
        names = ", ".join(extended).replace(" ", "").split(",")
        modules += [name for name in names if name not in modules and (spec / f"{name}.tla").exists()]
    here = Path(__file__)
    sources = [here.with_name("trace_steps.py"), here.with_name("trace_mutants.py")]
    return stamp.digest_of_code(*sources, *(spec / f"{module}.tla" for module in sorted(modules)))


def page(campaigns: Sequence[Campaign]) -> str:
    """`docs/spec-traces.md`."""
    kinds = list(KINDS)
    lines = [
        f"| profile | recorded of | traces | events | accepted | {' | '.join(f'{kind}, matters' for kind in kinds)} | rejected "
        "| harmless | accepted | contradictions | set aside | distinct states | s |",
        "|" + "---|" * (12 + len(kinds)),
    ]
    for c in campaigns:
        cells = (c.profile, c.server, c.traces, f"{c.events:,}", c.accepted, *(c.mattered.get(kind, 0) for kind in kinds),
                 c.rejected, c.harmless, c.spared, len(c.contradictions), len(c.set_aside), f"{c.result.distinct_states or 0:,}",
                 f"{c.result.seconds:.0f}")  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    told = [f"- {line}" for c in campaigns for line in c.contradictions]
    lines += ["", "What is contradicted:", "", *told] if told else []
    return stamp.stamped(HEAD + "\n".join(lines), made_of())


def as_data(campaign: Campaign) -> dict[str, Any]:
    """For `--json`."""
    fields = (
        "profile",
        "server",
        "traces",
        "events",
        "accepted",
        "mattered",
        "rejected",
        "harmless",
        "spared",
        "contradictions",
        "set_aside",
    )
    data: dict[str, Any] = {name: getattr(campaign, name) for name in fields}
    return data | {"verdict": campaign.verdict.value, "distinct": campaign.result.distinct_states,
                   "seconds": round(campaign.result.seconds, 1)}  # fmt: skip
