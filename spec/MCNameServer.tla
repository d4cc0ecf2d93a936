---------------------------- MODULE MCNameServer ----------------------------
(* Bounds for TLC. The .cfg files choose among them. *)
EXTENDS NameServer

\* Counters only.
MCCounters == {[stateVersion |-> 0, counter |-> k] : k \in 1..2}
\* A stateVersion that outranks a counter.
MCStateVersions == {[stateVersion |-> 0, counter |-> 1], [stateVersion |-> 0, counter |-> 2],
                    [stateVersion |-> 1, counter |-> 1]}

\* A full body, and one topic alone (incremental).
MCBodies == {{"t1"}, {"t1", "t2"}}

MCId == {0, 1}
=============================================================================
