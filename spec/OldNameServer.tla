----------------------------- MODULE OldNameServer -----------------------------
(* One NameServer and the brokers that register with it: the core of docs/strict.md. Registration, unregistration,       *)
(* QUERY_DATA_VERSION, a closed connection, silence and the scan. Every request, close and scan is one step.             *)
(*                                                                                                                       *)
(* Repairs names those repairs of docs/strict.md that are on; without one, its 5.5.0 behaviour takes its place. With      *)
(* AllRepairs this is `strict`, and every invariant and property at the end of the module holds.                          *)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS Addr, Name, Cluster, Id, Channel, Topic, Version, Bodies, Repairs

MasterId == 0
AllRepairs == {"atomic-requests", "atomic-refusal", "data-version-monotonic", "one-place-per-address",
               "displaced-broker-leaves", "first-topics-replace", "unregister-checks-place",
               "unregister-checks-connection", "close-removes-all", "same-version-puts-topics", "timestamp-breaks-tie"}

\* A topic's config is told by the version it was sent with.
ASSUME Version \subseteq [stateVersion : Nat, counter : Nat, timestamp : Nat]
ASSUME Bodies \subseteq SUBSET Topic
ASSUME Repairs \subseteq AllRepairs

VARIABLES
  topicQueueTable,     \* Topic -> (Name -> Version), both partial
  brokerAddrTable,     \* Name -> [cluster, addrs: Id -> Addr], both partial
  clusterAddrTable,    \* Cluster -> SUBSET Name, partial
  brokerLiveTable,     \* Addr -> [cluster, version, channel, fresh], partial
  unregistrationQueue, \* at most one request that waits for the batch; `again`: its address has registered since
  last                 \* what happened last, and its code: for the properties only, no part of the view

tables == <<topicQueueTable, brokerAddrTable, clusterAddrTable, brokerLiveTable>>
view == <<tables, unregistrationQueue>>
vars == <<view, last>>

On(repair) == repair \in Repairs
Without(f, S) == [x \in DOMAIN f \ S |-> f[x]]
Range(f) == {f[x] : x \in DOMAIN f}

\* v is certainly an earlier state than w of a broker whose clock does not go back: a broker that has lost its versions counts
\* from 0 again, but later.
Earlier(v, w) == \/ v.stateVersion < w.stateVersion
                 \/ v.stateVersion = w.stateVersion /\ v # w /\ v.counter <= w.counter /\ v.timestamp <= w.timestamp

\* What is refused for it. Without timestamp-breaks-tie, nothing is at equal counters.
Older(v, w) == Earlier(v, w) /\ (v.stateVersion = w.stateVersion /\ v.counter = w.counter => On("timestamp-breaks-tie"))

-----------------------------------------------------------------------------
(* The tables as one value, so that effects can follow each other. *)

Now == [topics |-> topicQueueTable, brokers |-> brokerAddrTable, clusters |-> clusterAddrTable, live |-> brokerLiveTable]

Becomes(T) == /\ topicQueueTable' = T.topics
              /\ brokerAddrTable' = T.brokers
              /\ clusterAddrTable' = T.clusters
              /\ brokerLiveTable' = T.live

DropTopics(topics, names) ==
  [t \in {u \in DOMAIN topics : ~(DOMAIN topics[u] \subseteq names)} |-> Without(topics[t], names)]

\* The addresses S leave the broker names `names`; what stands empty goes, with all that hangs on it.
LeaveNames(T, S, names) ==
  LET rest(n) == LET addrs == T.brokers[n].addrs
                 IN Without(addrs, IF n \in names THEN {i \in DOMAIN addrs : addrs[i] \in S} ELSE {})
      gone == {n \in DOMAIN T.brokers \cap names : Range(T.brokers[n].addrs) \cap S # {} /\ rest(n) = << >>}
      left(c) == T.clusters[c] \ {n \in gone : T.brokers[n].cluster = c}
  IN [topics |-> DropTopics(T.topics, gone),
      brokers |-> [n \in DOMAIN T.brokers \ gone |-> [T.brokers[n] EXCEPT !.addrs = rest(n)]],
      clusters |-> [c \in {d \in DOMAIN T.clusters : left(d) # {}} |-> left(c)],
      live |-> T.live]

\* Removal: addresses leave wherever they stand, and are no longer live.
Remove(T, S) == [LeaveNames(T, S, Name) EXCEPT !.live = Without(T.live, S)]

Stands(T, a, p) == /\ p.name \in DOMAIN T.brokers
                   /\ T.brokers[p.name].cluster = p.cluster
                   /\ p.id \in DOMAIN T.brokers[p.name].addrs
                   /\ T.brokers[p.name].addrs[p.id] = a

Live(T, a) == a \in DOMAIN T.live

-----------------------------------------------------------------------------
(* REGISTER_BROKER (103). r: a place (cluster, name, id), addr, channel, version, topics. *)

Place == [cluster : Cluster, name : Name, id : Id]

\* The addresses that hold r's name and id: one or none.
Holders(T, r) == IF r.name \in DOMAIN T.brokers /\ r.id \in DOMAIN T.brokers[r.name].addrs
                 THEN {T.brokers[r.name].addrs[r.id]} ELSE {}

OlderStateVersion(T, r) ==
  \E a \in Holders(T, r) \ {r.addr} : Live(T, a) /\ T.live[a].version.stateVersion > r.version.stateVersion

OlderDataVersion(T, r) == /\ On("data-version-monotonic")
                          /\ Live(T, r.addr)
                          /\ T.live[r.addr].channel # r.channel
                          /\ Older(r.version, T.live[r.addr].version)

NameOfAnotherCluster(T, r) ==
  /\ r.name \in DOMAIN T.brokers
  /\ T.brokers[r.name].cluster # r.cluster
  /\ \E i \in DOMAIN T.brokers[r.name].addrs : i # r.id /\ T.brokers[r.name].addrs[i] # r.addr

TopicBeforeBroker(T, r) == Cardinality(r.topics) = 1 /\ ~Stands(T, r.addr, r)

\* The first rule that applies decides.
Rule(T, r) == CASE OlderStateVersion(T, r) -> "older-state-version"
                [] OTHER -> IF OlderDataVersion(T, r) THEN "older-data-version"
                            ELSE IF NameOfAnotherCluster(T, r) THEN "name-of-another-cluster"
                            ELSE IF TopicBeforeBroker(T, r) THEN "topic-before-broker"
                            ELSE "accepted"

\* The cluster and the broker name get to know each other, and the address its id.
Enter(T, r, addrs) ==
  LET old == IF r.name \in DOMAIN T.brokers THEN T.brokers[r.name].addrs ELSE << >>
      names == IF r.cluster \in DOMAIN T.clusters THEN T.clusters[r.cluster] ELSE {}
      others == [c \in {d \in DOMAIN T.clusters : d = r.cluster \/ T.clusters[d] # {r.name}} |-> T.clusters[c] \ {r.name}]
  IN [T EXCEPT !.brokers = (r.name :> [cluster |-> r.cluster, addrs |-> addrs @@ old]) @@ T.brokers,
               !.clusters = (r.cluster :> (names \union {r.name})) @@ others]

IsFirst(T, r) == ~(Live(T, r.addr) /\ Stands(T, r.addr, r))

\* Each topic of the body is put. Without same-version-puts-topics: if this is the first registration, the version differs, or
\* the name had no queue data of it.
PutTopics(T, r, first) ==
  LET every == On("same-version-puts-topics") \/ first \/ T.live[r.addr].version # r.version
      absent(t) == t \notin DOMAIN T.topics \/ r.name \notin DOMAIN T.topics[t]
      put == {t \in r.topics : every \/ absent(t)}
      queues(t) == IF t \in DOMAIN T.topics THEN T.topics[t] ELSE << >>
  IN [t \in put |-> (r.name :> r.version) @@ queues(t)] @@ T.topics

Accepted(T, r) ==
  LET first == IsFirst(T, r)
      elsewhere == IF On("one-place-per-address") THEN Name ELSE {r.name}
      left == IF first /\ Live(T, r.addr) THEN LeaveNames(T, {r.addr}, elsewhere) ELSE T
      displaced == IF On("displaced-broker-leaves") THEN Holders(T, r) \ {r.addr} ELSE {}
      entered == Enter([left EXCEPT !.live = Without(@, displaced)], r, r.id :> r.addr)
      cleared == IF first /\ r.id = MasterId /\ On("first-topics-replace")
                 THEN [entered EXCEPT !.topics = DropTopics(@, {r.name})] ELSE entered
      told == IF r.id = MasterId THEN [cleared EXCEPT !.topics = PutTopics(cleared, r, first)] ELSE cleared
      entry == [cluster |-> r.cluster, version |-> r.version, channel |-> r.channel, fresh |-> TRUE]
  IN [told EXCEPT !.live = (r.addr :> entry) @@ told.live]

\* 5.5.0 has entered the name before it refuses a lone topic.
Refused(T, rule, r) == IF rule = "topic-before-broker" /\ ~On("atomic-refusal") THEN Enter(T, r, << >>) ELSE T

Say(kind, r, code) == last' = [kind |-> kind, what |-> r, code |-> code]

RegisterBroker(r) ==
  LET rule == Rule(Now, r)
  IN IF rule = "accepted"
     THEN /\ Becomes(Accepted(Now, r))
          /\ unregistrationQueue' =
               [k \in DOMAIN unregistrationQueue |->
                  [unregistrationQueue[k] EXCEPT !.again = @ \/ unregistrationQueue[k].addr = r.addr]]
          /\ Say("register", r, "SUCCESS")
     ELSE /\ Becomes(Refused(Now, rule, r))
          /\ UNCHANGED unregistrationQueue
          /\ Say("register", r, "SYSTEM_ERROR")

-----------------------------------------------------------------------------
(* UNREGISTER_BROKER (104) and the batch that 5.5.0 puts it into. *)

UnregisterBroker(r) ==
  LET mayPlace == Stands(Now, r.addr, r) \/ ~On("unregister-checks-place")
      maySpeak == brokerLiveTable[r.addr].channel = r.channel \/ ~On("unregister-checks-connection")
      dropped == [LeaveNames(Now, {r.addr}, {r.name}) EXCEPT !.live = Without(@, {r.addr})]
  IN IF ~On("atomic-requests")
     THEN /\ unregistrationQueue = << >>
          /\ unregistrationQueue' = <<[addr |-> r.addr, name |-> r.name, again |-> FALSE]>>
          /\ UNCHANGED tables
          /\ Say("unregister", r, "SUCCESS")
     ELSE /\ UNCHANGED unregistrationQueue
          /\ IF ~Live(Now, r.addr) THEN UNCHANGED tables /\ Say("unregister", r, "SUCCESS")
             ELSE IF mayPlace /\ maySpeak THEN Becomes(dropped) /\ Say("unregister", r, "SUCCESS")
             ELSE UNCHANGED tables /\ Say("unregister", r, "SYSTEM_ERROR")

RunUnregistration ==
  /\ unregistrationQueue # << >>
  /\ LET q == Head(unregistrationQueue)
     IN /\ Becomes([LeaveNames(Now, {q.addr}, {q.name}) EXCEPT !.live = Without(@, {q.addr})])
        /\ Say("run", q, "SUCCESS")
  /\ unregistrationQueue' = << >>

-----------------------------------------------------------------------------
(* QUERY_DATA_VERSION (322), silence, the scan, a closed connection. *)

\* What it answers: changed = false.
SaysUnchanged(a, p, v) == Live(Now, a) /\ Stands(Now, a, p) /\ brokerLiveTable[a].version = v

QueryDataVersion(r) ==
  /\ brokerLiveTable' = IF Live(Now, r.addr) /\ Stands(Now, r.addr, r)
                        THEN [brokerLiveTable EXCEPT ![r.addr].fresh = TRUE] ELSE brokerLiveTable
  /\ UNCHANGED <<topicQueueTable, brokerAddrTable, clusterAddrTable, unregistrationQueue>>
  /\ Say("query", r, "SUCCESS")

GrowStale(a) ==
  /\ Live(Now, a) /\ brokerLiveTable[a].fresh
  /\ brokerLiveTable' = [brokerLiveTable EXCEPT ![a].fresh = FALSE]
  /\ UNCHANGED <<topicQueueTable, brokerAddrTable, clusterAddrTable, unregistrationQueue>>
  /\ Say("silence", a, "")

ScanNotActiveBroker ==
  /\ Becomes(Remove(Now, {a \in DOMAIN brokerLiveTable : ~brokerLiveTable[a].fresh}))
  /\ UNCHANGED unregistrationQueue
  /\ Say("scan", "", "")

ChannelClosed(ch) ==
  LET spoken == {a \in DOMAIN brokerLiveTable : brokerLiveTable[a].channel = ch}
  IN /\ IF On("close-removes-all") \/ spoken = {} THEN Becomes(Remove(Now, spoken))
        ELSE \E a \in spoken : Becomes(Remove(Now, {a}))
     /\ UNCHANGED unregistrationQueue
     /\ Say("close", ch, "")

-----------------------------------------------------------------------------

Init == /\ topicQueueTable = << >> /\ brokerAddrTable = << >> /\ clusterAddrTable = << >> /\ brokerLiveTable = << >>
        /\ unregistrationQueue = << >>
        /\ last = [kind |-> "start", what |-> "", code |-> ""]

Next == \/ \E a \in Addr, c \in Cluster, n \in Name, i \in Id, ch \in Channel :
             \/ \E v \in Version, B \in Bodies :
                  RegisterBroker([addr |-> a, cluster |-> c, name |-> n, id |-> i, channel |-> ch,
                                  version |-> v, topics |-> B])
             \/ UnregisterBroker([addr |-> a, cluster |-> c, name |-> n, id |-> i, channel |-> ch])
        \/ \E a \in Addr, c \in Cluster, n \in Name, i \in Id :
             QueryDataVersion([addr |-> a, cluster |-> c, name |-> n, id |-> i])
        \/ \E a \in Addr : GrowStale(a)
        \/ ScanNotActiveBroker
        \/ \E ch \in Channel : ChannelClosed(ch)
        \/ RunUnregistration

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What holds of every state. *)

Holding(n) == Range(brokerAddrTable[n].addrs)

\* Every address in a route is live, in the cluster that the route names.
RouteSoundness ==
  \A t \in DOMAIN topicQueueTable : \A n \in DOMAIN topicQueueTable[t] : n \in DOMAIN brokerAddrTable =>
    \A a \in Holding(n) : Live(Now, a) /\ brokerLiveTable[a].cluster = brokerAddrTable[n].cluster

\* A live address stands in exactly one place, and only live ones stand anywhere.
AddressUniqueness ==
  \A a \in Addr : Cardinality({p \in Place : Stands(Now, a, p)}) = IF Live(Now, a) THEN 1 ELSE 0

\* Cluster table and broker table name the same brokers; no name without an address, no cluster without a name.
ClusterAgreement ==
  /\ \A n \in Name, c \in Cluster :
       (c \in DOMAIN clusterAddrTable /\ n \in clusterAddrTable[c]) <=>
       (n \in DOMAIN brokerAddrTable /\ brokerAddrTable[n].cluster = c)
  /\ \A n \in DOMAIN brokerAddrTable : Holding(n) # {}
  /\ \A c \in DOMAIN clusterAddrTable : clusterAddrTable[c] # {}

\* Queues only of names that stand, and no topic without queues.
QueueSoundness ==
  \A t \in DOMAIN topicQueueTable :
    DOMAIN topicQueueTable[t] # {} /\ DOMAIN topicQueueTable[t] \subseteq DOMAIN brokerAddrTable

-----------------------------------------------------------------------------
(* What holds of every step. *)

\* As long as an address stays live, what comes over another connection than the speaking one never takes its DataVersion back.
\* (Over one connection order is kept, and the last word counts, whatever its version.)
VersionMonotonicity ==
  [][\A a \in DOMAIN brokerLiveTable \cap DOMAIN brokerLiveTable' :
       brokerLiveTable'[a].channel # brokerLiveTable[a].channel =>
         ~Earlier(brokerLiveTable'[a].version, brokerLiveTable[a].version)]_vars

\* What is refused leaves nothing behind.
AtomicRefusal == [][last'.code = "SYSTEM_ERROR" => UNCHANGED tables]_vars

\* An accepted registration is in the tables, with every topic of its body as it says.
RegisterHolds(r) ==
  /\ Live(Now', r.addr) /\ brokerLiveTable'[r.addr] =
       [cluster |-> r.cluster, version |-> r.version, channel |-> r.channel, fresh |-> TRUE]
  /\ Stands(Now', r.addr, r)
  /\ r.id = MasterId =>
       \A t \in r.topics : /\ t \in DOMAIN topicQueueTable' /\ r.name \in DOMAIN topicQueueTable'[t]
                           /\ topicQueueTable'[t][r.name] = r.version

\* Why a live address may stop being live: its own unregistration over its own connection, that connection's end, its silence,
\* another one in its place. An unregistration that waits says nothing about a registration that came after it.
MayLeave(a) ==
  LET w == last'.what
  IN CASE last'.kind = "unregister" -> w.addr = a /\ brokerLiveTable[a].channel = w.channel /\ Stands(Now, a, w)
       [] last'.kind = "close" -> brokerLiveTable[a].channel = w
       [] last'.kind = "scan" -> ~brokerLiveTable[a].fresh
       [] last'.kind = "register" -> last'.code = "SUCCESS" /\ w.addr # a /\ a \in Holders(Now, w)
       [] last'.kind = "run" -> w.addr = a /\ ~w.again
       [] OTHER -> FALSE

\* What was answered or noticed has happened, and nothing else has.
AcknowledgedEffect ==
  [][/\ last'.kind = "register" /\ last'.code = "SUCCESS" => RegisterHolds(last'.what)
     /\ last'.kind = "unregister" /\ last'.code = "SUCCESS" =>
          ~Live(Now', last'.what.addr) \/ unregistrationQueue' # << >>
     /\ last'.kind = "close" => \A a \in DOMAIN brokerLiveTable' : brokerLiveTable'[a].channel # last'.what
     /\ last'.kind = "scan" => \A a \in DOMAIN brokerLiveTable' : brokerLiveTable'[a].fresh
     /\ \A a \in DOMAIN brokerLiveTable \ DOMAIN brokerLiveTable' : MayLeave(a)]_vars
=============================================================================
