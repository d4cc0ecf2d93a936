"""The comparison of two graphs: it finds whatever differs, first things first, and reads TLC's dump whole or not at all."""

from collections.abc import Iterator

import pytest

from namesrv.check.spec_graph import Graph, GraphError, compare, graph_of, read_dot
from namesrv.check.tla_values import TlaValue

DUMP = r"""strict digraph DiskGraph {
nodesep=0.35;
subgraph cluster_graph {
color="white";
-1 [label="/\\ x = 0\n/\\ last = \"none\"",style = filled]
-1 -> 2 [label="Grow",color="black",fontcolor="black"];
2 [label="/\\ x = 1\n/\\ last = \"grow\""];
2 -> 3 [label="Grow",color="black",fontcolor="black"];
3 [label="/\\ x = 2\n/\\ last = \"grow\""];
2 -> -1 [label="Reset",color="black",fontcolor="black"];
3 -> -1 [label="Reset",color="black",fontcolor="black"];
3 -> 3 [label="Rest",color="black",fontcolor="black"];
{rank = same; 2;}
}
}"""


def of_dump(text: str = DUMP) -> Graph[TlaValue]:
    return read_dot(text, lambda variables: variables["x"])


def grows(x: int) -> Iterator[tuple[str, int]]:
    if x < 2:
        yield "Grow", x + 1
    else:
        yield "Rest", x
    if x > 0:
        yield "Reset", 0


def of_model() -> Graph[int]:
    return graph_of([0], grows, lambda x: x)


def test_equal_graphs_have_no_difference() -> None:
    assert of_dump() == of_model()
    assert compare(of_dump(), of_model()) is None
    assert of_model().edge_count == 5


@pytest.mark.parametrize(
    ("seen", "meant", "path", "only_spec", "only_model"),
    [
        ("/\\\\ x = 0", "/\\\\ x = 7", [], [("Init", 7)], [("Init", 0)]),
        ('2 -> 3 [label="Grow"', '2 -> 2 [label="Grow"', ["Init", "Grow"], [("Grow", 1)], [("Grow", 2)]),
        ('3 -> 3 [label="Rest"', '3 -> 3 [label="Sleep"', ["Init", "Grow", "Grow"], [("Sleep", 2)], [("Rest", 2)]),
        ('2 -> -1 [label="Reset"', '2 -> 2 [label="Reset"', ["Init", "Grow"], [("Reset", 1)], [("Reset", 0)]),
        ('2 -> -1 [label="Reset",color="black",fontcolor="black"];\n', "", ["Init", "Grow"], [], [("Reset", 0)]),
        ("/\\\\ x = 2", "/\\\\ x = 3", ["Init", "Grow"], [("Grow", 3)], [("Grow", 2)]),
    ],
)
def test_a_difference_is_found_with_the_path_to_it(
    seen: str, meant: str, path: list[str], only_spec: list[tuple[str, int]], only_model: list[tuple[str, int]]
) -> None:
    assert DUMP.count(seen) == 1
    found = compare(of_dump(DUMP.replace(seen, meant)), of_model())
    assert found is not None
    assert [action for action, _ in found.path] == path
    assert (list(found.only_spec), list(found.only_model)) == (only_spec, only_model)
    # The other way round it is the same difference.
    again = compare(of_model(), of_dump(DUMP.replace(seen, meant)))
    assert again is not None and (again.only_spec, again.only_model) == (found.only_model, found.only_spec)


def test_a_difference_is_told_in_lines() -> None:
    found = compare(of_dump(DUMP.replace('3 -> 3 [label="Rest"', '3 -> 3 [label="Sleep"')), of_model())
    assert str(found).splitlines() == [
        "  0  Init: 0",
        "  1  Grow: 1",
        "  2  Grow: 2",
        "then only the specification has  Sleep: 2",
        "then only the model has  Rest: 2",
    ]


@pytest.mark.parametrize(
    "text", ["", DUMP[:-4], DUMP.replace(",style = filled", ""), DUMP.replace('2 [label="/\\\\ x', '4 [label="/\\\\ x')]
)
def test_a_dump_that_is_not_whole_is_no_graph(text: str) -> None:
    with pytest.raises(GraphError):
        of_dump(text)


def test_states_that_no_edge_leads_to_are_no_graph_to_compare() -> None:
    lost = Graph(initial=frozenset({0}), edges={**of_model().edges, 9: frozenset()})
    with pytest.raises(GraphError, match="4"):
        compare(of_model(), lost)


def test_an_abstraction_that_leaves_out_what_matters_is_found_out() -> None:
    with pytest.raises(GraphError, match="look the same"):
        graph_of([0], grows, lambda x: min(x, 1))


def test_a_graph_without_end_is_given_up() -> None:
    with pytest.raises(GraphError, match="more than 10 states"):
        graph_of([0], lambda x: [("Grow", x + 1)], lambda x: x, max_states=10)
