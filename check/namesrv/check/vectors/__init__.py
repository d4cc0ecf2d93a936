"""Test vectors: what a NameServer of a release does, as JSON Lines that a port in any language can play. `docs/vectors.md`."""
