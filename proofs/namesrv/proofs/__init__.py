"""Z3: which invariants hold for any number of brokers and connections, and which release breaks which.

`prove(profile)` gives the matrix, `shortest_run(profile, invariant)` a run that breaks one, `events` what to do to see it.
"""

from namesrv.proofs.bmc import events, shortest_run
from namesrv.proofs.prove import INVARIANTS, START, Cell, Verdict, prove

__all__ = ["INVARIANTS", "START", "Cell", "Verdict", "events", "prove", "shortest_run"]
