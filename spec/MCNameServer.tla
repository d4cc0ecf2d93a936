---------------------------- MODULE MCNameServer ----------------------------
(* Bounds for TLC. The .cfg files choose among them.                                                                        *)
EXTENDS NameServerAlone, Profiles

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
(* The repairs, one by one turned off: each is needed. (tests/spec puts them in the place of Strict.)                         *)

\* 5.5.0 queues unregistrations.
WithoutAtomicRequests == [Strict EXCEPT !.unregistration = "queued-by-addr"]
\* 5.5.0 has entered the name before it refuses.
WithoutAtomicRefusal == [Strict EXCEPT !.atomic_refusal = FALSE, !.topic_before_broker = "refused-leaving-name"]
WithoutDataVersionMonotonic == [Strict EXCEPT !.data_version_monotonic = FALSE]
WithoutTimestampBreaksTie == [Strict EXCEPT !.timestamp_breaks_tie = FALSE]
WithoutSameVersionPutsTopics == [Strict EXCEPT !.same_version_puts_topics = FALSE]
WithoutOnePlacePerAddress == [Strict EXCEPT !.one_place_per_address = FALSE]
WithoutDisplacedBrokerLeaves == [Strict EXCEPT !.displaced_broker_leaves = FALSE]
WithoutOneClusterPerName == [Strict EXCEPT !.one_cluster_per_name = FALSE]
WithoutFirstTopicsReplace == [Strict EXCEPT !.first_topics_replace = FALSE]
WithoutQueryChecksPlace == [Strict EXCEPT !.query_checks_place = FALSE]

\* In the place of the two checks of an unregistration (UnregistersItsPlace, UnregistersItself), and of CloseAllAtOnce.
AnyPlace(s, r) == TRUE
Anybody(s, r, ch) == TRUE
CloseOneOnly(c) ==
  LET keys == SpeaksFor(c.state, c.task.channel)
  IN IF keys = {} THEN {Ended(c.state, << >>)} ELSE {Ended(RemoveEverywhere(c.state, key), << >>) : key \in keys}

-----------------------------------------------------------------------------
(* Guards against bounds in which nothing happens: each of these has to be violated somewhere.                               *)

Decides(rule) == last'.kind = "register" /\ RuleRepaired(ns, last'.what, last'.channel) = rule
NeverOlderStateVersion == [][~Decides("older-state-version")]_vars
NeverOlderDataVersion == [][~Decides("older-data-version")]_vars
NeverNameOfAnotherCluster == [][~Decides("name-of-another-cluster")]_vars
NeverTopicBeforeBroker == [][~Decides("topic-before-broker")]_vars
=============================================================================
