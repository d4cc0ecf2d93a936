-------------------------- MODULE NameServerHistory --------------------------
(* NameServer with a memory: what each live address has said about topics since it came to where it stands. It tells whether *)
(* the tables hold what was accepted. The memory is a history variable: it listens to `last` and holds nobody up.            *)
EXTENDS NameServer

VARIABLE history \* Addr -> Topic -> [said, brought : Version], both partial

historyView == <<view, history>>
historyVars == <<vars, history>>

\* said: the version with which the address last spoke of the topic. brought: the last one that was news, being another than the
\* version before it, or the first to name the topic.
Heard(r) ==
  LET first == IsFirst(Now, r)
      before == IF first \/ r.addr \notin DOMAIN history THEN << >> ELSE history[r.addr]
      news(t) == first \/ brokerLiveTable[r.addr].version # r.version \/ t \notin DOMAIN before
  IN [t \in r.topics |-> [said |-> r.version, brought |-> IF news(t) THEN r.version ELSE before[t].brought]] @@ before

HistoryNext ==
  /\ Next
  /\ LET stay == [a \in DOMAIN history \cap DOMAIN brokerLiveTable' |-> history[a]]
     IN history' = IF last'.kind = "register" /\ last'.code = "SUCCESS"
                   THEN (last'.what.addr :> Heard(last'.what)) @@ stay ELSE stay

HistorySpec == Init /\ history = << >> /\ [][HistoryNext]_historyVars

-----------------------------------------------------------------------------

Masters == {a \in DOMAIN brokerLiveTable : \E n \in DOMAIN brokerAddrTable :
              MasterId \in DOMAIN brokerAddrTable[n].addrs /\ brokerAddrTable[n].addrs[MasterId] = a}
NameOf(a) == CHOOSE n \in DOMAIN brokerAddrTable :
               MasterId \in DOMAIN brokerAddrTable[n].addrs /\ brokerAddrTable[n].addrs[MasterId] = a
Held(n) == {t \in DOMAIN topicQueueTable : n \in DOMAIN topicQueueTable[t]}

\* What `strict` promises of version coherence: the tables hold of a master those topics that it has spoken of during its stay, each
\* as the last registration said that brought news of it.
AcceptedIsHeld ==
  \A a \in Masters : /\ Held(NameOf(a)) = DOMAIN history[a]
                     /\ \A t \in Held(NameOf(a)) : topicQueueTable[t][NameOf(a)] = history[a][t].brought

\* What it should be, and is not: each as the last registration said. Two registrations with one version, the second about a
\* topic that is known and has changed, are enough: that one is not put, then or later.
SaidIsHeld ==
  \A a \in Masters : \A t \in Held(NameOf(a)) : topicQueueTable[t][NameOf(a)] = history[a][t].said
=============================================================================
