"""Z3 and cvc5: which invariants hold for any number of brokers and NameServers' events, and which release breaks which.

`prove(profile)` gives the matrix, `shortest_runs(profile, cells)` runs that come to refuted cells, `firing` runs to each
transition, `MUTANTS` steps whose proof has to fail.
"""

from namesrv.proofs.bmc import STEPS, Run, firing, shortest_runs, shortest_runs_in
from namesrv.proofs.cache import Cache, default_folder
from namesrv.proofs.decode import Happens
from namesrv.proofs.invariants import INVARIANTS, STEP_INVARIANTS
from namesrv.proofs.mutants import MUTANTS, Mutant
from namesrv.proofs.prove import START, Cell, columns, prove, statement
from namesrv.proofs.solvers import Answer, Verdict
from namesrv.proofs.transitions import TRANSITIONS, transitions_of

__all__ = [
    "INVARIANTS",
    "MUTANTS",
    "START",
    "STEPS",
    "STEP_INVARIANTS",
    "TRANSITIONS",
    "Answer",
    "Cache",
    "Cell",
    "Happens",
    "Mutant",
    "Run",
    "Verdict",
    "columns",
    "default_folder",
    "firing",
    "prove",
    "shortest_runs",
    "shortest_runs_in",
    "statement",
    "transitions_of",
]
