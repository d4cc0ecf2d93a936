------------------------------- MODULE Broker -------------------------------
(* How a broker registers, from its start to its shutdown. A broker is a record b; what happens to it gives                  *)
(*                                                                                                                          *)
(*   x = [b, sends, gives_up, connects]                                                                                     *)
(*                                                                                                                          *)
(* the broker after it, the requests that leave (a sequence of [name_server, request, tag]), the calls that it waits for no  *)
(* longer, and whether it connects to its NameServers first.                                                                *)
(*                                                                                                                          *)
(* A broker has one lock for all its registrations; whoever wants to register while another is under way waits (`jobs`),     *)
(* first come first served, which is one of the orders that Java may take. Whoever holds it may first ask all NameServers    *)
(* whether it is needed, and then registers with all of them at once; it waits for all answers, but no longer than a timeout *)
(* of its own. Time is taken out: a timer fires, and waiting ends, whenever the system says so; the clock is the count of    *)
(* the broker's changes. Source: BrokerController.start and after, BrokerOuterAPI, 4.9.7 and 5.5.0. The same in Python:      *)
(* namesrv.model.broker, .broker_calls, .need_register and .system.broker_part; what they have beyond this, README.md says.  *)
(*                                                                                                                          *)
(*   b = [cluster_name, broker_name, broker_addr, home_id  the settings; home_id is the broker id that it starts with        *)
(*        up                     whether its process runs; if not, all that follows is as at a start, but for                *)
(*        topics, data_version   topic -> [queue_nums, perm], and their version: kept when the process ends                  *)
(*        broker_id              the present one                                                                            *)
(*        available              the NameServers that it has a connection to, as it knows                                   *)
(*        timer                  whether the periodic registration is scheduled                                             *)
(*        is_shutdown            it has been told to stop                                                                   *)
(*        is_unregistered        and has told every NameServer                                                              *)
(*        jobs                   registrations that wait for the lock                                                       *)
(*        under_way              the one that holds it: << >> or <<u>>                                                      *)
(*        leaving                << >> or <<[name_server, asked]>>: NameServers are told one after the other                *)
(*        master_addr]           where a slave copies from, as it was told; "absent" if not                                 *)
(*                                                                                                                          *)
(*   job = [kind |-> "all", oneway, force, from_timer, starts] or [kind |-> "increment", topics]                            *)
(*         force: without asking first; from_timer: the timer's thread waits for it; starts: the timer is scheduled when it  *)
(*         is over                                                                                                          *)
(*   u = [job, phase, asked, needed, topics, waiting, results]                                                              *)
(*         phase: "asking" (about the version `asked`; `needed`: one answer so far makes it register) or "registering"       *)
(*         topics: << >> for the table as it is when the registration leaves, or <<the table as it was when this began>>     *)
(*         waiting: the NameServers whose answer is waited for; results: what the answers that came said of the master       *)
EXTENDS Network, FiniteSets, TLC

CONSTANTS
  NameServers,   \* the NameServers, numbered from 1 in the order of every broker's list
  ForceRegister, \* forceRegister: brokers register without asking first
  B              \* the brokers' profile: a record like these

Release == B

\* What a release's broker does, as data; fields as in namesrv.model.broker_profiles, where each has its source.
\*   only_available         registers with those that it has a connection to: NettyRemotingClient.getAvailableNameSrvList, 5.5.0
\*   table_at_send          a registration holds the table that is there when it leaves, not the one before the question: 4.9.7
\*   role_change_is_forced  BrokerController.changeToSlave, 4.9.7; as configured: DLedgerRoleChangeHandler, 5.5.0
\*   acting_master          says enableActingMaster with every registration, here always false: 5.x
\*   unregisters_first      unregisters before it stops the timers; then registrations are suppressed, and questions go on: 5.5.0.
\*                          4.9.7 stops the timers, waits for a periodic registration under way, unregisters
Broker497 == [only_available |-> FALSE, table_at_send |-> TRUE, role_change_is_forced |-> TRUE, acting_master |-> FALSE,
              unregisters_first |-> FALSE]
Broker550 == [only_available |-> TRUE, table_at_send |-> FALSE, role_change_is_forced |-> FALSE, acting_master |-> TRUE,
              unregisters_first |-> TRUE]

\* A broker that is down, and will start with these topics and this version.
Down(cluster, name, addr, id, topics, version) == [
  cluster_name    |-> cluster,
  broker_name     |-> name,
  broker_addr     |-> addr,
  home_id         |-> id,
  up              |-> FALSE,
  topics          |-> topics,
  data_version    |-> version,
  broker_id       |-> id,
  available       |-> {},
  timer           |-> FALSE,
  is_shutdown     |-> FALSE,
  is_unregistered |-> FALSE,
  jobs            |-> << >>,
  under_way       |-> << >>,
  leaving         |-> << >>,
  master_addr     |-> "absent"]

\* The process has ended; topics and version are stored.
Stopped(b) == Down(b.cluster_name, b.broker_name, b.broker_addr, b.home_id, b.topics, b.data_version)

FirstVersion == [state_version |-> 0, counter |-> 0, timestamp |-> 1]

\* The version after a change. Source: DataVersion.nextVersion.
NextVersion(v) == [v EXCEPT !.counter = @ + 1, !.timestamp = @ + 1]

\* Of a broker that has lost its versions: it counts anew, but later.
CountedAnew(v) == [FirstVersion EXCEPT !.timestamp = v.timestamp + 1]

-----------------------------------------------------------------------------
(* Requests.                                                                                                                *)

Place(b) == [cluster_name |-> b.cluster_name, broker_addr |-> b.broker_addr,
             broker_name |-> b.broker_name, broker_id |-> b.broker_id]

RegisterBrokerRequest(b, topics) ==
  Place(b) @@ [
    kind                 |-> "RegisterBroker",
    ha_server_addr       |-> "absent",
    enable_acting_master |-> IF Release.acting_master THEN "false" ELSE "absent",
    full_body            |-> "absent",
    body                 |-> [topic_config_table           |-> topics,
                              data_version                 |-> b.data_version,
                              topic_queue_mapping_info_map |-> << >>,
                              filter_server_list           |-> << >>]]

UnregisterBrokerRequest(b) == Place(b) @@ [kind |-> "UnregisterBroker"]
QueryDataVersionRequest(b) == Place(b) @@ [kind |-> "QueryDataVersion", data_version |-> b.data_version]

\* What an unregistration is known by; a question or a registration by the NameServer's number.
LEAVING == 100

\* A request to each of S, in the NameServers' order.
RECURSIVE SendTo(_, _, _, _)
SendTo(x, S, request, oneway) ==
  IF S = {} THEN x
  ELSE LET first == CHOOSE ns \in S : \A other \in S : ns <= other
           tag == IF oneway THEN NOBODY ELSE IF request.kind = "UnregisterBroker" THEN LEAVING + first ELSE first
           send == [name_server |-> first, request |-> request, tag |-> tag]
       IN SendTo([x EXCEPT !.sends = Append(@, send)], S \ {first}, request, oneway)

-----------------------------------------------------------------------------
(* A job gets the lock, and gives it up.                                                                                    *)

All(force, oneway, fromTimer, starts) ==
  [kind |-> "all", oneway |-> oneway, force |-> force, from_timer |-> fromTimer, starts |-> starts]
Increment(topics) == [kind |-> "increment", topics |-> topics]

Wants(b, job) == [b EXCEPT !.jobs = Append(@, job)]

\* The lock is free again. After a broker's first registration its timer is scheduled. Source: BrokerController.start.
GiveUpLock(x, job) ==
  [x EXCEPT !.b.under_way = << >>,
            !.b.timer = @ \/ (job.kind = "all" /\ job.starts /\ ~x.b.is_shutdown)]

\* The registration leaves, to all at once, with the version of now. Source: BrokerOuterAPI.registerBrokerAll.
Register(x, job, topics) ==
  LET b == x.b
      oneway == job.kind = "all" /\ job.oneway
      to == IF Release.only_available THEN b.available ELSE NameServers
      u == [job |-> job, phase |-> "registering", asked |-> FirstVersion, needed |-> FALSE, topics |-> topics,
            waiting |-> IF oneway THEN {} ELSE to, results |-> << >>]
      request == RegisterBrokerRequest(b, IF topics = << >> THEN b.topics ELSE topics[1])
  IN IF b.is_shutdown /\ Release.unregisters_first THEN GiveUpLock(x, job)
     ELSE SendTo([x EXCEPT !.b.under_way = <<u>>], to, request, oneway)

\* Every NameServer is asked, also those that there is no connection to: a call that fails makes the broker register.
\* Source: BrokerOuterAPI.needRegister.
Ask(x, job, topics) ==
  LET u == [job |-> job, phase |-> "asking", asked |-> x.b.data_version, needed |-> FALSE, topics |-> topics,
            waiting |-> NameServers, results |-> << >>]
  IN SendTo([x EXCEPT !.b.under_way = <<u>>], NameServers, QueryDataVersionRequest(x.b), FALSE)

Begin(x, job) ==
  LET topics == IF job.kind = "increment" THEN <<job.topics>> ELSE IF Release.table_at_send THEN << >> ELSE <<x.b.topics>>
  IN IF job.kind = "all" /\ ~job.force THEN Ask(x, job, topics) ELSE Register(x, job, topics)

\* The first NameServer that registered the broker is believed, whatever the others say.
\* Source: BrokerController.handleRegisterBrokerResult.
Believed(x, u) == IF u.results = << >> THEN x ELSE [x EXCEPT !.b.master_addr = u.results[1]]

-----------------------------------------------------------------------------
(* What follows by itself: waiting that is over, jobs that get the lock, unregistration, the end.                            *)

FinishIfOver(x) ==
  IF x.b.under_way = << >> \/ x.b.under_way[1].waiting # {} THEN x
  ELSE LET u == x.b.under_way[1]
       IN IF u.phase = "asking" THEN IF u.needed THEN Register(x, u.job, u.topics) ELSE GiveUpLock(x, u.job)
          ELSE GiveUpLock(Believed(x, u), u.job)

TakeLock(x) ==
  IF x.b.under_way # << >> \/ x.b.jobs = << >> THEN x
  ELSE Begin([x EXCEPT !.b.jobs = Tail(@)], Head(x.b.jobs))

\* Whether the timer's thread is busy with a registration, its own or one that it waits for.
TimerIsBusy(b) ==
  LET is(job) == job.kind = "all" /\ job.from_timer
  IN (b.under_way # << >> /\ is(b.under_way[1].job)) \/ \E i \in DOMAIN b.jobs : is(b.jobs[i])

\* One NameServer after the other, each when the one before has answered or failed. Source: BrokerOuterAPI.unregisterBrokerAll.
UnregisterNext(x) ==
  IF x.b.leaving = << >> \/ x.b.leaving[1].asked THEN x
  ELSE LET ns == x.b.leaving[1].name_server
       IN IF ns \notin NameServers THEN [x EXCEPT !.b.leaving = << >>, !.b.is_unregistered = TRUE]
          ELSE SendTo([x EXCEPT !.b.leaving[1].asked = TRUE], {ns}, UnregisterBrokerRequest(x.b), FALSE)

\* patient: 4.9.7 waits for the timer's thread, but not for ever, before it unregisters.
RECURSIVE Run(_, _)
Run(x, patient) ==
  LET went == TakeLock(FinishIfOver(x))
      after == IF patient /\ TimerIsBusy(went.b) THEN went ELSE UnregisterNext(went)
  IN IF after = x THEN x ELSE Run(after, patient)

\* Connections go when the broker has unregistered and its timers have stopped.
Ended(x) == IF x.b.is_unregistered /\ ~x.b.timer THEN [x EXCEPT !.b = Stopped(@)] ELSE x

Says(b) == [b |-> b, sends |-> << >>, gives_up |-> {}, connects |-> FALSE]

Happened(b) == Ended(Run(Says(b), FALSE))

-----------------------------------------------------------------------------
(* What happens to a broker.                                                                                                *)

\* The process starts, with connections to all NameServers, and registers.
Started(b) ==
  LET up == [b EXCEPT !.up = TRUE, !.broker_id = b.home_id, !.available = NameServers]
  IN [Happened(Wants(up, All(TRUE, FALSE, FALSE, TRUE))) EXCEPT !.connects = TRUE]

\* The timer fires, if its thread is free. Source: BrokerController.start.
TimerMayFire(b) == b.up /\ b.timer /\ b.under_way = << >> /\ b.jobs = << >>
TimerFired(b) == Happened(Wants(b, All(ForceRegister, FALSE, TRUE, FALSE)))

\* What is under way is waited for no longer.
MayGiveUp(b) == b.up /\ b.under_way # << >>
GaveUp(b) == [Happened([b EXCEPT !.under_way[1].waiting = {}]) EXCEPT !.gives_up = b.under_way[1].waiting]

MayBeTold(b) == b.up /\ ~b.is_shutdown

\* An administrator changes a topic, or creates it: only that topic is told. Source: AdminBrokerProcessor.updateAndCreateTopic.
TopicChanged(b, topic, config) ==
  LET changed == [b EXCEPT !.topics = (topic :> config) @@ @, !.data_version = NextVersion(@)]
  IN Happened(Wants(changed, Increment(topic :> config)))

\* An administrator deletes a topic; no NameServer is told. Source: AdminBrokerProcessor.deleteTopic.
TopicDeleted(b, topic) ==
  Happened([b EXCEPT !.topics = [t \in DOMAIN @ \ {topic} |-> @[t]], !.data_version = NextVersion(@)])

\* The broker gets another id: 0 makes it a master. Source: BrokerController.changeToSlave, .changeToMaster, 4.9.7.
RoleChanged(b) ==
  LET changed == [b EXCEPT !.broker_id = IF b.broker_id = 0 THEN 1 ELSE 0, !.master_addr = "absent"]
  IN Happened(Wants(changed, All(Release.role_change_is_forced \/ ForceRegister, TRUE, FALSE, FALSE)))

\* The broker is told to stop: it unregisters. Source: BrokerController.shutdown.
ToldToStop(b) ==
  LET stopping == [b EXCEPT !.is_shutdown = TRUE, !.leaving = <<[name_server |-> 1, asked |-> FALSE]>>,
                            !.timer = @ /\ Release.unregisters_first]
  IN Ended(Run(Says(stopping), ~Release.unregisters_first))

\* 5.x: the shutdown has come as far as stopping the timers; until then they go on.
MayStopTimers(b) == b.up /\ b.is_shutdown /\ b.timer
TimersStopped(b) == Happened([b EXCEPT !.timer = FALSE])

\* Whether one NameServer's answer to the question makes the broker register: no answer does, one with another version does,
\* and one that says so. Source: BrokerOuterAPI.needRegister.
NeedsRegister(answer, asked) ==
  IF answer = << >> THEN TRUE
  ELSE IF answer[1].code # "SUCCESS" THEN FALSE
  ELSE answer[1].changed \/ answer[1].data_version \notin {<< >>, <<asked>>}

\* An answer is read, or (none) a call has failed. One that nobody waits for any more changes nothing.
CallEnded(b, tag, answer) ==
  IF ~b.up THEN Says(b)
  ELSE IF b.leaving # << >> /\ b.leaving[1].asked /\ tag = LEAVING + b.leaving[1].name_server
  THEN Happened([b EXCEPT !.leaving[1].name_server = @ + 1, !.leaving[1].asked = FALSE])
  ELSE IF b.under_way = << >> \/ tag \notin b.under_way[1].waiting THEN Happened(b)
  ELSE LET u == b.under_way[1]
           heard == [u EXCEPT !.waiting = @ \ {tag}]
           after == IF u.phase = "asking" THEN [heard EXCEPT !.needed = @ \/ NeedsRegister(answer, u.asked)]
                    ELSE IF answer # << >> /\ answer[1].code = "SUCCESS"
                    THEN [heard EXCEPT !.results = Append(@, answer[1].masterAddr)]
                    ELSE heard
       IN Happened([b EXCEPT !.under_way = <<after>>])

\* The broker has a connection to that NameServer, or has lost it. Source: NettyRemotingClient.scanAvailableNameSrv, 5.x.
ConnectionChanged(b, ns, isThere) ==
  IF ~b.up THEN Says(b) ELSE Happened([b EXCEPT !.available = IF isThere THEN @ \union {ns} ELSE @ \ {ns}])
=============================================================================
