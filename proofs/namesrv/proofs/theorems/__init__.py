"""Theorems across steps and runs: what the matrix of transitions and invariants does not say.

`THEOREMS` has them all, by name; `prove_theorems` asks both solvers, `counterexamples` looks for runs from the start.
"""

from namesrv.proofs.theorems.commutation import COMMUTATION
from namesrv.proofs.theorems.every import THEOREMS
from namesrv.proofs.theorems.proving import counterexamples, prove_theorems
from namesrv.proofs.theorems.theorem import Proof, Statement, Theorem, prove
from namesrv.proofs.theorems.witness import Witness, witness

__all__ = [
    "COMMUTATION",
    "THEOREMS",
    "Proof",
    "Statement",
    "Theorem",
    "Witness",
    "counterexamples",
    "prove",
    "prove_theorems",
    "witness",
]
