--------------------------- MODULE RegisterBroker ---------------------------
(* REGISTER_BROKER (103): rules, the first whose guard holds decides, and what each one does. r is the request, ch the    *)
(* connection it came over, s the state.                                                                                  *)
(*                                                                                                                        *)
(* Apache enters the cluster, the name and the flags before it looks for conflicts (EnterName), so that a refusal leaves  *)
(* them behind; the repaired profile decides first. Source: RouteInfoManager.registerBroker, 4.9.7 and 5.5.0;             *)
(* docs/strict.md.                                                                                                        *)
(*                                                                                                                        *)
(*   r = [kind |-> "RegisterBroker", cluster_name, broker_addr, broker_name, broker_id, ha_server_addr,                   *)
(*        enable_acting_master, full_body, body]                                                                          *)
(*   r.body = [topic_config_table: topic -> [queue_nums, perm], data_version,                                             *)
(*             topic_queue_mapping_info_map: topic -> [bname, epoch], filter_server_list]                                 *)
(*                                                                                                                        *)
(* enable_acting_master and full_body (whether the body has all topics of the broker: an extension of ours that no Apache *)
(* release reads, docs/protocol-gaps.md) are "true", "false" or "absent". Parts are never missing here.                   *)
EXTENDS Removal

\* What a release without stateVersions reads of a version, and of the request: nor does it know of mappings.
KnownVersion(v) == IF Profile.state_version THEN v ELSE [v EXCEPT !.state_version = 0]
Known(r) ==
  IF Profile.state_version THEN r
  ELSE [r EXCEPT !.body.data_version.state_version = 0, !.body.topic_queue_mapping_info_map = << >>]

KeyOf(r) == LiveKey(r.cluster_name, r.broker_addr)
IsFull(r) == r.full_body = "true" /\ Profile.full_body_replaces

-----------------------------------------------------------------------------
(* Guards.                                                                                                                *)

PartMissing(s, r) ==
  \/ r.broker_id < 0
  \/ \E info \in Range(r.body.topic_queue_mapping_info_map) : info.bname # r.broker_name

\* Another live address holds the id with a greater stateVersion. Looked up under the request's cluster, as 5.5.0 does.
HolderHasNewerStateVersion(s, r) ==
  \E addr \in Holder(s, r.broker_name, r.broker_id) \ {r.broker_addr} :
    LET key == LiveKey(r.cluster_name, addr)
    IN key \in Live(s) /\ s.brokerLiveTable[key].data_version.state_version > r.body.data_version.state_version

\* The same, wherever the holder is live.
HolderAnywhereHasNewerStateVersion(s, r) ==
  \E addr \in Holder(s, r.broker_name, r.broker_id) \ {r.broker_addr} : \E key \in Live(s) :
    /\ key.broker_addr = addr
    /\ s.brokerLiveTable[key].data_version.state_version > r.body.data_version.state_version

\* Over the speaking connection requests come in order, so what comes there is news, whatever its version.
OlderDataVersion(s, r, ch) ==
  \E key \in Live(s) :
    /\ key.broker_addr = r.broker_addr
    /\ s.brokerLiveTable[key].channel # ch
    /\ IsOlder(r.body.data_version, s.brokerLiveTable[key].data_version, Profile.timestamp_breaks_tie)

\* The name stands in another cluster, with an address that this request neither brings nor displaces.
NameOfAnotherCluster(s, r) ==
  /\ r.broker_name \in Names(s)
  /\ s.brokerAddrTable[r.broker_name].cluster # r.cluster_name
  /\ LET addrs == s.brokerAddrTable[r.broker_name].broker_addrs
     IN \E i \in DOMAIN addrs : i # r.broker_id /\ addrs[i] # r.broker_addr

OneTopic(r) == Cardinality(DOMAIN r.body.topic_config_table) = 1

TopicBeforePlace(s, r) == OneTopic(r) /\ ~IsFull(r) /\ ~Stands(s, r)

\* 5.5.0 asks whether the id is taken, by whatever address, once the address has left its other ids.
TopicBeforeId(s, r) == OneTopic(r) /\ Holder(s, r.broker_name, r.broker_id) = {}

-----------------------------------------------------------------------------
(* The first rule that applies. Apache's look at what EnterName has left; the repaired ones come before anything is done. *)

RuleAfterEntering(s, r) ==
  IF Profile.older_state_version = "ignored" /\ HolderHasNewerStateVersion(s, r) THEN "older-state-version"
  ELSE IF Profile.topic_before_broker = "refused-leaving-name" /\ TopicBeforeId(s, r) THEN "topic-before-broker"
  ELSE "accepted"

RuleRepaired(s, r, ch) ==
  IF PartMissing(s, r) THEN "part-missing"
  ELSE IF Profile.older_state_version = "refused" /\ HolderAnywhereHasNewerStateVersion(s, r) THEN "older-state-version"
  ELSE IF Profile.data_version_monotonic /\ OlderDataVersion(s, r, ch) THEN "older-data-version"
  ELSE IF Profile.one_cluster_per_name /\ NameOfAnotherCluster(s, r) THEN "name-of-another-cluster"
  ELSE IF Profile.topic_before_broker = "refused" /\ TopicBeforePlace(s, r) THEN "topic-before-broker"
  ELSE "accepted"

-----------------------------------------------------------------------------
(* What an accepted registration stores.                                                                                  *)

EnterCluster(s, r) ==
  [s EXCEPT !.clusterAddrTable = With(@, r.cluster_name, Get(@, r.cluster_name, {}) \union {r.broker_name})]

\* The brokers of the name, or those of a new one.
Standing(s, r) ==
  Get(s.brokerAddrTable, r.broker_name, [cluster |-> r.cluster_name, broker_addrs |-> << >>, enable_acting_master |-> FALSE])

\* What Apache does before it looks for conflicts: cluster, name, flags, and the address leaves the name's other ids.
EnterName(s, r) ==
  LET old == Standing(s, r)
      others == {i \in DOMAIN old.broker_addrs : old.broker_addrs[i] = r.broker_addr /\ i # r.broker_id}
      data == [old EXCEPT !.broker_addrs = Without(@, others),
                          !.enable_acting_master = IF Profile.acting_master THEN r.enable_acting_master = "true" ELSE @]
  IN [EnterCluster(s, r) EXCEPT !.brokerAddrTable = With(@, r.broker_name, data)]

\* A slave that stands in for a master that is not there: the lowest id, and it knows of acting masters.
IsPrimeSlave(s, r) ==
  /\ Profile.acting_master
  /\ r.enable_acting_master # "absent"
  /\ r.broker_id # MASTER_ID
  /\ r.broker_id = Min(DOMAIN s.brokerAddrTable[r.broker_name].broker_addrs)

Publishes(s, r) == r.broker_id = MASTER_ID \/ IsPrimeSlave(s, r)

\* isBrokerTopicConfigChanged, against what was stored before this registration.
VersionDiffers(s, r) ==
  KeyOf(r) \notin Live(s) \/ s.brokerLiveTable[KeyOf(r)].data_version # r.body.data_version

\* Which topics are put: all, if first or the version is a new one (or whatever it is: same-version-puts-topics); else, in
\* 5.5.0, those that the name has no queues of. A prime slave offers none for writing, nor does a wiped name. s has the
\* registration's live entry still as it was.
PutTopics(s, r, first) ==
  LET name == r.broker_name
      configs == r.body.topic_config_table
      infos == r.body.topic_queue_mapping_info_map
      every == first \/ Profile.same_version_puts_topics \/ VersionDiffers(s, r)
      queues(t) == Get(s.topicQueueTable, t, << >>)
      put == {t \in DOMAIN configs : every \/ (name \notin DOMAIN queues(t) /\ Profile.topic_update = "each-if-changed-or-absent")}
      mayAct == s.brokerAddrTable[name].enable_acting_master \/ Profile.prime_slave_is_read_only
      readOnly == (mayAct /\ IsPrimeSlave(s, r)) \/ name \in s.writeWiped
      queue(t) == IF readOnly THEN [configs[t] EXCEPT !.perm = @ \ {"write"}] ELSE configs[t]
      mapped == IF Profile.acting_master /\ every THEN DOMAIN infos ELSE {}
  IN [s EXCEPT !.topicQueueTable = [t \in put |-> With(queues(t), name, queue(t))] @@ @,
               !.topicQueueMappingInfoTable = [t \in mapped |-> With(Get(@, t, << >>), infos[t].bname, infos[t])] @@ @]

\* A slave is told where its master is, if that is live.
NoMaster == [masterAddr |-> "absent", haServerAddr |-> "absent"]

MasterOf(s, r) ==
  LET keys == {LiveKey(r.cluster_name, addr) : addr \in Holder(s, r.broker_name, MASTER_ID)} \cap Live(s)
  IN IF r.broker_id = MASTER_ID \/ keys = {} THEN NoMaster
     ELSE LET key == CHOOSE k \in keys : TRUE
          IN [masterAddr |-> key.broker_addr, haServerAddr |-> s.brokerLiveTable[key].ha_server_addr]

\* Topics, live entry and filter servers, once the address stands at its place.
Store(s, r, ch, first) ==
  LET told == IF Publishes(s, r) THEN PutTopics(s, r, first) ELSE s
      info == [fresh          |-> TRUE,
               data_version   |-> r.body.data_version,
               channel        |-> ch,
               ha_server_addr |-> r.ha_server_addr,
               partial        |-> Profile.full_body_replaces /\ r.full_body = "false"]
      filters == r.body.filter_server_list
  IN [told EXCEPT !.brokerLiveTable = With(@, KeyOf(r), info),
                  !.filterServerTable = IF filters = << >> THEN Without(@, {KeyOf(r)}) ELSE With(@, KeyOf(r), filters)]

\* Apache's acceptance, after EnterName: the address takes the id.
Accepted(s, r, ch) ==
  LET first == Holder(s, r.broker_name, r.broker_id) = {}
  IN Store([s EXCEPT !.brokerAddrTable[r.broker_name].broker_addrs = With(@, r.broker_id, r.broker_addr)], r, ch, first)

\* The repaired acceptance (docs/strict.md, REGISTER_BROKER, accepted): the address leaves every other place, whoever held this
\* one leaves, the name takes the cluster, and a master's first topics (or a full body's) replace the name's. A master that comes
\* anew may be written to.
AcceptedRepaired(s, r, ch) ==
  LET keeps(key) == Stands(s, r) /\ key = KeyOf(r)
      first == ~(Stands(s, r) /\ KeyOf(r) \in Live(s))
      elsewhere == {key \in Live(s) : key.broker_addr = r.broker_addr /\ ~keeps(key)}
      left == IF Profile.one_place_per_address THEN Over(RemoveEverywhere, s, elsewhere) ELSE s
      displaced == {key \in Live(left) : key.broker_addr \in Holder(s, r.broker_name, r.broker_id) \ {r.broker_addr}}
      alone == IF Profile.displaced_broker_leaves THEN Over(RemoveLive, left, displaced) ELSE left
      old == Standing(alone, r)
      moved == IF old.cluster = r.cluster_name THEN alone ELSE RemoveNameFromCluster(alone, old.cluster, r.broker_name)
      data == [cluster              |-> r.cluster_name,
               broker_addrs         |-> With(old.broker_addrs, r.broker_id, r.broker_addr),
               enable_acting_master |-> r.enable_acting_master = "true"]
      entered == EnterCluster([moved EXCEPT !.brokerAddrTable = With(@, r.broker_name, data)], r)
      anew == [entered EXCEPT !.writeWiped = IF r.broker_id = MASTER_ID /\ first THEN @ \ {r.broker_name} ELSE @]
      replaces == r.broker_id = MASTER_ID /\ ((first /\ Profile.first_topics_replace) \/ IsFull(r))
  IN Store(IF replaces THEN RemoveTopics(anew, r.broker_name, TRUE) ELSE anew, r, ch, first)

-----------------------------------------------------------------------------
(* What a rule comes to. 5.5.0 answers SUCCESS to an older stateVersion, and drops the newcomer's live entry.             *)

IsRefused(rule) == rule # "accepted" /\ ~(rule = "older-state-version" /\ Profile.older_state_version = "ignored")

AfterEntering(s, r, ch, rule) ==
  CASE rule = "older-state-version" -> [s EXCEPT !.brokerLiveTable = Without(@, {KeyOf(r)})]
    [] rule = "topic-before-broker" -> s
    [] rule = "accepted"            -> Accepted(s, r, ch)

Repaired(s, r, ch, rule) == IF rule = "accepted" THEN AcceptedRepaired(s, r, ch) ELSE s
=============================================================================
