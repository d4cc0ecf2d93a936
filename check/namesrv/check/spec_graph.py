"""Two state graphs, TLC's and one of Python's, compared: the same initial states, states and edges, or where they first part.

TLC 2.15 labels an edge with the name of its action, without arguments; so an edge is (state, action, state). A state is whatever
the caller's abstraction makes of it: one function for TLC's variables, one for Python's states, into the same values.
"""

import re
import tempfile
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar

import attrs

from namesrv.check.tla_values import TlaValue, parse_state
from namesrv.check.tlc import DEFAULT_FLAGS, run_tlc

V = TypeVar("V", bound=Hashable)
S = TypeVar("S", bound=Hashable)

NODE: Final = re.compile(r'^(-?\d+) \[label="((?:[^"\\]|\\.)*)"(,style = filled)?\]', re.MULTILINE)
EDGE: Final = re.compile(r'^(-?\d+) -> (-?\d+) \[label="([^"]*)"', re.MULTILINE)
HEAD: Final = "strict digraph"
MAX_SHOWN: Final = 3
"""Of a state's edges that only one side has."""


class GraphError(ValueError):
    """The dump is not a whole graph; the text says what was expected."""


@attrs.frozen(kw_only=True)
class Graph(Generic[V]):
    """States as values. `edges`: of every state, its (action, state after) pairs."""

    initial: frozenset[V]
    edges: Mapping[V, frozenset[tuple[str, V]]]

    @property
    def edge_count(self) -> int:
        """How many different (state, action, state) there are."""
        return sum(map(len, self.edges.values()))


@attrs.frozen(kw_only=True)
class Difference(Generic[V]):
    """Where two graphs first part. `path`: (action, state) from an initial state, whose action is `Init`, to the state before.

    `only_spec`, `only_model`: what only one side has there: initial states where `path` is empty, else edges.
    """

    path: tuple[tuple[str, V], ...]
    only_spec: tuple[tuple[str, V], ...]
    only_model: tuple[tuple[str, V], ...]

    def lines(self, describe: Callable[[V], str] = str) -> list[str]:
        """For people: the path, then what differs."""
        told = [f"{number:>3}  {action}: {describe(state)}" for number, (action, state) in enumerate(self.path)]
        for side, only in (("the specification", self.only_spec), ("the model", self.only_model)):
            told += [f"then only {side} has  {action}: {describe(state)}" for action, state in only[:MAX_SHOWN]]
            if len(only) > MAX_SHOWN:
                told.append(f"and {len(only) - MAX_SHOWN} more that only {side} has")
        return told

    def __str__(self) -> str:
        return "\n".join(self.lines())


def read_dot(text: str, abstract: Callable[[Mapping[str, TlaValue]], V]) -> Graph[V]:
    """What TLC wrote for `-dump dot,actionlabels`, each state as `abstract` sees its variables.

    States that look the same are one. Raises `GraphError` if the dump is cut off, `TlaSyntaxError`, and what `abstract` raises.
    """
    if not text.startswith(HEAD) or not text.rstrip().endswith("}\n}"):
        raise GraphError(f"expected a whole {HEAD!r}, got {text[:40]!r} ... {text[-40:]!r}")
    states: dict[str, V] = {}
    initial: set[V] = set()
    for node, label, is_initial in NODE.findall(text):
        states[node] = abstract(parse_state(_unescaped(label)))
        if is_initial:
            initial.add(states[node])
    edges: dict[V, set[tuple[str, V]]] = {state: set() for state in states.values()}
    for before, after, action in set(EDGE.findall(text)):
        if before not in states or after not in states:
            raise GraphError(f"an edge {action} from {before} to {after}: expected both among the {len(states)} states")
        edges[states[before]].add((action, states[after]))
    if not initial:
        raise GraphError("expected an initial state, got none")
    return Graph(initial=frozenset(initial), edges={state: frozenset(found) for state, found in edges.items()})


def dump_graph(
    module: str,
    config: str | Path,
    abstract: Callable[[Mapping[str, TlaValue]], V],
    *,
    files: Mapping[str, str] | None = None,
    timeout_s: float = 600.0,
) -> Graph[V]:
    """The whole graph that TLC finds, invariants or not: it goes on after a violation. Arguments as for `run_tlc`.

    Raises `GraphError` if TLC did not come to its end, `NotAvailable`, and what `read_dot` raises.
    """
    with tempfile.TemporaryDirectory(prefix="namesrv-graph-") as folder:
        file = Path(folder) / "graph.dot"
        flags = (*DEFAULT_FLAGS, "-continue", "-dump", "dot,actionlabels", str(file))
        result = run_tlc(module, config, timeout_s, flags=flags, files=files)
        if not result.finished:
            raise GraphError(f"{module}, {config}: TLC did not come to its end: {result.text[-500:]}")
        return read_dot(file.read_text(encoding="utf-8"), abstract)


def _unescaped(label: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], label)


def graph_of(
    initial: Iterable[S],
    successors: Callable[[S], Iterable[tuple[str, S]]],
    abstract: Callable[[S], V],
    *,
    max_states: int = 200_000,
) -> Graph[V]:
    """Everything that can be reached from `initial`, each state as `abstract` sees it; `successors` name their actions.

    Raises `GraphError` beyond `max_states`, and if two states that look the same go on differently: then `abstract` has left
    something out that matters.
    """
    seen: dict[S, V] = {state: abstract(state) for state in initial}
    start, frontier = frozenset(seen.values()), deque(seen)
    edges: dict[V, frozenset[tuple[str, V]]] = {}
    while frontier:
        state = frontier.popleft()
        found: set[tuple[str, V]] = set()
        for action, after in successors(state):
            if after not in seen:
                if len(seen) >= max_states:
                    raise GraphError(f"more than {max_states} states")
                seen[after] = abstract(after)
                frontier.append(after)
            found.add((action, seen[after]))
        if edges.setdefault(seen[state], frozenset(found)) != found:
            raise GraphError(f"states that look the same go on differently: {seen[state]!r}")
    return Graph(initial=start, edges=edges)


def compare(spec: Graph[V], model: Graph[V]) -> Difference[V] | None:
    """The first difference, breadth first from the initial states, or `None` if the graphs are the same.

    Every state of either has to be reachable, as states of a search are: a state that only one side has is reached by an edge
    that only that side has.
    """
    if spec.initial != model.initial:
        return Difference(
            path=(),
            only_spec=tuple(("Init", state) for state in spec.initial - model.initial),
            only_model=tuple(("Init", state) for state in model.initial - spec.initial),
        )
    came: dict[V, tuple[str, V] | None] = dict.fromkeys(spec.initial)
    frontier = deque(spec.initial)
    while frontier:
        state = frontier.popleft()
        theirs, ours = spec.edges[state], model.edges[state]
        if theirs != ours:
            return Difference(
                path=_path(came, state),
                only_spec=_sorted(theirs - ours),
                only_model=_sorted(ours - theirs),
            )
        for action, after in theirs:
            if after not in came:
                came[after] = (action, state)
                frontier.append(after)
    for side, graph in (("specification", spec), ("model", model)):
        if len(graph.edges) != len(came):
            raise GraphError(f"the {side}: expected {len(came)} states that can be reached, got {len(graph.edges)}")
    return None


def _sorted(edges: Iterable[tuple[str, V]]) -> tuple[tuple[str, V], ...]:
    return tuple(sorted(edges, key=lambda edge: (edge[0], repr(edge[1]))))


def _path(came: Mapping[V, tuple[str, V] | None], state: V) -> tuple[tuple[str, V], ...]:
    path: list[tuple[str, V]] = []
    while (step := came[state]) is not None:
        path.append((step[0], state))
        state = step[1]
    return (("Init", state), *reversed(path))
