"""One thing that is wrong in one snapshot: what an audit has to see again and again before it tells it."""

import attrs


@attrs.frozen(kw_only=True, order=True)
class Sign:
    """`kind`: of `kinds.KINDS`; `where`: the NameServers at which it shows, all of those that differ if nobody can say which is
    wrong; `broker`: the name or address that it is about; `topic`: if it is about one; `says`: the facts.
    """

    kind: str
    where: tuple[str, ...]
    broker: str
    topic: str = ""
    says: str
