------------------------------ MODULE Profiles ------------------------------
(* What a release does, as data. A difference between releases is a named field, never a version test. Fields and values  *)
(* are those of namesrv.model.profiles, where each has its source; those are missing that nothing in this specification   *)
(* reads (README.md). A module that needs a NameServer has a constant P, which is one of these records, or one like them. *)

\* RocketMQ 4.9.7.
Apache497 == [
  name                       |-> "apache-4.9.7",
  answers_unknown_codes      |-> FALSE,
  broker_heartbeat           |-> FALSE,
  state_version              |-> FALSE,
  acting_master              |-> FALSE,
  live_key                   |-> "addr",
  older_state_version        |-> "wins",
  topic_before_broker        |-> "accepted",
  topic_update               |-> "all-if-changed",
  query_refreshes            |-> "unchanged",
  unregistration             |-> "at-once-by-id",
  channel_destroy            |-> "one-at-once",
  prime_slave_is_read_only   |-> FALSE,
  register_topic             |-> FALSE,
  route_encoded_after_lock   |-> TRUE,
  atomic_requests            |-> FALSE,
  in_order                   |-> FALSE,
  atomic_refusal             |-> FALSE,
  data_version_monotonic     |-> FALSE,
  timestamp_breaks_tie       |-> FALSE,
  same_version_puts_topics   |-> FALSE,
  one_place_per_address      |-> FALSE,
  displaced_broker_leaves    |-> FALSE,
  one_cluster_per_name       |-> FALSE,
  first_topics_replace       |-> FALSE,
  full_body_replaces         |-> FALSE,
  query_checks_place         |-> FALSE,
  expiry_spares_neighbours   |-> FALSE,
  mappings_leave_with_broker |-> FALSE,
  wipe_outlasts_registration |-> FALSE]

\* RocketMQ 5.5.0, as it differs from that.
Apache550 == [Apache497 EXCEPT
  !.name                  = "apache-5.5.0",
  !.answers_unknown_codes = TRUE,
  !.broker_heartbeat      = TRUE,
  !.state_version         = TRUE,
  !.acting_master         = TRUE,
  !.live_key              = "cluster-and-addr",
  !.older_state_version   = "ignored",
  !.topic_before_broker   = "refused-leaving-name",
  !.topic_update          = "each-if-changed-or-absent",
  !.query_refreshes       = "always",
  !.unregistration        = "queued-by-addr",
  !.channel_destroy       = "one-queued",
  !.register_topic        = TRUE]

\* In what is looked at here, 5.3.3 and 5.4.0 are 5.5.0; 5.1.4 takes write permission from whatever a prime slave publishes.
Apache540 == [Apache550 EXCEPT !.name = "apache-5.4.0"]
Apache533 == [Apache550 EXCEPT !.name = "apache-5.3.3"]
Apache514 == [Apache550 EXCEPT !.name = "apache-5.1.4", !.prime_slave_is_read_only = TRUE]

\* The repaired NameServer: 5.5.0 with the closed list of repairs of docs/strict.md.
Strict == [Apache550 EXCEPT
  !.name                       = "strict",
  !.older_state_version        = "refused",
  !.topic_before_broker        = "refused",
  !.query_refreshes            = "same-place",
  !.unregistration             = "at-once-checked",
  !.channel_destroy            = "all-at-once",
  !.route_encoded_after_lock   = FALSE,
  !.atomic_requests            = TRUE,
  !.in_order                   = TRUE,
  !.atomic_refusal             = TRUE,
  !.data_version_monotonic     = TRUE,
  !.timestamp_breaks_tie       = TRUE,
  !.same_version_puts_topics   = TRUE,
  !.one_place_per_address      = TRUE,
  !.displaced_broker_leaves    = TRUE,
  !.one_cluster_per_name       = TRUE,
  !.first_topics_replace       = TRUE,
  !.full_body_replaces         = TRUE,
  !.query_checks_place         = TRUE,
  !.expiry_spares_neighbours   = TRUE,
  !.mappings_leave_with_broker = TRUE,
  !.wipe_outlasts_registration = TRUE]
=============================================================================
