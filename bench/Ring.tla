-------------------------------- MODULE Ring --------------------------------
(* Counters in a ring, each of a size of its own, that step by themselves and pass something on, which may get lost.              *)
(* Nothing but something to search: bench/explorer.py has the same system as a product.                                         *)
EXTENDS Naturals, Sequences
CONSTANT Size
VARIABLE at

Counter == 1..Len(Size)
After(i) == (i % Len(Size)) + 1

Init == at = [i \in Counter |-> 0]

Step(i) ==
  \/ at' = [at EXCEPT ![i] = (at[i] + 1) % Size[i]]
  \/ at[i] % 3 = 0 /\ at' = [at EXCEPT ![i] = 0]
  \/ at[i] % 2 = 0 /\ at' = [at EXCEPT ![i] = (at[i] + 7) % Size[i]]

Pass(i, j) ==
  /\ at[i] > 0
  /\ \/ at' = [at EXCEPT ![i] = at[i] - 1, ![j] = (at[j] + (at[i] % 5)) % Size[j]]
     \/ at' = [at EXCEPT ![i] = at[i] - 1]

Next == \E i \in Counter : Step(i) \/ Pass(i, After(i))

Spec == Init /\ [][Next]_at

InRange == \A i \in Counter : at[i] < Size[i]
=============================================================================
