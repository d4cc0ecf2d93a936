-------------------------- MODULE NameServerHistory --------------------------
(* NameServerAlone with a memory: what each live address has said about topics since it came to where it stands. It tells *)
(* whether the tables hold what was accepted. The memory is a history variable: it listens to `last` and holds nobody up. *)
(* It is the part of Ledger.tla that these questions need.                                                                *)
EXTENDS NameServerAlone

VARIABLE history \* address -> (topic -> config), both partial: as the address last spoke of the topic

historyView == <<ns, history>>
historyVars == <<vars, history>>

LiveAddrs(s) == {key.broker_addr : key \in Live(s)}

\* What the address has said since it came, this registration included.
Heard(r) ==
  LET goesOn == Stands(ns, r) /\ KeyOf(r) \in Live(ns) /\ r.broker_addr \in DOMAIN history
      before == IF goesOn THEN history[r.broker_addr] ELSE << >>
  IN r.body.topic_config_table @@ before

HistoryNext ==
  /\ Next
  /\ LET stay == [a \in DOMAIN history \cap LiveAddrs(ns') |-> history[a]]
     IN history' = IF last'.kind = "register" /\ last'.code = "SUCCESS"
                   THEN (last'.what.broker_addr :> Heard(last'.what)) @@ stay ELSE stay

HistorySpec == Init /\ history = << >> /\ [][HistoryNext]_historyVars

-----------------------------------------------------------------------------

Held(n) == {t \in DOMAIN ns.topicQueueTable : n \in DOMAIN ns.topicQueueTable[t]}

\* The tables hold of a master the topics that it has spoken of during its stay, each as the last registration said that named it.
\* Without same_version_puts_topics it is false after three registrations: {t1, t2} with version 1, {t1} with version 2, and {t2}
\* with version 2 again, which is not put, then or later. What holds then is only that each is as the last one said that was news
\* of it: with another version than the one before it, or the first to name it.
SaidIsHeld ==
  \A n \in Names(ns) : \A a \in Holder(ns, n, MASTER_ID) \cap LiveAddrs(ns) :
    /\ Held(n) = DOMAIN history[a]
    /\ \A t \in Held(n) : ns.topicQueueTable[t][n] = history[a][t]

\* Where a master is told "unchanged", its name holds what it said with that version.
VersionCoherence ==
  \A a \in DOMAIN history, p \in {q \in Place : q.broker_id = MASTER_ID}, v \in Version :
    SaysUnchanged(ns, Question(a, p, v)) =>
      \A t \in DOMAIN history[a] : history[a][t] = ConfigOf(v) =>
        t \in Held(p.broker_name) /\ ns.topicQueueTable[t][p.broker_name] = history[a][t]
=============================================================================
