---------------------------- MODULE MCAnomalies ----------------------------
(* Generated: namesrv spec anomalies. For each anomaly of docs/anomalies.md the few requests that its story needs:
   TLC puts them together again in every way, and finds it. The .cfg files are in anomalies/. *)
EXTENDS MCPeers

\* apache-5.5.0: register/accepted/with-mappings
register_accepted_with_mappings_550 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> [bname |-> "b", epoch |-> 0]]]>>},
  requests |-> 1, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/topic-before-broker/one-topic
register_topic_before_broker_one_topic_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(8)], V1)>>},
  requests |-> 1, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/same-version
register_accepted_same_version_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: unregister/batch+unregister/queued
unregister_batch_unregister_queued_550 == [
  alphabet |-> {<<One, Unregistration(H1, A0)>>,
               <<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V2) EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> [bname |-> "a", epoch |-> 0]]]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/id-held-by-another
register_accepted_id_held_by_another_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: close/removal-queued+unregister/batch
close_removal_queued_unregister_batch_550 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V2) EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> [bname |-> "a", epoch |-> 0]]]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/name-of-another-cluster
register_accepted_name_of_another_cluster_550 == [
  alphabet |-> {<<One, Registration(H1, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, ElsewhereA0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/acting-slave/negative-id
register_accepted_acting_slave_negative_id_550 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t1 |-> Config(8), t2 |-> Config(4)], V2) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/id-held-by-another/no-topics
register_accepted_id_held_by_another_no_topics_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, <<>>, V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/id-held-by-another/one-topic
register_accepted_id_held_by_another_one_topic_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/older-state-version/id-held-by-another
register_older_state_version_id_held_by_another_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], Outranks)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted+register/accepted/older-version
register_accepted_register_accepted_older_version_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>},
  requests |-> 2, at_once |-> 2, silence |-> FALSE]

\* apache-5.5.0: register/accepted/address-under-another-name/same-version
register_accepted_address_under_another_name_same_version_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, B0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: unregister/batch+unregister/queued/over-another-connection
unregister_batch_unregister_queued_over_another_connection_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Unregistration(H1, A0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/id-held-by-another/name-of-another-cluster
register_accepted_id_held_by_another_name_of_another_cluster_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, ElsewhereA0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted+unregister/batch+unregister/queued/not-live
register_accepted_unregister_batch_unregister_queued_not_live_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, A0)>>},
  requests |-> 2, at_once |-> 2, silence |-> FALSE]

\* apache-5.5.0: unregister/batch+unregister/queued/address-in-another-cluster
unregister_batch_unregister_queued_address_in_another_cluster_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, ElsewhereA0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: unregister/batch+unregister/queued/address-under-another-name
unregister_batch_unregister_queued_address_under_another_name_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, B0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/topic-before-broker/address-under-another-id/one-topic/same-version
register_topic_before_broker_address_under_another_id_one_topic_same_version_550 == [
  alphabet |-> {<<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/topic-before-broker/acting-slave/address-under-another-id/negative-id/one-topic
register_topic_before_broker_acting_slave_address_under_another_id_negative_id_one_topic_550 == [
  alphabet |-> {<<Two, [Registration(H2, <<"C1", "a", -1>>, [t3 |-> Config(4)], V2) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/wiped
register_accepted_wiped_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V2)>>,
               <<Two, [broker_name |-> "a", kind |-> "WipeWritePermOfBroker"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register-topic/registered/wiped
register_topic_registered_wiped_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, [broker_name |-> "a", kind |-> "WipeWritePermOfBroker"]>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register-topic/illegal-broker/wiped
register_topic_illegal_broker_wiped_550 == [
  alphabet |-> {<<One, [Registration(H1, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [broker_name |-> "a", kind |-> "WipeWritePermOfBroker"]>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>, <<"b", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/topics-left-of-the-name
register_accepted_topics_left_of_the_name_550 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t3 |-> Config(4)], V2) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/changed-by-hand/same-version
register_accepted_changed_by_hand_same_version_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted+unregister/batch+unregister/queued
register_accepted_unregister_batch_unregister_queued_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>,
               <<One, Unregistration(H1, A0)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.5.0: register/accepted/acting-slave/negative-id/one-topic
register_accepted_acting_slave_negative_id_one_topic_550 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t3 |-> Config(4)], V2) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/accepted/id-held-by-another!topics-are-said
register_accepted_id_held_by_another_topics_are_said_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: close/removal-queued/several-brokers+unregister/batch
close_removal_queued_several_brokers_unregister_batch_550 == [
  alphabet |-> {<<Two, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: close/removal-queued+register/accepted+unregister/batch
close_removal_queued_register_accepted_unregister_batch_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.5.0: register/older-state-version/changed-by-hand/id-held-by-another
register_older_state_version_changed_by_hand_id_held_by_another_550 == [
  alphabet |-> {<<One, Registration(H1, A0, <<>>, Outranks)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: close/removal-queued+register/accepted/over-another-connection+unregister/batch
close_removal_queued_register_accepted_over_another_connection_unregister_batch_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.5.0: close/address-without-place/live-but-nowhere+register/accepted/id-held-by-another
close_address_without_place_live_but_nowhere_register_accepted_id_held_by_another_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.5.0: register/older-state-version/address-under-another-name/id-held-by-another/same-version
register_older_state_version_address_under_another_name_id_held_by_another_same_version_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, [Registration(H1, B0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.body.filter_server_list = <<"f1:1">>]>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], Outranks)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: register/older-state-version/address-under-another-name/id-held-by-another/same-version!version-coherence
register_older_state_version_address_under_another_name_id_held_by_another_same_version_version_coherence_550 == [
  alphabet |-> {<<One, Registration(H1, <<"C2", "b", 0>>, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], Outranks)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.5.0: close/removal-queued+register/accepted+scan/expired+unregister/batch
close_removal_queued_register_accepted_scan_expired_unregister_batch_550 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 2, silence |-> TRUE]

\* apache-5.1.4: register/accepted/with-mappings
register_accepted_with_mappings_514 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> [bname |-> "b", epoch |-> 0]]]>>},
  requests |-> 1, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/topic-before-broker/one-topic
register_topic_before_broker_one_topic_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(8)], V1)>>},
  requests |-> 1, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/same-version
register_accepted_same_version_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: unregister/batch+unregister/queued
unregister_batch_unregister_queued_514 == [
  alphabet |-> {<<One, Unregistration(H1, A0)>>,
               <<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V2) EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> [bname |-> "a", epoch |-> 0]]]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/id-held-by-another
register_accepted_id_held_by_another_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: close/removal-queued+unregister/batch
close_removal_queued_unregister_batch_514 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V2) EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> [bname |-> "a", epoch |-> 0]]]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/name-of-another-cluster
register_accepted_name_of_another_cluster_514 == [
  alphabet |-> {<<One, Registration(H1, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, ElsewhereA0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/acting-slave/negative-id
register_accepted_acting_slave_negative_id_514 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/id-held-by-another/no-topics
register_accepted_id_held_by_another_no_topics_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, <<>>, V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/id-held-by-another/one-topic
register_accepted_id_held_by_another_one_topic_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/older-state-version/id-held-by-another
register_older_state_version_id_held_by_another_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], Outranks)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted+register/accepted/older-version
register_accepted_register_accepted_older_version_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>},
  requests |-> 2, at_once |-> 2, silence |-> FALSE]

\* apache-5.1.4: register/accepted/address-under-another-name/same-version
register_accepted_address_under_another_name_same_version_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, B0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: unregister/batch+unregister/queued/over-another-connection
unregister_batch_unregister_queued_over_another_connection_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Unregistration(H1, A0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/id-held-by-another/name-of-another-cluster
register_accepted_id_held_by_another_name_of_another_cluster_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, ElsewhereA0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted+unregister/batch+unregister/queued/not-live
register_accepted_unregister_batch_unregister_queued_not_live_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, A0)>>},
  requests |-> 2, at_once |-> 2, silence |-> FALSE]

\* apache-5.1.4: unregister/batch+unregister/queued/address-in-another-cluster
unregister_batch_unregister_queued_address_in_another_cluster_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, ElsewhereA0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: unregister/batch+unregister/queued/address-under-another-name
unregister_batch_unregister_queued_address_under_another_name_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, B0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/topic-before-broker/address-under-another-id/one-topic/same-version
register_topic_before_broker_address_under_another_id_one_topic_same_version_514 == [
  alphabet |-> {<<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/topic-before-broker/acting-slave/address-under-another-id/negative-id/one-topic
register_topic_before_broker_acting_slave_address_under_another_id_negative_id_one_topic_514 == [
  alphabet |-> {<<Two, [Registration(H2, <<"C1", "a", -1>>, [t3 |-> Config(4)], V2) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/wiped
register_accepted_wiped_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V2)>>,
               <<Two, [broker_name |-> "a", kind |-> "WipeWritePermOfBroker"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register-topic/registered/wiped
register_topic_registered_wiped_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, [broker_name |-> "a", kind |-> "WipeWritePermOfBroker"]>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register-topic/illegal-broker/wiped
register_topic_illegal_broker_wiped_514 == [
  alphabet |-> {<<One, [Registration(H1, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [broker_name |-> "a", kind |-> "WipeWritePermOfBroker"]>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>, <<"b", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/topics-left-of-the-name
register_accepted_topics_left_of_the_name_514 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t3 |-> Config(4)], V2) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/changed-by-hand/same-version
register_accepted_changed_by_hand_same_version_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted+unregister/batch+unregister/queued
register_accepted_unregister_batch_unregister_queued_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>,
               <<One, Unregistration(H1, A0)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.1.4: register/accepted/acting-slave/negative-id/one-topic
register_accepted_acting_slave_negative_id_one_topic_514 == [
  alphabet |-> {<<One, [Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.enable_acting_master = "false"]>>,
               <<Two, [Registration(H2, <<"C1", "a", -1>>, [t3 |-> Config(4)], V2) EXCEPT !.enable_acting_master = "false"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/accepted/id-held-by-another!topics-are-said
register_accepted_id_held_by_another_topics_are_said_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: close/removal-queued/several-brokers+unregister/batch
close_removal_queued_several_brokers_unregister_batch_514 == [
  alphabet |-> {<<Two, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: close/removal-queued+register/accepted+unregister/batch
close_removal_queued_register_accepted_unregister_batch_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.1.4: register/older-state-version/changed-by-hand/id-held-by-another
register_older_state_version_changed_by_hand_id_held_by_another_514 == [
  alphabet |-> {<<One, Registration(H1, A0, <<>>, Outranks)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, [kind |-> "RegisterTopicInNamesrv", queue_datas |-> <<<<"a", [perm |-> {"read", "write"}, queue_nums |-> 2]>>>>, topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: close/removal-queued+register/accepted/over-another-connection+unregister/batch
close_removal_queued_register_accepted_over_another_connection_unregister_batch_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.1.4: close/address-without-place/live-but-nowhere+register/accepted/id-held-by-another
close_address_without_place_live_but_nowhere_register_accepted_id_held_by_another_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-5.1.4: register/older-state-version/address-under-another-name/id-held-by-another/same-version
register_older_state_version_address_under_another_name_id_held_by_another_same_version_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, [Registration(H1, B0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.body.filter_server_list = <<"f1:1">>]>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], Outranks)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: register/older-state-version/address-under-another-name/id-held-by-another/same-version!version-coherence
register_older_state_version_address_under_another_name_id_held_by_another_same_version_version_coherence_514 == [
  alphabet |-> {<<One, Registration(H1, <<"C2", "b", 0>>, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], Outranks)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-5.1.4: close/removal-queued+register/accepted+scan/expired+unregister/batch
close_removal_queued_register_accepted_scan_expired_unregister_batch_514 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 2, silence |-> TRUE]

\* apache-4.9.7: register/accepted/same-version
register_accepted_same_version_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], Outranks)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted/id-held-by-another
register_accepted_id_held_by_another_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], Outranks)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/over-another-connection
unregister_by_id_over_another_connection_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Unregistration(H1, A0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted/name-of-another-cluster
register_accepted_name_of_another_cluster_497 == [
  alphabet |-> {<<One, Registration(H1, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, ElsewhereA0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/address-under-another-id
unregister_by_id_address_under_another_id_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, A1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/address-in-another-cluster
unregister_by_id_address_in_another_cluster_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, ElsewhereA0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/address-under-another-name
unregister_by_id_address_under_another_name_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, B0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/id-held-by-another/not-live
unregister_by_id_id_held_by_another_not_live_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Unregistration(H2, ElsewhereA0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted/same-version!version-coherence
register_accepted_same_version_version_coherence_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted+register/accepted/older-version
register_accepted_register_accepted_older_version_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>},
  requests |-> 2, at_once |-> 2, silence |-> FALSE]

\* apache-4.9.7: register/accepted/address-under-another-name/same-version
register_accepted_address_under_another_name_same_version_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, B0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/address-in-another-cluster!route-soundness
unregister_by_id_address_in_another_cluster_route_soundness_497 == [
  alphabet |-> {<<One, Registration(H1, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, ElsewhereA0)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted/id-held-by-another/name-of-another-cluster
register_accepted_id_held_by_another_name_of_another_cluster_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, ElsewhereA0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted/id-held-by-another!topics-are-said!version-coherence
register_accepted_id_held_by_another_topics_are_said_version_coherence_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted/wiped
register_accepted_wiped_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V2)>>,
               <<Two, [broker_name |-> "a", kind |-> "WipeWritePermOfBroker"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: close/removed-at-once+register/accepted
close_removed_at_once_register_accepted_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-4.9.7: register/accepted/topics-left-of-the-name
register_accepted_topics_left_of_the_name_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A0, [t3 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: register/accepted/changed-by-hand/same-version
register_accepted_changed_by_hand_same_version_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, [cluster_name |-> "absent", kind |-> "DeleteTopicInNamesrv", topic |-> "t1"]>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/address-in-another-cluster/id-held-by-another
unregister_by_id_address_in_another_cluster_id_held_by_another_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, A1, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Unregistration(H2, ElsewhereA0)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: unregister/by-id/address-under-another-name/id-held-by-another
unregister_by_id_address_under_another_name_id_held_by_another_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H2, B0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Unregistration(H2, ElsewhereA0)>>},
  requests |-> 3, at_once |-> 1, silence |-> FALSE]

\* apache-4.9.7: close/removed-at-once+register/accepted/over-another-connection
close_removed_at_once_register_accepted_over_another_connection_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(8), t2 |-> Config(4)], V2)>>,
               <<Two, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-4.9.7: register/accepted/id-held-by-another+unregister/by-id/id-held-by-another
register_accepted_id_held_by_another_unregister_by_id_id_held_by_another_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, Unregistration(H1, A0)>>,
               <<Two, Registration(H2, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 3, at_once |-> 2, silence |-> FALSE]

\* apache-4.9.7: close/removed-at-once+scan/expired
close_removed_at_once_scan_expired_497 == [
  alphabet |-> {<<One, Registration(H2, <<"C1", "c", 0>>, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<One, [Registration(H1, B0, [t1 |-> Config(4), t2 |-> Config(4)], V1) EXCEPT !.body.filter_server_list = <<"f1:1">>]>>},
  requests |-> 2, at_once |-> 1, silence |-> TRUE]

\* apache-4.9.7: close/close-of-nobody+register/accepted+scan/expired
close_close_of_nobody_register_accepted_scan_expired_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 2, silence |-> TRUE]

\* apache-4.9.7: close/removed-at-once+register/accepted+scan/expired
close_removed_at_once_register_accepted_scan_expired_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>,
               <<Two, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 2, silence |-> TRUE]

\* apache-4.9.7: close/close-of-nobody+register/accepted+scan/expired!live-is-connected
close_close_of_nobody_register_accepted_scan_expired_live_is_connected_497 == [
  alphabet |-> {<<One, Registration(H1, A0, [t1 |-> Config(4), t2 |-> Config(4)], V1)>>},
  requests |-> 2, at_once |-> 2, silence |-> TRUE]
=============================================================================
