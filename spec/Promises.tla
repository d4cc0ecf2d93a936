------------------------------ MODULE Promises ------------------------------
(* The invariants that need to know what was said: each a predicate of a NameServer s at rest and the ledger l kept       *)
(* beside it. Three are about a single step, and told by Observe. Named as in namesrv.model.promises and the proofs.        *)
EXTENDS Ledger

\* Whether a registration is in force: the address stands and is live, and a master's topics are as it said.
InForce(s, l, addr) ==
  LET stay == l.stays[addr]
  IN /\ StayStands(s, l, addr)
     /\ LiveInfo(s, addr, stay.cluster_name) # {}
     /\ stay.broker_id = MASTER_ID => HoldsTopics(s, l, stay.broker_name, stay.topics)

\* What QUERY_DATA_VERSION would say to the broker about its present version.
StayIsUnchanged(s, l, addr) ==
  LET stay == l.stays[addr]
  IN \E info \in LiveInfo(s, addr, stay.cluster_name) :
       /\ ~info.partial
       /\ info.data_version = stay.version
       /\ Profile.query_checks_place => StayStands(s, l, addr)

\* A registration answered SUCCESS is in force as long as it is promised.
AcknowledgedEffect(s, l) == \A addr \in DOMAIN l.stays : l.stays[addr].promised => InForce(s, l, addr)

\* What QUERY_DATA_VERSION calls unchanged is what the tables hold: the place, and what was said with that version.
VersionCoherence(s, l) ==
  \A addr \in DOMAIN l.stays : StayIsUnchanged(s, l, addr) =>
    LET stay == l.stays[addr]
    IN /\ StayStands(s, l, addr)
       /\ stay.broker_id = MASTER_ID => HoldsTopics(s, l, stay.broker_name, stay.said)

\* The state after the address has registered, over its connection, everything that it said with its present version. The flags of
\* the name, which brokers of one name share and DataVersion does not cover, are said as they stand; and so are filter servers.
RegisteredAgain(s, l, addr) ==
  LET stay == l.stays[addr]
      acting == IF stay.broker_name \notin Names(s) THEN "absent"
                ELSE IF s.brokerAddrTable[stay.broker_name].enable_acting_master THEN "true" ELSE "false"
      info == CHOOSE i \in LiveInfo(s, addr, stay.cluster_name) : TRUE
      request == [kind                 |-> "RegisterBroker",
                  cluster_name         |-> stay.cluster_name,
                  broker_addr          |-> addr,
                  broker_name          |-> stay.broker_name,
                  broker_id            |-> stay.broker_id,
                  ha_server_addr       |-> info.ha_server_addr,
                  enable_acting_master |-> acting,
                  full_body            |-> "absent",
                  body |-> [topic_config_table           |-> stay.said,
                            data_version                 |-> stay.version,
                            topic_queue_mapping_info_map |-> << >>,
                            filter_server_list           |-> Get(s.filterServerTable, LiveKey(stay.cluster_name, addr), << >>)]]
      alone == [s EXCEPT !.tasks = << >>, !.locked = FALSE]
      c == [state |-> alone, task |-> NewTask(stay.channel, 0, request, FALSE), watched |-> FALSE]
  IN (CHOOSE outcome \in RegisterBrokerSteps(c) : TRUE).state

\* The tables with every live entry's freshness and connection made the same.
WithoutSignsOfLife(s) ==
  Tables([s EXCEPT !.brokerLiveTable = [key \in DOMAIN @ |-> [@[key] EXCEPT !.fresh = TRUE, !.channel = 0]]])

\* Where the NameServer says unchanged to a master, registering all the same would leave the same tables, signs of life aside. Not
\* of slaves: whether one publishes depends on who else is there, which no version covers. Nor of names that an administrator has
\* changed: registering takes that back.
SkipSafety(s, l) ==
  \A addr \in DOMAIN l.stays :
    /\ l.stays[addr].broker_id = MASTER_ID
    /\ l.stays[addr].promised
    /\ StayIsUnchanged(s, l, addr)
    /\ ~\E queue \in l.by_hand : queue[2] = l.stays[addr].broker_name
    =>
      WithoutSignsOfLife(RegisteredAgain(s, l, addr)) = WithoutSignsOfLife(s)

\* Every live address stands somewhere: what is kept alive can be found.
LiveIsStanding(s) == \A key \in Live(s) : NamesOf(s, key.broker_addr) # {}

\* Every live address is spoken for by a connection that the NameServer has not seen close.
LiveIsConnected(s) == \A key \in Live(s) : s.brokerLiveTable[key].channel # GONE

\* Filter servers are of live addresses, and topic-queue mappings of names that are there.
NothingLeftOver(s) ==
  /\ DOMAIN s.filterServerTable \subseteq Live(s)
  /\ \A t \in DOMAIN s.topicQueueMappingInfoTable :
       DOMAIN s.topicQueueMappingInfoTable[t] # {} /\ DOMAIN s.topicQueueMappingInfoTable[t] \subseteq Names(s)

\* Of a name that has a master, every topic was said by that master, or put by hand. (Without one, the last master's are there.)
TopicsAreSaid(s, l) ==
  \A n \in Names(s) : \A addr \in Holder(s, n, MASTER_ID) \cap DOMAIN l.stays :
    StayStands(s, l, addr) =>
      \A t \in DOMAIN s.topicQueueTable :
        n \in DOMAIN s.topicQueueTable[t] => t \in DOMAIN l.stays[addr].topics \/ <<t, n>> \in l.by_hand

\* A name whose write permission an administrator has wiped offers no queue for writing, until it is given back, or until the
\* name's master comes anew.
WipedIsReadOnly(s, l) ==
  \A t \in DOMAIN s.topicQueueTable : \A n \in DOMAIN s.topicQueueTable[t] \cap l.wiped :
    "write" \notin s.topicQueueTable[t][n].perm

-----------------------------------------------------------------------------

\* The names of the invariants that are false of a NameServer that has nothing left to do.
BrokenAtRest(s, l) ==
  {name \in {"RouteSoundness", "AddressUniqueness", "ClusterAgreement", "QueueSoundness", "AcknowledgedEffect",
             "VersionCoherence", "SkipSafety", "LiveIsStanding", "LiveIsConnected", "NothingLeftOver", "TopicsAreSaid",
             "WipedIsReadOnly"} :
     ~CASE name = "RouteSoundness"     -> RouteSoundness(s)
        [] name = "AddressUniqueness"  -> AddressUniqueness(s)
        [] name = "ClusterAgreement"   -> ClusterAgreement(s)
        [] name = "QueueSoundness"     -> QueueSoundness(s)
        [] name = "AcknowledgedEffect" -> AcknowledgedEffect(s, l)
        [] name = "VersionCoherence"   -> VersionCoherence(s, l)
        [] name = "SkipSafety"         -> SkipSafety(s, l)
        [] name = "LiveIsStanding"     -> LiveIsStanding(s)
        [] name = "LiveIsConnected"    -> LiveIsConnected(s)
        [] name = "NothingLeftOver"    -> NothingLeftOver(s)
        [] name = "TopicsAreSaid"      -> TopicsAreSaid(s, l)
        [] name = "WipedIsReadOnly"    -> WipedIsReadOnly(s, l)}
=============================================================================
