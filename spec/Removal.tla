------------------------------- MODULE Removal -------------------------------
(* How an address leaves the tables, and what it takes along. Each release's way is one operator. Source:                 *)
(* RouteInfoManager.unregisterBroker (4.9.7), .unRegisterBroker and .cleanTopicByUnRegisterRequests (5.5.0).              *)
EXTENDS State

\* Without the live entry and the filter servers of a key.
RemoveLive(s, key) == [s EXCEPT !.brokerLiveTable = Without(@, {key}), !.filterServerTable = Without(@, {key})]

\* A table of tables by broker name, without that name and what becomes empty.
DropName(f, name) == [t \in {u \in DOMAIN f : DOMAIN f[u] # {name}} |-> Without(f[t], {name})]

\* Without the queues (and, if asked for, the mappings) of a broker name.
RemoveTopics(s, name, mappings) ==
  [s EXCEPT !.topicQueueTable = DropName(@, name),
            !.topicQueueMappingInfoTable = IF mappings THEN DropName(@, name) ELSE @]

\* Without the name in that cluster's set, and without the set if it becomes empty.
RemoveNameFromCluster(s, cluster, name) ==
  IF cluster \notin DOMAIN s.clusterAddrTable THEN s
  ELSE LET rest == s.clusterAddrTable[cluster] \ {name}
       IN [s EXCEPT !.clusterAddrTable = IF rest = {} THEN Without(@, {cluster}) ELSE With(@, cluster, rest)]

\* 5.x: a name with enableActingMaster that has lost its master offers no queue for writing.
WipeWritePermWithoutMaster(s, name) ==
  LET data == s.brokerAddrTable[name]
      wiped(queues) == IF name \in DOMAIN queues THEN [queues EXCEPT ![name].perm = @ \ {"write"}] ELSE queues
  IN IF ~data.enable_acting_master \/ Min(DOMAIN data.broker_addrs) <= MASTER_ID THEN s
     ELSE [s EXCEPT !.topicQueueTable = [t \in DOMAIN @ |-> wiped(@[t])]]

\* The name without some of its broker ids. The last one takes the name along: its entry in that cluster's set, its queues and,
\* if asked for, its mappings.
LeaveIds(s, name, ids, cluster, mappings) ==
  LET left == Without(s.brokerAddrTable[name].broker_addrs, ids)
      gone == [s EXCEPT !.brokerAddrTable = Without(@, {name}), !.writeWiped = @ \ {name}]
  IN IF DOMAIN left = {} THEN RemoveTopics(RemoveNameFromCluster(gone, cluster, name), name, mappings)
     ELSE [s EXCEPT !.brokerAddrTable[name].broker_addrs = left]

\* The same for every id of the name that the address holds, and what 5.x does to a name that has lost its master.
LeaveName(s, name, addr, cluster) ==
  LET addrs == s.brokerAddrTable[name].broker_addrs
      left == LeaveIds(s, name, {i \in DOMAIN addrs : addrs[i] = addr}, cluster, Profile.mappings_leave_with_broker)
  IN IF name \in Names(left) THEN WipeWritePermWithoutMaster(left, name) ELSE left

-----------------------------------------------------------------------------
(* Repaired (docs/strict.md, Removal): the address leaves its place, and what depends on it goes along.                   *)

RemovePlace(s, key, name) ==
  LeaveName(RemoveLive(s, key), name, key.broker_addr, s.brokerAddrTable[name].cluster)

\* The address leaves wherever it stands, and is no longer live.
RemoveEverywhere(s, key) ==
  LET leave(t, name) == RemovePlace(t, key, name)
  IN RemoveLive(Over(leave, s, NamesOf(s, key.broker_addr)), key)

-----------------------------------------------------------------------------
(* The tables after an unregistration r has run, in an Apache release's way.                                              *)

\* 4.9.7 removes the broker id that the request names, whatever address holds it, and the live entry of the request's address.
UnregisterById(s, r) ==
  LET removed == RemoveLive(s, LiveKey(r.cluster_name, r.broker_addr))
  IN IF r.broker_name \notin Names(s) THEN removed
     ELSE LeaveIds(removed, r.broker_name, {r.broker_id}, r.cluster_name, FALSE)

\* 5.5.0 removes every id of the name that the address holds, whatever id the request names.
UnregisterByAddr(s, r) ==
  LET removed == RemoveLive(s, LiveKey(r.cluster_name, r.broker_addr))
  IN IF r.broker_name \notin Names(s) THEN removed
     ELSE LeaveName(removed, r.broker_name, r.broker_addr, r.cluster_name)

Unregister(s, r) == IF Profile.unregistration = "at-once-by-id" THEN UnregisterById(s, r) ELSE UnregisterByAddr(s, r)
=============================================================================
