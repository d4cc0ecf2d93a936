"""Tables are compared by what is in them, large ones too, of which the object is looked at first."""

import pickle

import attrs
import pytest

from namesrv.model.state import LARGE, Tables
from namesrv.model.values import QueueData, table

QUEUE = QueueData(broker_name="a", read_queue_nums=4, write_queue_nums=4, perm=6, topic_sys_flag=0)


def tables_of(names: list[str], queue: QueueData = QUEUE) -> Tables:
    """Each topic with these queues."""
    return Tables(topic_queue_table=table({name: table({"a": queue}) for name in names}))


@pytest.mark.parametrize("count", [1, LARGE - 1, LARGE, 3 * LARGE])
def test_equal_tables_are_equal_and_hash_alike_whatever_objects_they_are(count: int) -> None:
    names = [f"t{number}" for number in range(count)]
    one, other = tables_of(names), tables_of(names[::-1])
    assert one == other and hash(one) == hash(other) and len({one, other}) == 1
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize("count", [1, LARGE - 1, LARGE, 3 * LARGE])
def test_one_queue_or_one_topic_more_makes_them_differ(count: int) -> None:
    names = [f"t{number}" for number in range(count)]
    one = tables_of(names)
    changed = one.topic_queue_table.insert("t0", table({"a": attrs.evolve(QUEUE, perm=4)}))
    assert one != attrs.evolve(one, topic_queue_table=changed)
    assert one != tables_of([*names, "more"])
    assert len({one, attrs.evolve(one, topic_queue_table=changed), tables_of([*names, "more"])}) == 3
