"""The tables as relations over uninterpreted sorts: any number of names, addresses and connections, one cluster.

A state is a set of functions; a transition relates two of them, before and after, and says of each what becomes of it.
"""

from typing import Final

import attrs
import z3

Name: Final = z3.DeclareSort("Name")
Addr: Final = z3.DeclareSort("Addr")
Channel: Final = z3.DeclareSort("Channel")


@attrs.frozen
class State:
    """`brokerAddrTable`: `holds`, `entered`; `clusterAddrTable`: `in_cluster`; `brokerLiveTable`: `live`, `channel`."""

    holds: z3.FuncDeclRef
    entered: z3.FuncDeclRef
    in_cluster: z3.FuncDeclRef
    live: z3.FuncDeclRef
    channel: z3.FuncDeclRef
    queued: z3.FuncDeclRef

    @classmethod
    def named(cls, suffix: str) -> "State":
        """Fresh functions, `suffix` behind their names."""
        boolean = z3.BoolSort()
        return cls(
            holds=z3.Function(f"holds_{suffix}", Name, z3.IntSort(), Addr, boolean),
            entered=z3.Function(f"entered_{suffix}", Name, boolean),
            in_cluster=z3.Function(f"in_cluster_{suffix}", Name, boolean),
            live=z3.Function(f"live_{suffix}", Addr, boolean),
            channel=z3.Function(f"channel_{suffix}", Addr, Channel),
            queued=z3.Function(f"queued_{suffix}", Addr, Name, boolean),
        )

    def has_address(self, name: z3.ExprRef) -> z3.BoolRef:
        """Some id of the name is held."""
        i, a = z3.Int("i_held"), z3.Const("a_held", Addr)
        return z3.Exists([i, a], self.holds(name, i, a))


@attrs.frozen
class Parameters:
    """What an event brings: name, id, address, connection, and whether the body has exactly one topic."""

    name: z3.ExprRef
    broker_id: z3.ArithRef
    addr: z3.ExprRef
    channel: z3.ExprRef
    single: z3.BoolRef

    @classmethod
    def numbered(cls, suffix: str) -> "Parameters":
        """Fresh constants."""
        return cls(
            name=z3.Const(f"name_{suffix}", Name),
            broker_id=z3.Int(f"broker_id_{suffix}"),
            addr=z3.Const(f"addr_{suffix}", Addr),
            channel=z3.Const(f"channel_of_{suffix}", Channel),
            single=z3.Bool(f"single_{suffix}"),
        )


M: Final = z3.Const("m", Name)
J: Final = z3.Int("j")
B: Final = z3.Const("b", Addr)


def holds_becomes(post: State, value: z3.BoolRef) -> z3.BoolRef:
    """`holds` after, for every (M, J, B)."""
    return z3.ForAll([M, J, B], post.holds(M, J, B) == value)


def entered_becomes(post: State, entered: z3.BoolRef, in_cluster: z3.BoolRef) -> z3.BoolRef:
    """The name tables after, for every M."""
    return z3.And(z3.ForAll([M], post.entered(M) == entered), z3.ForAll([M], post.in_cluster(M) == in_cluster))


def live_becomes(post: State, value: z3.BoolRef) -> z3.BoolRef:
    """`live` after, for every B."""
    return z3.ForAll([B], post.live(B) == value)


def queued_becomes(post: State, value: z3.BoolRef) -> z3.BoolRef:
    """`queued` after, for every (B, M)."""
    return z3.ForAll([B, M], post.queued(B, M) == value)


def same(pre: State, post: State, *tables: str) -> z3.BoolRef:
    """The frame condition: these tables stay as they are."""
    frames = {
        "holds": holds_becomes(post, pre.holds(M, J, B)),
        "names": entered_becomes(post, pre.entered(M), pre.in_cluster(M)),
        "live": live_becomes(post, pre.live(B)),
        "channel": z3.ForAll([B], post.channel(B) == pre.channel(B)),
        "queued": queued_becomes(post, pre.queued(B, M)),
    }
    return z3.And(*(frames[table] for table in tables))
