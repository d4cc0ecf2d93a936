----------------------------- MODULE MCDirectory -----------------------------
(* Registration implements RouteDirectory: how what the brokers are and what the NameServers' tables hold is read as facts.   *)
(* `ever` is a history variable: it listens, and holds nobody up.                                                           *)
EXTENDS MCRegistration

VARIABLE ever

\* The facts that are true of a broker: where it stands, and its queues. Those of a master are to be shown; in 5.x those of the
\* slave with the lowest id are, for as long as there is no master.
Runs(b) == b.up /\ ~b.is_shutdown
Stand(b) == {[kind |-> "broker", cluster |-> b.cluster_name, name |-> b.broker_name, id |-> b.broker_id, addr |-> b.broker_addr]}
Queues(b) == {[kind |-> "queues", name |-> b.broker_name, topic |-> t, config |-> b.topics[t]] : t \in DOMAIN b.topics}

Offers(b) == IF ~Runs(b) THEN {} ELSE Stand(b) \union IF b.broker_id = MASTER_ID THEN Queues(b) ELSE {}
Spares(b) == IF ~Runs(b) \/ b.broker_id = MASTER_ID THEN {} ELSE Queues(b)

\* The facts that a NameServer's tables show: its routes, and the brokers in them.
Shown(s) ==
  UNION {{[kind |-> "broker", cluster |-> s.brokerAddrTable[n].cluster, name |-> n, id |-> i,
           addr |-> s.brokerAddrTable[n].broker_addrs[i]] : i \in DOMAIN s.brokerAddrTable[n].broker_addrs} : n \in Names(s)}
  \union
  UNION {{[kind |-> "queues", name |-> n, topic |-> t, config |-> s.topicQueueTable[t][n]] :
          n \in DOMAIN s.topicQueueTable[t]} : t \in DOMAIN s.topicQueueTable}

offers == [b \in Brokers |-> Offers(brokers[b])]
spares == [b \in Brokers |-> Spares(brokers[b])]
routes == [n \in NameServers |-> Shown(namesrvs[n].state)]

Directory == INSTANCE RouteDirectory

DirectoryInit == MCInit /\ ever = offers
DirectoryNext == MCNext /\ ever' = [b \in Brokers |-> ever[b] \union Offers(brokers'[b]) \union Spares(brokers'[b])]
DirectorySpec == DirectoryInit /\ [][DirectoryNext]_<<mcVars, ever>>
DirectoryFairSpec == DirectorySpec /\ Fairness

IsDirectory == Directory!Spec
IsSafeDirectory == Directory!Safe
=============================================================================
