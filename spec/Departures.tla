----------------------------- MODULE Departures -----------------------------
(* What a NameServer does when a connection is gone or a broker has been silent for too long. Which of several addresses  *)
(* of one connection is found first depends on the order of a Java hash table, which is not modelled, so each of them may *)
(* be. Source: RouteInfoManager.onChannelDestroy, .scanNotActiveBroker, .setupUnRegisterRequest, 4.9.7 and 5.5.0.         *)
(*                                                                                                                        *)
(* Two more kinds of jobs, beside requests:                                                                               *)
(*                                                                                                                        *)
(*   [kind |-> "ClosedConnection", aborted, again]     Netty may report a connection that was aborted twice: an exception, *)
(*                                                     then inactivity; `again` is the second time, which may come or not *)
(*   [kind |-> "Scan", visited, left, modified]        the live keys that it has dealt with; and 4.9.7's (DestroyAtOnce)  *)
EXTENDS ByHand

ClosedConnection(aborted) == [kind |-> "ClosedConnection", aborted |-> aborted, again |-> FALSE]
NewScan == [kind |-> "Scan", visited |-> {}, left |-> << >>, modified |-> FALSE]

NewTask(channel, opaque, job, oneway) ==
  [channel |-> channel, opaque |-> opaque, job |-> job, oneway |-> oneway, pc |-> 0, memo |-> NoMemo]

IsExpired(s, key) == ~s.brokerLiveTable[key].fresh

\* A closed connection has been dealt with; one that was aborted may be reported once more.
Noticed(c, s, rule) ==
  LET job == c.task.job
      again == [c.task EXCEPT !.job = [job EXCEPT !.again = TRUE], !.pc = 0, !.memo = NoMemo]
  IN [Ended(s, <<<<"channel_destroy", rule>>>>) EXCEPT !.task = IF job.aborted /\ ~job.again THEN <<again>> ELSE << >>]

\* The NameServer's own closing is noticed like the peer's, later. found: whom its notice has found already, if anybody.
WithCloseNoticed(s, channel, found) ==
  LET closing == NewTask(channel, CLOSE, ClosedConnection(FALSE), FALSE)
      task == IF found = {} THEN closing
              ELSE [closing EXCEPT !.pc = 1, !.memo = [kind |-> "found", found |-> CHOOSE key \in found : TRUE]]
  IN IF \E i \in DOMAIN s.tasks : s.tasks[i].channel = channel /\ s.tasks[i].opaque = CLOSE THEN s
     ELSE [s EXCEPT !.tasks = Append(@, task)]

-----------------------------------------------------------------------------
(* A closed connection: find who spoke over it, and see to their removal.                                                 *)

\* 5.5.0, setupUnRegisterRequest: the first place of the address in its cluster, whichever the hash table gives. A set of
\* <<state, rule>>.
QueueRemoval(s, key) ==
  LET places == {p \in Names(s) \X UNION {DOMAIN s.brokerAddrTable[n].broker_addrs : n \in Names(s)} :
                   s.brokerAddrTable[p[1]].cluster = key.cluster_name /\ Holder(s, p[1], p[2]) = {key.broker_addr}}
      request(p) == [kind         |-> "UnregisterBroker",
                     cluster_name |-> key.cluster_name,
                     broker_addr  |-> key.broker_addr,
                     broker_name  |-> p[1],
                     broker_id    |-> p[2]]
  IN IF places = {} THEN {<<s, "address-without-place">>}
     ELSE {<<[s EXCEPT !.unregistrationQueue = Append(@, request(p))], "removal-queued">> : p \in places}

\* Repaired: everybody who spoke over it is removed.
CloseAllAtOnce(c) ==
  LET keys == SpeaksFor(c.state, c.task.channel)
      rule == IF keys = {} THEN "close-of-nobody" ELSE "close-removes-all"
  IN {Ended(Over(RemoveEverywhere, c.state, keys), <<<<"channel_destroy", rule>>>>)}

\* 5.5.0: the first address found; its removal is queued.
CloseOneQueued(c) ==
  LET keys == SpeaksFor(c.state, c.task.channel)
  IN IF keys = {} THEN {Noticed(c, c.state, "close-of-nobody")}
     ELSE UNION {{Noticed(c, q[1], q[2]) : q \in QueueRemoval(c.state, key)} : key \in keys}

-----------------------------------------------------------------------------
(* The scan.                                                                                                              *)

Expired(s) == {key \in Live(s) : IsExpired(s, key)}

\* Repaired: all of them in one step. A connection stays open if it speaks for an address that is left.
ScanRepaired(c) ==
  LET expired == Expired(c.state)
      channels == {c.state.brokerLiveTable[key].channel : key \in expired}
      after == Over(RemoveEverywhere, c.state, expired)
      closed == {ch \in channels : ~(Profile.expiry_spares_neighbours /\ SpeaksFor(after, ch) # {})}
      one(i) == <<"scan_not_active_broker", "expired">>
  IN {[Ended(after, [i \in 1..Cardinality(expired) |-> one(i)]) EXCEPT !.closes = Ascending(closed)]}

\* 5.5.0: one live entry a step, in any order; its connection is closed, and its removal queued.
ScanOneQueued(c) ==
  LET job == c.task.job
      pending == Expired(c.state) \ job.visited
      channel(key) == c.state.brokerLiveTable[key].channel
      visited(key, q) ==
        [state   |-> WithCloseNoticed(q[1], channel(key), {}),
         task    |-> <<[c.task EXCEPT !.job = [NewScan EXCEPT !.visited = job.visited \union {key}]]>>,
         answers |-> << >>,
         closes  |-> <<channel(key)>>,
         rules   |-> <<<<"scan_not_active_broker", "expired">>, <<"channel_destroy", q[2]>>>>]
  IN IF pending = {} THEN {Ended(c.state, << >>)}
     ELSE UNION {{visited(key, q) : q \in QueueRemoval(c.state, key)} : key \in pending}
=============================================================================
