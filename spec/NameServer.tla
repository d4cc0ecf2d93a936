----------------------------- MODULE NameServer -----------------------------
(* The NameServer as one state machine: what may come from outside, and which internal steps may happen now. No bounds    *)
(* are in here, and no variables: a state is a value (State.tla), so that a system may have several NameServers. Read     *)
(* State, Removal, RegisterBroker, Requests, ByHand, Departures and DestroyAtOnce, in that order.                         *)
(*                                                                                                                        *)
(* The names of actions, rules and fields are those of the Python model (namesrv.model) and of the proofs: the three say  *)
(* the same thing, and for small models it is checked that their graphs of states are the same.                           *)
EXTENDS DestroyAtOnce, Invariants

-----------------------------------------------------------------------------
(* What comes from outside.                                                                                               *)

\* A request has arrived; nothing has been done about it yet. oneway: no answer is wanted.
Receive(s, channel, opaque, request, oneway) ==
  [s EXCEPT !.tasks = Append(@, NewTask(channel, opaque, request, oneway))]

\* The peer has closed its connection; the NameServer has not looked at it yet. aborted: it was reset, or closed with an answer
\* unread, which makes the peer's kernel reset it.
ChannelClosed(s, channel, aborted) ==
  [s EXCEPT !.tasks = Append(@, NewTask(channel, CLOSE, ClosedConnection(aborted /\ ~Profile.atomic_requests), FALSE))]

\* The scan timer has fired. It does not while a scan is under way: one thread does both.
ScanNotActiveBroker(s) ==
  IF s.scanStopped \/ \E i \in DOMAIN s.tasks : s.tasks[i].job.kind = "Scan" THEN s
  ELSE [s EXCEPT !.tasks = Append(@, NewTask(SCAN_CHANNEL, CLOSE, NewScan, FALSE))]

\* A live address has been silent for longer than its timeout.
BecameStale(s, key) == [s EXCEPT !.brokerLiveTable[key].fresh = FALSE]

-----------------------------------------------------------------------------
(* Which task may make its next step.                                                                                     *)

\* Whether the task's next step waits for a writer that is in the middle of its own.
NeedsLock(task) ==
  task.job.kind \notin {"QueryDataVersion", "BrokerHeartbeat", "GetBrokerClusterInfo", "UnknownRequest"}

\* The one registration in the middle of its steps holds the lock. Apache's thread pools work on the requests of one connection
\* in any order; the repaired NameServer in the order of their arrival.
MayWork(s, i) ==
  LET task == s.tasks[i]
      hasLock == task.job.kind = "RegisterBroker" /\ task.pc > 0
  IN /\ s.locked /\ NeedsLock(task) => hasLock
     /\ Profile.in_order => \A j \in 1..(i - 1) : s.tasks[j].channel # task.channel

\* Whether anybody could tell that a step is done in parts. A writer's parts show only to those who look without the lock; a
\* lock-free reader's parts differ only if a writer comes between them. Whoever arrives later finds the same states by arriving
\* before the first part.
IsWatched(task, others, s) ==
  /\ ~Profile.atomic_requests
  /\ IF task.job.kind \in {"QueryDataVersion", "GetBrokerClusterInfo", "ClosedConnection", "Scan"}
     THEN others # << >> \/ s.unregistrationQueue # << >>
     ELSE \E i \in DOMAIN others : others[i].job.kind = "GetBrokerClusterInfo"

-----------------------------------------------------------------------------
(* Every way in which a task may make its next step.                                                                      *)

CloseConnectionSteps(c) ==
  LET isNoneAgain == c.task.job.again /\ c.task.pc = 0
  IN (IF isNoneAgain THEN {Ended(c.state, << >>)} ELSE {})
     \union CASE Profile.channel_destroy = "all-at-once" -> CloseAllAtOnce(c)
              [] Profile.channel_destroy = "one-queued"  -> CloseOneQueued(c)
              [] Profile.channel_destroy = "one-at-once" -> CloseOneAtOnce(c)

ScanSteps(c) ==
  IF c.state.scanStopped THEN {Ended(c.state, << >>)}
  ELSE IF Profile.atomic_requests THEN ScanRepaired(c)
  ELSE IF Profile.channel_destroy = "one-at-once" THEN ScanAtOnce(c)
  ELSE ScanOneQueued(c)

Outcomes(c) ==
  CASE c.task.job.kind = "RegisterBroker"       -> RegisterBrokerSteps(c)
    [] c.task.job.kind = "UnregisterBroker"     -> UnregisterBrokerSteps(c)
    [] c.task.job.kind = "QueryDataVersion"     -> QueryDataVersionSteps(c)
    [] c.task.job.kind = "BrokerHeartbeat"      -> BrokerHeartbeatSteps(c)
    [] c.task.job.kind = "GetRouteInfoByTopic"  -> GetRouteInfoByTopicSteps(c)
    [] c.task.job.kind = "GetBrokerClusterInfo" -> GetBrokerClusterInfoSteps(c)
    [] c.task.job.kind = "GetAllTopicList"      -> GetAllTopicListSteps(c)
    [] c.task.job.kind = "UnknownRequest"       -> UnknownRequestSteps(c)
    [] c.task.job.kind = "WipeWritePermOfBroker"  -> WipeWritePermOfBrokerSteps(c)
    [] c.task.job.kind = "AddWritePermOfBroker"   -> AddWritePermOfBrokerSteps(c)
    [] c.task.job.kind = "DeleteTopicInNamesrv"   -> DeleteTopicInNamesrvSteps(c)
    [] c.task.job.kind = "RegisterTopicInNamesrv" -> RegisterTopicInNamesrvSteps(c)
    [] c.task.job.kind = "ClosedConnection"     -> CloseConnectionSteps(c)
    [] c.task.job.kind = "Scan"                 -> ScanSteps(c)

-----------------------------------------------------------------------------
(* Internal steps, as a set of                                                                                            *)
(*                                                                                                                        *)
(*   [action, channel, opaque, to, answers, closes, rules]                                                                *)
(*                                                                                                                        *)
(* action is the kind of the job that went on, or "RunUnregistration"; channel and opaque name its task; `to` is the      *)
(* state after it; answers what was answered, a sequence of one [channel, opaque, answer] or none; closes the connections *)
(* that the NameServer has closed; rules which rows of which tables decided, as <<table, rule>>.                          *)

\* What a scan of 4.9.7 is when somebody else has added or removed a live entry.
UnderItsIterator(task) ==
  IF task.job.kind = "Scan" /\ task.job.left \notin {<< >>, <<{}>>} THEN [task EXCEPT !.job.modified = TRUE] ELSE task

\* The state after an outcome of the i-th task: what is left of the task stays where it was.
After(s, i, outcome) ==
  LET others == outcome.state.tasks
      seen == IF Live(outcome.state) = Live(s) THEN others ELSE [j \in DOMAIN others |-> UnderItsIterator(others[j])]
  IN [outcome.state EXCEPT !.tasks = SubSeq(seen, 1, i - 1) \o outcome.task \o SubSeq(seen, i, Len(seen))]

WorkOn(s, i) ==
  LET task == s.tasks[i]
      others == SubSeq(s.tasks, 1, i - 1) \o SubSeq(s.tasks, i + 1, Len(s.tasks))
      c == [state |-> [s EXCEPT !.tasks = others], task |-> task, watched |-> IsWatched(task, others, s)]
      step(outcome) == [action  |-> task.job.kind,
                        channel |-> task.channel,
                        opaque  |-> task.opaque,
                        to      |-> After(s, i, outcome),
                        answers |-> outcome.answers,
                        closes  |-> outcome.closes,
                        rules   |-> outcome.rules]
  IN IF MayWork(s, i) THEN {step(outcome) : outcome \in Outcomes(c)} ELSE {}

Work(s) == UNION {WorkOn(s, i) : i \in DOMAIN s.tasks}

\* 5.x: the batch service takes the first requests of its queue, however many, and works on them under one lock. It keeps them in
\* a hash set, so their order is any. Source: BatchUnregistrationService.run, RouteInfoManager.unRegisterBroker.
RECURSIVE InAnyOrder(_, _, _)
InAnyOrder(s, queue, I) ==
  IF I = {} THEN {s} ELSE UNION {InAnyOrder(Unregister(s, queue[i]), queue, I \ {i}) : i \in I}

RunUnregistration(s) ==
  LET queue == s.unregistrationQueue
      taken(n) == [s EXCEPT !.unregistrationQueue = SubSeq(queue, n + 1, Len(queue))]
      step(t) == [action  |-> "RunUnregistration",
                  channel |-> SCAN_CHANNEL,
                  opaque  |-> CLOSE,
                  to      |-> t,
                  answers |-> << >>,
                  closes  |-> << >>,
                  rules   |-> <<<<"unregister_broker", "batch">>>>]
  IN IF s.locked THEN {} ELSE UNION {{step(t) : t \in InAnyOrder(taken(n), queue, 1..n)} : n \in 1..Len(queue)}

InternalSteps(s) == Work(s) \union RunUnregistration(s)

\* Something is still in work or queued that has to happen sooner or later. A second notice of an aborted connection may come or
\* not.
IsPending(s) ==
  \/ s.unregistrationQueue # << >>
  \/ \E i \in DOMAIN s.tasks : ~(s.tasks[i].job.kind = "ClosedConnection" /\ s.tasks[i].job.again)

IsAtRest(s) == ~IsPending(s) /\ ~s.locked
=============================================================================
