"""Theorems by name, in several processes."""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import attrs

from namesrv.model.profiles import PROFILES, Profile
from namesrv.proofs.prove import shared_cache
from namesrv.proofs.theorems.every import THEOREMS
from namesrv.proofs.theorems.theorem import Proof, prove
from namesrv.proofs.theorems.witness import Witness, witness

Asked = tuple[str, str]
"""A theorem's and a profile's name."""


def prove_theorems(
    names: Iterable[str],
    profiles: Iterable[Profile],
    *,
    timeout_ms: int = 60_000,
    folder: Path | None = None,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> tuple[Proof, ...]:
    """Each theorem for each profile that it says something of, in that order."""
    asked: list[Asked] = [(name, profile.name) for name in names for profile in profiles]
    done: dict[Asked, Proof | None] = {}
    if workers == 1:
        for number, one in enumerate(asked, 1):
            done[one] = _prove(*one, timeout_ms, folder)
            progress(one[0], number, len(asked))
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool:
            futures = {pool.submit(_said, *one, timeout_ms, folder): one for one in asked}
            for number, future in enumerate(as_completed(futures), 1):
                name, profile = futures[future]
                said = future.result()
                done[name, profile] = (
                    None if said is None else Proof(theorem=THEOREMS[name], profile=PROFILES[profile], **said)
                )
                progress(name, number, len(asked))
    return tuple(proof for one in asked if (proof := done[one]) is not None)


def _prove(name: str, profile: str, timeout_ms: int, folder: Path | None) -> Proof | None:
    return prove(THEOREMS[name], PROFILES[profile], timeout_ms=timeout_ms, cache=shared_cache(folder))


def _said(name: str, profile: str, timeout_ms: int, folder: Path | None) -> dict[str, Any] | None:
    """What a process is asked: the same, without what can't be sent back, the theorem itself."""
    proof = _prove(name, profile, timeout_ms, folder)
    if proof is None:
        return None
    return {name: getattr(proof, name) for name in attrs.fields_dict(Proof) if name not in ("theorem", "profile")}


def counterexamples(proof: Proof) -> dict[str | None, Witness | None]:
    """Runs from the start: to a refuted theorem (under `None`), or to a proved one without each of its premises.

    `None` for one that no short run comes to; nothing for a theorem whose runs can't be told.
    """
    theorem, profile = proof.theorem, proof.profile
    if theorem.replay is None:
        return {}
    without: list[str | None] = [None] if not theorem.is_expected_of(profile) else list(proof.without)
    return {premise: witness(theorem, profile, premise) for premise in without}
