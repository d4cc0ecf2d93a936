"""What takes long begins first, and what shares something that is dear to make is not torn apart."""

from pathlib import Path

from tests.scheduling import LONG, TOGETHER, group_of, in_order, workers

ROOT = Path(__file__).parents[1]


def test_every_file_that_is_named_is_there() -> None:
    named = [*LONG, *(file for _, files in TOGETHER.values() for file in files)]
    assert [file for file in named if not (ROOT / file).is_file()] == []
    assert len(set(named)) == len(named)


def test_the_longest_begin_then_those_of_the_most_tests() -> None:
    longest = max(LONG, key=lambda file: LONG[file])
    few, many = "tests/a/test_few.py::test_a", [f"tests/b/test_many.py::test_b[{number}]" for number in range(2)]
    assert in_order([few, *many, f"{longest}::test_c"]) == [longest, "tests/b/test_many.py", "tests/a/test_few.py"]


def test_files_that_share_something_are_one_group() -> None:
    for group, (_, files) in TOGETHER.items():
        assert {group_of(f"{file}::test_a[x::y]") for file in files} == {group}


def test_there_are_more_workers_than_processors() -> None:
    assert [workers(processors) for processors in (1, 2, 4)] == [1, 3, 6]
