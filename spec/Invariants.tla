----------------------------- MODULE Invariants -----------------------------
(* What should never be false of the tables of a NameServer at rest: predicates of a state s, named as in                 *)
(* namesrv.model.invariants and the proofs.                                                                               *)
EXTENDS State

\* Every address that a route may show is live in that cluster.
RouteSoundness(s) ==
  \A n \in Names(s) : \A addr \in Range(s.brokerAddrTable[n].broker_addrs) :
    LiveKey(s.brokerAddrTable[n].cluster, addr) \in Live(s)

\* An address stands under one broker name and one broker id.
AddressUniqueness(s) ==
  \A n, m \in Names(s) : \A i \in DOMAIN s.brokerAddrTable[n].broker_addrs, j \in DOMAIN s.brokerAddrTable[m].broker_addrs :
    s.brokerAddrTable[n].broker_addrs[i] = s.brokerAddrTable[m].broker_addrs[j] => n = m /\ i = j

\* Cluster table and broker table name the same brokers, and no name is without an address.
ClusterAgreement(s) ==
  /\ UNION {{<<cl, n>> : n \in s.clusterAddrTable[cl]} : cl \in DOMAIN s.clusterAddrTable}
       = {<<s.brokerAddrTable[n].cluster, n>> : n \in Names(s)}
  /\ \A n \in Names(s) : DOMAIN s.brokerAddrTable[n].broker_addrs # {}

\* Queues are of brokers that are there, and no topic is without queues.
QueueSoundness(s) ==
  \A t \in DOMAIN s.topicQueueTable :
    DOMAIN s.topicQueueTable[t] # {} /\ DOMAIN s.topicQueueTable[t] \subseteq Names(s)
=============================================================================
