"""`docs/proofs.md` is of what is proved now."""

from pathlib import Path

from namesrv.check.proof_page import CODES, MADE, digest, finished, kept, marked_cells, page, section
from namesrv.check.proving import prove_profile
from namesrv.model.profiles import APACHE_5_5_0, DISTINCT_PROFILES, PROFILES, STRICT
from namesrv.proofs import columns, transitions_of

PAGE = Path(__file__).parents[2] / "docs" / "proofs.md"


def test_the_page_is_of_the_present_statement() -> None:
    assert set(kept(PAGE.read_text(encoding="utf-8"))) == set(DISTINCT_PROFILES), f"run {MADE}"


def test_a_page_is_made_of_what_it_keeps() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(kept(text)) == text


def test_what_is_of_another_statement_is_not_kept() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(kept(text.replace(digest(STRICT), "0" * 16))) == set(DISTINCT_PROFILES) - {"strict"}


def test_the_page_has_a_column_for_every_invariant_and_a_row_for_every_transition() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(CODES) == set(columns())
    for profile in DISTINCT_PROFILES.values():
        section = text[text.index(f"## `{profile.name}`") :]
        assert all(f"| `{transition.name}` |" in section for transition in transitions_of(profile))


def test_the_page_counts_for_every_profile() -> None:
    counts = PAGE.read_text(encoding="utf-8").split("\n## `")[0]
    rows = [line.split("|")[1] for line in counts.splitlines() if line.startswith("| `")]
    assert [name.strip(" `") for row in rows for name in row.split(",")] == list(PROFILES)


def test_a_search_that_is_cut_off_leaves_open_what_comes_to_a_refuted_cell() -> None:
    cut_off = prove_profile(APACHE_5_5_0, invariants=("AtomicRefusal",), runs_within_s=0, workers=1)
    told = section(cut_off)
    cell = ("register_broker/topic-before-broker", "AtomicRefusal")
    assert cut_off.late == {cell}
    assert marked_cells(told.text, "u") == {"apache-5.5.0": {cell: False}}
    assert f"- `{cell[0]}`, *{cell[1]}*: the search for a run was cut off" in told.text.splitlines()


def test_a_section_that_leaves_something_open_is_not_taken_for_finished() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [line for line in kept(text)["strict"].text.splitlines() if line.startswith("| `start`")]
    assert "strict" not in finished(text.replace(rows[0], rows[0].replace("✓", "u", 1)))
