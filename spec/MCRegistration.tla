--------------------------- MODULE MCRegistration ---------------------------
(* Bounds for Registration: how many brokers and NameServers there are is said in the .cfg files; here, how often something   *)
(* may go wrong or change, as a budget for the whole run. Each action is Registration's, and takes from the budget if it is   *)
(* a fault or a change: so a bounded model is complete within its bounds. Scopes as in namesrv.model.system.scope.            *)
EXTENDS Registration, Profiles

CONSTANTS
  Faults,  \* how many faults, of
  Kinds,   \* these kinds
  Changes, \* how many changes of topics, of all brokers together
  Deletes, \* and deletions
  Shared   \* how many broker names the brokers share, in turn; those of one name have ids 0, 1 and so on

VARIABLE budget

mcVars == <<vars, budget>>

One == {1}
Two == {1, 2}

NameOfBroker(b) == IF (b - 1) % Shared = 0 THEN "a" ELSE "b"
Address(b) == IF b = 1 THEN "h1:10911" ELSE "h2:10911"

MCHome == [b \in Brokers |-> [cluster_name |-> "C1", broker_name |-> NameOfBroker(b), broker_addr |-> Address(b),
                              broker_id |-> (b - 1) \div Shared]]
MCElsewhere == [cluster_name |-> {"C2"}, broker_name |-> {"z"}, broker_addr |-> {"h9:10911"}]

\* Brokers of the release, and those that go with `strict`.
MCBroker497 == Of!Broker497
MCBroker550 == Of!Broker550

MCInit == Init /\ budget = [faults |-> Faults, changes |-> Changes, deletes |-> Deletes]

Spends(what) == budget[what] > 0 /\ budget' = [budget EXCEPT ![what] = @ - 1]
MayFail(kind) == kind \in Kinds /\ Spends("faults")
Free == UNCHANGED budget

MCStarts == \E b \in Brokers : Starts(b) /\ Free
MCRegistersByTimer == \E b \in Brokers : RegistersByTimer(b) /\ Free
MCStopsTimers == \E b \in Brokers : StopsTimers(b) /\ Free
MCChangesTopic == Spends("changes") /\ \E b \in Brokers : ChangesTopic(b)
MCDeletesTopic == Spends("deletes") /\ \E b \in Brokers : DeletesTopic(b)
MCShutsDown == MayFail("crash") /\ \E b \in Brokers : ShutsDown(b)
MCStartsWithoutVersions == MayFail("crash") /\ \E b \in Brokers : StartsWithoutVersions(b)
MCStartsElsewhere == MayFail("move") /\ \E b \in Brokers : StartsElsewhere(b)
MCChangesRole == MayFail("role") /\ \E b \in Brokers : ChangesRole(b)
MCWaitsNoLonger == MayFail("timeout") /\ \E b \in Brokers : WaitsNoLonger(b)
MCCrashes == MayFail("crash") /\ \E b \in Brokers : Crashes(b)
MCVanishes == MayFail("vanish") /\ \E b \in Brokers : Vanishes(b)
MCHearsFrom == \E b \in Brokers, n \in NameServers : HearsFrom(b, n) /\ Free
MCReadsFrom == \E b \in Brokers, n \in NameServers : ReadsFrom(n, b) /\ Free
MCConnectsTo == \E b \in Brokers, n \in NameServers : ConnectsTo(b, n) /\ Free
MCBrokerNotices == \E b \in Brokers, n \in NameServers : BrokerNotices(b, n) /\ Free
MCNameServerNotices == \E b \in Brokers, n \in NameServers : NameServerNotices(n, b) /\ Free
MCHasNotHeardFrom == \E b \in Brokers, n \in NameServers : HasNotHeardFrom(n, b) /\ Free
MCHearsTooLateFrom == MayFail("late") /\ \E b \in Brokers, n \in NameServers : HearsTooLateFrom(n, b)
MCBreaks == MayFail("break") /\ \E b \in Brokers, n \in NameServers : Breaks(b, n)
MCIsCut == MayFail("cut") /\ \E b \in Brokers, n \in NameServers : IsCut(b, n)
MCHasHeardNothing == \E n \in NameServers : HasHeardNothing(n) /\ Free
MCWorks == \E n \in NameServers : Works(n) /\ Free
MCScans == \E n \in NameServers : Scans(n) /\ Free
MCStartsAgain == MayFail("restart") /\ \E n \in NameServers : StartsAgain(n)

MCNext ==
  \/ MCStarts \/ MCRegistersByTimer \/ MCStopsTimers \/ MCChangesTopic \/ MCDeletesTopic \/ MCShutsDown
  \/ MCStartsWithoutVersions \/ MCStartsElsewhere \/ MCChangesRole \/ MCWaitsNoLonger \/ MCCrashes \/ MCVanishes
  \/ MCHearsFrom \/ MCReadsFrom \/ MCConnectsTo \/ MCBrokerNotices \/ MCNameServerNotices \/ MCHasNotHeardFrom
  \/ MCHearsTooLateFrom \/ MCBreaks \/ MCIsCut \/ MCHasHeardNothing \/ MCWorks \/ MCScans \/ MCStartsAgain

MCSpec == MCInit /\ [][MCNext]_mcVars
MCFairSpec == MCSpec /\ Fairness

\* A bounded run is a run of Registration, whatever it spends.
IsRegistration == Spec

=============================================================================
