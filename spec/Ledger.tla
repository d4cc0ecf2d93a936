------------------------------- MODULE Ledger -------------------------------
(* What was said to a NameServer, as far as it said SUCCESS: what the invariants about promises compare its tables with.  *)
(* A ledger is kept beside a NameServer, not by it, and holds nobody up. An address that has been registered stays until  *)
(* it is unregistered or its claim falls to another; a stay is promised as long as its broker has done nothing to lose it *)
(* (docs/strict.md).                                                                                                      *)
(*                                                                                                                        *)
(*   stays      address -> [cluster_name, broker_name, broker_id, channel, version, topics, said, promised]               *)
(*   touched    tasks, as <<channel, opaque>>, that have changed tables and have not answered yet                         *)
(*   overtaken  registrations in work after which the same broker sent another one, over the same connection, that has been *)
(*              done                                                                                                      *)
(*                                                                                                                        *)
(* Of a stay, `topics` has each topic as it was said last (after a full body, those alone), `said` those that came with   *)
(* `version`. Promised: the broker has kept its connection, has been heard of in time, has not unregistered, and nobody   *)
(* has made a claim that the rules put above it.                                                                          *)
(*                                                                                                                        *)
(*   by_hand    queues, as <<topic, broker name>>, that an administrator has changed since the name's master said them    *)
(*              last: no promise of a broker speaks of them                                                               *)
(*   wiped      names whose write permission an administrator has taken away and not given back, since their master or    *)
(*              all of them came                                                                                          *)
EXTENDS NameServer

EmptyLedger == [stays |-> << >>, touched |-> {}, overtaken |-> {}, by_hand |-> {}, wiped |-> {}]

\* Nothing is promised to these addresses any more.
Released(l, addrs) ==
  [l EXCEPT !.stays = [a \in DOMAIN @ |-> IF a \in addrs THEN [@[a] EXCEPT !.promised = FALSE] ELSE @[a]]]

\* The connection is lost, on either side.
Release(l, channel) == Released(l, {a \in DOMAIN l.stays : l.stays[a].channel = channel})

\* The address has not been heard of in time.
ReleaseSilent(l, addr) == Released(l, {addr})

-----------------------------------------------------------------------------
(* What the tables say of an address.                                                                                     *)

\* What is known of a live address, a set of one or none: in that cluster, or else in whatever it is live. (In several others, any
\* of them; Python takes the first by name.)
LiveInfo(s, addr, cluster) ==
  LET keys == {key \in Live(s) : key.broker_addr = addr}
      own == {key \in keys : key.cluster_name = cluster}
  IN IF keys = {} THEN {}
     ELSE {s.brokerLiveTable[CHOOSE key \in (IF own = {} THEN keys ELSE own) : TRUE]}

\* Whether the address stands where it registered.
StayStands(s, l, addr) ==
  LET stay == l.stays[addr]
  IN Stands(s, [cluster_name |-> stay.cluster_name, broker_name |-> stay.broker_name, broker_id |-> stay.broker_id,
                broker_addr |-> addr])

\* Whether the tables hold these topics of the name, as they were said. What stands by hand is not asked about.
HoldsTopics(s, l, name, topics) ==
  \A t \in {u \in DOMAIN topics : <<u, name>> \notin l.by_hand} :
    /\ t \in DOMAIN s.topicQueueTable
    /\ name \in DOMAIN s.topicQueueTable[t]
    /\ s.topicQueueTable[t][name] = topics[t]

-----------------------------------------------------------------------------
(* A registration that was answered SUCCESS.                                                                              *)

\* The same name and id, or the same name in another cluster.
Conflict(old, new) ==
  /\ old.broker_name = new.broker_name
  /\ old.broker_id = new.broker_id \/ old.cluster_name # new.cluster_name

\* The stay that it begins or goes on with.
StayAfter(l, task) ==
  LET r == task.job
      known == r.broker_addr \in DOMAIN l.stays
      old == l.stays[r.broker_addr]
      goesOn == /\ known
                /\ <<old.cluster_name, old.broker_name, old.broker_id>> = <<r.cluster_name, r.broker_name, r.broker_id>>
                /\ r.full_body # "true"
      configs == r.body.topic_config_table
  IN [cluster_name |-> r.cluster_name,
      broker_name  |-> r.broker_name,
      broker_id    |-> r.broker_id,
      channel      |-> task.channel,
      version      |-> r.body.data_version,
      topics       |-> IF goesOn THEN configs @@ old.topics ELSE configs,
      said         |-> IF goesOn /\ old.version = r.body.data_version THEN configs @@ old.said ELSE configs,
      promised     |-> ~task.oneway]

LedgerRegistered(l, task, before, after, wasOvertaken) ==
  LET r == task.job
      stay == StayAfter(l, task)
      isIn == Stands(after, r)
      fallen == {a \in DOMAIN l.stays : isIn /\ a # r.broker_addr /\ Conflict(l.stays[a], stay)}
      was == LiveInfo(before, r.broker_addr, r.cluster_name)
      now == LiveInfo(after, r.broker_addr, r.cluster_name)
      isLate == wasOvertaken \/ \E info \in was : info.channel # task.channel
      \* Its master comes anew, or all of the name does.
      common(b, a) == \E i \in DOMAIN b \cap DOMAIN a : b[i] = a[i]
      comesAnew == \/ r.broker_id = MASTER_ID /\ (was = {} \/ ~Stands(before, r))
                   \/ r.broker_name \notin Names(before) \cap Names(after)
                   \/ before.brokerAddrTable[r.broker_name].cluster # after.brokerAddrTable[r.broker_name].cluster
                   \/ ~common(before.brokerAddrTable[r.broker_name].broker_addrs,
                              after.brokerAddrTable[r.broker_name].broker_addrs)
      saidAgain == {t \in DOMAIN r.body.topic_config_table : <<t, r.broker_name>> \in l.by_hand}
      handIsLeft == /\ r.broker_id = MASTER_ID /\ ~comesAnew /\ r.broker_name \notin l.wiped
                    /\ ~HoldsTopics(after, EmptyLedger, r.broker_name, [t \in saidAgain |-> r.body.topic_config_table[t]])
      wentBack == isLate /\ \E w \in was, n \in now : IsEarlier(n.data_version, w.data_version)
      anew == IF r.broker_id = MASTER_ID THEN {<<t, r.broker_name>> : t \in DOMAIN r.body.topic_config_table} ELSE {}
      \* What is put for a name whose write permission is wiped is not as its broker says it.
      byHand == IF r.broker_name \in after.writeWiped THEN l.by_hand \union anew ELSE l.by_hand \ anew
  IN [ledger |-> [Released(l, fallen) EXCEPT !.stays = With(@, r.broker_addr, stay), !.by_hand = byHand,
                                         !.wiped = IF comesAnew THEN @ \ {r.broker_name} ELSE @],
      broken |-> (IF wentBack THEN {"VersionMonotonicity"} ELSE {}) \union (IF handIsLeft THEN {"HandGivesWay"} ELSE {})]

\* Who unregisters itself loses the promise; who is unregistered by somebody else does not.
LedgerUnregistered(l, channel, r) ==
  IF r.broker_addr \in DOMAIN l.stays /\ l.stays[r.broker_addr].channel = channel
  THEN Released(l, {r.broker_addr}) ELSE l

\* Whatever queue an administrator's request has changed stands by hand.
ByHandKinds == {"WipeWritePermOfBroker", "AddWritePermOfBroker", "DeleteTopicInNamesrv", "RegisterTopicInNamesrv"}

LedgerChangedByHand(l, r, before, after) ==
  LET of(s, t) == {<<t, n, s.topicQueueTable[t][n]>> : n \in DOMAIN s.topicQueueTable[t]}
      queues(s) == UNION {of(s, t) : t \in DOMAIN s.topicQueueTable}
      was == queues(before)
      is == queues(after)
  IN [l EXCEPT !.by_hand = @ \union {<<q[1], q[2]>> : q \in (was \ is) \union (is \ was)},
               !.wiped = CASE r.kind = "WipeWritePermOfBroker" -> @ \union ({r.broker_name} \cap Names(after))
                           [] r.kind = "AddWritePermOfBroker"  -> @ \ {r.broker_name}
                           [] OTHER                            -> @]

\* What the sender of a registration had sent before over the same connection, and is not done.
OvertakenBy(s, i) ==
  LET task == s.tasks[i]
      isBehind(other) == /\ other.job.kind = "RegisterBroker"
                         /\ other.channel = task.channel
                         /\ other.job.broker_addr = task.job.broker_addr
  IN IF task.job.kind # "RegisterBroker" THEN {}
     ELSE {<<s.tasks[j].channel, s.tasks[j].opaque>> : j \in {k \in 1..(i - 1) : isBehind(s.tasks[k])}}

-----------------------------------------------------------------------------
(* The ledger after an internal step of InternalSteps(before), and the names of the invariants that this very step has    *)
(* broken: AtomicRefusal (a request that is answered with an error has changed nothing), VersionMonotonicity (a state      *)
(* that arrives late does not replace a newer one; over the speaking connection the last word counts, whatever its        *)
(* version: a slave takes over its master's) and HandGivesWay (a topic that an administrator has changed or deleted is as *)
(* its master says it, once that has said it again; but for a wiped name's write permission). `closed`: connections that  *)
(* are known to be closed, over which nothing is promised.                                                                *)

Untouched(l) == [ledger |-> l, broken |-> {}]

LedgerWorked(l, before, step, i) ==
  LET after == step.to
      task == before.tasks[i]
      key == <<task.channel, task.opaque>>
      isTouched == Tables(before) # Tables(after) \/ key \in l.touched
      goesOn == \E j \in DOMAIN after.tasks : <<after.tasks[j].channel, after.tasks[j].opaque>> = key
      done == [l EXCEPT !.touched = @ \ {key}, !.overtaken = (@ \ {key}) \union OvertakenBy(before, i)]
      answered == step.answers # << >>
      isAccepted == \E k \in DOMAIN step.rules : step.rules[k][2] = "accepted"
  IN IF goesOn THEN Untouched(IF isTouched THEN [l EXCEPT !.touched = @ \union {key}] ELSE l)
     ELSE IF answered /\ step.answers[1].answer.code # "SUCCESS"
     THEN [ledger |-> done, broken |-> IF isTouched THEN {"AtomicRefusal"} ELSE {}]
     ELSE IF task.job.kind = "RegisterBroker" /\ (answered \/ isAccepted)
     THEN LedgerRegistered(done, task, before, after, key \in l.overtaken)
     ELSE IF task.job.kind = "UnregisterBroker" THEN Untouched(LedgerUnregistered(done, task.channel, task.job))
     ELSE IF task.job.kind \in ByHandKinds THEN Untouched(LedgerChangedByHand(done, task.job, before, after))
     ELSE Untouched(done)

Observe(l, before, step, closed) ==
  LET found == {i \in DOMAIN before.tasks : <<before.tasks[i].channel, before.tasks[i].opaque>> = <<step.channel, step.opaque>>}
      worked == LedgerWorked(l, before, step, Min(found))
      ended == Range(step.closes) \union ({step.channel} \cap closed)
      release(m, channel) == Release(m, channel)
  IN IF step.action = "RunUnregistration" THEN Untouched(l)
     ELSE [worked EXCEPT !.ledger = Over(release, @, ended)]

\* Without the stays of addresses that are neither live nor standing, and to which nothing is promised; nor what was done by hand
\* to names that are gone.
ForgetAbsent(l, s) ==
  LET there == {key.broker_addr : key \in Live(s)} \union UNION {Range(s.brokerAddrTable[n].broker_addrs) : n \in Names(s)}
  IN [l EXCEPT !.stays = Without(@, {a \in DOMAIN @ : a \notin there /\ ~@[a].promised}),
               !.by_hand = {queue \in @ : queue[2] \in Names(s)},
               !.wiped = @ \cap Names(s)]
=============================================================================
