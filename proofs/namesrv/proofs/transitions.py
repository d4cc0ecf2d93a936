"""Every transition, by name: `TABLE/RULE`, as in the model's `Applied` and in `docs/strict.md`."""

from typing import Final

from namesrv.model.profiles import Profile
from namesrv.proofs.by_hand import BY_HAND
from namesrv.proofs.departures import DEPARTURES
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.registrations import REGISTRATIONS
from namesrv.proofs.signs_of_life import READS, SIGNS_OF_LIFE
from namesrv.proofs.state import State
from namesrv.proofs.step import Transition
from namesrv.proofs.universe import Universe
from namesrv.proofs.unregistrations import UNREGISTRATIONS

TRANSITIONS: Final = {
    t.name: t for t in (*REGISTRATIONS, *UNREGISTRATIONS, *BY_HAND, *SIGNS_OF_LIFE, *READS, *DEPARTURES)
}
"""All of them, in the order of the matrix."""


def transitions_of(profile: Profile) -> tuple[Transition, ...]:
    """Those that the profile has."""
    u = Universe()
    s, p = State.named(u, "0"), Parameters.numbered(u, "0")
    return tuple(t for t in TRANSITIONS.values() if t.step(s, p, profile) is not None)
