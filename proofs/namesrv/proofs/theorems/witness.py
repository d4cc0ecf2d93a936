"""A counterexample as a run: what has to happen from the start, in the model's terms, for the theorem to be false then."""

from functools import cache
from typing import Final

import attrs

from namesrv.model.profiles import Profile
from namesrv.proofs.bmc import Run, decoded
from namesrv.proofs.decode import Decoder, Happens, Ordinary, happens, is_ordinary
from namesrv.proofs.theorems.theorem import Theorem
from namesrv.proofs.universe import Scope, conj, neg
from namesrv.proofs.unrolled import Unrolled

SCOPE: Final = Scope(clusters=1, topics=2, values=2, ids=(0, 1))
STEPS: Final = 3
TOLD_AS: Final = {"batch": "unregister_broker", "channel_destroy": "channel_closed", "removal": "channel_closed"}
"""What has to be done from outside for what a NameServer does by itself."""


@attrs.frozen(kw_only=True)
class Witness:
    """`run`: what leads to the state; `events`: what the theorem says of it, and is false. `without`: the premise left out."""

    theorem: Theorem
    profile: Profile
    without: str | None
    run: Run
    events: tuple[Happens, ...]


@cache
def _unrolled(profile: Profile) -> Unrolled:
    return Unrolled(profile, scope=SCOPE)


def witness(
    theorem: Theorem, profile: Profile, without: str | None = None, *, steps: int = STEPS, timeout_ms: int = 20_000
) -> Witness | None:
    """The shortest run of at most so many steps to a state in which the theorem, without that premise, is false."""
    known = _unrolled(profile)
    for length in range(steps + 1):
        known.reach(length, timeout_ms)
        parameters = theorem.parameters(known.u, f"asked_{length}")
        statement = theorem.about(known.states[length], parameters, profile)
        assert statement is not None
        asked = conj(
            *statement.without(without).values(),
            neg(statement.claim()),
            *(
                conj(known.u.is_id(p.broker_id), p.now >= (known.moments[length - 1].p.now if length else 0))
                for p in parameters
            ),
        )
        asked = conj(asked, *(is_ordinary(known.u, p, Ordinary.READABLE) for p in parameters))
        if "removal" in theorem.kinds:  # a close can be put off; what a scan's close finds comes at once with the scan
            scans = [n for n, name in enumerate(known.names) if name.startswith("scan")]
            asked = conj(asked, *(neg(moment.which == n) for moment in known.moments[:length] for n in scans))
        before = [moment.p for moment in known.moments[:length]]
        usual = [conj(*(is_ordinary(known.u, p, how) for p in before)) for how in Ordinary]
        for what in (*(conj(asked, kind) for kind in usual), asked):
            model, _in_time = known.model(what, length)
            if model is not None:
                d = Decoder(known.u, model)
                kinds = theorem.kinds or ("register_broker",) * len(parameters)
                events = [
                    attrs.evolve(
                        happens(d, f"{TOLD_AS.get(kind, kind)}/asked", p, length + number), transition=f"{kind}/asked"
                    )
                    for number, (kind, p) in enumerate(zip(kinds, parameters, strict=True), 1)
                ]
                run = decoded(known, length, model)
                return Witness(theorem=theorem, profile=profile, without=without, run=run, events=tuple(events))
    return None
