"""A search that is interrupted goes on from its checkpoint as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from namesrv.explore.checkpoint import CheckpointError
from namesrv.explore.outcome import Options
from namesrv.explore.product import Product
from namesrv.explore.search import Search, search
from tests.explore.toys import TOYS, lossy_channel, twins, wide, wrapping_counter

ALL = Options(all_violations=True, deadlock=True)


def resumed_after(product: Product, states: int, folder: Path) -> Search:
    """Searches until there are more than so many states, and then goes on in a search that knows only the folder."""
    begun = search(product, attrs.evolve(ALL, max_states=states, checkpoint=folder))
    assert begun.reason
    return Search(product, attrs.evolve(ALL, resume=folder, checkpoint=folder))


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("states", [1, 4, 8])
def test_a_resumed_search_finds_what_an_uninterrupted_one_does(name: str, states: int, tmp_path: Path) -> None:
    product = TOYS[name]
    whole = Search(product, ALL)
    expected = whole.run()
    resumed = resumed_after(product, states, tmp_path)
    found = resumed.run()
    assert found.resumed
    assert attrs.evolve(found, nbytes=0, resumed=0) == attrs.evolve(expected, nbytes=0)
    assert [set(resumed.expander.states(level)) for level in resumed.levels] == [
        set(whole.expander.states(level)) for level in whole.levels
    ]


def test_levels_written_in_different_layouts_are_read_alike(tmp_path: Path) -> None:
    product = wide(40)
    expected = search(product, ALL)
    resumed = resumed_after(product, 60, tmp_path)
    found = resumed.run()
    assert (found.levels, found.generated) == (expected.levels, expected.generated)
    again = Search(product, attrs.evolve(ALL, resume=tmp_path)).run()
    assert (again.levels, again.generated) == (expected.levels, expected.generated)


def test_a_resumed_search_does_not_expand_again_what_was_expanded(tmp_path: Path) -> None:
    called: list[object] = []
    product = wrapping_counter(size=50, forbidden=-1)
    search(product, attrs.evolve(ALL, max_states=30, checkpoint=tmp_path))
    act = product.rules[0].stages[0].act

    def counted(local: object, told: object) -> object:
        called.append(local)
        return act(local, told)  # type: ignore[arg-type]

    object.__setattr__(product.rules[0].stages[0], "act", counted)
    assert search(product, attrs.evolve(ALL, resume=tmp_path)).distinct == 50
    assert called[0] == (29,)


def test_a_checkpoint_of_another_search_is_refused(tmp_path: Path) -> None:
    search(lossy_channel(), attrs.evolve(ALL, checkpoint=tmp_path))
    with pytest.raises(CheckpointError, match="sender"):
        Search(twins(), attrs.evolve(ALL, resume=tmp_path))


def test_symmetry_cannot_be_switched_on_or_off_on_the_way(tmp_path: Path) -> None:
    search(twins(), attrs.evolve(ALL, checkpoint=tmp_path))
    with pytest.raises(CheckpointError):
        Search(twins(), attrs.evolve(ALL, symmetry=False, resume=tmp_path))


def test_an_empty_folder_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"search\.pickle: expected a checkpoint"):
        Search(twins(), attrs.evolve(ALL, resume=tmp_path))


def test_a_level_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    search(twins(), attrs.evolve(ALL, checkpoint=tmp_path))
    level = tmp_path / "level-3.npy"
    level.write_bytes(level.read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="level-3"):
        Search(twins(), attrs.evolve(ALL, resume=tmp_path))


def test_a_new_search_does_not_mix_with_what_another_left_in_the_folder(tmp_path: Path) -> None:
    search(twins(), attrs.evolve(ALL, checkpoint=tmp_path))
    product = wrapping_counter(size=50, forbidden=-1)
    search(product, attrs.evolve(ALL, max_states=20, checkpoint=tmp_path))
    assert search(product, attrs.evolve(ALL, resume=tmp_path)).levels == (1,) * 50
