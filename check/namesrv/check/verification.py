"""What `namesrv verify` checks, as a list: each part says what it was, how much of it, and how it came out.

A part is data and runs in a process of its own, so that every core is used; `PARTS` is the table of contents.
"""

import time
from collections.abc import Callable
from typing import Final

import attrs

from namesrv import proofs
from namesrv.check.describe import describe_step
from namesrv.check.embedded import Embedded
from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Verdict
from namesrv.check.not_available import NotAvailable, required
from namesrv.check.proof_runs import replay
from namesrv.check.proving import prove_profile
from namesrv.check.reproduce import Outcome as Reproduced
from namesrv.check.runner import Target
from namesrv.check.search import SearchReport
from namesrv.check.search import search as search_server
from namesrv.check.simulation import simulate
from namesrv.check.spec_graph import compare
from namesrv.check.spec_models import check_model, load_models, within
from namesrv.check.system_story import sentence
from namesrv.check.theme_graph import SPEC_THEMES, dumped_theme_graph, theme_graph
from namesrv.check.trace_campaign import record_ours, run_campaign
from namesrv.explore.convergence import agreement, fair_rules
from namesrv.explore.liveness import heals
from namesrv.explore.outcome import Options
from namesrv.explore.registration import registration_system
from namesrv.explore.search import search
from namesrv.model.profiles import APACHE_5_5_0, DISTINCT_PROFILES, PROFILES, STRICT
from namesrv.model.promises import NAMES
from namesrv.model.system.scope import Scope
from namesrv.proofs import theorems
from namesrv.server import HeldClock
from namesrv.server.route_info import RouteInfoManager

VERDICTS: Final = {"holds": Verdict.HOLDS, "violated": Verdict.VIOLATED, "unknown": Verdict.UNKNOWN}
"""The explorer's words."""

STORY_LINES: Final = 120
"""Of TLC's output, where something is wrong: a counterexample stands at its end."""


@attrs.frozen(kw_only=True)
class Outcome:
    """How a part came out. `detail`: how much was done, or the reason; `story`: lines that tell a violation.

    `skipped`: this machine lacks what it needs, and nobody said that it must be there (NAMESRV_REQUIRE).
    """

    verdict: Verdict
    detail: str
    seconds: float = 0.0
    story: tuple[str, ...] = ()
    skipped: bool = False


@attrs.frozen(kw_only=True)
class Part:
    """One part. `quick` and `full`: how much of it, in its own unit; 0 leaves it out."""

    name: str
    about: str
    run: Callable[[int, int], Outcome]
    quick: int
    full: int


def _told(report: SearchReport) -> Outcome:
    story: tuple[str, ...] = ()
    if report.violation is not None:
        finding = report.violation.finding
        expected = tuple(f"expected {text}" for text in finding.expected)
        story = (*map(describe_step, report.steps), f"then {finding.what}", *expected, f"got {finding.got}")
    detail = f"{report.examples} sequences, {report.steps_run} steps, {report.requests} requests"
    if report.reason is not None:
        detail = report.reason
    return Outcome(verdict=report.verdict, detail=detail, story=story)


@attrs.frozen
class OverSockets:
    """Generated sequences over several connections at once, against our server."""

    profile: str

    def __call__(self, amount: int, seed: int) -> Outcome:
        with Embedded(profile=self.profile) as server:
            target = Target(host="127.0.0.1", port=server.port)
            settle = server.settle
            profile = PROFILES[self.profile]
            return _told(search_server(target, profile, examples=amount, seed_value=seed, settle=settle, own=True))


@attrs.frozen
class HeldTime:
    """Generated sequences with time in them, against our server with its clock held."""

    profile: str

    def __call__(self, amount: int, seed: int) -> Outcome:
        with Embedded(profile=self.profile, clock=HeldClock()) as server:
            target = Target(host="127.0.0.1", port=server.port)
            profile = PROFILES[self.profile]
            return _told(search_server(target, profile, examples=amount, seed_value=seed, held=server, own=True))


@attrs.frozen
class RealTimeExpiry:
    """Brokers that fall silent on a server whose clock nobody holds."""

    profile: str

    def __call__(self, amount: int, seed: int) -> Outcome:
        del amount, seed
        with Embedded(profile=self.profile) as server:
            check = ExpiryCheck(Target(host="127.0.0.1", port=server.port), PROFILES[self.profile], slow=False)
            check.start()
            check.wait()
            return Outcome(verdict=check.verdict, detail=check.summary)


BAD_TWIN_SEED: Final = 2


class ForgetsConnections(RouteInfoManager):
    """A bad twin: a closed connection takes nobody along."""

    def channel_destroyed(self, channel: object, remote_addr: str | None) -> None:
        """Does nothing."""


@attrs.frozen
class BadTwinCaught:
    """The check itself: a server that is wrong on purpose has to be found out, with a seed of its own."""

    def __call__(self, amount: int, seed: int) -> Outcome:
        del seed
        with Embedded(profile="strict", manager=ForgetsConnections) as server:
            target = Target(host="127.0.0.1", port=server.port)
            profile = attrs.evolve(PROFILES["strict"], internal_step_deadline_ms=1_000)
            report = search_server(target, profile, examples=amount, seed_value=BAD_TWIN_SEED, shrink_budget_s=0)
        if report.verdict is Verdict.VIOLATED:
            return Outcome(verdict=Verdict.HOLDS, detail=f"found out in {report.examples} sequences")
        return Outcome(verdict=Verdict.VIOLATED, detail=f"not found out in {report.examples} sequences")


def _without_tools(error: NotAvailable) -> Outcome:
    if error.what in required():
        return Outcome(verdict=Verdict.UNKNOWN, detail=str(error))
    return Outcome(verdict=Verdict.HOLDS, detail=str(error), skipped=True)


@attrs.frozen
class SpecificationHolds:
    """The quick models of the specification under stock TLC: each comes out as its manifest says."""

    def __call__(self, amount: int, seed: int) -> Outcome:
        del amount, seed
        try:
            checked = [check_model(model) for model in within(load_models(), "quick")]
        except NotAvailable as error:
            return _without_tools(error)
        for each in checked:
            if each.verdict is not Verdict.HOLDS:
                story = tuple(each.result.text.splitlines()[-STORY_LINES:])
                return Outcome(verdict=each.verdict, detail=f"{each.model.name}: {each.reason}", story=story)
        states = sum(each.result.distinct_states or 0 for each in checked)
        return Outcome(verdict=Verdict.HOLDS, detail=f"{len(checked)} models, {states:,} distinct states")


@attrs.frozen
class SameGraphs:
    """One NameServer: the specification and the model have the same states and steps. The amount: under how many profiles."""

    theme: str

    def __call__(self, amount: int, seed: int) -> Outcome:
        del seed
        states = 0
        for name in list(DISTINCT_PROFILES)[:amount]:
            try:
                spec = dumped_theme_graph(SPEC_THEMES[self.theme], name)
            except NotAvailable as error:
                return _without_tools(error)
            model = theme_graph(SPEC_THEMES[self.theme], PROFILES[name])
            difference = compare(spec, model)
            if difference is not None:
                return Outcome(verdict=Verdict.VIOLATED, detail=f"{name}: they part", story=tuple(difference.lines()))
            states += len(model.edges)
        return Outcome(
            verdict=Verdict.HOLDS, detail=f"{states:,} states under {amount} profiles, and the steps between them"
        )


@attrs.frozen
class TracesExplained:
    """Our server's traces under stock TLC: accepted, and rejected with an event changed. The amount: how many."""

    profile: str

    def __call__(self, amount: int, seed: int) -> Outcome:
        try:
            campaign = run_campaign(record_ours(self.profile, amount, seed))
        except NotAvailable as error:
            return _without_tools(error)
        changed = sum(campaign.mattered.values())
        detail = f"{campaign.accepted} of {amount} accepted, {campaign.rejected} of {changed} changed ones rejected"
        return Outcome(verdict=campaign.verdict, detail=detail, story=campaign.contradictions)


@attrs.frozen
class Proved:
    """Z3 and cvc5 prove every invariant of `strict`; some of 5.5.0's refuted cells are reached, in the model and on our server.

    The amount: how many of them. Nothing that an earlier run has proved is taken over.
    """

    def __call__(self, amount: int, seed: int) -> Outcome:
        del seed
        proving = prove_profile(STRICT, workers=1)
        wrong = [f"{c.transition}, {c.invariant}: {c.verdict.value}" for c in proving.cells
                 if proofs.Verdict.PROVED is not c.verdict]  # fmt: skip
        if proving.verdict is not Verdict.HOLDS:
            return Outcome(verdict=proving.verdict, detail="; ".join((*wrong, *proving.contradictions)))
        runs, _late = proofs.shortest_runs(APACHE_5_5_0, REFUTED_OF_5_5[:amount], steps=3)
        for cell in REFUTED_OF_5_5[:amount]:
            if cell not in runs:
                return Outcome(verdict=Verdict.UNKNOWN, detail=f"no run of 5.5.0 comes to {', '.join(cell)}")
            came = replay(runs[cell], APACHE_5_5_0, cell[1])
            if came is not Reproduced.REPRODUCED:
                return Outcome(verdict=Verdict.VIOLATED, detail=f"{', '.join(cell)} on our server: {came.value}")
        return Outcome(
            verdict=Verdict.HOLDS, detail=f"{len(proving.cells)} cells proved, {amount} refuted for 5.5.0 and replayed"
        )


REFUTED_OF_5_5: Final = (
    ("register_broker/topic-before-broker", "ClusterAgreement"),
    ("register_broker/accepted", "AddressUniqueness"),
    ("unregister_broker/batch", "RouteSoundness"),
)
"""Cells, each of another kind of step."""


@attrs.frozen
class TheoremsProved:
    """Both solvers prove of `strict` what `forceRegister` and our server's short way rest on; without any premise it is refuted.

    The amount: how many theorems. Nothing that an earlier run has proved is taken over.
    """

    def __call__(self, amount: int, seed: int) -> Outcome:
        del seed
        proved = theorems.prove_theorems(QUICK_THEOREMS[:amount], [STRICT])
        wrong = [fault for proof in proved for fault in proof.faults]
        wrong += [f"{p.theorem.name}: Z3 {p.z3.verdict.value}, cvc5 {p.cvc5.verdict.value}" for p in proved
                  if not p.verdict is p.cvc5.verdict is proofs.Verdict.PROVED]  # fmt: skip
        if wrong or len(proved) != amount:
            unknown = any(proofs.Verdict.UNKNOWN in (p.z3.verdict, p.cvc5.verdict) for p in proved)
            verdict = Verdict.UNKNOWN if unknown or len(proved) != amount else Verdict.VIOLATED
            return Outcome(verdict=verdict, detail="; ".join(wrong) or f"expected {amount} theorems, got {len(proved)}")
        premises = sum(len(proof.without) for proof in proved)
        return Outcome(verdict=Verdict.HOLDS, detail=f"{amount} theorems proved, each of {premises} premises needed")


QUICK_THEOREMS: Final = (
    "SkipSafety",
    "Idempotence",
    "FastPathIsEstablished",
    "FastPathIsSound-b",
    "FastPathIsSound-c",
    "FastPathIsKept",
)
"""In the order in which they are left out, last first, where there is little time."""


@attrs.frozen
class Explored:
    """Every run of a small system under `strict`: invariants hold, and it heals; and with a repair turned off they do not.

    The amount is how many faults there may be.
    """

    def __call__(self, amount: int, seed: int) -> Outcome:
        del seed
        scope = Scope(brokers=2, namesrvs=1, versions=2, faults=amount)
        found = search(registration_system(scope, STRICT))
        if found.verdict != "holds":
            told = tuple(sentence(move) for violation in found.violations[:1] for move in violation.story)
            broken = ", ".join(violation.invariant for violation in found.violations)
            return Outcome(verdict=VERDICTS[found.verdict], detail=found.reason or f"broken: {broken}", story=told)
        calm = attrs.evolve(scope, kinds=scope.kinds - {"role", "move"})
        system = registration_system(calm, STRICT)
        healing = heals(
            system, agreement(calm, STRICT), fair_rules(system), Options(all_violations=True), fairness="weak"
        )
        if healing.verdict != "holds":
            told = tuple(sentence(move) for move in healing.lasso.story) if healing.lasso else ()
            return Outcome(verdict=VERDICTS[healing.verdict], detail=healing.reason or "it need not heal", story=told)
        mutant = attrs.evolve(STRICT, one_place_per_address=False)
        if search(registration_system(scope, mutant)).verdict != "violated":
            return Outcome(verdict=Verdict.VIOLATED, detail="a mutated model was not found out")
        detail = f"{found.distinct:,} states, {len(NAMES)} invariants; heals within {healing.moves} moves"
        return Outcome(verdict=Verdict.HOLDS, detail=detail)


LARGE: Final = Scope(brokers=20, namesrvs=2, topics=2, versions=6, faults=8, deletes=2, names=8)


@attrs.frozen
class Simulated:
    """Walks through a large system: `strict` keeps its invariants, 5.5.0 is found not to. The amount: walks of 300 moves."""

    def __call__(self, amount: int, seed: int) -> Outcome:
        strict = simulate(STRICT, LARGE, walks=amount, steps=300, seed_value=seed)
        if strict.verdict is not Verdict.HOLDS:
            told = (*map(sentence, strict.story), f"then broken: {', '.join(strict.broken)}")
            return Outcome(verdict=strict.verdict, detail="a walk breaks an invariant", story=told)
        release = simulate(APACHE_5_5_0, LARGE, walks=100, steps=300, seed_value=BAD_TWIN_SEED, shrink_budget_s=0)
        if release.verdict is not Verdict.VIOLATED:
            return Outcome(verdict=Verdict.VIOLATED, detail="100 walks of 5.5.0 break nothing")
        return Outcome(verdict=Verdict.HOLDS, detail=f"{strict.walks} walks, {strict.moves} moves")


PARTS: Final = (
    Part(
        name="strict over sockets",
        about="our server against the model, several connections, races",
        run=OverSockets("strict"),
        quick=50,
        full=300,
    ),
    Part(
        name="apache-5.5.0 over sockets",
        about="the same, as that release",
        run=OverSockets("apache-5.5.0"),
        quick=20,
        full=120,
    ),
    *(
        Part(name=f"{name} over sockets", about="the same, as that release", run=OverSockets(name), quick=0, full=15)
        for name in ("apache-5.4.0", "apache-5.3.3", "apache-5.1.4")
    ),
    Part(
        name="apache-4.9.7 over sockets",
        about="the same, as that release",
        run=OverSockets("apache-4.9.7"),
        quick=20,
        full=120,
    ),
    Part(name="strict, held clock", about="with expiry and scans", run=HeldTime("strict"), quick=50, full=250),
    Part(
        name="apache-5.5.0, held clock", about="with expiry and scans", run=HeldTime("apache-5.5.0"), quick=40, full=150
    ),
    Part(
        name="apache-5.1.4, held clock", about="with expiry and scans", run=HeldTime("apache-5.1.4"), quick=0, full=20
    ),
    Part(
        name="apache-4.9.7, held clock", about="with expiry and scans", run=HeldTime("apache-4.9.7"), quick=40, full=250
    ),
    Part(
        name="strict, real clock",
        about="silent brokers expire, others do not",
        run=RealTimeExpiry("strict"),
        quick=0,
        full=1,
    ),
    Part(name="a bad twin", about="a faulty server has to be found out", run=BadTwinCaught(), quick=300, full=300),
    Part(name="exploration", about="every run of a small system", run=Explored(), quick=1, full=1),
    Part(name="simulation", about="walks through a large one", run=Simulated(), quick=4, full=20),
    Part(name="proofs (Z3, cvc5)", about="any number of brokers", run=Proved(), quick=1, full=3),
    Part(name="theorems (Z3, cvc5)", about="across steps, of strict", run=TheoremsProved(), quick=2, full=6),
    Part(
        name="specification (TLC)",
        about="small models, in TLA+",
        run=SpecificationHolds(),
        quick=0,
        full=1,
    ),
    Part(
        name="graphs of states (TLC)",
        about="the specification's and the model's",
        run=SameGraphs("parts"),
        quick=0,
        full=4,
    ),
    Part(
        name="traces (TLC)",
        about="of our server: the specification explains them",
        run=TracesExplained("strict"),
        quick=0,
        full=2,
    ),
)
"""The parts, in the order of the report."""


def run_part(name: str, amount: int, seed: int) -> Outcome:
    """Runs the part of that name; what goes wrong on the way is unknown, never green."""
    part = next(part for part in PARTS if part.name == name)
    started = time.monotonic()
    try:
        outcome = part.run(amount, seed)
    except Exception as error:
        outcome = Outcome(verdict=Verdict.UNKNOWN, detail=f"could not run: {type(error).__name__}: {error}")
    return attrs.evolve(outcome, seconds=time.monotonic() - started)
