"""What a release may be once it has come to rest after a scan, without all that it may be on the way.

In 5.x a scan and the closes that it causes only look whom they find, close connections, and queue; whom they queued is removed
later, in batches. By every interleaving of the three, a few silent brokers make thousands of states, and few come of them. While
nobody else is at work, it comes to the same if first everybody is found, then the whole queue is run as one batch, and then
whoever is still at work finds nobody:

- A removal takes away what could be found, and adds nothing: who was found after a removal could have been found before it, and
  in the same places, for the removal that would take one of them takes the live entry too. Who found nobody finds nobody later.
- In which order they are removed does not matter: each takes its own ids. Whether the name leaves, or loses its write
  permission, is up to who is left at the end. The second of two equal requests finds nothing. Where one of them may throw, and so
  end its batch, all of this is not so, and every interleaving is followed.
"""

from collections.abc import Iterator

import attrs

from namesrv.model.events import Output, RunUnregistration, Work
from namesrv.model.namesrv import successors
from namesrv.model.profiles import ChannelDestroy, Profile
from namesrv.model.removal import may_throw, unregister_batch
from namesrv.model.state import ClosedConnection, NameServerState, Scan


def only_finds_and_queues(state: NameServerState, profile: Profile) -> bool:
    """Whether nothing is queued yet, only scans and closes are at work, which put off what they do, and no removal may throw."""
    return (
        profile.channel_destroy is ChannelDestroy.ONE_QUEUED
        and not state.unregistration_queue
        and all(isinstance(task.job, ClosedConnection | Scan) for task in state.tasks)
        and not _may_throw(state)
    )


def _may_throw(state: NameServerState) -> bool:
    """Whether a null is where a removal would meet it: in the places, or in what is live and so may be queued."""
    keys = state.tables.broker_live_table
    return may_throw(state.tables, ()) or any(None in (key.cluster_name, key.broker_addr) for key in keys)


def finding(
    state: NameServerState, profile: Profile, now_ms: int = 0
) -> Iterator[tuple[Work, NameServerState, tuple[Output, ...]]]:
    """Every internal step but a run of the queue, which is a set: sorted, each once."""
    for event, after, outputs in successors(state, profile, now_ms):
        if isinstance(event, RunUnregistration):
            return  # these come last
        queue = tuple(sorted(set(after.unregistration_queue), key=repr))
        yield event, attrs.evolve(after, unregistration_queue=queue), outputs


def emptied(state: NameServerState, profile: Profile) -> NameServerState:
    """The whole queue has been run."""
    tables, _ = unregister_batch(state.tables, state.unregistration_queue, profile)
    return attrs.evolve(state, tables=tables, unregistration_queue=())
