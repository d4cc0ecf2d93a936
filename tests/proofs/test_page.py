"""`docs/proofs.md` is of what is proved now."""

from pathlib import Path

from namesrv.check.proof_page import CODES, MADE, digest
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES
from namesrv.proofs import columns, transitions_of

PAGE = Path(__file__).parents[2] / "docs" / "proofs.md"


def test_the_page_is_of_the_present_statement() -> None:
    assert digest() in PAGE.read_text(encoding="utf-8"), f"run {MADE}"


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
