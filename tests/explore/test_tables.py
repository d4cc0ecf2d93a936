"""What acts do is written down once, whatever happens on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.explore.hashing import EMPTY, KeyNumbers, KeySet
from namesrv.explore.layout import WORD_BITS, Packing, layout_of
from namesrv.explore.product import Said
from namesrv.explore.tables import Numbering, Table
from tests.explore.toys import Outcomes

KEYS = st.lists(st.one_of(st.integers(0, 40), st.integers(0, 2**63 - 1)), max_size=300)


def keys(values: list[int]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    return np.array(values, np.uint64)


@given(st.lists(KEYS, max_size=5))
def test_a_set_gives_each_new_key_once(batches: list[list[int]]) -> None:
    held = KeySet(2000)
    known: set[int] = set()
    for batch in batches:
        fresh = held.add(keys(batch)).tolist()
        assert sorted(fresh) == sorted(set(batch) - known)
        known |= set(batch)
    assert held.size == len(known)
    asked = keys([*known, *range(41, 80)])
    assert held.contains(asked).tolist() == [key in known for key in asked.tolist()]


def test_a_set_that_is_too_small_says_so() -> None:
    with pytest.raises(OverflowError, match="expected room"):
        KeySet(1).add(np.arange(1000, dtype=np.uint64))


def test_a_full_set_finds_all_it_holds_and_nothing_else() -> None:
    held = KeySet(39)
    held.add(np.arange(39, dtype=np.uint64) << np.uint64(50))
    assert not held.has_room(1)
    assert held.contains(np.arange(80, dtype=np.uint64) << np.uint64(50)).tolist() == [True] * 39 + [False] * 41


@given(st.lists(KEYS, max_size=5))
def test_numbers_stay_those_first_given(batches: list[list[int]]) -> None:
    numbered = KeyNumbers()
    given_: dict[int, int] = {}
    for batch in batches:
        for key, number in zip(batch, numbered.numbers(keys(batch)).tolist(), strict=True):
            assert given_.setdefault(key, number) == number
    assert sorted(given_.values()) == list(range(len(given_)))
    assert numbered.keys(np.arange(numbered.size)).tolist() == sorted(given_, key=given_.__getitem__)


def test_more_keys_than_there_was_room_for_keep_their_numbers() -> None:
    numbered = KeyNumbers(keys([5, 3]))
    many = np.arange(10_000, dtype=np.uint64)
    first = numbered.numbers(many)
    assert (first[5], first[3]) == (0, 1)
    assert (numbered.numbers(many) == first).all()
    assert sorted(first.tolist()) == list(range(10_000))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.data())
def test_packed_states_are_told_apart_and_unpacked_to_themselves(bits: list[int], data: st.DataObject) -> None:
    states = data.draw(st.lists(st.tuples(*[st.integers(0, 2**width - 1) for width in bits]), min_size=1, max_size=20))
    packing = Packing(layout_of(bits))
    columns = [keys([state[index] for state in states]) for index in range(len(bits))]
    packed = packing.keys(packing.layout.words_of(columns))
    assert len(set(packed.tolist())) == len(set(states))
    assert list(zip(*(column.tolist() for column in packing.columns(packed)), strict=True)) == states
    assert int(packed.max()) < int(EMPTY)


def test_a_component_wider_than_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match=f"component 1: expected at most {WORD_BITS} bits"):
        layout_of([1, WORD_BITS + 1])


def table(act: Any, size: int) -> Table:
    """A table that looks at one component with `size` local states, the integers from 0 on; told nothing."""
    inputs, nothing = Numbering(), Numbering()
    nothing.number(None)
    for value in range(size):
        inputs.number(value)
    return Table(act, [inputs], nothing, nothing)


@pytest.mark.parametrize("size", [40, 1 << 25], ids=["a place for each", "no place for each"])
def test_what_an_act_has_done_before_it_raised_is_known(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    broken = {7}

    def act(local: Any, told: Said) -> Outcomes:
        called.append(local[0])
        if local[0] in broken:
            raise ZeroDivisionError
        for _ in range(local[0] % 3):
            yield local, None

    # That many bits, without that many values.
    monkeypatch.setattr(Numbering, "bits", property(lambda self: (size - 1).bit_length()))
    asked = table(act, 40)
    with pytest.raises(ZeroDivisionError):
        asked.outcomes([np.arange(10, dtype=np.uint64)], 0)
    broken.clear()
    taken, _ = asked.outcomes([np.arange(10, dtype=np.uint64)], 0)
    assert taken.tolist() == [1, 2, 2, 4, 5, 5, 7, 8, 8]
    assert called.count(7) == 2
    assert all(called.count(value) == 1 for value in range(10) if value != 7)


def test_an_act_that_gives_too_few_local_states_is_named() -> None:
    def act(local: Any, told: Said) -> Outcomes:
        yield (), None

    with pytest.raises(ValueError, match="expected local states of 1 components, got \\(\\)"):
        table(act, 2).outcomes([np.zeros(1, np.uint64)], 0)
