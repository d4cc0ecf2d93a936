------------------------------- MODULE MCThemes -------------------------------
(* One NameServer and whoever may speak to it: peers that send any request of a theme at any time. Bounds for TLC; each   *)
(* .cfg chooses a profile P and a theme. What these models have in common with the Python model is everything:            *)
(* namesrv.check.theme_graph makes the graph of states of the same theme there, and the two have to be one.                *)
EXTENDS Promises, Repairs, Themes

CONSTANTS
  Theme,   \* a record of Themes.tla
  Requests \* how many requests and closed connections come in a run: no more than the theme says

Chosen == Theme \* as with Profile (State.tla): evaluated once

VARIABLES
  left,   \* how many requests and closed connections may still come
  ns,     \* the NameServer
  closed, \* the connections that are closed: nothing comes over them any more, and no promise is made
  ledger, \* what was said to it
  broken, \* the names of the invariants that the last step has broken, and at rest of all that are false
  said    \* what the NameServer said in the last step

vars == <<left, ns, closed, ledger, broken, said>>

Nothing == [answers |-> << >>, closes |-> << >>, rules |-> << >>]

Init ==
  /\ left = Requests
  /\ ns = EmptyNameServer
  /\ closed = {}
  /\ ledger = EmptyLedger
  /\ broken = {}
  /\ said = Nothing

\* The NameServer and its ledger have become these.
Becomes(s, l, brokenByStep) ==
  LET kept == ForgetAbsent(l, s)
  IN /\ ns' = s
     /\ ledger' = kept
     /\ broken' = brokenByStep \union IF IsAtRest(s) THEN BrokenAtRest(s, kept) ELSE {}

-----------------------------------------------------------------------------
(* What comes from outside.                                                                                               *)

MayCome == left > 0 /\ Len(ns.tasks) < Chosen.at_once /\ (Chosen.at_once > 1 \/ IsAtRest(ns))

Received ==
  /\ MayCome
  /\ left' = left - 1
  /\ \E sent \in Chosen.alphabet, oneway \in (IF Chosen.name = "reads" THEN BOOLEAN ELSE {FALSE}) :
       sent[1] \notin closed /\ Becomes(Receive(ns, sent[1], left, sent[2], oneway), ledger, {})
  /\ said' = Nothing
  /\ UNCHANGED closed

ConnectionClosed ==
  /\ MayCome
  /\ left' = left - 1
  /\ \E channel \in {One, Two} \ closed, aborted \in BOOLEAN :
       /\ Becomes(ChannelClosed(ns, channel, aborted), Release(ledger, channel), {})
       /\ closed' = closed \union {channel}
  /\ said' = Nothing

Scanned ==
  /\ Chosen.silence
  /\ IsAtRest(ns)
  /\ Expired(ns) # {}
  /\ ScanNotActiveBroker(ns) # ns
  /\ Becomes(ScanNotActiveBroker(ns), ledger, {})
  /\ said' = Nothing
  /\ UNCHANGED <<left, closed>>

Silent ==
  /\ Chosen.silence
  /\ IsAtRest(ns)
  /\ \E key \in Live(ns) \ Expired(ns) : Becomes(BecameStale(ns, key), ReleaseSilent(ledger, key.broker_addr), {})
  /\ said' = Nothing
  /\ UNCHANGED <<left, closed>>

-----------------------------------------------------------------------------
(* What the NameServer does by itself: an action for each kind of job, so that TLC shows which it was.                    *)

Does(step) ==
  LET observed == Observe(ledger, ns, step, closed)
  IN /\ Becomes(step.to, observed.ledger, observed.broken)
     /\ closed' = closed \union Range(step.closes)
     /\ said' = [answers |-> step.answers, closes |-> step.closes, rules |-> step.rules]

StepsOf(kind) == UNION {WorkOn(ns, i) : i \in {j \in DOMAIN ns.tasks : ns.tasks[j].job.kind = kind}}

RegisterBroker == UNCHANGED left /\ \E step \in StepsOf("RegisterBroker") : Does(step)
UnregisterBroker == UNCHANGED left /\ \E step \in StepsOf("UnregisterBroker") : Does(step)
QueryDataVersion == UNCHANGED left /\ \E step \in StepsOf("QueryDataVersion") : Does(step)
BrokerHeartbeat == UNCHANGED left /\ \E step \in StepsOf("BrokerHeartbeat") : Does(step)
GetRouteInfoByTopic == UNCHANGED left /\ \E step \in StepsOf("GetRouteInfoByTopic") : Does(step)
GetBrokerClusterInfo == UNCHANGED left /\ \E step \in StepsOf("GetBrokerClusterInfo") : Does(step)
GetAllTopicList == UNCHANGED left /\ \E step \in StepsOf("GetAllTopicList") : Does(step)
UnknownRequest == UNCHANGED left /\ \E step \in StepsOf("UnknownRequest") : Does(step)
WipeWritePermOfBroker == UNCHANGED left /\ \E step \in StepsOf("WipeWritePermOfBroker") : Does(step)
AddWritePermOfBroker == UNCHANGED left /\ \E step \in StepsOf("AddWritePermOfBroker") : Does(step)
DeleteTopicInNamesrv == UNCHANGED left /\ \E step \in StepsOf("DeleteTopicInNamesrv") : Does(step)
RegisterTopicInNamesrv == UNCHANGED left /\ \E step \in StepsOf("RegisterTopicInNamesrv") : Does(step)
CloseConnection == UNCHANGED left /\ \E step \in StepsOf("ClosedConnection") : Does(step)
Scan == UNCHANGED left /\ \E step \in StepsOf("Scan") : Does(step)
Batch == UNCHANGED left /\ \E step \in RunUnregistration(ns) : Does(step)

Next ==
  \/ Received \/ ConnectionClosed \/ Scanned \/ Silent
  \/ RegisterBroker \/ UnregisterBroker \/ QueryDataVersion \/ BrokerHeartbeat
  \/ GetRouteInfoByTopic \/ GetBrokerClusterInfo \/ GetAllTopicList \/ UnknownRequest
  \/ WipeWritePermOfBroker \/ AddWritePermOfBroker \/ DeleteTopicInNamesrv \/ RegisterTopicInNamesrv
  \/ CloseConnection \/ Scan \/ Batch

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What holds under every profile.                                                                                        *)

\* What waits for nothing but the NameServer goes on.
NeverStuck == IsPending(ns) => InternalSteps(ns) # {}

\* Of a NameServer at rest. Names of queues are always there: no release breaks this one.
QueuesAtRest == IsAtRest(ns) => QueueSoundness(ns)

\* What holds under strict: nothing is ever broken.
NothingBroken == broken = {}
=============================================================================
