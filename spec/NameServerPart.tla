--------------------------- MODULE NameServerPart ---------------------------
(* A NameServer within a system: its state, and beside it what the invariants have to remember (Ledger). Connections have     *)
(* small numbers that are used again, so it is also kept which ones the NameServer knows to be closed and has not forgotten;  *)
(* a live entry whose connection is forgotten has none (GONE), and can't be taken for a later one's. The same in Python:      *)
(* namesrv.model.system.nameserver_part.                                                                                    *)
(*                                                                                                                          *)
(*   part = [state, ledger, closed, broken]                                                                                 *)
(*           broken: those of AtomicRefusal and VersionMonotonicity that its last step has broken                            *)
(*   said = sequence of [kind |-> "Answered", channel, opaque, answer], [kind |-> "ClosedChannel", channel] and              *)
(*          [kind |-> "Forgotten", channel]: nothing is left to be done for that connection, its number may be used again    *)
EXTENDS Promises

EmptyPart == [state |-> EmptyNameServer, ledger |-> EmptyLedger, closed |-> {}, broken |-> {}]

IsResting(part) == IsAtRest(part.state)

\* Nobody speaks over these connections any more.
WithoutChannels(f, channels) ==
  [x \in DOMAIN f |-> IF f[x].channel \in channels THEN [f[x] EXCEPT !.channel = GONE] ELSE f[x]]

\* The part after a step that has made it s, with ledger l and these connections closed, and said that.
Stepped(s, l, closed, broken, said) ==
  LET atWork == {s.tasks[i].channel : i \in DOMAIN s.tasks}
      forgotten == closed \ atWork
      kept == ForgetAbsent(l, s)
      gone == Ascending(forgotten)
  IN [part |-> [state  |-> [s EXCEPT !.brokerLiveTable = WithoutChannels(@, forgotten)],
                ledger |-> [kept EXCEPT !.stays = WithoutChannels(@, forgotten)],
                closed |-> closed \ forgotten,
                broken |-> broken],
      said |-> said \o [i \in DOMAIN gone |-> [kind |-> "Forgotten", channel |-> gone[i]]]]

-----------------------------------------------------------------------------
(* What comes from outside: [part, said] after it.                                                                          *)

\* A request over a connection. Its opaque is the smallest number that no request in work has there.
FreeOpaque(s, channel) ==
  LET used == {s.tasks[i].opaque : i \in {j \in DOMAIN s.tasks : s.tasks[j].channel = channel}}
  IN CHOOSE o \in 1..(Len(s.tasks) + 1) : o \notin used /\ \A less \in 1..(o - 1) : less \in used

PartReceives(part, channel, opaque, request, oneway) ==
  Stepped(Receive(part.state, channel, opaque, request, oneway), part.ledger, part.closed, {}, << >>)

\* The connection is no more.
PartNotices(part, channel) ==
  Stepped(ChannelClosed(part.state, channel, FALSE), Release(part.ledger, channel), part.closed \union {channel}, {},
          << >>)

PartScans(part) == Stepped(ScanNotActiveBroker(part.state), part.ledger, part.closed, {}, << >>)

\* The address has been silent for longer than its timeout.
PartBecameStale(part, key) ==
  [part EXCEPT !.state = BecameStale(@, key), !.ledger = ReleaseSilent(@, key.broker_addr)]

\* Nothing is promised any more over these connections.
PartReleases(part, channels) ==
  [part EXCEPT !.ledger.stays = [a \in DOMAIN @ |-> IF @[a].channel \in channels THEN [@[a] EXCEPT !.promised = FALSE] ELSE @[a]]]

-----------------------------------------------------------------------------
(* What it does by itself: a set of [part, said].                                                                           *)

Said(step) ==
  [i \in DOMAIN step.answers |-> [kind |-> "Answered"] @@ step.answers[i]]
  \o [i \in DOMAIN step.closes |-> [kind |-> "ClosedChannel", channel |-> step.closes[i]]]

PartWorks(part) ==
  LET after(step) == LET seen == Observe(part.ledger, part.state, step, part.closed)
                     IN Stepped(step.to, seen.ledger, part.closed \union Range(step.closes), seen.broken, Said(step))
  IN {after(step) : step \in InternalSteps(part.state)}

\* Where requests are atomic and in order there is but one way, and nobody sees one that waits: so it is done at once.
RECURSIVE Settled(_)
Settled(x) ==
  LET ways == PartWorks(x.part)
  IN IF ways = {} THEN x ELSE LET next == CHOOSE way \in ways : TRUE IN Settled([next EXCEPT !.said = x.said \o @])

AtOnce(x) == IF Profile.atomic_requests THEN Settled(x) ELSE x

-----------------------------------------------------------------------------
(* The invariants of a part, whenever it has nothing left to do; the last two are of its last step.                          *)

\* The names of those that are false of a part.
BrokenBy(part) ==
  (IF IsResting(part) THEN BrokenAtRest(part.state, part.ledger) ELSE {}) \union part.broken
=============================================================================
