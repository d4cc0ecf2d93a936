"""Pure state machines of registration: no socket, no clock, no thread, no randomness.

Read in this order: `values` (the data), `profiles` (what a release does), `events` (what can happen),
`state` (the tables), `namesrv` (one `step` for everything), `invariants` (what should never be false).
Nothing is imported here, so that the implementation can take `namesrv.model.values` without the rest.
"""
