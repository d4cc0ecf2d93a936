"""Seeded bugs in Apache's NameServer, one at a time: `python -m bench.mutants [--only GROUP]`.

What has been judged is in docs/mutants/RELEASE.json, and the page docs/mutants.md is made of those files (`--page` alone: only
that). A mutant that is there already is judged again only if `--only` names it, or its group, or with `--again`.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Final

import attrs
import click

from bench.mutants import page as pages
from bench.mutants.building import DoesNotCompile, Workshop, workshop
from bench.mutants.catalogue import MUTATIONS
from bench.mutants.judging import EXAMPLES, LIMIT_S, Judged, Jury
from bench.mutants.mutation import DoesNotApply, Mutation
from bench.mutants.results import Results, load, save
from namesrv.check.findings import Verdict
from namesrv.check.not_available import NotAvailable

DOCS: Final = Path(__file__).parents[2] / "docs"


def chosen(release: str, only: tuple[str, ...], known: dict[str, Judged], again: bool) -> list[Mutation]:
    """Those to run. Raises `click.UsageError` for a name that nothing has."""
    mutations = [mutation for mutation in MUTATIONS[release] if mutation.excluded is None]
    for name in only:
        if not any(name in (mutation.slug, mutation.group) for mutation in mutations):
            raise click.UsageError(f"no mutant and no group {name!r}")
    if only:
        return [mutation for mutation in mutations if mutation.slug in only or mutation.group in only]
    return dealt([mutation for mutation in mutations if again or mutation.slug not in known])


def dealt(mutations: list[Mutation]) -> list[Mutation]:
    """One of each group in turn: a run that is cut off has seen something of each."""
    seen: Counter[str] = Counter()
    turns = []
    for mutation in mutations:
        turns.append((seen[mutation.group], mutation))
        seen[mutation.group] += 1
    return [mutation for _, mutation in sorted(turns, key=lambda turn: turn[0])]


def control(shop: Workshop, jury: Jury) -> str:
    """The classes that are mutated, unchanged: whoever finds a bug there finds bugs where there are none."""
    with shop.unchanged({mutation.path for mutation in MUTATIONS[shop.release]}) as classes:
        seen = jury.look_at(shop, classes)
    click.echo(f"unchanged: {seen.by or 'nothing found'} {seen.told} ({seen.seconds} s)")
    if found := seen.by or ("the happy path" if seen.happy else None):
        return f"violated by {found}"
    return "unknown" if seen.told or Verdict.UNKNOWN.value in (seen.search, seen.expiry) else "holds"


def judge_all(shop: Workshop, jury: Jury, results: Results, path: Path, mutations: list[Mutation]) -> bool:
    """Each is in the file as soon as it is judged. Whether all could be made."""
    whole = True
    for mutation in mutations:
        try:
            judged = jury.judge(shop, mutation)
        except (DoesNotApply, DoesNotCompile) as error:
            click.echo(f"mutants: {mutation.slug}: {error}", err=True)
            whole = False
            continue
        results.judged[mutation.slug] = judged
        save(path, results)
        seen = judged.seen
        found = f"by {seen.clause or seen.by}" if seen.by else "SURVIVED"
        happy = "" if seen.happy else ", not by the happy path"
        click.echo(f"{mutation.slug}: {found}{happy}; search {seen.search}, {seen.examples}; {seen.seconds} s")
    return whole


@click.command()
@click.option("--release", type=click.Choice(list(MUTATIONS)), default="apache-5.5.0", show_default=True)
@click.option("--only", multiple=True, metavar="SLUG|GROUP", help="Only these.")
@click.option("--again", is_flag=True, help="Also those that have been judged.")
@click.option("--seed", default=1, show_default=True)
@click.option("--examples", default=EXAMPLES, show_default=True, help="As `namesrv check --examples`.")
@click.option("--limit", default=LIMIT_S, show_default=True, help="Seconds for each; more on a busy machine.")
@click.option("--all-judges", is_flag=True, help="Ask the search although a clause has found it.")
@click.option("--page", is_flag=True, help="Judge nothing, make the page of what there is.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Instead of docs/mutants/RELEASE.json.")
def main(
    release: str,
    only: tuple[str, ...],
    again: bool,
    seed: int,
    examples: int,
    limit: float,
    all_judges: bool,
    page: bool,
    json_file: Path | None,
) -> None:
    """Judge mutants of a release, and write the page."""
    path = json_file or DOCS / "mutants" / f"{release}.json"
    results = load(path, release, seed)
    jury = Jury(seed=seed, examples=examples, limit_s=limit, all_of_them=all_judges)
    if not page:
        try:
            with workshop(release) as shop:
                whole = judge_all(shop, jury, results, path, chosen(release, only, results.present(), again))
                if results.control is None or again:
                    save(path, attrs.evolve(results, control=control(shop, jury)))
        except NotAvailable as error:
            click.echo(f"mutants: {error}", err=True)
            sys.exit(2)
        if not whole:
            sys.exit(2)
    if json_file is None:
        (DOCS / "mutants.md").write_text(pages.page(DOCS))


if __name__ == "__main__":
    main()
