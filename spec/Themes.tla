------------------------------- MODULE Themes -------------------------------
(* Alphabets of requests, each of which keeps to one subject, so that it can be looked at to the end: those of            *)
(* namesrv.explore.themes, without what this specification leaves out (README.md), one of reads and one of administrators. *)
(* A theme is                                                                                                             *)
(*                                                                                                                        *)
(*   [name, alphabet, requests, at_once, silence]                                                                         *)
(*                                                                                                                        *)
(* where alphabet is a set of <<connection, request>>, requests how many come in a run, closed connections included,      *)
(* at_once how many may be in work together, and silence whether brokers may be silent and scans come.                    *)
EXTENDS Integers, TLC

One == 1
Two == 2
H1 == "h1:10911"
H2 == "h2:10911"

DataVersion(stateVersion, counter, timestamp) ==
  [state_version |-> stateVersion, counter |-> counter, timestamp |-> timestamp]

V1 == DataVersion(0, 1, 1)
V2 == DataVersion(0, 2, 2)
Later == DataVersion(0, 1, 3)    \* a broker that has lost its versions counts anew, but later
Outranks == DataVersion(1, 1, 1) \* a greater stateVersion

A0 == <<"C1", "a", 0>> \* a place: cluster name, broker name, broker id
A1 == <<"C1", "a", 1>>
A2 == <<"C1", "a", 2>>
B0 == <<"C1", "b", 0>>
ElsewhereA0 == <<"C2", "a", 0>>

\* A topic's config, told by how many queues it has.
Config(queueNums) == [queue_nums |-> queueNums, perm |-> {"read", "write"}]

Both == [t1 |-> Config(4), t2 |-> Config(4)]
Changed == [t1 |-> Config(8), t2 |-> Config(4)]

Registration(addr, place, topics, version) == [
  kind                 |-> "RegisterBroker",
  cluster_name         |-> place[1],
  broker_addr          |-> addr,
  broker_name          |-> place[2],
  broker_id            |-> place[3],
  ha_server_addr       |-> "absent",
  enable_acting_master |-> "absent",
  full_body            |-> "absent",
  body |-> [topic_config_table           |-> topics,
            data_version                 |-> version,
            topic_queue_mapping_info_map |-> << >>,
            filter_server_list           |-> << >>]]

Unregistration(addr, place) ==
  [kind |-> "UnregisterBroker", cluster_name |-> place[1], broker_addr |-> addr, broker_name |-> place[2], broker_id |-> place[3]]

Question(addr, version) == [
  kind         |-> "QueryDataVersion",
  cluster_name |-> "C1",
  broker_addr  |-> addr,
  broker_name  |-> "a",
  broker_id    |-> 0,
  data_version |-> version]

Acting(request, acting) == [request EXCEPT !.enable_acting_master = acting]
WithFilters(request, filters) == [request EXCEPT !.body.filter_server_list = filters]
WithMapping(request, bname) ==
  [request EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> [bname |-> bname, epoch |-> 0]]]

-----------------------------------------------------------------------------

\* Two addresses, each over a connection of its own, at any of four places.
Places == [
  name     |-> "places",
  alphabet |-> UNION {{<<who[1], Registration(who[2], place, Both, V1)>>, <<who[1], Unregistration(who[2], place)>>} :
                        who \in {<<One, H1>>, <<Two, H2>>}, place \in {A0, A1, B0, ElsewhereA0}},
  requests |-> 4,
  at_once  |-> 1,
  silence  |-> FALSE]

\* One place, every order of versions and bodies, and a second claimant.
Versions == [
  name     |-> "versions",
  alphabet |->
    {<<One, Registration(H1, A0, topics, version)>> :
       topics \in {Both, Changed, [t1 |-> Config(8)], << >>}, version \in {V1, V2, Later, Outranks}}
    \union {<<Two, Registration(H2, A0, topics, V1)>> : topics \in {Both, [t3 |-> Config(4)], [t1 |-> Config(4)], << >>}}
    \union {<<Two, Registration(H2, A0, Both, Outranks)>>, <<Two, Registration(H2, A1, Both, V1)>>,
            <<Two, Registration(H1, A0, Both, V1)>>, <<Two, Registration(H1, A0, Changed, V2)>>},
  requests |-> 4,
  at_once  |-> 1,
  silence  |-> FALSE]

\* Two addresses over two connections, either over either, with silence and scans.
Connections == [
  name     |-> "connections",
  alphabet |->
    UNION {{<<channel, Registration(who[1], who[2], Both, V1)>>, <<channel, Unregistration(who[1], who[2])>>} :
             channel \in {One, Two}, who \in {<<H1, A0>>, <<H2, B0>>}}
    \union {<<One, Registration(H1, B0, Both, V1)>>},
  requests |-> 4,
  at_once  |-> 1,
  silence  |-> TRUE]

\* A registration, its withdrawal and its connection's end, at the same time.
Races == [
  name     |-> "races",
  alphabet |-> {<<One, Registration(H1, A0, Both, V1)>>, <<One, Registration(H1, A0, Changed, V2)>>,
                <<One, Unregistration(H1, A0)>>,
                <<Two, Registration(H1, A0, Both, V1)>>, <<Two, Registration(H2, A0, Both, V1)>>,
                <<Two, Unregistration(H1, A0)>>},
  requests |-> 3,
  at_once  |-> 2,
  silence  |-> TRUE]

\* Masters and slaves of one name that may act for each other.
Groups == [
  name     |-> "groups",
  alphabet |->
    {<<who[1], Acting(Registration(who[2], who[3], Both, V1), acting)>> :
       who \in {<<One, H1, A0>>, <<Two, H2, A1>>, <<Two, H2, A0>>, <<One, H1, A2>>},
       acting \in {"absent", "true", "false"}}
    \union {<<One, Unregistration(H1, A0)>>, <<Two, Unregistration(H2, A1)>>},
  requests |-> 4,
  at_once  |-> 1,
  silence  |-> FALSE]

\* Topic-queue mappings, filter servers, signs of life.
Leftovers == [
  name     |-> "leftovers",
  alphabet |->
    LET f1 == <<"f1:1">>
        f2 == <<"f2:1">>
    IN {<<One, Registration(H1, A0, Both, V1)>>,
        <<One, WithMapping(Registration(H1, A0, Both, V2), "a")>>,
        <<One, WithFilters(Registration(H1, A0, Both, V1), f1)>>,
        <<One, WithFilters(Registration(H1, A0, [t1 |-> Config(4)], V1), f1)>>,
        <<One, WithFilters(Registration(H1, ElsewhereA0, Both, V1), f1)>>,
        <<Two, WithFilters(Registration(H2, A0, Both, V1), f2)>>,
        <<Two, WithFilters(Registration(H2, A0, Both, Outranks), f2)>>,
        <<Two, [kind |-> "BrokerHeartbeat", cluster_name |-> "C1", broker_addr |-> H1, broker_name |-> "a"]>>,
        <<Two, Question(H1, V1)>>,
        <<One, Unregistration(H1, A0)>>},
  requests |-> 4,
  at_once  |-> 1,
  silence  |-> TRUE]

\* Parts out of range, as far as they are in here: a broker id below 0.
Parts == [
  name     |-> "parts",
  alphabet |->
    UNION {{<<One, Registration(H1, place, Both, V1)>>, <<One, Unregistration(H1, place)>>} : place \in {A0, <<"C1", "a", -1>>}}
    \union {<<Two, Registration(H2, A0, Both, V1)>>, <<Two, Registration(H2, A1, Both, V1)>>, <<Two, Unregistration(H2, A0)>>},
  requests |-> 3,
  at_once  |-> 1,
  silence  |-> FALSE]

\* A place held by a newer stateVersion, claimed by who stands elsewhere; other names' mappings.
Claims == [
  name     |-> "claims",
  alphabet |-> {<<Two, Registration(H2, A0, Both, Outranks)>>,
                <<One, Registration(H1, A0, Both, V1)>>,
                <<One, WithFilters(Registration(H1, B0, Both, V1), <<"f1:1">>)>>,
                <<One, Registration(H1, <<"C2", "b", 0>>, Both, V1)>>,
                <<One, WithMapping(Registration(H1, A0, Both, V1), "b")>>},
  requests |-> 3,
  at_once  |-> 1,
  silence  |-> FALSE]

\* Members of a quorum: as leader, as follower, and under the id -1 until they have found a leader.
Quorums == [
  name     |-> "quorums",
  alphabet |->
    LET noLeader == <<"C1", "a", -1>>
        members == {<<One, H1>>, <<Two, H2>>}
        Member(addr, place, topics, version) == Acting(Registration(addr, place, topics, version), "false")
    IN {<<who[1], Member(who[2], place, Both, V1)>> : who \in members, place \in {noLeader, A0, A1}}
       \union {<<Two, Member(H2, noLeader, Changed, V2)>>, <<Two, Member(H2, noLeader, [t3 |-> Config(4)], V2)>>}
       \union {<<who[1], Unregistration(who[2], place)>> : who \in members, place \in {noLeader, A0}},
  requests |-> 3,
  at_once  |-> 1,
  silence  |-> FALSE]

\* Looks at the tables while they change, and bodies that say whether they are full.
Reads == [
  name     |-> "reads",
  alphabet |->
    {<<One, Registration(H1, A0, Both, V1)>>,
     <<One, [Registration(H1, A0, [t1 |-> Config(4)], V2) EXCEPT !.full_body = "true"]>>,
     <<One, [Registration(H1, A0, [t1 |-> Config(8)], V2) EXCEPT !.full_body = "false"]>>,
     <<One, WithFilters([Registration(H1, ElsewhereA0, Both, V1) EXCEPT !.ha_server_addr = "h1:10912"], <<"f1:1">>)>>,
     <<Two, Registration(H2, A1, Both, V1)>>,
     <<Two, Question(H1, V2)>>,
     <<Two, [kind |-> "GetBrokerClusterInfo"]>>,
     <<Two, [kind |-> "GetRouteInfoByTopic", topic |-> "t1"]>>,
     <<Two, [kind |-> "GetAllTopicList"]>>,
     <<Two, [kind |-> "UnknownRequest", code |-> 9999]>>},
  requests |-> 3,
  at_once  |-> 2,
  silence  |-> FALSE]

\* What administrators change by hand while brokers come, say it again, and go.
PutByHand(topic, queues) == [kind |-> "RegisterTopicInNamesrv", topic |-> topic, queue_datas |-> queues]
DeletedByHand(topic, cluster) == [kind |-> "DeleteTopicInNamesrv", topic |-> topic, cluster_name |-> cluster]

Hands == [
  name     |-> "hands",
  alphabet |->
    {<<One, Registration(H1, A0, Both, V1)>>,
     <<One, Registration(H1, A0, [t1 |-> Config(4)], V2)>>,
     <<One, Unregistration(H1, A0)>>,
     <<One, Registration(H2, <<"C2", "b", 0>>, Both, V1)>>,
     <<Two, [kind |-> "WipeWritePermOfBroker", broker_name |-> "a"]>>,
     <<Two, [kind |-> "AddWritePermOfBroker", broker_name |-> "a"]>>,
     <<Two, DeletedByHand("t1", "absent")>>,
     <<Two, DeletedByHand("t1", "C1")>>,
     <<Two, DeletedByHand("t2", "C2")>>,
     <<Two, PutByHand("t3", << >>)>>,
     <<Two, PutByHand("t3", <<<<"a", Config(4)>>>>)>>,
     <<Two, PutByHand("t1", <<<<"a", Config(8)>>, <<"c", Config(4)>>, <<"b", Config(8)>>>>)>>,
     <<Two, PutByHand("t3", <<<<"a", Config(8)>>, <<"c", Config(4)>>>>)>>},
  requests |-> 4,
  at_once  |-> 1,
  silence  |-> FALSE]
=============================================================================
