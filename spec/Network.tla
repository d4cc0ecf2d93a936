------------------------------- MODULE Network -------------------------------
(* The connections between one broker and one NameServer: what is in flight, and who knows of which end. There are two at     *)
(* most, an old and a new one, in two slots. Each is ordered: what is sent first arrives first. An end is lost to its owner   *)
(* when that one closes it or notices the loss; the other end is noticed later. Of a half-open one (a machine that died, a    *)
(* cable that was cut) nothing more arrives. Operator for operator this is namesrv.model.system.link.                        *)
(*                                                                                                                          *)
(*   link       [slots: << >> or <<connection>>, twice, failed: sequence of tags]                                           *)
(*              failed: calls of the broker that will get no answer, and it does not know yet                               *)
(*   connection [at_broker, at_namesrv, is_broken, is_half_open, is_remembered, requests, awaiting, answers]                *)
(*              at_broker, at_namesrv: whether that end is open, as its owner knows                                         *)
(*              is_broken: nothing gets through, and whoever still has an open end will notice; is_half_open: nor does what *)
(*              was on its way                                                                                              *)
(*              is_remembered: the NameServer may still have something to do for it                                         *)
(*              requests: sequence of [request, tag, oneway]                                                                *)
(*              awaiting: sequence of <<opaque, tag>>, requests that the NameServer has                                     *)
(*              answers: sequence of <<tag, answer>>                                                                        *)
(*   tag        the broker's call that a request belongs to, NOBODY if it waits for no answer                               *)
EXTENDS Integers, Sequences

SLOTS == 1..2
NOBODY == -1 \* in place of a tag: nobody waits for the answer
LOST == -1   \* in place of an opaque: the NameServer does not have the request, and never will

NewConnection == [
  at_broker     |-> TRUE,
  at_namesrv    |-> TRUE,
  is_broken     |-> FALSE,
  is_half_open  |-> FALSE,
  is_remembered |-> TRUE,
  requests      |-> << >>,
  awaiting      |-> << >>,
  answers       |-> << >>]

NewLink == [slots |-> << << >>, << >> >>, failed |-> << >>]

-----------------------------------------------------------------------------

There(link, slot) == link.slots[slot] # << >>
At(link, slot) == link.slots[slot][1]
Put(link, slot, c) == [link EXCEPT !.slots[slot] = <<c>>]

Works(c) == c.at_broker /\ c.at_namesrv /\ ~c.is_broken

Map(seq, of(_)) == [i \in DOMAIN seq |-> of(seq[i])]

\* What the broker sends over: the slot, as a set of one or none.
Current(link) == {slot \in SLOTS : There(link, slot) /\ At(link, slot).at_broker}
CurrentSlot(link) == CHOOSE slot \in Current(link) : TRUE

\* A connection that both ends have closed, and of which nothing is left, is no more.
Freed(link) ==
  [link EXCEPT !.slots = Map(@, LAMBDA place :
     IF place # << >> /\ ~(place[1].at_broker \/ place[1].at_namesrv \/ place[1].is_remembered) THEN << >> ELSE place)]

\* Nothing of the broker is on its way, but for what is left on a connection that it has given up.
IsIdle(link) ==
  /\ link.failed = << >>
  /\ \A slot \in Current(link) :
       LET c == At(link, slot) IN c.requests = << >> /\ c.awaiting = << >> /\ c.answers = << >>

NoTag(message) == [message EXCEPT !.tag = NOBODY]
NoTags(awaiting) ==
  LET kept == SelectSeq(awaiting, LAMBDA entry : entry[1] # LOST) IN Map(kept, LAMBDA entry : <<entry[1], NOBODY>>)
Wanted(tags) == SelectSeq(tags, LAMBDA tag : tag # NOBODY)

-----------------------------------------------------------------------------
(* The broker's end.                                                                                                        *)

\* A new connection, in the first free slot: possible if there is no other one.
MayConnect(link) == Current(link) = {} /\ \E slot \in SLOTS : ~There(link, slot)
Connected(link) == Put(link, IF There(link, 1) THEN 2 ELSE 1, NewConnection)

\* A request more is on its way. Without a connection the call fails at once; over one that is no more the request is lost.
Sent(link, request, tag) ==
  IF Current(link) = {} THEN IF tag = NOBODY THEN link ELSE [link EXCEPT !.failed = Append(@, tag)]
  ELSE LET slot == CurrentSlot(link)
           c == At(link, slot)
           message == [request |-> request, tag |-> tag, oneway |-> tag = NOBODY]
       IN IF ~Works(c) THEN IF tag = NOBODY THEN link ELSE Put(link, slot, [c EXCEPT !.awaiting = Append(@, <<LOST, tag>>)])
          ELSE Put(link, slot, [c EXCEPT !.requests = Append(@, message)])

\* The broker's process ends, or closes: nobody waits for answers. halfOpen: without a word to the NameServer.
ClosedByBroker(link, halfOpen) ==
  LET ended(c) == [c EXCEPT !.at_broker = FALSE,
                            !.is_broken = @ \/ halfOpen,
                            !.is_half_open = @ \/ halfOpen,
                            !.requests = IF halfOpen THEN << >> ELSE Map(@, NoTag),
                            !.awaiting = NoTags(@),
                            !.answers = << >>]
      closed(place) == IF place # << >> /\ place[1].at_broker THEN <<ended(place[1])>> ELSE place
  IN Freed([slots |-> Map(link.slots, closed), failed |-> << >>])

\* The broker notices that its connection is no more: the calls over it fail.
BrokerMayNotice(link) == \E slot \in Current(link) : ~Works(At(link, slot))
NoticedByBroker(link) ==
  LET slot == CurrentSlot(link)
      c == At(link, slot)
      tags == Map(c.requests, LAMBDA message : message.tag) \o Map(c.awaiting, LAMBDA entry : entry[2])
              \o Map(c.answers, LAMBDA entry : entry[1])
      ended == [c EXCEPT !.at_broker = FALSE,
                         !.requests = IF c.at_namesrv THEN Map(@, NoTag) ELSE << >>,
                         !.awaiting = NoTags(@),
                         !.answers = << >>]
      freed == Freed(Put(link, slot, ended))
  IN [freed EXCEPT !.failed = @ \o Wanted(tags)]

\* Whatever the broker may get to know next of its calls: an answer, or (none) that there will be none.
AnswersTaken(link) ==
  (IF link.failed = << >> THEN {}
   ELSE {[link |-> [link EXCEPT !.failed = Tail(@)], tag |-> Head(link.failed), answer |-> << >>]})
  \union
  {[link |-> [link EXCEPT !.slots[slot][1].answers = Tail(@)],
    tag |-> Head(At(link, slot).answers)[1], answer |-> <<Head(At(link, slot).answers)[2]>>] :
   slot \in {each \in Current(link) : At(link, each).answers # << >>}}

\* The broker has given up these calls; what comes of them means nothing to it.
NobodyWaits(link, tags) ==
  LET kept(entry) == ~(entry[1] = LOST /\ entry[2] \in tags)
      given(c) == [c EXCEPT !.requests = Map(@, LAMBDA m : IF m.tag \in tags THEN NoTag(m) ELSE m),
                            !.awaiting = Map(SelectSeq(@, kept), LAMBDA e : IF e[2] \in tags THEN <<e[1], NOBODY>> ELSE e),
                            !.answers = SelectSeq(@, LAMBDA e : e[1] \notin tags)]
  IN [slots  |-> Map(link.slots, LAMBDA place : IF place = << >> THEN place ELSE <<given(place[1])>>),
      failed |-> SelectSeq(link.failed, LAMBDA tag : tag \notin tags)]

-----------------------------------------------------------------------------
(* The NameServer's end.                                                                                                    *)

\* Each slot of which the NameServer may read a request next.
ReadableSlots(link) ==
  {slot \in SLOTS : /\ There(link, slot)
                    /\ At(link, slot).at_namesrv /\ At(link, slot).requests # << >> /\ ~At(link, slot).is_half_open}
RequestTaken(link, slot) == [link EXCEPT !.slots[slot][1].requests = Tail(@)]

\* The NameServer works on a request that wants an answer.
InWork(link, slot, opaque, tag) == [link EXCEPT !.slots[slot][1].awaiting = Append(@, <<opaque, tag>>)]

\* It has answered; the answer is lost if nobody can get it.
Answered(link, slot, opaque, answer) ==
  IF ~There(link, slot) THEN link
  ELSE LET c == At(link, slot)
           asked == SelectSeq(c.awaiting, LAMBDA entry : entry[1] = opaque)
           tag == IF asked = << >> THEN NOBODY ELSE asked[1][2]
           left == [c EXCEPT !.awaiting = SelectSeq(@, LAMBDA entry : entry[1] # opaque)]
       IN Put(link, slot, IF tag = NOBODY \/ ~c.at_broker THEN left
                          ELSE IF Works(c) THEN [left EXCEPT !.answers = Append(@, <<tag, answer>>)]
                          ELSE [left EXCEPT !.awaiting = Append(@, <<LOST, tag>>)])

\* Requests that will never be read: whoever waits for an answer is told so when the broker notices.
Told(c) == SelectSeq(c.requests, LAMBDA message : message.tag # NOBODY /\ c.at_broker)

\* Each connection of which the NameServer may notice that it is no more: what has arrived orderly is read before. A half-open
\* one too: it closes what has been silent for 120 s. Source: IdleStateHandler in NettyRemotingServer.
NamesrvMayNotice(link) ==
  {slot \in SLOTS : There(link, slot) /\ LET c == At(link, slot)
     IN c.at_namesrv /\ (c.is_broken \/ (~c.at_broker /\ c.requests = << >>))}

\* The NameServer closes a connection, or notices that it is no more; the broker will notice.
ClosedByNamesrv(link, slot) ==
  IF ~There(link, slot) THEN link
  ELSE LET c == At(link, slot) IN Put(link, slot, [c EXCEPT !.at_namesrv = FALSE, !.requests = Told(c)])

\* It has nothing left to do for a connection that it has closed. Whoever waits for an answer waits in vain.
Forgotten(link, slot) ==
  IF ~There(link, slot) THEN link
  ELSE LET c == At(link, slot)
           waiting == SelectSeq(c.awaiting, LAMBDA entry : entry[2] # NOBODY)
       IN Freed(Put(link, slot, [c EXCEPT !.is_remembered = FALSE, !.awaiting = Map(waiting, LAMBDA e : <<LOST, e[2]>>)]))

-----------------------------------------------------------------------------
(* The network.                                                                                                             *)

\* The connection breaks; both ends notice, one first. halfOpen: it is cut, and what was on its way never arrives.
MayBreak(link) == \E slot \in Current(link) : Works(At(link, slot))
Broken(link, halfOpen) ==
  LET slot == CurrentSlot(link)
      c == At(link, slot)
      unread == Map(SelectSeq(c.requests, LAMBDA m : m.tag # NOBODY), LAMBDA m : <<LOST, m.tag>>)
      lost == [c EXCEPT !.is_broken = TRUE, !.is_half_open = halfOpen]
  IN Put(link, slot, IF halfOpen THEN [lost EXCEPT !.requests = << >>, !.awaiting = @ \o unread] ELSE lost)

WorkingSlots(link) == {slot \in SLOTS : There(link, slot) /\ Works(At(link, slot))}
=============================================================================
