--------------------------- MODULE NameServerAlone ---------------------------
(* One NameServer and brokers that claim places at will, one sentence after the other: registration, unregistration,      *)
(* QUERY_DATA_VERSION, a closed connection, silence and the scan, in any order and without end. Each is worked on before  *)
(* the next comes; what a profile puts off for its batch service waits, one at a time. No limits are in here.             *)
EXTENDS NameServer

CONSTANTS Addr, Name, Cluster, Id, Channel, Version, Bodies

\* Bodies are sets of topics: a topic's config is told by the version it was sent with.
ASSUME Version \subseteq [state_version : Nat, counter : Nat, timestamp : Nat]

VARIABLES
  ns,  \* the NameServer
  last \* what happened last, and the code of the answer: for the properties only, no part of the view

view == <<ns>>
vars == <<ns, last>>

Place == [cluster_name : Cluster, broker_name : Name, broker_id : Id]

\* The config of a topic that was sent with this version.
ConfigOf(v) == [queue_nums |-> 100 * v.state_version + 10 * v.counter + v.timestamp, perm |-> {"read", "write"}]

Registration(a, p, v, B) == [
  kind                 |-> "RegisterBroker",
  cluster_name         |-> p.cluster_name,
  broker_addr          |-> a,
  broker_name          |-> p.broker_name,
  broker_id            |-> p.broker_id,
  ha_server_addr       |-> "absent",
  enable_acting_master |-> "absent",
  full_body            |-> "absent",
  body |-> [topic_config_table           |-> [t \in B |-> ConfigOf(v)],
            data_version                 |-> v,
            topic_queue_mapping_info_map |-> << >>,
            filter_server_list           |-> << >>]]

Unregistration(a, p) == [
  kind         |-> "UnregisterBroker",
  cluster_name |-> p.cluster_name,
  broker_addr  |-> a,
  broker_name  |-> p.broker_name,
  broker_id    |-> p.broker_id]

Question(a, p, v) == [
  kind         |-> "QueryDataVersion",
  cluster_name |-> p.cluster_name,
  broker_addr  |-> a,
  broker_name  |-> p.broker_name,
  broker_id    |-> p.broker_id,
  data_version |-> v]

-----------------------------------------------------------------------------

CodeOf(answers) == IF answers = << >> THEN "" ELSE answers[1].answer.code

\* What has come is worked on.
WorkedOn(s, kind, channel, what) ==
  \E step \in Work(s) :
    /\ ns' = step.to
    /\ last' = [kind |-> kind, channel |-> channel, what |-> what, code |-> CodeOf(step.answers)]

RegisterBroker ==
  \E a \in Addr, p \in Place, ch \in Channel, v \in Version, B \in Bodies :
    LET r == Registration(a, p, v, B) IN WorkedOn(Receive(ns, ch, 1, r, FALSE), "register", ch, r)

UnregisterBroker ==
  /\ ns.unregistrationQueue = << >>
  /\ \E a \in Addr, p \in Place, ch \in Channel :
       LET r == Unregistration(a, p) IN WorkedOn(Receive(ns, ch, 1, r, FALSE), "unregister", ch, r)

\* Which version it asks about changes nothing but the answer.
QueryDataVersion ==
  \E a \in Addr, p \in Place :
    LET r == Question(a, p, CHOOSE v \in Version : TRUE) IN WorkedOn(Receive(ns, 0, 1, r, FALSE), "query", 0, r)

Silence ==
  \E key \in Live(ns) \ Expired(ns) :
    ns' = BecameStale(ns, key) /\ last' = [kind |-> "silence", channel |-> 0, what |-> key, code |-> ""]

Scan == WorkedOn(ScanNotActiveBroker(ns), "scan", 0, "")

CloseConnection == \E ch \in Channel : WorkedOn(ChannelClosed(ns, ch, FALSE), "close", ch, "")

Batch ==
  \E step \in RunUnregistration(ns) :
    ns' = step.to /\ last' = [kind |-> "batch", channel |-> 0, what |-> Head(ns.unregistrationQueue), code |-> ""]

Init == ns = EmptyNameServer /\ last = [kind |-> "start", channel |-> 0, what |-> "", code |-> ""]

Next == RegisterBroker \/ UnregisterBroker \/ QueryDataVersion \/ Silence \/ Scan \/ CloseConnection \/ Batch

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What holds of every state.                                                                                             *)

RoutesAreSound == RouteSoundness(ns)
AddressesAreUnique == AddressUniqueness(ns)
ClustersAgree == ClusterAgreement(ns)
QueuesAreSound == QueueSoundness(ns)

\* What is kept alive can be found: LiveIsStanding of Promises.tla, which needs no memory either.
LiveAreStanding == \A key \in Live(ns) : NamesOf(ns, key.broker_addr) # {}

-----------------------------------------------------------------------------
(* What holds of every step. The promises of Promises.tla say the same with a ledger; these need no memory.               *)

\* As long as an address stays live, what comes over another connection than the speaking one never takes its DataVersion back.
\* (Over one connection order is kept, and the last word counts, whatever its version.)
VersionMonotonicity ==
  [][\A old \in Live(ns), new \in Live(ns') :
       LET was == ns.brokerLiveTable[old]
           is == ns'.brokerLiveTable[new]
       IN old.broker_addr = new.broker_addr /\ was.channel # is.channel => ~IsEarlier(is.data_version, was.data_version)]_vars

\* What is refused leaves nothing behind.
AtomicRefusal == [][last'.code = "SYSTEM_ERROR" => Tables(ns') = Tables(ns)]_vars

\* An accepted registration is in the tables, with every topic of its body as it says.
IsInForce(s, r, ch) ==
  /\ KeyOf(r) \in Live(s)
  /\ s.brokerLiveTable[KeyOf(r)].data_version = r.body.data_version
  /\ s.brokerLiveTable[KeyOf(r)].channel = ch
  /\ s.brokerLiveTable[KeyOf(r)].fresh
  /\ Stands(s, r)
  /\ r.broker_id = MASTER_ID =>
       \A t \in DOMAIN r.body.topic_config_table :
         /\ t \in DOMAIN s.topicQueueTable
         /\ r.broker_name \in DOMAIN s.topicQueueTable[t]
         /\ s.topicQueueTable[t][r.broker_name] = r.body.topic_config_table[t]

\* Why a live address may stop being live: its own unregistration over its own connection, that connection's end, its silence,
\* another one in its place. It may also change its cluster. An unregistration that waits for the batch is no reason any more if
\* its address has registered since: then its entry is fresh.
MayLeave(key) ==
  LET w == last'.what
      info == ns.brokerLiveTable[key]
  IN CASE last'.kind = "unregister" -> w.broker_addr = key.broker_addr /\ info.channel = last'.channel /\ Stands(ns, w)
       [] last'.kind = "close"      -> info.channel = last'.channel
       [] last'.kind = "scan"       -> ~info.fresh
       [] last'.kind = "register"   ->
            /\ last'.code = "SUCCESS"
            /\ \/ w.broker_addr = key.broker_addr
               \/ key.broker_addr \in Holder(ns, w.broker_name, w.broker_id)
       [] last'.kind = "batch"      -> w.broker_addr = key.broker_addr /\ ~info.fresh
       [] OTHER                     -> FALSE

\* What was answered or noticed has happened, and nothing else has.
AcknowledgedEffect ==
  [][LET w == last'.what
         success == last'.code = "SUCCESS"
     IN /\ last'.kind = "register" /\ success => IsInForce(ns', w, last'.channel)
        /\ last'.kind = "unregister" /\ success => KeyOf(w) \notin Live(ns') \/ ns'.unregistrationQueue # << >>
        /\ last'.kind = "close" => SpeaksFor(ns', last'.channel) = {}
        /\ last'.kind = "scan" => Expired(ns') = {}
        /\ \A key \in Live(ns) \ Live(ns') : MayLeave(key)]_vars
=============================================================================
