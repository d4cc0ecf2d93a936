---------------------------- MODULE Registration ----------------------------
(* Brokers that register with NameServers over a network that loses connections. NameServers never talk to each other: what   *)
(* a client is told depends on which one it asks, and it is the brokers alone that make them agree.                          *)
(*                                                                                                                          *)
(* No bounds are in here: brokers may change their topics and crash as often as they like, so there are states without end.   *)
(* MCRegistration bounds how often. The actions are the rules of namesrv.explore.registration, by name.                      *)
EXTENDS NameServerPart

CONSTANTS
  Brokers,       \* the brokers, numbered from 1
  NameServers,   \* the NameServers, numbered from 1
  Home,          \* for each broker [cluster_name, broker_name, broker_addr, broker_id]: its settings at first
  Elsewhere,     \* sets of other settings, by name: [cluster_name, broker_name, broker_addr]
  Topics,        \* the topics that may be changed
  ForceRegister, \* forceRegister, of every broker
  B              \* the brokers' profile (Broker.tla); P is the NameServers'

VARIABLES
  brokers,  \* for each broker its record (Broker.tla)
  links,    \* for each broker and NameServer the connections between the two (Network.tla)
  namesrvs  \* for each NameServer its part (NameServerPart.tla)

vars == <<brokers, links, namesrvs>>

Of == INSTANCE Broker   \* what happens to a broker
Net == INSTANCE Network \* what happens to a link

-----------------------------------------------------------------------------
(* The start: every broker is about to start, no NameServer knows anybody.                                                  *)

Config(n) == [queue_nums |-> n, perm |-> {"read", "write"}]

\* A topic that every broker has and nobody changes: a broker's first registration is never of one topic only.
BASE == "TBW102"

Init ==
  /\ brokers = [b \in Brokers |->
       Of!Down(Home[b].cluster_name, Home[b].broker_name, Home[b].broker_addr, Home[b].broker_id,
               [t \in Topics \union {BASE} |-> Config(4)], Of!FirstVersion)]
  /\ links = [b \in Brokers |-> [n \in NameServers |-> Net!NewLink]]
  /\ namesrvs = [n \in NameServers |-> EmptyPart]

-----------------------------------------------------------------------------
(* Connections have numbers, the same at every NameServer: two for each broker.                                             *)

Channel(b, slot) == (b - 1) * 2 + slot
ChannelsOf(b) == {Channel(b, slot) : slot \in Net!SLOTS}
Owner(channel) == (channel - 1) \div 2 + 1
Slot(channel) == ((channel - 1) % 2) + 1

-----------------------------------------------------------------------------
(* How what a broker does gets to its links, and what a NameServer says.                                                    *)

RECURSIVE AllSent(_, _, _)
AllSent(link, n, sends) ==
  IF sends = << >> THEN link
  ELSE LET first == Head(sends)
       IN AllSent(IF first.name_server = n THEN Net!Sent(link, first.request, first.tag) ELSE link, n, Tail(sends))

\* A link after its broker has done x (Broker.tla). One that has ended closes its connections.
Outward(link, n, x, wasUp) ==
  LET connected == IF x.connects /\ Net!MayConnect(link) THEN Net!Connected(link) ELSE link
      given == IF x.gives_up = {} THEN connected ELSE Net!NobodyWaits(connected, x.gives_up)
      sent == AllSent(given, n, x.sends)
  IN IF wasUp /\ ~x.b.up THEN Net!ClosedByBroker(sent, FALSE) ELSE sent

\* The broker has done x; `at` are its links before that.
Does(b, x, at) ==
  /\ brokers' = [brokers EXCEPT ![b] = x.b]
  /\ links' = [links EXCEPT ![b] = [n \in NameServers |-> Outward(at[n], n, x, brokers[b].up)]]

RECURSIVE Heard(_, _, _)
Heard(link, b, said) ==
  IF said = << >> THEN link
  ELSE LET first == Head(said)
           slot == Slot(first.channel)
           after == CASE first.channel = GONE \/ Owner(first.channel) # b -> link
                      [] first.kind = "Answered"      -> Net!Answered(link, slot, first.opaque, first.answer)
                      [] first.kind = "ClosedChannel" -> Net!ClosedByNamesrv(link, slot)
                      [] first.kind = "Forgotten"     -> Net!Forgotten(link, slot)
       IN Heard(after, b, Tail(said))

\* What a NameServer has done: x = [part, said].
NameServerDoes(n, x) ==
  /\ namesrvs' = [namesrvs EXCEPT ![n] = x.part]
  /\ links' = [b \in Brokers |-> [links[b] EXCEPT ![n] = Heard(@, b, x.said)]]
  /\ UNCHANGED brokers

\* Nothing is promised any more over these connections.
EveryReleases(channels) == namesrvs' = [n \in NameServers |-> PartReleases(namesrvs[n], channels)]

IsIdle(b) == \A n \in NameServers : Net!IsIdle(links[b][n])

-----------------------------------------------------------------------------
(* What a broker does by itself, or has done to it.                                                                         *)

Starts(b) ==
  /\ ~brokers[b].up
  /\ Does(b, Of!Started(brokers[b]), links[b])
  /\ UNCHANGED namesrvs

\* The periodic registration. Not while something is still on its way: so that requests in flight stay few.
RegistersByTimer(b) ==
  /\ Of!TimerMayFire(brokers[b]) /\ IsIdle(b)
  /\ Does(b, Of!TimerFired(brokers[b]), links[b])
  /\ UNCHANGED namesrvs

\* Its queues go back and forth between two numbers.
ChangesTopic(b) ==
  /\ Of!MayBeTold(brokers[b])
  /\ \E topic \in Topics :
       LET isFew == topic \in DOMAIN brokers[b].topics /\ brokers[b].topics[topic] = Config(4)
       IN Does(b, Of!TopicChanged(brokers[b], topic, Config(IF isFew THEN 8 ELSE 4)), links[b])
  /\ UNCHANGED namesrvs

DeletesTopic(b) ==
  /\ Of!MayBeTold(brokers[b])
  /\ \E topic \in Topics \cap DOMAIN brokers[b].topics : Does(b, Of!TopicDeleted(brokers[b], topic), links[b])
  /\ UNCHANGED namesrvs

ShutsDown(b) ==
  /\ Of!MayBeTold(brokers[b])
  /\ Does(b, Of!ToldToStop(brokers[b]), links[b])
  /\ UNCHANGED namesrvs

StopsTimers(b) ==
  /\ Of!MayStopTimers(brokers[b])
  /\ Does(b, Of!TimersStopped(brokers[b]), links[b])
  /\ EveryReleases(ChannelsOf(b))

ChangesRole(b) ==
  /\ Of!MayBeTold(brokers[b])
  /\ Does(b, Of!RoleChanged(brokers[b]), links[b])
  /\ UNCHANGED namesrvs

\* It has lost its versions, but not its topics.
StartsWithoutVersions(b) ==
  /\ ~brokers[b].up /\ brokers[b].data_version.counter > 0
  /\ Does(b, Of!Started([brokers[b] EXCEPT !.data_version = Of!CountedAnew(@)]), links[b])
  /\ UNCHANGED namesrvs

\* Under another address, broker name or cluster name.
StartsElsewhere(b) ==
  /\ ~brokers[b].up
  /\ \E field \in DOMAIN Elsewhere : \E other \in Elsewhere[field] \ {brokers[b][field]} :
       Does(b, Of!Started([brokers[b] EXCEPT ![field] = other]), links[b])
  /\ UNCHANGED namesrvs

WaitsNoLonger(b) ==
  /\ Of!MayGiveUp(brokers[b])
  /\ Does(b, Of!GaveUp(brokers[b]), links[b])
  /\ UNCHANGED namesrvs

\* The process ends. halfOpen: its machine with it, without a word to the NameServers.
Ends(b, halfOpen) ==
  /\ brokers[b].up
  /\ brokers' = [brokers EXCEPT ![b] = Of!Stopped(@)]
  /\ links' = [links EXCEPT ![b] = [n \in NameServers |-> Net!ClosedByBroker(@[n], halfOpen)]]
  /\ EveryReleases(ChannelsOf(b))

Crashes(b) == Ends(b, FALSE)
Vanishes(b) == Ends(b, TRUE)

-----------------------------------------------------------------------------
(* What goes to and fro between a broker and a NameServer.                                                                  *)

HearsFrom(b, n) ==
  /\ \E taken \in Net!AnswersTaken(links[b][n]) :
       Does(b, Of!CallEnded(brokers[b], taken.tag, taken.answer), [links[b] EXCEPT ![n] = taken.link])
  /\ UNCHANGED namesrvs

ReadsFrom(n, b) ==
  \E slot \in Net!ReadableSlots(links[b][n]) :
    LET message == Head(Net!At(links[b][n], slot).requests)
        channel == Channel(b, slot)
        opaque == FreeOpaque(namesrvs[n].state, channel)
        x == AtOnce(PartReceives(namesrvs[n], channel, opaque, message.request, message.oneway))
        taken == Net!RequestTaken(links[b][n], slot)
        waiting == IF message.oneway THEN taken ELSE Net!InWork(taken, slot, opaque, message.tag)
    IN /\ namesrvs' = [namesrvs EXCEPT ![n] = x.part]
       /\ links' = [links EXCEPT ![b][n] = Heard(waiting, b, x.said)]
       /\ UNCHANGED brokers

-----------------------------------------------------------------------------
(* What happens to the connections between a broker and a NameServer.                                                       *)

ConnectsTo(b, n) ==
  /\ brokers[b].up /\ Net!MayConnect(links[b][n])
  /\ Does(b, Of!ConnectionChanged(brokers[b], n, TRUE), [links[b] EXCEPT ![n] = Net!Connected(@)])
  /\ UNCHANGED namesrvs

BrokerNotices(b, n) ==
  /\ Net!BrokerMayNotice(links[b][n])
  /\ Does(b, Of!ConnectionChanged(brokers[b], n, FALSE), [links[b] EXCEPT ![n] = Net!NoticedByBroker(@)])
  /\ namesrvs' = [namesrvs EXCEPT ![n] = PartReleases(@, {Channel(b, Net!CurrentSlot(links[b][n]))})]

NameServerNotices(n, b) ==
  \E slot \in Net!NamesrvMayNotice(links[b][n]) :
    LET x == AtOnce(PartNotices(namesrvs[n], Channel(b, slot)))
    IN /\ namesrvs' = [namesrvs EXCEPT ![n] = x.part]
       /\ links' = [links EXCEPT ![b][n] = Heard(Net!ClosedByNamesrv(@, slot), b, x.said)]
       /\ UNCHANGED brokers

Breaks(b, n) ==
  /\ Net!MayBreak(links[b][n])
  /\ links' = [links EXCEPT ![b][n] = Net!Broken(@, FALSE)]
  /\ UNCHANGED <<brokers, namesrvs>>

IsCut(b, n) ==
  /\ Net!MayBreak(links[b][n])
  /\ links' = [links EXCEPT ![b][n] = Net!Broken(@, TRUE)]
  /\ UNCHANGED <<brokers, namesrvs>>

\* A live entry that one of these connections speaks for has been silent for too long.
GrowsStale(n, channels) ==
  /\ \E key \in Live(namesrvs[n].state) :
       /\ namesrvs[n].state.brokerLiveTable[key].channel \in channels
       /\ namesrvs[n].state.brokerLiveTable[key].fresh
       /\ namesrvs' = [namesrvs EXCEPT ![n] = PartBecameStale(@, key)]
  /\ UNCHANGED <<brokers, links>>

SilentChannels(b, n) == {Channel(b, slot) : slot \in Net!SLOTS \ Net!WorkingSlots(links[b][n])}

\* Of a connection that does not work, that may happen at any time; of one that does, only by a fault; of one that is gone, too.
HasNotHeardFrom(n, b) ==
  /\ GrowsStale(n, SilentChannels(b, n))
HearsTooLateFrom(n, b) ==
  /\ GrowsStale(n, {Channel(b, slot) : slot \in Net!WorkingSlots(links[b][n])})
HasHeardNothing(n) ==
  /\ GrowsStale(n, {GONE})

-----------------------------------------------------------------------------
(* What a NameServer does by itself, or has done to it.                                                                     *)

Works(n) == \E x \in PartWorks(namesrvs[n]) : NameServerDoes(n, x)

\* The scan timer fires; without anything stale that would change nothing. Not while what was queued before waits for the batch:
\* or a queue would grow without end that is worked off in a moment.
MayScan(n) ==
  LET s == namesrvs[n].state
  IN /\ ~s.scanStopped /\ s.unregistrationQueue = << >>
     /\ \A i \in DOMAIN s.tasks : s.tasks[i].job.kind # "Scan"
     /\ \E key \in Live(s) : ~s.brokerLiveTable[key].fresh
Scans(n) == /\ MayScan(n)
            /\ NameServerDoes(n, AtOnce(PartScans(namesrvs[n])))

\* It starts again and knows nobody; its ends of all connections are closed.
StartsAgain(n) ==
  LET closed(link, slot) == Net!Forgotten(Net!ClosedByNamesrv(link, slot), slot)
  IN /\ namesrvs[n] # EmptyPart
     /\ namesrvs' = [namesrvs EXCEPT ![n] = EmptyPart]
     /\ links' = [b \in Brokers |-> [links[b] EXCEPT ![n] = closed(closed(@, 1), 2)]]
     /\ UNCHANGED brokers

-----------------------------------------------------------------------------
(* All of it.                                                                                                               *)

\* What happens sooner or later, where it can.
Progress ==
  \/ \E b \in Brokers : RegistersByTimer(b) \/ StopsTimers(b)
  \/ \E b \in Brokers, n \in NameServers :
       \/ HearsFrom(b, n) \/ ReadsFrom(n, b) \/ ConnectsTo(b, n) \/ BrokerNotices(b, n) \/ NameServerNotices(n, b)
       \/ HasNotHeardFrom(n, b)
  \/ \E n \in NameServers : HasHeardNothing(n) \/ Works(n) \/ Scans(n)

\* What need not happen: an administrator's doing.
Administration == \E b \in Brokers : Starts(b) \/ ChangesTopic(b) \/ DeletesTopic(b) \/ ShutsDown(b) \/ ChangesRole(b)

\* What should not happen.
Fault ==
  \/ \E b \in Brokers : StartsWithoutVersions(b) \/ StartsElsewhere(b) \/ WaitsNoLonger(b) \/ Crashes(b) \/ Vanishes(b)
  \/ \E b \in Brokers, n \in NameServers : Breaks(b, n) \/ IsCut(b, n) \/ HearsTooLateFrom(n, b)
  \/ \E n \in NameServers : StartsAgain(n)

Next == Progress \/ Administration \/ Fault

-----------------------------------------------------------------------------
(* Fairness, weak and rule by rule: none of them can be done from some time on and is never done any more. That is             *)
(* WF_vars(A) = []<>~ENABLED <<A>>_vars \/ []<><<A>>_vars, with each ENABLED written out: TLC works these out again and again,   *)
(* and there is much to work out here.                                                                                       *)

\* After its shutdown a broker's timer may fire for nothing.
CanRegisterByTimer(b) ==
  /\ Of!TimerMayFire(brokers[b]) /\ IsIdle(b)
  /\ LET x == Of!TimerFired(brokers[b]) IN x.b # brokers[b] \/ x.sends # << >>
CanBeStale(n, channels) ==
  \E key \in Live(namesrvs[n].state) : /\ namesrvs[n].state.brokerLiveTable[key].channel \in channels
                                       /\ namesrvs[n].state.brokerLiveTable[key].fresh

CanStopTimers(b) == Of!MayStopTimers(brokers[b])
CanHear(b, n) == Net!AnswersTaken(links[b][n]) # {}
CanRead(b, n) == Net!ReadableSlots(links[b][n]) # {}
CanConnect(b, n) == brokers[b].up /\ Net!MayConnect(links[b][n])
BrokerCanNotice(b, n) == Net!BrokerMayNotice(links[b][n])
NameServerCanNotice(b, n) == Net!NamesrvMayNotice(links[b][n]) # {}
CanWork(n) == InternalSteps(namesrvs[n].state) # {}

Fairness ==
  /\ \A b \in Brokers :
       /\ []<>~CanRegisterByTimer(b) \/ []<><<RegistersByTimer(b)>>_vars
       /\ []<>~CanStopTimers(b) \/ []<><<StopsTimers(b)>>_vars
  /\ \A b \in Brokers, n \in NameServers :
       /\ []<>~CanHear(b, n) \/ []<><<HearsFrom(b, n)>>_vars
       /\ []<>~CanRead(b, n) \/ []<><<ReadsFrom(n, b)>>_vars
       /\ []<>~CanConnect(b, n) \/ []<><<ConnectsTo(b, n)>>_vars
       /\ []<>~BrokerCanNotice(b, n) \/ []<><<BrokerNotices(b, n)>>_vars
       /\ []<>~NameServerCanNotice(b, n) \/ []<><<NameServerNotices(n, b)>>_vars
       /\ []<>~CanBeStale(n, SilentChannels(b, n)) \/ []<><<HasNotHeardFrom(n, b)>>_vars
  /\ \A n \in NameServers :
       /\ []<>~CanBeStale(n, {GONE}) \/ []<><<HasHeardNothing(n)>>_vars
       /\ []<>~CanWork(n) \/ []<><<Works(n)>>_vars
       /\ []<>~MayScan(n) \/ []<><<Scans(n)>>_vars

Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ Fairness

-----------------------------------------------------------------------------
(* What holds of every NameServer, whenever it has nothing left to do (Invariants, Promises).                               *)

AtRest(holds(_, _)) == \A n \in NameServers : IsResting(namesrvs[n]) => holds(namesrvs[n].state, namesrvs[n].ledger)
NotBrokenByAStep(name) == \A n \in NameServers : name \notin namesrvs[n].broken

InvRouteSoundness == AtRest(LAMBDA s, l : RouteSoundness(s))
InvAddressUniqueness == AtRest(LAMBDA s, l : AddressUniqueness(s))
InvClusterAgreement == AtRest(LAMBDA s, l : ClusterAgreement(s))
InvQueueSoundness == AtRest(LAMBDA s, l : QueueSoundness(s))
InvAtomicRefusal == NotBrokenByAStep("AtomicRefusal")
InvVersionMonotonicity == NotBrokenByAStep("VersionMonotonicity")
InvAcknowledgedEffect == AtRest(AcknowledgedEffect)
InvVersionCoherence == AtRest(VersionCoherence)
InvSkipSafety == AtRest(SkipSafety)
InvLiveIsStanding == AtRest(LAMBDA s, l : LiveIsStanding(s))
InvLiveIsConnected == AtRest(LAMBDA s, l : LiveIsConnected(s))
InvNothingLeftOver == AtRest(LAMBDA s, l : NothingLeftOver(s))
InvTopicsAreSaid == AtRest(TopicsAreSaid)

\* What holds in the end: every NameServer agrees with every broker that runs, and shows nobody else.

Shows(s, b, topics) ==
  /\ Stands(s, Of!Place(b))
  /\ \E key \in Live(s) : key.broker_addr = b.broker_addr
  /\ topics /\ b.broker_id = MASTER_ID =>
       \A t \in DOMAIN b.topics : /\ t \in DOMAIN s.topicQueueTable /\ b.broker_name \in DOMAIN s.topicQueueTable[t]
                                  /\ s.topicQueueTable[t][b.broker_name] = b.topics[t]

Agrees == \A n \in NameServers, b \in Brokers :
  brokers[b].up /\ ~brokers[b].is_shutdown => Shows(namesrvs[n].state, brokers[b], TRUE)

ShowsNobodyElse == \A n \in NameServers :
  LET s == namesrvs[n].state
  IN \A name \in Names(s) : Range(s.brokerAddrTable[name].broker_addrs) \subseteq
       {brokers[b].broker_addr : b \in {each \in Brokers : brokers[each].up}}

Convergence == <>[]Agrees
DeadBrokersVanish == <>[]ShowsNobodyElse
=============================================================================
