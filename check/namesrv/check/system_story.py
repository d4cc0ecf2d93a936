"""A run of the system for people: what each move did, in RocketMQ's terms, line by line and as a sequence diagram."""

from collections.abc import Iterable

from namesrv.check import sequence
from namesrv.check.describe import describe_answer, describe_body, describe_request
from namesrv.check.sequence import Arrow, Diagram, Kind, Note
from namesrv.explore.administrators import ByHand
from namesrv.explore.product import Move
from namesrv.model.events import Answer, Answered, Request
from namesrv.model.system.client_part import Heard
from namesrv.model.system.link_acts import Outward, Taken

LONGEST = 100
"""Of a line in a diagram."""


def sentence(move: Move) -> str:
    """The move, with what was read, answered or sent."""
    details = list(dict.fromkeys(_details(move)))
    return move.rule + (f": {'; '.join(details)}" if details else "")


def _details(move: Move) -> Iterable[str]:
    taken = [said for said in move.said if isinstance(said, Taken)]
    if taken:
        request = taken[-1].message.request
        assert isinstance(request, Request)
        yield describe_request(request)
        for output in taken[-1].said:
            if isinstance(output, Answered):
                yield f"answered {describe_answer(output.answer)}"
        return
    for said in move.said:
        match said:
            case (_, Answer() as answer):
                yield describe_answer(answer)
            case (_, None):
                yield "no answer will come"
            case ByHand(request=by_hand):
                yield describe_request(by_hand)
            case Heard(asked=asked, route=route):
                yield f"asks for {asked}: {'TOPIC_NOT_EXIST' if route is None else describe_body(route)}"
            case Outward(sends=sends):
                for send in sends:
                    if isinstance(send.request, Request):
                        yield f"sends NameServer {send.name_server + 1} {describe_request(send.request)}"


def diagram(story: Iterable[Move], components: tuple[str, ...], broken: Iterable[str] = ()) -> Diagram:
    """Brokers and NameServers, what each move was, and the invariants that are `broken` in the end."""
    who = [name for name in components if name.startswith(("broker", "NameServer", "client"))]
    steps: list[Arrow | Note] = []
    for number, move in enumerate(story, 1):
        text = sentence(move)
        what = text.partition(": ")[2]
        concerned = tuple(name for name in who if name in move.rule)
        if " reads from " in move.rule:
            whom, sender = move.rule.split(" reads from ")
            steps.append(Arrow(source=sender, target=whom, text=what, number=number))
        elif " hears from " in move.rule:
            hearer, whom = move.rule.split(" hears from ")
            steps.append(Arrow(source=whom, target=hearer, text=what, number=number, kind=Kind.ANSWER))
        else:
            steps.append(Note(over=concerned, text=text, short=move.rule, number=number))
    if broken := sorted(broken):
        wrong = [name for name in who if name.startswith("NameServer")]
        ats = sorted({name.partition("@")[2] for name in broken} - {""})
        over = tuple(name for name in wrong if not ats or name.partition(" ")[2] in ats)
        steps.append(Note(over=over, text=f"{', '.join(broken)} broken", broken=True))
    return Diagram(participants=tuple((name.replace(" ", ""), name) for name in who), steps=tuple(steps))


def mermaid(story: Iterable[Move], components: tuple[str, ...]) -> str:
    """The diagram for terminals."""
    return sequence.mermaid(diagram(story, components), LONGEST)
