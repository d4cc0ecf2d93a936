--------------------------- MODULE RouteDirectory ---------------------------
(* What registration is for. A client asks a NameServer where a topic is; the answer is made of facts: this broker stands     *)
(* there, that name has so many queues of the topic. This directory has no connections, requests or versions in it. It says   *)
(* what those are to bring about: no NameServer shows a fact that was never true of a broker; what it shows anew it has from  *)
(* one broker; and when brokers stop changing, it comes to show what is true of them now.                                    *)
(*                                                                                                                          *)
(* Facts are [kind |-> "broker", cluster, name, id, addr] and [kind |-> "queues", name, topic, config].                      *)
(*                                                                                                                          *)
(* That a NameServer may show facts that are true no longer, or go back to them, is the price of being told by those who may  *)
(* be late or gone. And queues of a name may be shown for longer than there is a master: clients still read from its slaves.  *)
CONSTANTS Brokers, NameServers

VARIABLES
  offers, \* for each broker the facts that are true of it now, and to be shown: none if it is not there
  spares, \* and those that may be shown or not: a slave's queues, which stand in for its master's
  ever,   \* for each broker all that were ever true of it
  routes  \* for each NameServer the facts that it shows

directory == <<offers, spares, ever, routes>>

Init ==
  /\ offers = [b \in Brokers |-> {}]
  /\ spares = [b \in Brokers |-> {}]
  /\ ever = [b \in Brokers |-> {}]
  /\ routes = [n \in NameServers |-> {}]

\* A broker starts, stops, is configured anew, moves.
Changes(b) ==
  /\ offers' = [offers EXCEPT ![b] = offers'[b]]
  /\ spares' = [spares EXCEPT ![b] = spares'[b]]
  /\ ever' = [ever EXCEPT ![b] = @ \union offers'[b] \union spares'[b]]
  /\ UNCHANGED routes

\* A NameServer shows something new, all of it from one broker; what that contradicts it may drop.
Learns(n, b) ==
  /\ routes' = [routes EXCEPT ![n] = routes'[n]]
  /\ routes'[n] \ routes[n] \subseteq ever[b]
  /\ UNCHANGED <<offers, spares, ever>>

\* It shows less.
Forgets(n) ==
  /\ routes' = [routes EXCEPT ![n] = routes'[n]]
  /\ routes'[n] \subseteq routes[n]
  /\ UNCHANGED <<offers, spares, ever>>

Next ==
  \/ \E b \in Brokers : Changes(b)
  \/ \E n \in NameServers : Forgets(n) \/ \E b \in Brokers : Learns(n, b)

\* All that is true is shown, and nobody is shown who is not there.
Current == UNION {offers[b] : b \in Brokers}
IsCurrent(n) ==
  /\ Current \subseteq routes[n]
  /\ {fact \in routes[n] : fact.kind = "broker"} \subseteq Current

\* When brokers change no more, NameServers follow.
Follows == <>[][FALSE]_offers => \A n \in NameServers : <>[]IsCurrent(n)

Safe == Init /\ [][Next]_directory
Spec == Safe /\ Follows
=============================================================================
