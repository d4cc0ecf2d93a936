"""The relation says what the Python model does: runs that it allows come to the same tables there."""

import random

import pytest
import z3

from namesrv.check.proof_runs import story
from namesrv.explore.catalogue import outcomes
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES, registration_of
from namesrv.model.state import Tables
from namesrv.proofs import Run, statement
from namesrv.proofs.bmc import decoded
from namesrv.proofs.unrolled import Unrolled, at_rest, unrolled

LENGTH = 3
RUNS = 6
QUIET = {"scan_not_active_broker/expired", "scan_not_active_broker/scan-stopped"}
"""Time has two values in the model's stories; in the relation it has all."""


def lines(tables: Tables) -> set[str]:
    """Tables as `namesrv.proofs.decode.told` writes them."""
    told = {
        f"holds({n!r}, {i}, {a!r})"
        for n, data in tables.broker_addr_table.items()
        for i, a in data.broker_addrs.items()
    }
    told |= {f"in_cluster({c!r}, {n!r})" for c, names in tables.cluster_addr_table.items() for n in names}
    told |= {f"live({k.cluster_name!r}, {k.broker_addr!r})" for k in tables.broker_live_table}
    told |= {f"has_filters({k.cluster_name!r}, {k.broker_addr!r})" for k in tables.filter_server_table}
    told |= {f"has_queue({t!r}, {n!r})" for t, queues in tables.topic_queue_table.items() for n in queues}
    told |= {f"has_mapping({t!r}, {n!r})" for t, by in tables.topic_queue_mapping_info_table.items() for n in by}
    return told


def random_run(known: Unrolled, chance: random.Random) -> Run:
    """A run with steps, addresses and places by chance, as far as they can be; the rest is what Z3 chooses."""
    known.reach(LENGTH)
    solver = known.solver
    solver.push()
    solver.add(at_rest(known.states[LENGTH]))
    names = [name for name in known.names if name not in QUIET]
    for number, moment in enumerate(known.moments[:LENGTH]):
        solver.add(z3.Not(moment.p.maps(known.u.null("Topic"))))  # a body's map has no null keys
        first = ["register_broker/accepted"] if number == 0 else []
        for name in (*first, *chance.sample(names, len(names))):
            if added(solver, moment.which == known.names.index(name)):
                break
        p = moment.p
        for sort, term in (("Cluster", p.cluster), ("Name", p.name), ("Addr", p.addr), ("Id", p.broker_id)):
            added(solver, term == chance.choice(known.u.elements[sort]))
        for flag in (p.single, p.has_filters, p.has_acting, p.full):
            added(solver, flag == chance.choice([True, False]))
    assert solver.check() == z3.sat
    run = decoded(known, LENGTH, solver.model())
    solver.pop()
    return run


def added(solver: z3.Solver, wish: z3.BoolRef) -> bool:
    """Adds what can be had; says whether."""
    if solver.check(wish) != z3.sat:
        return False
    solver.add(wish)
    return True


@pytest.mark.parametrize("name", DISTINCT_PROFILES)
def test_runs_of_the_relation_come_to_the_same_tables_in_the_model(name: str) -> None:
    profile = DISTINCT_PROFILES[name]
    known, chance = unrolled(profile), random.Random(1)
    for _ in range(RUNS):
        run = random_run(known, chance)
        told = {line for line in run.state if not line.startswith(("queued", "promised"))}
        ends = [lines(part.state.tables) for part in outcomes(story(run), profile)]
        assert told in ends, (run.happened, run.state, ends)


def test_profiles_with_the_same_registration_are_asked_the_same_questions_and_no_others_are() -> None:
    said = {name: statement(profile) for name, profile in PROFILES.items()}
    assert all(said[name] == said[registration_of(profile).name] for name, profile in PROFILES.items())
    assert len(set(said.values())) == len(DISTINCT_PROFILES)
