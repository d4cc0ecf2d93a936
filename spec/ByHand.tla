------------------------------- MODULE ByHand -------------------------------
(* What administrators change in the tables by hand: write permissions of a broker name, topics. Every request is one     *)
(* step under the write lock. None of them changes a DataVersion, so brokers don't hear of it. Source:                    *)
(* RouteInfoManager.{operateWritePermOfBroker,deleteTopic,registerTopic}, 4.9.7 and 5.5.0.                                *)
EXTENDS Requests

\* The topics with other queues of that name.
WithQueues(s, name, changed(_)) ==
  LET of(queues) == IF name \in DOMAIN queues THEN [queues EXCEPT ![name] = changed(@)] ELSE queues
  IN [s EXCEPT !.topicQueueTable = [t \in DOMAIN @ |-> of(@[t])]]

TopicCount(s, name) == Cardinality({t \in DOMAIN s.topicQueueTable : name \in DOMAIN s.topicQueueTable[t]})

\* WIPE_WRITE_PERM_OF_BROKER (205): [kind |-> "WipeWritePermOfBroker", broker_name]. The name's queues lose the write permission;
\* repaired, that is remembered of a name that is there (wipe-outlasts-registration). The answer counts topics, changed or not.
WipeWritePerm(s, name) ==
  LET without(queue) == [queue EXCEPT !.perm = @ \ {"write"}]
      isRemembered == Profile.wipe_outlasts_registration /\ name \in Names(s)
  IN [WithQueues(s, name, without) EXCEPT !.writeWiped = IF isRemembered THEN @ \union {name} ELSE @]

WipeWritePermOfBrokerSteps(c) ==
  LET name == c.task.job.broker_name
      answer == [code |-> "SUCCESS", wipeTopicCount |-> TopicCount(c.state, name)]
  IN {Done(c, WipeWritePerm(c.state, name), answer, "wipe_write_perm_of_broker", "wiped")}

\* ADD_WRITE_PERM_OF_BROKER (327), with the same fields: they may be read and written, whatever their permissions were.
AddWritePerm(s, name) ==
  LET writable(queue) == [queue EXCEPT !.perm = {"read", "write"}]
  IN [WithQueues(s, name, writable) EXCEPT !.writeWiped = @ \ {name}]

AddWritePermOfBrokerSteps(c) ==
  LET name == c.task.job.broker_name
      answer == [code |-> "SUCCESS", addTopicCount |-> TopicCount(c.state, name)]
  IN {Done(c, AddWritePerm(c.state, name), answer, "add_write_perm_of_broker", "added")}

\* DELETE_TOPIC_IN_NAMESRV (216): [kind |-> "DeleteTopicInNamesrv", topic, cluster_name]. The topic's queues go: all, or (with a
\* cluster's name, which is "absent" else) those of the cluster's names. Its mappings stay. Always answered SUCCESS.
DeleteTopic(s, topic, cluster) ==
  LET queues == s.topicQueueTable[topic]
      gone == IF cluster = "absent" THEN DOMAIN queues ELSE Get(s.clusterAddrTable, cluster, {})
      left == Without(queues, gone)
  IN IF topic \notin DOMAIN s.topicQueueTable THEN s
     ELSE [s EXCEPT !.topicQueueTable = IF DOMAIN left = {} THEN Without(@, {topic}) ELSE With(@, topic, left)]

DeleteTopicInNamesrvSteps(c) ==
  LET r == c.task.job
  IN {Done(c, DeleteTopic(c.state, r.topic, r.cluster_name), Code("SUCCESS"), "delete_topic_in_namesrv", "deleted")}

\* REGISTER_TOPIC_IN_NAMESRV (217), 5.x: [kind |-> "RegisterTopicInNamesrv", topic, queue_datas], the last a sequence of
\* <<broker name, queue>>. They are put one by one where the topic is there, up to the first that is nobody's; all or nothing where it is not. Always
\* answered SUCCESS.
RegisterTopic(s, r) ==
  LET given == r.queue_datas
      nobodys == {i \in DOMAIN given : given[i][1] \notin Names(s)}
      isThere == r.topic \in DOMAIN s.topicQueueTable
      last == IF nobodys = {} THEN Len(given) ELSE IF isThere THEN Min(nobodys) - 1 ELSE 0
      asPut(name, queue) == IF name \in s.writeWiped THEN [queue EXCEPT !.perm = @ \ {"write"}] ELSE queue
      put[i \in 0..last] == IF i = 0 THEN Get(s.topicQueueTable, r.topic, << >>)
                            ELSE With(put[i - 1], given[i][1], asPut(given[i][1], given[i][2]))
      rule == IF given = << >> THEN "nothing" ELSE IF nobodys = {} THEN "registered" ELSE "illegal-broker"
  IN [rule  |-> rule,
      state |-> IF last = 0 THEN s ELSE [s EXCEPT !.topicQueueTable = With(@, r.topic, put[last])]]

RegisterTopicInNamesrvSteps(c) ==
  LET done == RegisterTopic(c.state, c.task.job)
  IN IF ~Profile.register_topic THEN UnknownRequestSteps(c)
     ELSE {Done(c, done.state, Code("SUCCESS"), "register_topic_in_namesrv", done.rule)}
=============================================================================
