------------------------------- MODULE MCPeers -------------------------------
(* One NameServer and whoever may speak to it: peers that send any request of an alphabet at any time. Real brokers are peers  *)
(* that behave; what peers can do beyond that, a foreign or broken program can. The same in Python: namesrv.explore.peers,     *)
(* where the catalogue of anomalies (docs/anomalies.md) comes from. A .cfg chooses a profile and a theme (Themes.tla), or the   *)
(* few requests of one anomaly (MCAnomalies.tla).                                                                            *)
EXTENDS NameServerPart, Profiles, Themes

CONSTANT Theme \* [alphabet, requests, at_once, silence]

Chosen == Theme

VARIABLES
  left, \* how many requests and closed connections may still come
  part  \* the NameServer, with what the invariants remember

vars == <<left, part>>

Init == left = Chosen.requests /\ part = EmptyPart

MayCome == left > 0 /\ (Chosen.at_once = 1 => IsResting(part))

\* Nothing is read any more from a connection that is closed.
Request ==
  /\ MayCome /\ Len(part.state.tasks) < Chosen.at_once
  /\ \E sent \in Chosen.alphabet :
       /\ sent[1] \notin part.closed
       /\ LET opaque == FreeOpaque(part.state, sent[1])
          IN part' = AtOnce(PartReceives(part, sent[1], opaque, sent[2], FALSE)).part
  /\ left' = left - 1

Close ==
  /\ MayCome
  /\ \E channel \in {sent[1] : sent \in Chosen.alphabet} \ part.closed :
       /\ SpeaksFor(part.state, channel) # {}
       /\ part' = AtOnce(PartNotices(part, channel)).part
  /\ left' = left - 1

Works ==
  /\ \E x \in PartWorks(part) : part' = x.part
  /\ UNCHANGED left

Stale == {key \in Live(part.state) : ~part.state.brokerLiveTable[key].fresh}

Silence ==
  /\ Chosen.silence /\ IsResting(part)
  /\ \E key \in Live(part.state) \ Stale : part' = PartBecameStale(part, key)
  /\ UNCHANGED left

Scan ==
  /\ Chosen.silence /\ IsResting(part) /\ Stale # {} /\ ~part.state.scanStopped
  /\ \A i \in DOMAIN part.state.tasks : part.state.tasks[i].job.kind # "Scan"
  /\ part' = AtOnce(PartScans(part)).part
  /\ UNCHANGED left

Next == Request \/ Close \/ Works \/ Silence \/ Scan

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* The invariants, of a NameServer that has nothing left to do; three are of its last step.                                   *)

AtRest(holds(_, _)) == IsResting(part) => holds(part.state, part.ledger)

InvRouteSoundness == AtRest(LAMBDA s, l : RouteSoundness(s))
InvAddressUniqueness == AtRest(LAMBDA s, l : AddressUniqueness(s))
InvClusterAgreement == AtRest(LAMBDA s, l : ClusterAgreement(s))
InvQueueSoundness == AtRest(LAMBDA s, l : QueueSoundness(s))
InvAtomicRefusal == "AtomicRefusal" \notin part.broken
InvVersionMonotonicity == "VersionMonotonicity" \notin part.broken
InvAcknowledgedEffect == AtRest(AcknowledgedEffect)
InvVersionCoherence == AtRest(VersionCoherence)
InvSkipSafety == AtRest(SkipSafety)
InvLiveIsStanding == AtRest(LAMBDA s, l : LiveIsStanding(s))
InvLiveIsConnected == AtRest(LAMBDA s, l : LiveIsConnected(s))
InvNothingLeftOver == AtRest(LAMBDA s, l : NothingLeftOver(s))
InvTopicsAreSaid == AtRest(TopicsAreSaid)
InvWipedIsReadOnly == AtRest(WipedIsReadOnly)
InvHandGivesWay == "HandGivesWay" \notin part.broken
=============================================================================
