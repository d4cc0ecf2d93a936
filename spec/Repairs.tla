------------------------------- MODULE Repairs -------------------------------
(* strict with each of its repairs (docs/strict.md) turned off, one by one: each is needed. In the place of Strict, each  *)
(* of these breaks an invariant of some bounded model; tests/spec says which.                                             *)
EXTENDS Profiles

\* 5.5.0 queues unregistrations.
WithoutAtomicRequests == [Strict EXCEPT !.unregistration = "queued-by-addr"]
\* 5.5.0 has entered the name before it refuses.
WithoutAtomicRefusal == [Strict EXCEPT !.atomic_refusal = FALSE, !.topic_before_broker = "refused-leaving-name"]
WithoutInOrder == [Strict EXCEPT !.in_order = FALSE]
WithoutDataVersionMonotonic == [Strict EXCEPT !.data_version_monotonic = FALSE]
WithoutTimestampBreaksTie == [Strict EXCEPT !.timestamp_breaks_tie = FALSE]
WithoutSameVersionPutsTopics == [Strict EXCEPT !.same_version_puts_topics = FALSE]
WithoutOnePlacePerAddress == [Strict EXCEPT !.one_place_per_address = FALSE]
WithoutDisplacedBrokerLeaves == [Strict EXCEPT !.displaced_broker_leaves = FALSE]
WithoutOneClusterPerName == [Strict EXCEPT !.one_cluster_per_name = FALSE]
WithoutFirstTopicsReplace == [Strict EXCEPT !.first_topics_replace = FALSE]
WithoutQueryChecksPlace == [Strict EXCEPT !.query_checks_place = FALSE]
WithoutWipeOutlastsRegistration == [Strict EXCEPT !.wipe_outlasts_registration = FALSE]
WithoutMappingsLeaveWithBroker == [Strict EXCEPT !.mappings_leave_with_broker = FALSE]
=============================================================================
