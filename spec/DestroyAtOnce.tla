---------------------------- MODULE DestroyAtOnce ----------------------------
(* 4.9.7: a destroyed connection takes one address along at once, and the scan looks at a table that nobody keeps still.  *)
(*                                                                                                                        *)
(* The live table is a HashMap, which scanNotActiveBroker goes through without any lock. When somebody else adds or       *)
(* removes an entry meanwhile, the iterator's next move (next, remove) throws a ConcurrentModificationException; nobody   *)
(* catches it, and a scheduleAtFixedRate whose task has thrown never runs it again: no broker expires any more until the  *)
(* NameServer is restarted. What may come between: a newcomer's registration, an unregistration, any broker's closed      *)
(* connection, and the scan itself: the close that it causes is noticed by another thread, maybe before it has taken the  *)
(* entry out, and where the connection speaks for two brokers the scan removes the second one under its own iterator.     *)
(* Source: NamesrvController.initialize, RouteInfoManager.scanNotActiveBroker, .onChannelDestroy, 4.9.7. That a           *)
(* modification may also corrupt the HashMap is not modelled.                                                             *)
(*                                                                                                                        *)
(* A scan's `left` are the keys that its iterator has before it (none until it has begun); `modified`: somebody has added *)
(* or removed a live entry since.                                                                                         *)
EXTENDS Departures

EXPIRED == <<"scan_not_active_broker", "expired">>
STOPPED == <<"scan_not_active_broker", "scan-stopped">>

\* Without the address, its first place, and (if that was the name's last) the name in the first cluster that has it, in any
\* order of each: a set of states.
AddressDestroyed(s, addr) ==
  LET removed == RemoveLive(s, BrokerAddrInfo("", addr))
      places == {p \in Names(s) \X UNION {DOMAIN s.brokerAddrTable[n].broker_addrs : n \in Names(s)} :
                   Holder(s, p[1], p[2]) = {addr}}
      isLast(p) == DOMAIN s.brokerAddrTable[p[1]].broker_addrs = {p[2]}
      gone(name) == RemoveTopics([removed EXCEPT !.brokerAddrTable = Without(@, {name})], name, FALSE)
      clusters(name) == {cl \in DOMAIN s.clusterAddrTable : name \in s.clusterAddrTable[cl]}
      without(p) ==
        IF ~isLast(p) THEN {[removed EXCEPT !.brokerAddrTable[p[1]].broker_addrs = Without(@, {p[2]})]}
        ELSE IF clusters(p[1]) = {} THEN {gone(p[1])}
        ELSE {RemoveNameFromCluster(gone(p[1]), cl, p[1]) : cl \in clusters(p[1])}
  IN IF places = {} THEN {removed} ELSE UNION {without(p) : p \in places}

-----------------------------------------------------------------------------
(* A closed connection: found under the read lock, removed under the write lock, and in between anything may happen.      *)

CloseOneAtOnce(c) ==
  LET keys == SpeaksFor(c.state, c.task.channel)
      remove(key) == {Noticed(c, t, "removed-at-once") : t \in AddressDestroyed(c.state, key.broker_addr)}
  IN IF c.task.memo.kind = "found" THEN remove(c.task.memo.found)
     ELSE IF keys = {} THEN {Noticed(c, c.state, "close-of-nobody")}
     ELSE IF c.watched THEN {On(c, c.state, [kind |-> "found", found |-> key]) : key \in keys}
     ELSE UNION {remove(key) : key \in keys}

-----------------------------------------------------------------------------
(* The scan: one expired entry a step, in two parts: taken out, then its place removed.                                   *)

Stopped(s, closes, rules) == [Ended([s EXCEPT !.scanStopped = TRUE], Append(rules, STOPPED)) EXCEPT !.closes = closes]

\* The close is noticed, and whom it takes along removed, before the entry has been taken out.
Overtaken(c, key) ==
  LET channel == c.state.brokerLiveTable[key].channel
  IN UNION {{Stopped(t, <<channel>>, <<EXPIRED>>) : t \in AddressDestroyed(c.state, found.broker_addr)} :
              found \in SpeaksFor(c.state, channel)}

\* The entry is out of the live table; then its connection is looked for in that table. The close is noticed later, or has been
\* already, by a thread that has found whom it takes along and not yet removed it. Of what the iterator has before it, that
\* something is left is what matters when the table changes: so of those that have not expired either all have been passed or
\* none.
TakenOut(c, left, key, expired) ==
  LET channel == c.state.brokerLiveTable[key].channel
      out == [c.state EXCEPT !.brokerLiveTable = Without(@, {key})]
      known == {{}} \union {{found} : found \in SpeaksFor(c.state, channel)}
      taken == IF SpeaksFor(out, channel) = {} THEN {key} ELSE SpeaksFor(out, channel)
      task(found, rest) == [c.task EXCEPT !.job = [c.task.job EXCEPT !.left = <<rest>>],
                                          !.memo = [kind |-> "found", found |-> found]]
      outcome(t, found, rest) == [Ended(t, <<EXPIRED>>) EXCEPT !.task = <<task(found, rest)>>, !.closes = <<channel>>]
  IN {outcome(WithCloseNoticed(out, channel, who), found, rest) :
        who \in known, found \in taken, rest \in {left \ {key}, (left \ {key}) \cap expired}}

\* The scan removes the place of whom it has found, and changes its own table if that was live.
RemoveFoundPlace(c, found) ==
  LET left == c.task.job.left[1]
      modified == (c.task.job.modified \/ found \in Live(c.state)) /\ left # {}
      task == [c.task EXCEPT !.job = [c.task.job EXCEPT !.modified = modified], !.memo = NoMemo]
      rest == IF left = {} THEN << >> ELSE <<task>>
  IN {[Ended(t, << >>) EXCEPT !.task = rest] : t \in AddressDestroyed(c.state, found.broker_addr)}

ScanAtOnce(c) ==
  LET job == c.task.job
      begins == job.left = << >>
      left == IF begins THEN Live(c.state) ELSE job.left[1]
      expired == {key \in left \cap Live(c.state) : IsExpired(c.state, key)}
      begun == [c EXCEPT !.task.job = [job EXCEPT !.left = <<left>>]]
      channel(key) == c.state.brokerLiveTable[key].channel
      \* `next` had come before the modification, so `remove` throws.
      late(key) == Stopped(WithCloseNoticed(c.state, channel(key), {}), <<channel(key)>>, <<EXPIRED>>)
  IN IF c.task.memo.kind = "found" THEN RemoveFoundPlace(c, c.task.memo.found)
     ELSE IF begins /\ c.watched /\ left # {} THEN {[Ended(c.state, << >>) EXCEPT !.task = <<begun.task>>]}
     ELSE IF left # {} /\ job.modified THEN {Stopped(c.state, << >>, << >>)} \union {late(key) : key \in expired}
     ELSE IF expired = {} THEN {Ended(c.state, << >>)}
     ELSE UNION {Overtaken(c, key) \union TakenOut(begun, left, key, expired) : key \in expired}
=============================================================================
