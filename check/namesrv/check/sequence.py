"""A story as a sequence diagram, before anybody draws it: who takes part, and step by step what goes between them.

Both drawings, Mermaid for terminals and docs and SVG for reports, are made of this, and so of the same sentences.
"""

from enum import Enum

import attrs


class Kind(Enum):
    """What an arrow stands for."""

    REQUEST = "request"
    ANSWER = "answer"
    CLOSE = "close"


@attrs.frozen(kw_only=True)
class Arrow:
    """Something goes from one participant to another. `text`: what; `short`: the same where there is little room; `number`: that
    of the sentence which tells it."""

    source: str
    target: str
    text: str
    short: str = ""
    number: int | None = None
    kind: Kind = Kind.REQUEST


@attrs.frozen(kw_only=True)
class Note:
    """Something happens to or between participants, of which no message tells. `broken`: what is wrong from now on."""

    over: tuple[str, ...]
    text: str
    short: str = ""
    number: int | None = None
    broken: bool = False


@attrs.frozen(kw_only=True)
class Diagram:
    """`participants` from left to right: (id in Mermaid, name). Arrows and notes name them by name."""

    participants: tuple[tuple[str, str], ...]
    steps: tuple[Arrow | Note, ...]


_ARROWS = {Kind.REQUEST: "->>", Kind.ANSWER: "-->>", Kind.CLOSE: "-x"}


def mermaid(diagram: Diagram, longest: int) -> str:
    """As GitHub draws it, no text longer than `longest`."""
    ids = {name: short for short, name in diagram.participants}
    lines = ["sequenceDiagram", *(f"    participant {short} as {name}" for short, name in diagram.participants)]
    for step in diagram.steps:
        text = (step.short or step.text).replace(";", ",").replace("#", "")[:longest]
        if isinstance(step, Arrow):
            lines.append(f"    {ids[step.source]}{_ARROWS[step.kind]}{ids[step.target]}: {text}")
        else:
            lines.append(f"    Note over {','.join(ids[name] for name in step.over)}: {text}")
    return "\n".join(lines)
