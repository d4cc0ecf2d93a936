"""*Idempotence*: who registers twice in a row with the same words, over the same connection, might as well have done it once."""

from typing import Final

import attrs

from namesrv.model.profiles import Profile
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.registrations import REGISTRATIONS
from namesrv.proofs.state import State
from namesrv.proofs.theorems.alike import alike
from namesrv.proofs.theorems.skip_safety import STAMPS, shape
from namesrv.proofs.theorems.theorem import Statement, Theorem
from namesrv.proofs.universe import Term, conj, imp, neg

PREMISES: Final = {
    "HasAddress": "the registration has an address: an id that an empty one holds counts as free, and the second one as a first",
    "Connection": "the second one comes over the connection of the first",
}


def _twice(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    p, q = ps
    again = attrs.evolve(p, now=q.now, channel=q.channel)
    claims: list[Term] = []
    for transition in REGISTRATIONS:
        once = transition.step(s, p, profile)
        if once is None:
            continue
        twice = transition.step(once.after, again, profile)
        assert twice is not None
        same = conj(*twice.guard.values(), alike(once.after, twice.after, STAMPS))
        claims.append(imp(conj(*once.guard.values()), same))
    premises = {"Connection": p.channel == q.channel}
    if not profile.parts_required:
        premises["HasAddress"] = neg(s.u.missing("Addr", p.addr))
    return Statement(given=shape(s, profile), premises=premises, claim=lambda: conj(*claims))


IDEMPOTENCE: Final = Theorem(
    name="Idempotence",
    says="A registration that is sent twice in a row does and is answered what it was the first time, stamps aside.",
    about=_twice,
    events=2,
    premises=PREMISES,
    replay="twice",
)
