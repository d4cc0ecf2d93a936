"""No generated page is out of date, or edited by hand: each carries a stamp. Which are generated, and which not, is told here."""

import json
import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import bench.__main__ as server
import pytest
from bench import conformance_page, explorer, linearize, recorder, scopes, traces
from bench import page as benchmarks
from bench.audit import page as audit_page
from bench.audit.__main__ import kept
from bench.conformance import documents
from bench.interop import page as interop_page
from bench.interop.__main__ import COLUMNS
from bench.mutants import page as mutants_page

from namesrv.check import anomaly_page, profile_page, proof_page, spec_models, stamp, trace_campaign
from namesrv.check.clauses import clause_page
from namesrv.check.clauses.suite import SUITE
from namesrv.check.tlc import spec_folder

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"

BY_HAND: Final = (
    *(f"docs/{name}.md" for name in (
        "check", "is-my-routing-right", "linearizability", "porting", "protocol-gaps", "recordings", "releases", "strict",
        "system", "testing-clients", "traces", "vectors", "verdicts",
    )),
    "docs/findings/*.md",
    "proofs/AGAINST.md",
    "proofs/README.md",
    "proofs/THEOREMS.md",
)  # fmt: skip
COMPARED: Final = frozenset({"spec/anomalies/README.md"})
"""Made again and compared as a whole, with the models beside it: `tests/spec/test_system.py`."""


def reproductions() -> list[dict[str, Any]]:
    return [json.loads(file.read_bytes()) for file in (DOCS / "reproduced").glob("*.json")]


def whole(text: str) -> str:
    return text


@attrs.frozen
class Generated:
    """A page, or the part of one that `part` takes out. `made_of`: what it would be made from now.

    `changed`: the same after a change of that, for its bad twin. `again`: where it takes a moment, the page.
    """

    file: str
    command: str
    made_of: Callable[[], str]
    changed: Callable[[], str]
    again: Callable[[], str] | None = None
    part: Callable[[str], str] = whole

    @property
    def text(self) -> str:
        return self.part((ROOT / self.file).read_text(encoding="utf-8"))


def without_a_profile(module: Any, name: str, made_of: Callable[[], str]) -> str:
    """What it would be made from if there were a profile less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, dict(list(getattr(module, name).items())[1:]))
        return made_of()


def one_bug_less() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(mutants_page.MUTATIONS, "apache-4.9.7", mutants_page.MUTATIONS["apache-4.9.7"][1:])
        return mutants_page.made_of(DOCS)


def of_benchmarks(heading: str, made_of: str, module: str) -> Generated:
    return Generated(
        "docs/benchmarks.md", f"python -m {module} --write", lambda: made_of, lambda: stamp.digest(made_of),
        part=lambda text: benchmarks.parts(text)[heading],
    )  # fmt: skip


GENERATED: Final = (
    Generated(
        "docs/anomalies.md", ".ci/full anomalies", lambda: anomaly_page.made_of(reproductions()),
        lambda: anomaly_page.made_of(reproductions()[1:]),
    ),
    Generated(
        "docs/audit.md", "python -m bench.audit --page", lambda: audit_page.made_of(kept()),
        lambda: audit_page.made_of(kept() | {"size": []}), lambda: audit_page.page(kept()),
    ),
    of_benchmarks(benchmarks.SERVER, server.MADE_OF, "bench"),
    of_benchmarks(benchmarks.RECORDER, recorder.MADE_OF, "bench.recorder"),
    of_benchmarks(benchmarks.TRACES, traces.MADE_OF, "bench.traces"),
    of_benchmarks(benchmarks.EXPLORER, explorer.MADE_OF, "bench.explorer"),
    of_benchmarks(benchmarks.SCOPES, scopes.MADE_OF, "bench.scopes"),
    of_benchmarks(benchmarks.LINEARIZE, linearize.MADE_OF, "bench.linearize"),
    Generated(
        "docs/clauses.md", clause_page.MADE, lambda: clause_page.digest(SUITE), lambda: clause_page.digest(SUITE[1:]),
    ),
    Generated(
        "docs/conformance.md", "python -m bench.conformance --page", lambda: conformance_page.made_of(documents()),
        lambda: conformance_page.made_of([*documents()[1:], documents()[0] | {"clauses": ""}]),
        lambda: conformance_page.page(documents()),
    ),
    Generated(
        "docs/interop.md", "python -m bench.interop --page", lambda: interop_page.made_of(COLUMNS),
        lambda: interop_page.made_of(COLUMNS[1:]), lambda: interop_page.page(COLUMNS),
    ),
    Generated(
        "docs/mutants.md", "python -m bench.mutants --page", lambda: mutants_page.made_of(DOCS), one_bug_less,
        lambda: mutants_page.page(DOCS),
    ),
    Generated(
        "docs/profiles.md", profile_page.MADE, profile_page.digest,
        partial(without_a_profile, profile_page, "PROFILES", profile_page.digest),
    ),
    Generated(
        "docs/proofs.md", proof_page.MADE, proof_page.made_of,
        partial(without_a_profile, proof_page, "DISTINCT_PROFILES", proof_page.made_of),
    ),
    Generated(
        "docs/spec-traces.md", "namesrv spec traces --oracle --markdown docs/spec-traces.md", trace_campaign.made_of,
        lambda: stamp.digest(trace_campaign.made_of()),
    ),
    Generated(
        "spec/README.md", "namesrv spec check --markdown spec/README.md",
        lambda: spec_models.made_of(spec_models.load_models()),
        lambda: spec_models.made_of(spec_models.load_models()[1:]), part=spec_models.stamped_table,
    ),
)  # fmt: skip
each = pytest.mark.parametrize("page", GENERATED, ids=lambda page: f"{page.file} by {page.command}")


@each
def test_a_generated_page_is_made_from_what_there_is_now_and_as_it_was_made(page: Generated) -> None:
    assert not stamp.fault(page.text, page.made_of()), f"{page.file}: run {page.command}"


@each
def test_a_page_whose_input_changed_or_of_which_a_number_was_changed_by_hand_is_found_out(page: Generated) -> None:
    assert "out of date" in stamp.fault(page.text, page.changed())
    digit = next(character for character in page.text if character.isdigit())
    edited = page.text.replace(digit, str((int(digit) + 1) % 10), 1)
    assert "edited by hand" in stamp.fault(edited, page.made_of())


@pytest.mark.parametrize("page", [page for page in GENERATED if page.again], ids=lambda page: page.file)
def test_what_takes_a_moment_is_made_again_and_is_the_same(page: Generated) -> None:
    assert page.again is not None
    assert page.text == page.again(), f"{page.file}: run {page.command}"


def test_every_page_is_generated_or_named_as_written_by_hand() -> None:
    files = [file for folder in ("docs", "spec", "proofs") for file in (ROOT / folder).rglob("*.md")]
    pages = {str(file.relative_to(ROOT)) for file in files}
    generated = {page.file for page in GENERATED} | COMPARED
    assert generated <= pages
    assert [page for page in pages - generated if not any(fnmatch(page, name) for name in BY_HAND)] == []
    for name in BY_HAND:
        assert (found := [page for page in pages - generated if fnmatch(page, name)]), name
        assert not any("Generated: `" in (ROOT / page).read_text(encoding="utf-8") for page in found)


def test_a_page_of_the_specifications_traces_depends_on_the_modules_that_its_module_extends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = shutil.copytree(spec_folder(), tmp_path / "spec")
    monkeypatch.setattr(trace_campaign, "spec_folder", lambda: spec)
    before = trace_campaign.made_of()

    def changed(module: str, line: str) -> bool:
        file = spec / f"{module}.tla"
        file.write_text(f"{line}\n{file.read_text()}")
        return trace_campaign.made_of() != before

    assert not changed("Network", "Unrelated == TRUE")
    assert not changed("Removal", "\\* A comment.")
    assert changed("Removal", "Another == TRUE")


# The stamp itself -------------------------------------------------------------------------------------------------


def test_a_stamp_is_of_a_text_and_of_what_it_was_made_from() -> None:
    text = stamp.stamped("# A page\n\n| 1 |\n", "0123456789abcdef")
    assert stamp.fault(text, "0123456789abcdef") == ""
    assert "out of date: expected to be made from fedcba9876543210" in stamp.fault(text, "fedcba9876543210")
    assert "edited by hand" in stamp.fault(text.replace("| 1 |", "| 2 |"), "0123456789abcdef")
    assert "got none" in stamp.fault("# A page\n\n| 1 |\n", "0123456789abcdef")
    assert "got none" in stamp.fault(text + "\nOne more line.\n", "0123456789abcdef")


def test_a_part_of_the_benchmarks_is_written_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks, "DOCUMENT", tmp_path / "docs" / "benchmarks.md")
    for heading in (benchmarks.TRACES, benchmarks.SERVER, benchmarks.RECORDER, benchmarks.TRACES):
        benchmarks.write_part(heading, f"    a command\n\nof {heading}.", "0123456789abcdef")
    text = benchmarks.DOCUMENT.read_text()
    parts = benchmarks.parts(text)
    assert list(parts) == [benchmarks.SERVER, benchmarks.TRACES, benchmarks.RECORDER]
    assert text.index(benchmarks.RECORDER) < text.index(benchmarks.TRACES)
    assert all(stamp.fault(part, "0123456789abcdef") == "" for part in parts.values())
    assert all(part.startswith("    a command\n") for part in parts.values())


@pytest.mark.parametrize(
    ("line", "counts"),
    [("", False), ("    # why", False), ("\\* why", False), ("// why", False), ("x = 1  # why", True)],
)
def test_comments_and_blank_lines_of_sources_may_change(line: str, counts: bool, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_text("a\n\nb\n")
    after.write_text(f"a\n{line}\nb\n")
    assert (stamp.digest_of_code(before) != stamp.digest_of_code(after)) == counts
    assert stamp.digest_of_files(before) != stamp.digest_of_files(after) or not line
