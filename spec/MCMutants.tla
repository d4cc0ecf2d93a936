------------------------------ MODULE MCMutants ------------------------------
(* For each invariant a change of `strict` that breaks it: or the invariant might be one that nothing can break. The .cfg      *)
(* files in mutants/ leave out a repair (Repairs.tla), or put a definition of this module in the place of another.            *)
EXTENDS MCPeers, Repairs

\* Definitions that are put in the place of others.
StaysInCluster(s, cluster, name) == s
LeavesTopics(s, name, mappings) == s
AnybodyUnregisters(s, r, ch) == TRUE
CloseNobody(c) == {Ended(c.state, <<<<"channel_destroy", "close-of-nobody">>>>)}
LeaveIdsWithTopics(s, name, ids, cluster, mappings) ==
  LET rest == Without(s.brokerAddrTable[name].broker_addrs, ids)
      gone == [s EXCEPT !.brokerAddrTable = Without(@, {name})]
      stays == [s EXCEPT !.brokerAddrTable[name].broker_addrs = rest]
  IN RemoveTopics(IF DOMAIN rest = {} THEN RemoveNameFromCluster(gone, cluster, name) ELSE stays, name, mappings)

-----------------------------------------------------------------------------
(* A few requests for each.                                                                                                 *)

Few(alphabet, requests) == [alphabet |-> alphabet, requests |-> requests, at_once |-> 1, silence |-> FALSE]

Mapping == [bname |-> "a", epoch |-> 0]
Others == [t1 |-> Config(4), t3 |-> Config(4)]

Closing == Few({<<One, Registration(H1, A0, Both, V1)>>}, 2)
Moving == Few({<<One, Registration(H1, A0, Both, V1)>>, <<One, Registration(H1, B0, Both, V1)>>}, 2)
Leaving == Few({<<One, Registration(H1, A0, Both, V1)>>, <<One, Unregistration(H1, A0)>>}, 2)
TopicFirst == Few({<<One, Registration(H1, A0, [t1 |-> Config(4)], V1)>>}, 1)
Late == Few({<<One, Registration(H1, A0, Both, V2)>>, <<Two, Registration(H1, A0, Both, V1)>>}, 2)
Unregistered == Few({<<One, Registration(H1, A0, Both, V1)>>, <<Two, Unregistration(H1, A0)>>}, 2)
SameVersion == Few({<<One, Registration(H1, A0, Both, V1)>>, <<One, Registration(H1, A0, Changed, V1)>>}, 2)
Slave == Few({<<One, Registration(H1, A0, Both, V1)>>, <<Two, Registration(H2, A1, Both, V1)>>,
              <<Two, Unregistration(H2, A1)>>}, 3)
Displacing == Few({<<One, Registration(H1, A0, Both, V1)>>, <<Two, Registration(H2, A0, Others, V1)>>}, 2)
Mapped == Few({<<One, [Registration(H1, A0, Both, V1) EXCEPT !.body.topic_queue_mapping_info_map = [t1 |-> Mapping]]>>,
               <<One, Unregistration(H1, A0)>>}, 2)
Wiped == Few({<<One, Registration(H1, A0, Both, V1)>>, <<One, Registration(H1, A0, Changed, V2)>>,
              <<Two, [kind |-> "WipeWritePermOfBroker", broker_name |-> "a"]>>}, 3)
PutOver == Few({<<One, Registration(H1, A0, Both, V1)>>, <<Two, PutByHand("t1", <<<<"a", Config(8)>>>>)>>}, 3)
=============================================================================
