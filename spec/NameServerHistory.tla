-------------------------- MODULE NameServerHistory --------------------------
(* NameServer with a memory: what each live address has said about topics since it came to where it stands. It tells whether *)
(* the tables hold what was accepted. The memory is a history variable: it listens to `last` and holds nobody up.            *)
EXTENDS OldNameServer

VARIABLE history \* Addr -> Topic -> Version, both partial: the version with which the address last spoke of the topic

historyView == <<view, history>>
historyVars == <<vars, history>>

\* What the address has said since it came, this registration included.
Heard(r) ==
  LET before == IF IsFirst(Now, r) \/ r.addr \notin DOMAIN history THEN << >> ELSE history[r.addr]
  IN [t \in r.topics |-> r.version] @@ before

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

\* The tables hold of a master the topics that it has spoken of during its stay, each as the last registration said that named it.
\* Without same-version-puts-topics it is false after three registrations: {t1, t2} with version 1, {t1} with version 2, and {t2}
\* with version 2 again, which is not put, then or later. What holds then is only that each is as the last one said that was news
\* of it: with another version than the one before it, or the first to name it.
SaidIsHeld ==
  \A a \in Masters : /\ Held(NameOf(a)) = DOMAIN history[a]
                     /\ \A t \in Held(NameOf(a)) : topicQueueTable[t][NameOf(a)] = history[a][t]

\* Where a master is told "unchanged", its name holds what it said with that version.
VersionCoherence ==
  \A a \in DOMAIN brokerLiveTable, c \in Cluster, n \in Name, v \in Version :
    SaysUnchanged(a, [cluster |-> c, name |-> n, id |-> MasterId], v) =>
      \A t \in DOMAIN history[a] : history[a][t] = v =>
        t \in DOMAIN topicQueueTable /\ n \in DOMAIN topicQueueTable[t] /\ topicQueueTable[t][n] = v
=============================================================================
