"""The kit of seeded bugs: mutations that fit Apache's sources, and some that are made, started and found out."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
from bench.mutants.building import DoesNotCompile, Workshop, workshop
from bench.mutants.catalogue import MUTATIONS
from bench.mutants.judging import HOME, Jury, Seen
from bench.mutants.mutation import DoesNotApply, Mutation
from bench.mutants.results import load

from namesrv.check.not_available import NotAvailable
from namesrv.check.peer import Peer
from namesrv.check.probing import is_unused, probe
from namesrv.check.require import missing
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from tests.model.worlds import registration

DOCS = Path(__file__).parents[2] / "docs"
CODE = (
    "class A {\n    void f() {\n        one(1);\n    }\n\n    void g() {\n        one(1);\n        one(2);\n    }\n}\n"
)
MUTATION = Mutation("group/slug", "A", "void f()", "one(1);", "", "Nothing is done.")


def test_a_mutation_changes_one_place_of_one_method() -> None:
    assert MUTATION.apply(CODE) == CODE.replace("one(1);", "", 1)


@pytest.mark.parametrize(
    "change",
    [{"within": "void h()"}, {"within": "void"}, {"find": "one(3);"}, {"within": "void g()", "find": "one("}],
    ids=["no such method", "two such methods", "no such place", "two such places"],
)
def test_a_mutation_that_does_not_fit_says_so(change: dict[str, str]) -> None:
    with pytest.raises(DoesNotApply, match=r"group/slug: A.*once"):
        attrs.evolve(MUTATION, **change).apply(CODE)


def test_every_slug_is_there_once_and_every_mutation_says_what_it_breaks() -> None:
    for mutations in MUTATIONS.values():
        assert len({mutation.slug for mutation in mutations}) == len(mutations)
        assert all(mutation.breaks.endswith(".") for mutation in mutations)
        assert all(mutation.find != mutation.replace for mutation in mutations)


@pytest.mark.parametrize("release", ["apache-5.5.0"])
def test_nothing_was_found_in_the_classes_unchanged(release: str) -> None:
    results = load(DOCS / "mutants" / f"{release}.json", release, 1)
    assert results.control == "holds"


@contextmanager
def require(release: str) -> Iterator[Workshop]:
    """With the release's sources in the cache, or the test ends."""
    try:
        with workshop(release) as shop:
            yield shop
    except NotAvailable as error:
        missing(error)


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    """Of 5.5.0."""
    with require("apache-5.5.0") as shop:
        yield shop


@pytest.mark.oracle
@pytest.mark.parametrize("release", list(MUTATIONS))
def test_every_mutation_fits_the_sources(release: str) -> None:
    with require(release) as shop:
        for mutation in MUTATIONS[release]:
            source = shop.source(mutation.path)
            assert mutation.apply(source) != source


@pytest.mark.oracle
def test_a_mutant_that_ends_the_process_is_found_and_the_next_one_runs(shop: Workshop) -> None:
    ends = Mutation(
        "wire/ends", "NamesrvController", "public boolean initialize()", "loadConfig();", "System.exit(7);", "All ends."
    )
    assert not Jury().judge(shop, ends).seen.starts
    with shop.unchanged(["namesrv/NamesrvController"]) as classes, shop.host.serving(classes) as target:
        probe(target)


@pytest.mark.oracle
def test_mutants_that_run_beside_each_other_have_nothing_in_common(shop: Workshop) -> None:
    with (
        shop.unchanged(["namesrv/NamesrvController"]) as classes,
        shop.host.serving(classes) as one,
        shop.host.serving(classes) as other,
    ):
        peer = Peer(one.host, one.port, timeout_s=5.0)
        peer.send(encode(Prefix(""), registration(), Style(), opaque=1, oneway=False))
        assert peer.answer(1, time.monotonic() + 10.0) is not None
        assert not is_unused(one)
        assert is_unused(other)
        peer.close()


@pytest.mark.oracle
def test_a_mutation_that_is_no_java_any_more_says_so(shop: Workshop) -> None:
    mutation = MUTATIONS["apache-5.5.0"][0]
    with pytest.raises(DoesNotCompile, match=r"RouteInfoManager"), shop.mutant(attrs.evolve(mutation, replace="}")):
        pass


@pytest.mark.oracle
@pytest.mark.parametrize(
    "slug", ["registration/equal-state-version-refused", "unregistration/by-id", "kv/empty-namespace-goes"]
)
def test_what_a_happy_path_does_not_see_is_found(shop: Workshop, slug: str) -> None:
    mutation = next(mutation for mutation in MUTATIONS["apache-5.5.0"] if mutation.slug == slug)
    seen = Jury().judge(shop, mutation).seen
    assert not seen.happy
    assert seen.by == "clause", seen


@pytest.mark.oracle
def test_nothing_is_found_in_classes_that_are_compiled_unchanged(shop: Workshop) -> None:
    with shop.unchanged({mutation.path for mutation in MUTATIONS[shop.release]}) as classes:
        seen = Jury(examples=10).look_at(shop, classes)
    assert (seen.happy, seen.by, seen.search, seen.expiry) == (False, None, "holds", "holds")


def test_no_path_of_a_machine_is_kept() -> None:
    files = list((DOCS / "mutants").glob("*.json"))
    assert files
    assert not [file.name for file in files if "/namesrv-mutants-" in file.read_text()]
    home = f"{tempfile.gettempdir()}/namesrv-mutants-a_1"
    assert HOME.sub("HOME", f"{home}/2, {home}") == "HOME, HOME"


def test_what_is_unknown_is_not_found() -> None:
    assert Seen(search="unknown", expiry="unknown").by is None
    assert Seen(search="unknown", expiry="violated").by == "expiry"
    assert Seen(clause="register-broker/first").by == "clause"
