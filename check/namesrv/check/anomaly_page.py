"""`docs/anomalies.md`: the catalogue as a page, with what came of each story on the real NameServers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from namesrv.check import stamp
from namesrv.check.anomalies import CONSEQUENCES, Entry, catalogue, digest
from namesrv.check.anomaly_story import page_of
from namesrv.check.reproduce import Outcome
from namesrv.check.staging import UNREACHED, staging_of
from namesrv.explore.themes import THEMES
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES, same_registration

HEAD: Final = """# Anomalies

Generated: {made}. Do not edit.

Every way in which exploration broke an invariant of registration, told apart by cause: the rules that were applied since the
NameServer was last at rest, and in what circumstances. An entry is here if it breaks what no simpler cause breaks; of several
stories of the same causes the later ones are named by what they break, too (behind a `!`). Nothing in it is written by hand but
the words for the invariants and the upstream issues. `strict` has none of them in the same searches. {same}

The searches are complete within their themes (`namesrv.explore.themes`): one NameServer, and peers that send any request of a
small alphabet, so many requests and closes in a run:

| theme | what | requests in the alphabet | in a run | at once |
|---|---|---|---|---|
{themes}

| | found | tried on the real one | reproduced |
|---|---|---|---|
{counts}

A story told one sentence after the other comes out the same each time. What happens at once comes out as the NameServer's threads
will have it, so it is told again and again under new names. Where luck does not do, the story is *staged*; how is said there. The
NameServer is as it was released: what is chosen is when things are sent and closed, how loud its log is, that the log stalls for
a moment (a full disk or a stuck log collector does as much), and that a NameServer has just been started. What has not been
reproduced says why.

| anomaly | found in | breaks | heals |
|---|---|---|---|
{index}
"""

MADE: Final = (
    "`namesrv anomalies --oracle --slow --profile P --json F` for each release, then `namesrv anomalies --markdown`"
)


def made_of(reproductions: Iterable[dict[str, Any]]) -> str:
    """A hash of the catalogue, and of what was tried."""
    return stamp.digest(
        digest(), *sorted(orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode() for data in reproductions)
    )


def page(reproductions: Sequence[dict[str, Any]]) -> str:
    """The page. `reproductions`: what `namesrv anomalies --json` said of real NameServers.

    Raises `ValueError` if they are of another catalogue, or if one was not reproduced and nothing says why.
    """
    entries = catalogue()
    tried: dict[str, dict[str, dict[str, Any]]] = {}
    for data in reproductions:
        if data["catalogue"] != (expected := digest(PROFILES[data["profile"]])):
            raise ValueError(
                f"reproductions of {data['profile']}: expected those of catalogue {expected}, got {data['catalogue']}: "
                "run `namesrv anomalies --oracle` again"
            )
        tried[data["profile"]] = data["tried"]
    if left := unaccounted(tried):
        raise ValueError(
            f"{'; '.join(left)}: expected reproduced, or a row in namesrv.check.staging that says why it can't be; "
            "run `namesrv anomalies --oracle --slow` again, or find a staging"
        )
    head = HEAD.format(
        made=MADE,
        same=_same(),
        themes="\n".join(f"| {t.name} | {t.about} | {len(t.letters)} | {t.requests} | {t.at_once} |" for t in THEMES),
        counts="\n".join(_count(name, entries, tried.get(name, {})) for name in PROFILES),
        index="\n".join(_row(entry) for entry in entries),
    )
    told = "\n\n".join(page_of(entry, _said(entry, tried)) for entry in entries)
    words = "\n".join(f"- *{name}*: {text}" for name, text in CONSEQUENCES.items())
    text = f"{head}\n## What the loss of an invariant means\n\n{words}\n\n## The stories\n\n{told}"
    return stamp.stamped(text, made_of(reproductions))


def unaccounted(tried: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """Where `UNREACHED` says too little, an anomaly being not reproduced, or too much, for it is; by what was tried."""
    return [
        f"{slug} on {profile} is {row['outcome']}"
        for profile, rows in tried.items()
        for slug, row in rows.items()
        if _is_reproduced(row) == ((profile, slug) in UNREACHED)
    ]


def _is_reproduced(row: Mapping[str, Any]) -> bool:
    return bool(row["outcome"] == Outcome.REPRODUCED.name.lower())


def _same() -> str:
    """Of releases that are not looked at by themselves."""
    told = {name: same_registration(profile) for name, profile in DISTINCT_PROFILES.items()}
    return " ".join(
        f"What is found in `{name}` is so in {' and '.join(f'`{other}`' for other in others)}, too: what registration reads of "
        "their profiles is the same."
        for name, others in told.items()
        if others
    )


def _count(profile: str, entries: tuple[Entry, ...], tried: dict[str, Any]) -> str:
    found = sum(entry.of(PROFILES[profile]) is not None for entry in entries)
    done = sum(map(_is_reproduced, tried.values()))
    return f"| `{profile}` | {found} | {len(tried) or '-'} | {done if tried else '-'} |"


def _row(entry: Entry) -> str:
    heals = "; ".join(sorted({remedy.name.lower().replace("_", " ") for remedy in entry.remedies.values()}))
    return f"| `{entry.slug}` | {', '.join(entry.found)} | {', '.join(sorted(entry.breaks))} | {heals} |"


def _said(entry: Entry, tried: dict[str, dict[str, dict[str, Any]]]) -> dict[str, str]:
    said = {}
    for profile, rows in tried.items():
        if entry.slug in rows:
            row = rows[entry.slug]
            times = f" ({row['attempts']} attempts)" if row["attempts"] > 1 else ""
            staging = staging_of(entry.slug)
            why = UNREACHED.get((profile, entry.slug), "") or ("" if staging is None else f"Staged: {staging.why}")
            said[profile] = f"{row['outcome']}{times}. {why}".removesuffix(" ").removesuffix(".")
    return said
