"""Runs that are fair to rules: whether one is never good for good.

A rule is enabled where it does something. A run is *weakly* fair to it unless it is enabled from some time on and never done any
more, *strongly* unless it is enabled again and again and not done again and again. A run that goes on for ever goes round in one
strongly connected component in the end, and may go through all of it, which only makes it fairer. So:

- weakly, there is such a run if and only if a component with a bad state can be reached in which each rule is disabled somewhere
  or done without leaving it. It is enough to look at whole components: what a part of one is fair to, all of it is.
- strongly, a rule that is enabled somewhere in a component has to be done in it. If it is not, the states where it is enabled
  have to be left alone, and the rest is looked at again (Emerson and Lei, 1987).

A run that ends is one after which no fair rule does anything; `liveness` has those.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from namesrv.explore.components import NONE, components
from namesrv.explore.hashing import Indices

Fairness: TypeAlias = Literal["moves", "strong", "weak"]
"""To what a run is fair: to every single move (which rule, in which way, from which state), or to rules, strongly or weakly."""

Marks: TypeAlias = npt.NDArray[np.bool_]

RuleMoves: TypeAlias = Callable[[Indices], Iterator[tuple[int, Indices, Indices]]]
"""Of so many states, by number: for each rule that does something in some of them, its place, and from where to where."""


@attrs.frozen(kw_only=True)
class Cycle:
    """States, by number, among which a fair run may go round for ever; `source[i]` to `target[i]` are the moves between them."""

    states: Indices
    source: Indices
    target: Indices


def fair_cycle(
    fairness: Fairness, rules: int, bad: Marks, source: Indices, target: Indices, rule_moves: RuleMoves
) -> Cycle | None:
    """The smallest component with a bad state that a run may stay in and be fair to all `rules` rules; `None` if there is none.

    `source`, `target`: the moves by fair rules, at least all those between states from which bad ones can be reached.
    """
    while source.size:
        labels = _bad_components(bad, source, target)
        states = np.flatnonzero(labels != NONE)
        if not states.size:
            return None
        inside = (labels[source] != NONE) & (labels[source] == labels[target])
        source, target = source[inside], target[inside]
        sizes = np.bincount(labels[states])
        enabled, done = _counted(rules, labels, sizes.size, states, rule_moves)
        needed = enabled == sizes[:, None] if fairness == "weak" else enabled > 0
        unfair = needed & ~done
        fair = ~unfair.any(axis=1)
        if fair.any():
            chosen = int(np.argmin(np.where(fair, sizes, np.iinfo(np.int64).max)))
            of_it = labels[source] == chosen
            return Cycle(states=np.flatnonzero(labels == chosen), source=source[of_it], target=target[of_it])
        if fairness == "weak":
            return None
        left = labels != NONE
        for rule, origin, _ in rule_moves(states):
            left[origin[unfair[labels[origin], rule]]] = False
        stays = left[source] & left[target]
        source, target = source[stays], target[stays]
    return None


def _bad_components(bad: Marks, source: Indices, target: Indices) -> Indices:
    """The components that have a bad state, numbered anew; `NONE` for all other states."""
    labels = components(bad.size, source, target)
    chosen = np.unique(labels[bad & (labels != NONE)])
    number = np.full(int(labels.max(initial=NONE)) + 2, NONE, np.int64)  # the last one is that of NONE itself
    number[chosen] = np.arange(chosen.size)
    renumbered: Indices = number[labels]
    return renumbered


def _counted(
    rules: int, labels: Indices, found: int, states: Indices, rule_moves: RuleMoves
) -> tuple[npt.NDArray[np.int64], Marks]:
    """By component and rule: in how many of its states the rule is enabled, and whether it is done without leaving it."""
    enabled = np.zeros((found, rules), np.int64)
    done = np.zeros((found, rules), np.bool_)
    for rule, origin, after in rule_moves(states):
        enabled[:, rule] += np.bincount(labels[np.unique(origin)], minlength=found)
        done[labels[origin[labels[origin] == labels[after]]], rule] = True
    return enabled, done


@attrs.frozen
class Step:
    """To that state, by that rule; `None`: by whichever."""

    state: int
    rule: int | None = None


def round_trip(cycle: Cycle, start: int, fairness: Fairness, rules: int, rule_moves: RuleMoves) -> list[Step]:
    """From `start` through the cycle and back to it, at least one step, such that going round for ever is fair to every rule."""
    inside = set(cycle.states.tolist())
    enabled: list[set[int]] = [set() for _ in range(rules)]
    done: list[dict[int, int]] = [{} for _ in range(rules)]
    for rule, origin, after in rule_moves(cycle.states):
        enabled[rule].update(origin.tolist())
        pairs = zip(origin.tolist(), after.tolist(), strict=True)
        done[rule].update((one, other) for one, other in pairs if other in inside)
    onward: dict[int, list[int]] = {}
    for one, other in zip(cycle.source.tolist(), cycle.target.tolist(), strict=True):
        onward.setdefault(one, []).append(other)
    told = [Step(start)]
    for rule in range(rules):
        disabled = inside - enabled[rule]
        if not enabled[rule] or (fairness == "weak" and any(step.state in disabled for step in told)):
            continue
        if fairness == "weak" and disabled:
            told += _way(onward, told[-1].state, disabled)
            continue
        if told[-1].state not in done[rule]:
            told += _way(onward, told[-1].state, done[rule])
        told.append(Step(done[rule][told[-1].state], rule))
    if len(told) == 1 or told[-1].state != start:
        told += _way(onward, told[-1].state, {start})
    return told[1:]


def _way(onward: dict[int, list[int]], start: int, goals: Collection[int]) -> list[Step]:
    """The steps of a shortest way, of one at least, from `start` to one of `goals`."""
    before: dict[int, int] = {}
    frontier = [start]
    while frontier:
        following = []
        for state in frontier:
            for other in onward.get(state, ()):
                if other in before:
                    continue
                before[other] = state
                if other in goals:
                    way = [other]
                    while (state := before[way[-1]]) != start:
                        way.append(state)
                    return [Step(each) for each in way[::-1]]
                following.append(other)
        frontier = following
    raise RuntimeError("fairness: expected a way within the component, got none")
