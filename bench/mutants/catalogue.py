"""All mutations of a release, in the order of their groups."""

from typing import Final

from bench.mutants.administering import BY_HAND, CONFIG, KV, WIRE
from bench.mutants.administering_seldom import BY_HAND_SELDOM, CONFIG_SELDOM, KV_SELDOM, WIRE_SELDOM
from bench.mutants.blind import DATA_VERSION_BLIND, REGISTRATION_BLIND
from bench.mutants.blind_administering import CONFIG_BLIND, KV_BLIND
from bench.mutants.blind_leaving import CLOSE_BLIND, LISTS_BLIND, ROUTE_BLIND, UNREGISTRATION_BLIND
from bench.mutants.blind_shared import SHARED_BLIND
from bench.mutants.later import LATER
from bench.mutants.leaving import CLOSE, EXPIRY, UNREGISTRATION
from bench.mutants.leaving_seldom import CLOSE_SELDOM, EXPIRY_SELDOM, UNREGISTRATION_SELDOM
from bench.mutants.mutation import Mutation
from bench.mutants.reading import LISTS, ROUTE
from bench.mutants.reading_seldom import LISTS_SELDOM, ROUTE_SELDOM, ZONES
from bench.mutants.registering import DATA_VERSION, REGISTRATION
from bench.mutants.registering_seldom import DATA_VERSION_SELDOM, REGISTRATION_SELDOM
from bench.mutants.release_4_9_7 import MUTATIONS_4_9_7

BLIND: Final = (
    *REGISTRATION_BLIND,
    *DATA_VERSION_BLIND,
    *UNREGISTRATION_BLIND,
    *CLOSE_BLIND,
    *ROUTE_BLIND,
    *LISTS_BLIND,
    *KV_BLIND,
    *CONFIG_BLIND,
    *SHARED_BLIND,
)
"""By somebody who had read Apache's sources, and not the suite: less what was in the catalogue already."""

MUTATIONS: Final[dict[str, tuple[Mutation, ...]]] = {
    "apache-5.5.0": (
        *REGISTRATION,
        *REGISTRATION_SELDOM,
        *DATA_VERSION,
        *DATA_VERSION_SELDOM,
        *UNREGISTRATION,
        *UNREGISTRATION_SELDOM,
        *CLOSE,
        *CLOSE_SELDOM,
        *EXPIRY,
        *EXPIRY_SELDOM,
        *ROUTE,
        *ROUTE_SELDOM,
        *ZONES,
        *LISTS,
        *LISTS_SELDOM,
        *KV,
        *KV_SELDOM,
        *BY_HAND,
        *BY_HAND_SELDOM,
        *CONFIG,
        *CONFIG_SELDOM,
        *WIRE,
        *WIRE_SELDOM,
        *BLIND,
        *LATER,
    ),
    "apache-4.9.7": MUTATIONS_4_9_7,
}
