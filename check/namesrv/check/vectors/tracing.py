"""A tracker that also remembers which rows have decided, in every state that it follows."""

from collections.abc import Iterable

import attrs

from namesrv.check.tracker import Belief, Tracker
from namesrv.check.vectors.rows import row
from namesrv.model.events import Applied, Work
from namesrv.model.namesrv import successors
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState


@attrs.frozen(cache_hash=True)
class Traced(Belief):
    """A belief, and the rows that have decided since the last `rows_for_certain`."""

    rows: frozenset[str] = frozenset()


class TracingTracker(Tracker):
    """A tracker whose beliefs are `Traced`."""

    def __init__(self, profile: Profile, initial: NameServerState) -> None:
        super().__init__(profile, [initial])
        self._beliefs = frozenset({Traced(initial)})

    def rows_for_certain(self) -> frozenset[str]:
        """The rows that have decided in every state that is left; begins anew."""
        traced = [belief for belief in self._beliefs if isinstance(belief, Traced)]
        self._beliefs = frozenset(attrs.evolve(belief, rows=frozenset()) for belief in traced)
        return frozenset.intersection(*(belief.rows for belief in traced))

    def _said(self, belief: Belief, state: NameServerState, outputs: Iterable[object]) -> Belief:
        outputs = tuple(outputs)
        after = super()._said(belief, state, outputs)
        applied = {row(output) for output in outputs if isinstance(output, Applied)}
        rows = belief.rows | applied if isinstance(belief, Traced) else applied
        return Traced(after.state, after.answers, after.closed, frozenset(rows))

    def _without_idle_tasks(self, belief: Belief) -> Belief:
        """Tasks of which nobody will know whether they are done have decided all the same."""
        after = super()._without_idle_tasks(belief)
        dropped = {(task.channel, task.opaque) for task in belief.state.tasks if task not in after.state.tasks}
        if not dropped or not isinstance(after, Traced):
            return after
        rows = {
            row(output)
            for work, _, outputs in successors(belief.state, self.profile)
            if isinstance(work, Work) and (work.channel, work.opaque) in dropped
            for output in outputs
            if isinstance(output, Applied)
        }
        return attrs.evolve(after, rows=after.rows | rows)
