------------------------------ MODULE Requests ------------------------------
(* What a NameServer does with a request. A request is a task that makes internal steps, cut where its release takes or   *)
(* drops a lock, looks at a table without one, or puts work off. Each operator here gives the set of all ways in which a  *)
(* task may make its next step, as outcomes                                                                               *)
(*                                                                                                                        *)
(*   [state, task, answers, closes, rules]                                                                                *)
(*                                                                                                                        *)
(* where task is what is left of the task (a sequence of one, or none if it is done), answers what it answers (one or     *)
(* none), closes the connections that the NameServer closes, and rules which rows of which tables decided. c is a task    *)
(* about to make its next step: [state, task, watched]; state is without the task, and `watched` says whether anybody     *)
(* could tell that the step is done in parts. Source: DefaultRequestProcessor, ClientRequestProcessor (5.5.0).            *)
EXTENDS RegisterBroker

NoMemo == [kind |-> "none"]

\* The task is done and has nothing to say.
Ended(s, rules) == [state |-> s, task |-> << >>, answers |-> << >>, closes |-> << >>, rules |-> rules]

\* The task is done and answers, unless nobody waits for it. `answer` has a code, and what else the request asks for.
Done(c, s, answer, table, rule) ==
  LET answered == [channel |-> c.task.channel, opaque |-> c.task.opaque, answer |-> answer]
  IN [Ended(s, <<<<table, rule>>>>) EXCEPT !.answers = IF c.task.oneway THEN << >> ELSE <<answered>>]

\* The task goes on with its next step.
On(c, s, memo) == [Ended(s, << >>) EXCEPT !.task = <<[c.task EXCEPT !.pc = @ + 1, !.memo = memo]>>]

Code(code) == [code |-> code]

-----------------------------------------------------------------------------
(* REGISTER_BROKER (103). Two steps under the write lock where someone may look without it: the name is entered, then the *)
(* rest.                                                                                                                  *)

Registered(c, s, r, rule) ==
  LET master == IF rule = "accepted" THEN MasterOf(s, r) ELSE NoMaster
      answer == [code         |-> IF IsRefused(rule) THEN "SYSTEM_ERROR" ELSE "SUCCESS",
                 masterAddr   |-> master.masterAddr,
                 haServerAddr |-> master.haServerAddr]
  IN Done(c, s, answer, "register_broker", rule)

RegisterBrokerSteps(c) ==
  LET r == Known(c.task.job)
      ch == c.task.channel
  IN IF Profile.atomic_refusal
     THEN LET rule == RuleRepaired(c.state, r, ch) IN {Registered(c, Repaired(c.state, r, ch, rule), r, rule)}
     ELSE LET entered == IF c.task.pc = 0 THEN EnterName(c.state, r) ELSE c.state
              rule == RuleAfterEntering(entered, r)
          IN IF c.task.pc = 0 /\ c.watched THEN {On(c, [entered EXCEPT !.locked = TRUE], NoMemo)}
             ELSE {Registered(c, [AfterEntering(entered, r, ch, rule) EXCEPT !.locked = FALSE], r, rule)}

-----------------------------------------------------------------------------
(* UNREGISTER_BROKER (104). One step: 4.9.7 unregisters, 5.5.0 only queues, the repaired one does what may be done.       *)

\* The two checks of the repaired profile: that the address stands where the request says, and that the request comes over the
\* connection that speaks for it.
UnregistersItsPlace(s, r) == Holder(s, r.broker_name, r.broker_id) = {r.broker_addr}
UnregistersItself(s, r, ch) == s.brokerLiveTable[KeyOf(r)].channel = ch

RuleUnregister(s, r, ch) ==
  IF KeyOf(r) \notin Live(s) THEN "not-live"
  ELSE IF ~UnregistersItsPlace(s, r) THEN "another-place"
  ELSE IF ~UnregistersItself(s, r, ch) THEN "another-connection"
  ELSE "accepted"

UnregisterBrokerSteps(c) ==
  LET s == c.state
      r == c.task.job
      rule == RuleUnregister(s, r, c.task.channel)
      does(t, code, cause) == {Done(c, t, Code(code), "unregister_broker", cause)}
  IN CASE Profile.unregistration = "queued-by-addr" ->
            does([s EXCEPT !.unregistrationQueue = Append(@, r)], "SUCCESS", "queued")
       [] Profile.unregistration = "at-once-by-id" -> does(UnregisterById(s, r), "SUCCESS", "by-id")
       [] Profile.unregistration = "at-once-checked" ->
            CASE rule = "not-live" -> does(s, "SUCCESS", rule)
              [] rule = "accepted" -> does(RemovePlace(s, KeyOf(r), r.broker_name), "SUCCESS", rule)
              [] OTHER             -> does(s, "SYSTEM_ERROR", rule)

-----------------------------------------------------------------------------
(* QUERY_DATA_VERSION (322). Three looks at the live table, none of them under the lock: compare, refresh, read.          *)
(*                                                                                                                        *)
(*   r = [kind |-> "QueryDataVersion", cluster_name, broker_addr, broker_name, broker_id, data_version]                   *)

\* Whether the answer is changed=false.
SaysUnchanged(s, r) ==
  /\ KeyOf(r) \in Live(s)
  /\ s.brokerLiveTable[KeyOf(r)].data_version = KnownVersion(r.data_version)
  /\ ~s.brokerLiveTable[KeyOf(r)].partial
  /\ Profile.query_checks_place => Stands(s, r)

\* The second look: the question counts as a sign of life, for some.
Refreshed(s, r, changed) ==
  LET counts == CASE Profile.query_refreshes = "always"     -> TRUE
                  [] Profile.query_refreshes = "unchanged"  -> ~changed
                  [] Profile.query_refreshes = "same-place" -> Stands(s, r)
  IN IF KeyOf(r) \in Live(s) /\ counts THEN [s EXCEPT !.brokerLiveTable[KeyOf(r)].fresh = TRUE] ELSE s

QueryDataVersionSteps(c) ==
  LET s == c.state
      r == c.task.job
      changed == IF c.task.pc = 0 THEN ~SaysUnchanged(s, r) ELSE c.task.memo.changed
      memo == [kind |-> "changed", changed |-> changed]
      refreshed == IF c.task.pc <= 1 THEN Refreshed(s, r, changed) ELSE s
      stored == IF KeyOf(r) \in Live(s) THEN <<s.brokerLiveTable[KeyOf(r)].data_version>> ELSE << >>
      answer == [code |-> "SUCCESS", changed |-> changed, data_version |-> stored]
  IN IF c.task.pc = 0 /\ c.watched THEN {On(c, s, memo)}
     ELSE IF c.task.pc = 1 /\ c.watched THEN {On(c, refreshed, memo)}
     ELSE {Done(c, refreshed, answer, "query_data_version", IF changed THEN "changed" ELSE "unchanged")}

-----------------------------------------------------------------------------
(* A code that the release does not know: 4.9.7 answers nothing at all. Source: DefaultRequestProcessor.processRequest.   *)

UnknownRequestSteps(c) ==
  IF Profile.answers_unknown_codes
  THEN {Done(c, c.state, Code("REQUEST_CODE_NOT_SUPPORTED"), "unknown_request", "not-supported")}
  ELSE {Ended(c.state, <<<<"unknown_request", "not-answered">>>>)}

(* BROKER_HEARTBEAT (904), 5.x. One step, without the lock.                                                               *)
(*                                                                                                                        *)
(*   r = [kind |-> "BrokerHeartbeat", cluster_name, broker_addr, broker_name]                                             *)

BrokerHeartbeatSteps(c) ==
  LET key == KeyOf(c.task.job)
  IN IF ~Profile.broker_heartbeat THEN UnknownRequestSteps(c)
     ELSE IF key \notin Live(c.state) THEN {Done(c, c.state, Code("SUCCESS"), "broker_heartbeat", "unknown")}
     ELSE {Done(c, [c.state EXCEPT !.brokerLiveTable[key].fresh = TRUE], Code("SUCCESS"), "broker_heartbeat", "refreshed")}

-----------------------------------------------------------------------------
(* Reads.                                                                                                                 *)

\* GET_ROUTEINFO_BY_TOPIC (105), under the read lock: [kind |-> "GetRouteInfoByTopic", topic]. No route if the topic has no
\* queues, or none of their brokers is known. An address that stands under several names has one entry of filter servers for
\* all of them; which one depends on the order of a Java hash set. Source: RouteInfoManager.pickupTopicRouteData.
Routes(s, topic) ==
  LET queues == Get(s.topicQueueTable, topic, << >>)
      names == DOMAIN queues \cap Names(s)
      of(n) == {<<s.brokerAddrTable[n].cluster, addr>> : addr \in Range(s.brokerAddrTable[n].broker_addrs)}
      places == UNION {of(n) : n \in names}
      addrs == {p[2] : p \in places}
      filters(addr) == {Get(s.filterServerTable, LiveKey(p[1], p[2]), << >>) : p \in {q \in places : q[2] = addr}}
      chosen == {f \in [addrs -> UNION {filters(addr) : addr \in addrs}] : \A addr \in addrs : f[addr] \in filters(addr)}
  IN IF names = {} THEN {}
     ELSE {[queue_datas                   |-> queues,
            broker_datas                  |-> [n \in names |-> s.brokerAddrTable[n]],
            filter_server_table           |-> Without(f, {addr \in addrs : f[addr] = << >>}),
            topic_queue_mapping_by_broker |-> Get(s.topicQueueMappingInfoTable, topic, << >>)] : f \in chosen}

GetRouteInfoByTopicSteps(c) ==
  LET routes == Routes(c.state, c.task.job.topic)
      found(route) == Done(c, c.state, [code |-> "SUCCESS", route |-> route], "get_route_info_by_topic", "found")
  IN IF routes = {} THEN {Done(c, c.state, Code("TOPIC_NOT_EXIST"), "get_route_info_by_topic", "not-found")}
     ELSE {found(route) : route \in routes}

\* GET_BROKER_CLUSTER_INFO (106): two looks without any lock. The broker table is written out before the cluster table (fastjson
\* sorts the fields). Source: RouteInfoManager.getAllClusterInfo.
GetBrokerClusterInfoSteps(c) ==
  LET s == c.state
      brokers == IF c.task.pc = 0 THEN s.brokerAddrTable ELSE c.task.memo.brokers
      answer == [code |-> "SUCCESS", broker_addr_table |-> brokers, cluster_addr_table |-> s.clusterAddrTable]
  IN IF c.task.pc = 0 /\ c.watched THEN {On(c, s, [kind |-> "brokers", brokers |-> brokers])}
     ELSE {Done(c, s, answer, "get_broker_cluster_info", "found")}

\* GET_ALL_TOPIC_LIST_FROM_NAMESERVER (206), under the read lock. Source: RouteInfoManager.getAllTopicList.
GetAllTopicListSteps(c) ==
  LET answer == [code |-> "SUCCESS", topic_list |-> DOMAIN c.state.topicQueueTable]
  IN {Done(c, c.state, answer, "get_all_topic_list", "found")}
=============================================================================
