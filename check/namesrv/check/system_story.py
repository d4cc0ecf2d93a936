"""A run of the system for people: what each move did, in RocketMQ's terms, line by line and as a sequence diagram."""

from collections.abc import Iterable

from namesrv.check.describe import describe_answer, describe_body, describe_request
from namesrv.explore.product import Move
from namesrv.model.events import Answer, Answered, Request
from namesrv.model.system.acts import Outward, Taken
from namesrv.model.system.client_part import Heard

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
            case Heard(asked=asked, route=route):
                yield f"asks for {asked}: {'TOPIC_NOT_EXIST' if route is None else describe_body(route)}"
            case Outward(sends=sends):
                for send in sends:
                    if isinstance(send.request, Request):
                        yield f"sends NameServer {send.name_server + 1} {describe_request(send.request)}"


def mermaid(story: Iterable[Move], components: tuple[str, ...]) -> str:
    """A sequence diagram: brokers and NameServers, and what each move was."""
    who = [name for name in components if name.startswith(("broker", "NameServer", "client"))]
    lines = ["sequenceDiagram", *(f"    participant {_id(name)} as {name}" for name in who)]
    for move in story:
        concerned = sorted({name for name in who if name in move.rule}, key=who.index)
        text = sentence(move).replace(";", ",").replace("#", "")[:LONGEST]
        if " reads from " in move.rule:
            whom, sender = move.rule.split(" reads from ")
            lines.append(f"    {_id(sender)}->>{_id(whom)}: {text.partition(': ')[2]}")
        elif " hears from " in move.rule:
            hearer, whom = move.rule.split(" hears from ")
            lines.append(f"    {_id(whom)}-->>{_id(hearer)}: {text.partition(': ')[2]}")
        else:
            lines.append(f"    Note over {','.join(_id(name) for name in concerned)}: {move.rule}")
    return "\n".join(lines)


def _id(name: str) -> str:
    return name.replace(" ", "")
