-------------------------------- MODULE State --------------------------------
(* What a NameServer remembers: its six tables, the requests in work, and what it has put off for later. All of it is one *)
(* record s, so that a system may hold several of them; the operators of the modules from here on take such a record and  *)
(* give another. Source: the fields of RouteInfoManager, BatchUnregistrationService and (the tasks) the thread pools,     *)
(* 5.5.0.                                                                                                                 *)
EXTENDS DataVersion, Sequences, FiniteSets, TLC

CONSTANT P \* the profile: a record like those of Profiles.tla

\* The same. TLC evaluates a definition once, but a constant that stands for one each time it is met.
Profile == P

MASTER_ID == 0     \* the broker id of a master: MixAll.MASTER_ID
CLOSE == -1        \* in place of an opaque: the task that deals with a closed connection
SCAN_CHANNEL == -1 \* in place of a connection: the task that scans for brokers that are no longer active
GONE == -9         \* in place of a connection that is known to be closed and whose number may be used again

-----------------------------------------------------------------------------
(* Partial functions are the tables of Java; << >> is the empty one.                                                      *)

Without(f, S) == [x \in DOMAIN f \ S |-> f[x]]
With(f, x, v) == (x :> v) @@ f
Get(f, x, absent) == IF x \in DOMAIN f THEN f[x] ELSE absent
Range(f) == {f[x] : x \in DOMAIN f}
Min(S) == CHOOSE x \in S : \A y \in S : x <= y

\* The numbers of a set, as a sequence.
Ascending(S) == [i \in 1..Cardinality(S) |-> CHOOSE x \in S : Cardinality({y \in S : y < x}) = i - 1]

\* step(step(base, x), y) over all elements of S, where their order does not matter.
Over(step(_, _), base, S) ==
  LET of[T \in SUBSET S] == IF T = {} THEN base ELSE LET x == CHOOSE y \in T : TRUE IN step(of[T \ {x}], x)
  IN of[S]

-----------------------------------------------------------------------------
(* The key of a live address. 4.9.7 keys by the address alone, and `cluster_name` is "". Source:                          *)
(* RouteInfoManager.brokerLiveTable, 4.9.7; RouteInfoManager.BrokerAddrInfo, 5.5.0.                                       *)

BrokerAddrInfo(cluster, addr) == [cluster_name |-> cluster, broker_addr |-> addr]

LiveKey(cluster, addr) == BrokerAddrInfo(IF Profile.live_key = "addr" THEN "" ELSE cluster, addr)

-----------------------------------------------------------------------------
(* The state. Where something may be there or not and is no table: "absent", or a sequence of one element or none.        *)
(*                                                                                                                        *)
(*   topicQueueTable              topic -> (broker name -> [queue_nums, perm]), perm a subset of {"read", "write"}        *)
(*   brokerAddrTable              broker name -> [cluster, broker_addrs: id -> address, enable_acting_master]             *)
(*   clusterAddrTable             cluster name -> set of broker names                                                     *)
(*   brokerLiveTable              BrokerAddrInfo -> [fresh, data_version, channel, ha_server_addr, partial]               *)
(*   filterServerTable            BrokerAddrInfo -> sequence of addresses                                                 *)
(*   topicQueueMappingInfoTable   topic -> (broker name -> [bname, epoch])                                                *)
(*   writeWiped                   broker names whose write permission an administrator has taken away, where that is      *)
(*                                remembered (the repair wipe-outlasts-registration)                                      *)
(*   tasks                        what is in work, in order of arrival: a sequence of [channel, opaque, job, oneway, pc,  *)
(*                                memo]; `pc` counts the internal steps made, `memo` is what they remember                *)
(*   locked                       a task in the middle of its steps holds the write lock                                  *)
(*   unregistrationQueue          unregistrations that wait for the batch service (5.5.0), in order of arrival            *)
(*   scanStopped                  an exception has ended the scan timer for good (4.9.7)                                  *)
(*                                                                                                                        *)
(* Time has two values: a live entry is fresh, or silent for longer than its timeout. `channel` is the connection that    *)
(* speaks for the address: the one over which its last accepted registration came. `partial`: that one said not to be     *)
(* full.                                                                                                                  *)

EmptyNameServer == [
  topicQueueTable            |-> << >>,
  brokerAddrTable            |-> << >>,
  clusterAddrTable           |-> << >>,
  brokerLiveTable            |-> << >>,
  filterServerTable          |-> << >>,
  topicQueueMappingInfoTable |-> << >>,
  writeWiped                 |-> {},
  tasks                      |-> << >>,
  locked                     |-> FALSE,
  unregistrationQueue        |-> << >>,
  scanStopped                |-> FALSE]

\* The six tables alone, and what is remembered beside them.
Tables(s) == <<s.topicQueueTable, s.brokerAddrTable, s.clusterAddrTable, s.brokerLiveTable, s.filterServerTable,
               s.topicQueueMappingInfoTable, s.writeWiped>>

Live(s) == DOMAIN s.brokerLiveTable
Names(s) == DOMAIN s.brokerAddrTable

\* The address that holds the broker id of the name: a set of one or none.
Holder(s, name, id) ==
  IF name \in Names(s) /\ id \in DOMAIN s.brokerAddrTable[name].broker_addrs
  THEN {s.brokerAddrTable[name].broker_addrs[id]} ELSE {}

\* Whether the address of a request stands where the request says: in cluster, name and broker id.
Stands(s, r) ==
  /\ r.broker_name \in Names(s)
  /\ s.brokerAddrTable[r.broker_name].cluster = r.cluster_name
  /\ Holder(s, r.broker_name, r.broker_id) = {r.broker_addr}

\* The broker names under which an address stands.
NamesOf(s, addr) == {n \in Names(s) : addr \in Range(s.brokerAddrTable[n].broker_addrs)}

\* The live addresses that this connection registered last.
SpeaksFor(s, channel) == {key \in Live(s) : s.brokerLiveTable[key].channel = channel}
=============================================================================
