"""All mutations of a release, in the order of their groups."""

from typing import Final

from bench.mutants.administering import BY_HAND, CONFIG, KV, WIRE
from bench.mutants.leaving import CLOSE, EXPIRY, UNREGISTRATION
from bench.mutants.mutation import Mutation
from bench.mutants.reading import LISTS, ROUTE
from bench.mutants.registering import DATA_VERSION, REGISTRATION
from bench.mutants.release_4_9_7 import MUTATIONS_4_9_7

MUTATIONS: Final[dict[str, tuple[Mutation, ...]]] = {
    "apache-5.5.0": (
        *REGISTRATION,
        *DATA_VERSION,
        *UNREGISTRATION,
        *CLOSE,
        *EXPIRY,
        *ROUTE,
        *LISTS,
        *KV,
        *BY_HAND,
        *CONFIG,
        *WIRE,
    ),
    "apache-4.9.7": MUTATIONS_4_9_7,
}
