"""All mutations of a release, in the order of their groups."""

from typing import Final

from bench.mutants.administering import BY_HAND, CONFIG, KV, WIRE
from bench.mutants.administering_seldom import BY_HAND_SELDOM, CONFIG_SELDOM, KV_SELDOM, WIRE_SELDOM
from bench.mutants.leaving import CLOSE, EXPIRY, UNREGISTRATION
from bench.mutants.leaving_seldom import CLOSE_SELDOM, EXPIRY_SELDOM, UNREGISTRATION_SELDOM
from bench.mutants.mutation import Mutation
from bench.mutants.reading import LISTS, ROUTE
from bench.mutants.reading_seldom import LISTS_SELDOM, ROUTE_SELDOM, ZONES
from bench.mutants.registering import DATA_VERSION, REGISTRATION
from bench.mutants.registering_seldom import DATA_VERSION_SELDOM, REGISTRATION_SELDOM
from bench.mutants.release_4_9_7 import MUTATIONS_4_9_7

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
    ),
    "apache-4.9.7": MUTATIONS_4_9_7,
}
