"""Guards against empty proofs: for each invariant a step that is wrong on purpose, whose proof has to fail."""

from typing import Any, Final

import attrs

from namesrv.model.profiles import STRICT, Profile
from namesrv.proofs.cache import Cache
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.prove import Cell, SmallUniverse
from namesrv.proofs.register_broker import Registration, enter_cluster
from namesrv.proofs.state import State
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.transitions import TRANSITIONS
from namesrv.proofs.universe import disj


@attrs.frozen(kw_only=True)
class Mutant:
    """A transition of `strict` with a fault. `forgets`: tables that stay as they were; `without_repair`: a field of `Profile`
    that is turned off; `without`: a part of its guard that is left out; `enters`: it enters the name in the cluster all the same;
    `keeps_holder`: who held the id before holds it still; `drops`: a table that it empties.
    """

    invariant: str
    transition: str
    forgets: tuple[str, ...] = ()
    without_repair: str | None = None
    without: str | None = None
    enters: bool = False
    keeps_holder: bool = False
    drops: str | None = None

    @property
    def about(self) -> str:
        """The fault, in words."""
        if self.without_repair is not None:
            return f"without the repair {self.without_repair}"
        if self.without is not None:
            return f"without the guard {self.without!r}"
        if self.drops is not None:
            return f"drops {self.drops} each time"
        if self.keeps_holder:
            return "the holder of the id keeps it"
        return "enters the cluster all the same" if self.enters else f"forgets {', '.join(self.forgets)}"

    @property
    def profile(self) -> Profile:
        """`strict`, maybe without a repair."""
        if self.without_repair is None:
            return STRICT
        off: dict[str, Any] = {self.without_repair: False}
        return attrs.evolve(STRICT, **off)

    def mutated(self) -> Transition:
        """The transition with its fault."""

        def step(s: State, p: Parameters, profile: Profile) -> Step | None:
            right = TRANSITIONS[self.transition].step(s, p, profile)
            assert right is not None
            after = right.after.evolve(**{table: getattr(s, table) for table in self.forgets})
            if self.enters:
                after = enter_cluster(Registration(s, p, profile))
            if self.keeps_holder:
                taken = after
                after = after.evolve(holds=lambda n, i, b: disj(taken.holds(n, i, b), s.holds(n, i, b)))
            if self.drops is not None:
                after = after.evolve(**{self.drops: lambda *_: disj()})
            guard = {name: term for name, term in right.guard.items() if name != self.without}
            return attrs.evolve(right, after=after, guard=guard)

        return Transition(self.transition, step)

    def cell(self, *, timeout_ms: int, cache: Cache) -> Cell:
        """What comes of it: refuted, in a small universe, by both solvers."""
        return SmallUniverse(self.mutated(), self.profile, timeout_ms, cache).refute(self.invariant)


REGISTERED: Final = "register_broker/accepted"
UNREGISTERED: Final = "unregister_broker/accepted"

MUTANTS: Final = (
    Mutant(invariant="RouteSoundness", transition=REGISTERED, forgets=("live",)),
    Mutant(invariant="AddressUniqueness", transition=REGISTERED, without_repair="one_place_per_address"),
    Mutant(invariant="ClusterAgreement", transition=REGISTERED, forgets=("in_cluster",)),
    Mutant(invariant="QueueSoundness", transition=UNREGISTERED, forgets=("has_queue",)),
    Mutant(invariant="AcknowledgedEffect", transition=UNREGISTERED, forgets=("promised",)),
    Mutant(invariant="VersionCoherence", transition=REGISTERED, without_repair="same_version_puts_topics"),
    Mutant(invariant="LiveIsStanding", transition=REGISTERED, without_repair="displaced_broker_leaves"),
    Mutant(invariant="LiveIsConnected", transition="channel_destroy/close-removes-all", forgets=("live",)),
    Mutant(invariant="NothingLeftOver", transition=UNREGISTERED, without_repair="mappings_leave_with_broker"),
    Mutant(invariant="TopicsAreSaid", transition=REGISTERED, without_repair="first_topics_replace"),
    Mutant(invariant="AtomicRefusal", transition="register_broker/topic-before-broker", enters=True),
    Mutant(invariant="SkipSafety", transition=REGISTERED, drops="has_filters"),
    Mutant(invariant="VersionMonotonicity", transition=REGISTERED, without_repair="data_version_monotonic"),
    Mutant(invariant="OneHolder", transition=REGISTERED, keeps_holder=True),
    Mutant(invariant="HeldIsEntered", transition=REGISTERED, forgets=("entered",)),
    Mutant(invariant="PartsAreThere", transition=REGISTERED, without="Not part-missing"),
    Mutant(invariant="StaysAreWhole", transition=REGISTERED, without="Not part-missing"),
    Mutant(invariant="OneLiveKey", transition=REGISTERED, without_repair="one_place_per_address"),
    Mutant(invariant="LiveAsSaid", transition=REGISTERED, forgets=("stay_version",)),
    Mutant(invariant="SaidIsHeld", transition=REGISTERED, forgets=("config_of",)),
    Mutant(invariant="SaidIsKept", transition=REGISTERED, forgets=("stay_topic",)),
    Mutant(invariant="PromisedIsConnected", transition="channel_closed/lost", forgets=("promised",)),
    Mutant(invariant="WipedIsReadOnly", transition=REGISTERED, without_repair="wipe_outlasts_registration"),
    Mutant(invariant="WipedIsRemembered", transition="wipe_write_perm_of_broker/wiped", forgets=("write_wiped",)),
    Mutant(invariant="HandGivesWay", transition=REGISTERED, without_repair="same_version_puts_topics"),
    Mutant(invariant="AcknowledgedEffect", transition="delete_topic_in_namesrv/deleted", forgets=("by_hand",)),
    Mutant(invariant="VersionCoherence", transition="add_write_perm_of_broker/added", forgets=("by_hand",)),
    Mutant(invariant="TopicsAreSaid", transition="register_topic_in_namesrv/registered", forgets=("by_hand",)),
    Mutant(invariant="QueueSoundness", transition="register_topic_in_namesrv/registered", without="Guard"),
    Mutant(invariant="WipedIsReadOnly", transition="wipe_write_perm_of_broker/wiped", forgets=("config_of",)),
)
"""One for each invariant, strengthenings included; and one for each request that an administrator changes tables with."""
