"""`docs/anomalies.md`: the catalogue as a page, with what came of each story on the real NameServers."""

from collections.abc import Iterable
from typing import Any, Final

from namesrv.check.anomalies import CONSEQUENCES, Entry, catalogue, digest
from namesrv.check.anomaly_story import page_of
from namesrv.check.reproduce import Outcome
from namesrv.explore.peers import THEMES
from namesrv.model.profiles import PROFILES

HEAD: Final = """# Anomalies

Generated: {made}. Do not edit. Catalogue {digest}.

Every way in which exploration broke an invariant of registration, told apart by cause: the rules that were applied since the
NameServer was last at rest, and in what circumstances. An entry is here if it breaks what no simpler cause breaks. Nothing in it
is written by hand but the words for the invariants and the upstream issues. `strict` has none of them in the same searches.

The searches are complete within their themes (`namesrv.explore.peers`): one NameServer, and peers that send any request of a
small alphabet, so many requests and closes in a run:

| theme | what | requests in the alphabet | in a run | at once |
|---|---|---|---|---|
{themes}

| | found | tried on the real one | reproduced |
|---|---|---|---|
{counts}

Not reproduced are those that need an order of threads that did not come about in the attempts (*otherwise*), a clock that is
held (*needs_clock*: they are reproduced on our server of that profile, with its clock held), or whose story the real one tells
differently (*unexplained*: a gap of the profile, to be closed). {whys}

| anomaly | found in | breaks | heals |
|---|---|---|---|
{index}
"""

WHYS: Final = """What is *otherwise* needs one thread to come between two steps of another, microseconds apart: in 4.9.7
between the two locks of `onChannelDestroy`, in 5.5.0 between a removal's way into the queue and the batch that takes it out.
What *needs_clock* takes 120 s an attempt in 4.9.7, and then mostly a race of the scan with itself or with a registration (the
scan was seen to lose it on a cold JVM, with the exception in a flight recording); in 5.5.0 a registration has to come between a
scan and the batch after it."""

MADE: Final = "`namesrv anomalies --oracle --profile P --json F` for each release, then `namesrv anomalies --markdown`"


def page(reproductions: Iterable[dict[str, Any]]) -> str:
    """The page. `reproductions`: what `namesrv anomalies --json` said of real NameServers.

    Raises `ValueError` if they are of another catalogue.
    """
    entries = catalogue()
    tried: dict[str, dict[str, dict[str, Any]]] = {}
    for data in reproductions:
        if data["catalogue"] != digest():
            raise ValueError(
                f"reproductions of {data['profile']}: expected those of catalogue {digest()}, got {data['catalogue']}: "
                "run `namesrv anomalies --oracle` again"
            )
        tried[data["profile"]] = data["tried"]
    head = HEAD.format(
        made=MADE,
        whys=WHYS,
        digest=digest(),
        themes="\n".join(f"| {t.name} | {t.about} | {len(t.alphabet)} | {t.requests} | {t.at_once} |" for t in THEMES),
        counts="\n".join(_count(name, entries, tried.get(name, {})) for name in PROFILES),
        index="\n".join(_row(entry) for entry in entries),
    )
    told = "\n\n".join(page_of(entry, _said(entry, tried)) for entry in entries)
    words = "\n".join(f"- *{name}*: {text}" for name, text in CONSEQUENCES.items())
    return f"{head}\n## What the loss of an invariant means\n\n{words}\n\n## The stories\n\n{told}\n"


def _count(profile: str, entries: tuple[Entry, ...], tried: dict[str, Any]) -> str:
    found = sum(profile in entry.found for entry in entries)
    done = sum(row["outcome"] == Outcome.REPRODUCED.name.lower() for row in tried.values())
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
            said[profile] = f"{row['outcome']}{times}"
    return said
