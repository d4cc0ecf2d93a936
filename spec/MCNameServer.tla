---------------------------- MODULE MCNameServer ----------------------------
(* Bounds for TLC. The .cfg files choose among them.                                                                      *)
EXTENDS NameServerAlone, Repairs

DataVersion(s, c, t) == [state_version |-> s, counter |-> c, timestamp |-> t]

\* A counter that goes on.
MCCounters == {DataVersion(0, 1, 1), DataVersion(0, 2, 2)}
\* A stateVersion that outranks a counter.
MCStateVersions == {DataVersion(0, 1, 1), DataVersion(0, 2, 2), DataVersion(1, 1, 1)}
\* A broker that has lost its versions: it counts anew, but later.
MCRestarted == {DataVersion(0, 1, 1), DataVersion(0, 2, 2), DataVersion(0, 1, 3)}

\* A full body, and one topic alone (incremental).
MCBodies == {{"t1"}, {"t1", "t2"}}
\* Every body: also none, and the other topic alone.
MCAllBodies == SUBSET {"t1", "t2"}

MCId == {0, 1}

-----------------------------------------------------------------------------
(* Repairs that are no fields of a profile, turned off: in the place of the two checks of an unregistration               *)
(* (UnregistersItsPlace, UnregistersItself) and of CloseAllAtOnce.                                                        *)

AnyPlace(s, r) == TRUE
Anybody(s, r, ch) == TRUE
CloseOneOnly(c) ==
  LET keys == SpeaksFor(c.state, c.task.channel)
  IN IF keys = {} THEN {Ended(c.state, << >>)} ELSE {Ended(RemoveEverywhere(c.state, key), << >>) : key \in keys}

-----------------------------------------------------------------------------
(* Guards against bounds in which nothing happens: each of these has to be violated somewhere.                            *)

Decides(rule) == last'.kind = "register" /\ RuleRepaired(ns, last'.what, last'.channel) = rule
NeverOlderStateVersion == [][~Decides("older-state-version")]_vars
NeverOlderDataVersion == [][~Decides("older-data-version")]_vars
NeverNameOfAnotherCluster == [][~Decides("name-of-another-cluster")]_vars
NeverTopicBeforeBroker == [][~Decides("topic-before-broker")]_vars
=============================================================================
