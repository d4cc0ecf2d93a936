"""What came of the mutants, as JSON: one file a release, kept between runs, so that one mutant can be judged again."""

import json
from pathlib import Path

import attrs

from bench.mutants.catalogue import MUTATIONS
from bench.mutants.judging import Judged, Seen


@attrs.frozen(kw_only=True)
class Results:
    """`control`: what was seen of the unchanged classes, compiled in the same way; `None`: not looked at. It has to hold."""

    release: str
    seed: int
    control: str | None
    judged: dict[str, Judged]

    def present(self) -> dict[str, Judged]:
        """Those of the mutations that are still in the catalogue as they were, in its order."""
        return {
            mutation.slug: self.judged[mutation.slug]
            for mutation in MUTATIONS[self.release]
            if mutation.excluded is None
            and mutation.slug in self.judged
            and self.judged[mutation.slug].digest == mutation.digest
        }


def load(path: Path, release: str, seed: int) -> Results:
    """What is in the file; empty if there is none. Raises `ValueError` if it is of another release or seed."""
    if not path.exists():
        return Results(release=release, seed=seed, control=None, judged={})
    document = json.loads(path.read_text())
    if (document["release"], document["seed"]) != (release, seed):
        raise ValueError(f"{path}: expected {release}, seed {seed}, got {document['release']}, seed {document['seed']}")
    judged = {
        row["slug"]: Judged(slug=row["slug"], digest=row["digest"], seen=Seen(**row["seen"]))
        for row in document["judged"]
    }
    return Results(release=release, seed=seed, control=document["control"], judged=judged)


def save(path: Path, results: Results) -> None:
    """Writes the file, in the catalogue's order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "release": results.release,
        "seed": results.seed,
        "control": results.control,
        "judged": [attrs.asdict(row) for row in results.present().values()],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
