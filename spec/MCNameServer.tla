---------------------------- MODULE MCNameServer ----------------------------
(* Bounds for TLC. The .cfg files choose among them. *)
EXTENDS OldNameServer

DataVersion(s, c, t) == [stateVersion |-> s, counter |-> c, timestamp |-> t]

\* A counter that goes on.
MCCounters == {DataVersion(0, 1, 1), DataVersion(0, 2, 2)}
\* A stateVersion that outranks a counter.
MCStateVersions == {DataVersion(0, 1, 1), DataVersion(0, 2, 2), DataVersion(1, 1, 1)}
\* A broker that has lost its versions: it counts anew, but later.
MCRestarted == {DataVersion(0, 1, 1), DataVersion(0, 2, 2), DataVersion(0, 1, 3)}

\* A full body, and one topic alone (incremental).
MCBodies == {{"t1"}, {"t1", "t2"}}
\* Every body: also none, and the other topic alone.
MCAllBodies == SUBSET Topic

MCId == {0, 1}

-----------------------------------------------------------------------------
(* Guards against bounds in which nothing happens: each of these has to be violated somewhere. *)

Decides(rule) == last'.kind = "register" /\ Rule(Now, last'.what) = rule
NeverOlderStateVersion == [][~Decides("older-state-version")]_vars
NeverOlderDataVersion == [][~Decides("older-data-version")]_vars
NeverNameOfAnotherCluster == [][~Decides("name-of-another-cluster")]_vars
NeverTopicBeforeBroker == [][~Decides("topic-before-broker")]_vars
=============================================================================
