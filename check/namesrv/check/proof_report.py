"""What `namesrv prove` found, as a page: how each invariant came out, and the runs to what is refuted, which can be followed."""

from collections.abc import Iterable, Iterator, Sequence

from namesrv.check.findings import Verdict
from namesrv.check.proof_runs import story
from namesrv.check.proving import Proving, Refutation
from namesrv.check.recorded.runs import book_of_story
from namesrv.check.recorded.show import BooksBeside
from namesrv.check.report_page import Board, Page, Section
from namesrv.model.profiles import same_registration
from namesrv.proofs import Verdict as Answer

HEADS = ("invariant", "verdict", "transitions", "proved", "refuted", "of these reached", "unknown")


def page_of(done: Sequence[Proving], command: str, beside: BooksBeside) -> Page:
    """One profile or several; a page of each run is written by `beside`. Raises `OSError`."""
    verdicts = {proving.verdict for proving in done}
    worst = next((v for v in (Verdict.VIOLATED, Verdict.UNKNOWN) if v in verdicts), Verdict.HOLDS)
    names = ", ".join(proving.profile.name for proving in done)
    return Page(
        title=f"{names}: do transitions keep the invariants?",
        verdict=worst.value,
        lead="For any number of brokers, names, clusters, topics, connections and versions, asked of Z3 and of cvc5.",
        facts=tuple(fact for proving in done for fact in _facts(proving)),
        board=Board(heads=HEADS, rows=tuple(row for proving in done for row in _rows(proving, len(done) > 1))),
        sections=tuple(_section(proving, each, beside) for proving in done for each in proving.refutations),
        command=command,
    )


def _facts(proving: Proving) -> Iterator[tuple[str, str]]:
    proved = sum(cell.verdict is Answer.PROVED for cell in proving.cells)
    names = ", ".join((proving.profile.name, *same_registration(proving.profile)))
    shown = f"{len(proving.fires)} of {len(proving.rows) - 1} transitions shown to happen"
    yield names, f"{proving.verdict.value}: {proved} of {len(proving.cells)} cells proved, {shown}"
    for line in proving.contradictions:
        yield "contradiction", line


def _rows(proving: Proving, many: bool) -> Iterable[tuple[str, str, tuple[int, ...]]]:
    reached = {(r.transition, r.invariant) for r in proving.refutations if r.is_reached}
    for name in dict.fromkeys(cell.invariant for cell in proving.cells):
        cells = [cell for cell in proving.cells if cell.invariant == name]
        proved, refuted, unknown = (
            sum(cell.verdict is answer for cell in cells) for answer in (Answer.PROVED, Answer.REFUTED, Answer.UNKNOWN)
        )
        came = sum((cell.transition, name) in reached for cell in cells)
        verdict = Verdict.VIOLATED if refuted else Verdict.UNKNOWN if unknown else Verdict.HOLDS
        label = f"{proving.profile.name}: {name}" if many else name
        yield label, verdict.value, (len(cells), proved, refuted, came, unknown)


def _section(proving: Proving, refutation: Refutation, beside: BooksBeside) -> Section:
    profile, run = proving.profile, refutation.run
    title = f"{profile.name}: {refutation.transition} breaks {refutation.invariant}"
    if run is None:
        return Section(title=title, paragraphs=("Not known to be reachable.",))
    book = book_of_story(story(run), profile, frozenset({refutation.invariant}), title)
    server = "" if refutation.replayed is None else f" Our server: {refutation.replayed.value}."
    model = "The model agrees." if refutation.in_model else "The model does not break it."
    on_the_way = f" On the way {', '.join(sorted(refutation.already))} is broken already." * bool(refutation.already)
    return Section(
        title=title,
        paragraphs=(f"{model}{server}{on_the_way}",),
        steps=refutation.lines,
        links=() if book is None else (beside.add(book),),
    )
