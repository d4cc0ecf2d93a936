"""`docs/profiles.md`: what the profiles are, and what changes from one release to the next."""

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from namesrv.check import stamp
from namesrv.check.clauses.clause_page import digest as digest_of_clauses
from namesrv.check.clauses.suite import SUITE
from namesrv.check.profile_differences import PAIRS, Difference, abouts, differences, written
from namesrv.model.profiles import PROFILES, Profile, same_registration

MADE: Final = "`namesrv profiles --markdown docs/profiles.md`"

HEAD: Final = """# Profiles

Generated: {made}. Do not edit.

A profile is what a release does, as data: fields, each with its source. Here is which fields differ, and for each the
shortest case that shows it, found by our server of the one release meeting the model of the same release with that field changed:
the cases of [the suite](clauses.md) were tried, the shortest first, and cut down. That our server and the model do what the
releases do is tried on the real jars (`tests/check/clauses/test_suite_against_apache.py`, `namesrv check`).

{same}

| field | {names} |
|---|{rule}|
{rows}
"""


def digest() -> str:
    """A hash of all that the page is made from."""
    told = [f"{profile.name}: {field.name}={getattr(profile, field.name)!r}" for profile in PROFILES.values()
            for field in attrs.fields(Profile) if not isinstance(getattr(profile, field.name), frozenset)]  # fmt: skip
    told += [f"{p.name}: {sorted(p.config_black_list)}" for p in PROFILES.values()]
    told += [f"{field}: {about}" for field, about in abouts().items()]
    return stamp.digest("\n".join([*told, digest_of_clauses(SUITE)]))


def page(on_pair: Callable[[str], None] = lambda _: None) -> str:
    """The page. `on_pair` hears which two profiles are compared. Takes minutes."""
    profiles = tuple(PROFILES.values())
    fields = [field.name for field in attrs.fields(Profile) if field.name not in ("name", "settings")]
    rows = [(field, [written(getattr(profile, field)) for profile in profiles]) for field in fields]
    head = HEAD.format(
        made=MADE,
        same=_same(),
        names=" | ".join(f"`{profile.name}`" for profile in profiles),
        rule="|".join("---" for _ in profiles),
        rows="\n".join(f"| `{field}` | {' | '.join(values)} |" for field, values in rows if len(set(values)) > 1),
    )
    parts = [head]
    for before, after in PAIRS:
        on_pair(f"{before.name} and {after.name}")
        parts.append("\n".join(_pair(before, after)))
    return stamp.stamped("\n".join(parts), digest())


def _same() -> str:
    groups = {frozenset({name, *same_registration(profile)}) for name, profile in PROFILES.items()}
    told = [", ".join(f"`{name}`" for name in PROFILES if name in group) for group in groups if len(group) > 1]
    return "Once their bodies are read, brokers are registered in the same way by " + "; by ".join(sorted(told)) + "."


def _pair(before: Profile, after: Profile) -> Iterator[str]:
    yield f"## From {before.name} to {after.name}\n"
    for each in differences(before, after):
        yield from _difference(each, before, after)


def _difference(each: Difference, before: Profile, after: Profile) -> Iterator[str]:
    yield f"### {each.field}, {before.name} to {after.name}\n"
    yield f"{each.about}\n"
    yield f"- {before.name}: {each.before}\n- {after.name}: {each.after}\n"
    if each.shown is None:
        yield "\n".join(each.told()) + "\n"
        return
    yield "\n".join(["```", *each.told(), "```\n"])
    yield f"(From `{each.shown.clause}`.)\n"
