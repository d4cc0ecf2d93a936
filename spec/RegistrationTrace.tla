------------------------- MODULE RegistrationTrace --------------------------
(* Is what was seen of a real NameServer a behaviour of this specification?                                                 *)
(*                                                                                                                          *)
(* A trace is what its peers did and saw, in order: a sequence of                                                           *)
(*                                                                                                                          *)
(*   [event |-> "Received", channel, opaque, request, oneway]   a request was sent                                          *)
(*   [event |-> "Answered", channel, opaque, answer]            its answer was read                                         *)
(*   [event |-> "ChannelClosed", channel, aborted]              the peer closed its connection                              *)
(*   [event |-> "ClosedChannel", channel]                       the NameServer was seen to have closed it                   *)
(*   [event |-> "Silence"]                                      longer than any timeout has passed                          *)
(*   [event |-> "ScanNotActiveBroker"]                          the scan timer has fired                                    *)
(*   [event |-> "Settled"]                                      the server had nothing left to do                           *)
(*                                                                                                                          *)
(* What the NameServer does by itself is seen by nobody, so any number of internal steps may come before each event. What it *)
(* has said, and nobody has read yet, is in `said` and `closed`.                                                            *)
(*                                                                                                                          *)
(* TLC searches all of it, for all traces at once: each initial state takes one. It prints <<"explained", n, k>> when it has *)
(* first explained k events of trace n. A trace is accepted if all of its events are explained; rejected if they are not, and *)
(* TLC has come to the end of its search; else it is undecided. To see how a trace comes about, check the invariant           *)
(* NotExplained: the behaviour that violates it is the explanation.                                                         *)
EXTENDS NameServer

CONSTANT Traces \* a sequence of traces

VARIABLES
  number, \* which trace
  at,     \* how many of its events have been explained
  server, \* the NameServer's state
  said,   \* <<channel, opaque>> -> answer, of what has been answered and not yet read
  closed  \* the connections that the NameServer has closed and nobody has seen closed

vars == <<number, at, server, said, closed>>

\* TLC evaluates a constant that a .cfg substitutes anew wherever it stands, and a definition like this one once.
AllTraces == Traces

Trace == AllTraces[number]
Event == Trace[at + 1]

-----------------------------------------------------------------------------

TraceInit ==
  /\ number \in 1..Len(AllTraces)
  /\ at = 0
  /\ server = EmptyNameServer
  /\ said = << >>
  /\ closed = {}

\* A route is encoded after the lock is released (Profile.route_encoded_after_lock): its brokers are copies, its queues the table's
\* own, whose permissions may be set meanwhile, and so are its mappings, to which a registration may add. So what has been answered
\* and not yet read may become something else by a step, as if it had not been encoded before. A queue is known again by its value.
\* The same in Python, with the sources: namesrv.check.late_encoding.
SetsPermissions == {"WipeWritePermOfBroker", "AddWritePermOfBroker", "RunUnregistration"}

TopicAsked(key) ==
  LET i == CHOOSE i \in 1..at : Trace[i].event = "Received" /\ <<Trace[i].channel, Trace[i].opaque>> = key
  IN Trace[i].request.topic

Later(answer, topic, step) ==
  LET queues == answer.route.queue_datas
      was == Get(server.topicQueueTable, topic, << >>)
      now == Get(step.to.topicQueueTable, topic, << >>)
      set == {n \in DOMAIN queues \cap DOMAIN was \cap DOMAIN now : queues[n] = was[n]}
      mappings == Get(step.to.topicQueueMappingInfoTable, topic, << >>)
  IN CASE step.action \in SetsPermissions ->
            [answer EXCEPT !.route.queue_datas = [n \in DOMAIN @ |-> IF n \in set THEN now[n] ELSE @[n]]]
       [] step.action = "RegisterBroker" -> [answer EXCEPT !.route.topic_queue_mapping_by_broker = mappings]
       [] OTHER -> answer

\* What it may be after the step.
MayBe(key, step) ==
  LET is_later == Profile.route_encoded_after_lock /\ "route" \in DOMAIN said[key]
  IN {said[key]} \union IF is_later THEN {Later(said[key], TopicAsked(key), step)} ELSE {}

\* The server makes a step that nobody sees; what it says on the way is on its way to who asked.
Internal == \E step \in InternalSteps(server) :
  /\ server' = step.to
  /\ \E before \in {f \in [DOMAIN said -> UNION {MayBe(key, step) : key \in DOMAIN said}] :
                       \A key \in DOMAIN said : f[key] \in MayBe(key, step)} :
       said' = [key \in {<<a.channel, a.opaque>> : a \in Range(step.answers)} |-> step.answers[1].answer] @@ before
  /\ closed' = closed \union Range(step.closes)
  /\ UNCHANGED <<number, at>>

\* The next event of the trace is one of that name, and has happened.
Comes(name) ==
  /\ at < Len(Trace)
  /\ Event.event = name
  /\ at' = at + 1
  /\ UNCHANGED number

Received ==
  /\ Comes("Received")
  /\ server' = Receive(server, Event.channel, Event.opaque, Event.request, Event.oneway)
  /\ UNCHANGED <<said, closed>>

Answered ==
  /\ Comes("Answered")
  /\ LET key == <<Event.channel, Event.opaque>>
     IN /\ key \in DOMAIN said
        /\ said[key] = Event.answer
        /\ said' = Without(said, {key})
  /\ UNCHANGED <<server, closed>>

PeerCloses ==
  /\ Comes("ChannelClosed")
  /\ server' = ChannelClosed(server, Event.channel, Event.aborted)
  /\ UNCHANGED <<said, closed>>

SeenClosed ==
  /\ Comes("ClosedChannel")
  /\ Event.channel \in closed
  /\ UNCHANGED <<server, said, closed>>

\* Every broker that is live has been silent for too long.
Silence ==
  /\ Comes("Silence")
  /\ server' = [server EXCEPT !.brokerLiveTable = [key \in DOMAIN @ |-> [@[key] EXCEPT !.fresh = FALSE]]]
  /\ UNCHANGED <<said, closed>>

Scans ==
  /\ Comes("ScanNotActiveBroker")
  /\ server' = ScanNotActiveBroker(server)
  /\ UNCHANGED <<said, closed>>

Settled ==
  /\ Comes("Settled")
  /\ ~IsPending(server)
  /\ UNCHANGED <<server, said, closed>>

TraceNext == Internal \/ Received \/ Answered \/ PeerCloses \/ SeenClosed \/ Silence \/ Scans \/ Settled

TraceSpec == TraceInit /\ [][TraceNext]_vars

-----------------------------------------------------------------------------
(* What TLC prints. Its register n is how many events of trace n have been explained so far; one worker only, for each has    *)
(* registers of its own. As a CONSTRAINT this also ends the search for a trace that has been explained to its end.           *)

ASSUME \A n \in 1..Len(AllTraces) : TLCSet(n, -1)

Progress ==
  /\ IF at > TLCGet(number) THEN TLCSet(number, at) /\ PrintT(<<"explained", number, at>>) ELSE TRUE
  /\ TLCGet(number) < Len(Trace)

\* Violated by the explanation of a trace, if there is one: for one trace at a time, without Progress.
NotExplained == at < Len(Trace)
=============================================================================
