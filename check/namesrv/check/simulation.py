"""Random walks of the same system, for scopes that no search gets to the end of; one that breaks something is shrunk to a story.

Hypothesis chooses what happens. Each walk has a mix of faults of its own (swarm testing), and those are preferred that end with
more live addresses. That walks find nothing says nothing of the walks that were not taken.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import attrs
from hypothesis import HealthCheck, Phase, given, seed, settings, target
from hypothesis import strategies as st

from namesrv.check.draws import from_the_seed_alone
from namesrv.check.findings import Verdict
from namesrv.check.spared import least_of
from namesrv.explore.product import Move, Product, Rule, State, moves_of
from namesrv.explore.registration import Layout, registration_system
from namesrv.model.profiles import Profile
from namesrv.model.promises import NAMES
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.system.scope import FAULTS, Scope

PREFERRED: Final = 3
"""How many times as often as a fault something else is chosen."""


@attrs.frozen(kw_only=True)
class Simulated:
    """What the walks came to. `story`: the shrunk walk to the broken state, `broken` the invariants that it breaks."""

    verdict: Verdict
    walks: int
    moves: int
    seconds: float
    broken: tuple[str, ...] = ()
    story: tuple[Move, ...] = ()


class Broken(Exception):
    """A walk has come to a state in which invariants are false."""


Judge = Callable[[State], tuple[str, ...]]
"""The names of the invariants that are false in a state."""

Script = tuple[tuple[Rule, int], ...]
"""A walk as it was chosen: rules, and which of the ways each was done in."""


def simulate(
    profile: Profile,
    scope: Scope,
    *,
    walks: int,
    steps: int,
    seed_value: int,
    shrink_budget_s: float = 20.0,
    clock: Callable[[], float] = time.monotonic,
) -> Simulated:
    """Takes `walks` walks of at most `steps` moves; the same seed takes the same ones."""
    began = clock()
    system = registration_system(scope, profile)
    layout = Layout(scope)
    namesrvs = [layout.namesrv(n) for n in range(scope.namesrvs)]
    judge = _judge(system, namesrvs)
    count = {"walks": 0, "moves": 0}
    found: list[Script] = []

    @seed(seed_value)
    @settings(
        max_examples=walks,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.target),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        count["walks"] += 1
        kinds = data.draw(st.sets(st.sampled_from(sorted(scope.kinds)), min_size=1), label="faults of this walk")
        rules = _chosen(system, kinds)
        state, script = system.initial, []
        for _ in range(steps):
            drawn = _drawn(data, rules, state)
            if drawn is None:
                break
            count["moves"] += 1
            rule, way, move = drawn
            script.append((rule, way))
            state = move.after
            if judge(state):
                found.append(tuple(script))
                raise Broken
        target(float(sum(_live(state, at) for at in namesrvs)), label="live addresses")

    try:
        with from_the_seed_alone():
            walk()
    except Broken:
        found_at = clock()
        broken, story = _shrunk(system, found[0], judge, give_up=lambda: clock() - found_at > shrink_budget_s)
        return Simulated(
            verdict=Verdict.VIOLATED,
            walks=count["walks"],
            moves=count["moves"],
            seconds=clock() - began,
            broken=broken,
            story=story,
        )
    return Simulated(verdict=Verdict.HOLDS, walks=count["walks"], moves=count["moves"], seconds=clock() - began)


def _chosen(system: Product, kinds: set[str]) -> tuple[Rule, ...]:
    """The rules of a walk with these faults, each as often as it is to be chosen."""
    chosen: list[Rule] = []
    for rule in system.rules:
        kind = next((kind for kind, words in WORDS.items() if any(word in rule.name for word in words)), None)
        if kind is None:
            chosen += [rule] * PREFERRED
        elif kind in kinds:
            chosen.append(rule)
    return tuple(chosen)


WORDS: Final = {
    "break": (" breaks",),
    "cut": (" is cut",),
    "crash": (" shuts down", " crashes", " without its versions"),
    "vanish": (" vanishes",),
    "move": (" starts elsewhere",),
    "role": (" changes its role",),
    "timeout": (" waits no longer",),
    "late": (" too late ",),
    "restart": (" starts again",),
}
"""Of the rules' names, by the kind of fault."""

assert set(WORDS) == set(FAULTS)


def _drawn(data: st.DataObject, rules: tuple[Rule, ...], state: State) -> tuple[Rule, int, Move] | None:
    """One move: of the first rule from a drawn one on that can be done; `None` if none can."""
    first = data.draw(st.integers(0, len(rules) - 1))
    for number in range(len(rules)):
        rule = rules[(first + number) % len(rules)]
        ways = list(moves_of(rule, state))
        if ways:
            way = data.draw(st.integers(0, len(ways) - 1)) if len(ways) > 1 else 0
            return rule, way, ways[way]
    return None


def _shrunk(
    system: Product, script: Script, judge: Judge, give_up: Callable[[], bool]
) -> tuple[tuple[str, ...], tuple[Move, ...]]:
    """The walk without what it can do without."""

    def still(fewer: Script) -> Script | None:
        return fewer if _told(system, fewer, judge)[0] else None

    return _told(system, least_of(script, still, lambda _: not give_up()), judge)


def _told(system: Product, script: Script, judge: Judge) -> tuple[tuple[str, ...], tuple[Move, ...]]:
    """What it breaks first, and the moves until then; what can't be done any more is passed over."""
    state, story = system.initial, []
    for rule, way in script:
        ways = list(moves_of(rule, state))
        if not ways:
            continue
        story.append(ways[min(way, len(ways) - 1)])
        state = story[-1].after
        broken = judge(state)
        if broken:
            return broken, tuple(story)
    return (), tuple(story)


def _part(state: State, at: int) -> NameServerPart:
    part: Any = state[at]
    assert isinstance(part, NameServerPart)
    return part


def _judge(system: Product, namesrvs: list[int]) -> Judge:
    """The names of the invariants that are false: a NameServer's own it remembers itself, and the scope's others."""
    others = [each for each in system.invariants if each.name.partition("@")[0] not in NAMES]

    def broken(state: State) -> tuple[str, ...]:
        names = {name for at in namesrvs for name in _part(state, at).broken}
        false = (each for each in others if not each.holds(tuple(state[index] for index in each.looks_at)))
        return tuple(sorted(names | {each.name.partition("@")[0] for each in false}))

    return broken


def _live(state: State, at: int) -> int:
    return len(_part(state, at).state.tables.broker_live_table)
