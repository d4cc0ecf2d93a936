"""Strongly connected components of a graph of numbers, on whole arrays at once: trimming, then colours (Orzan, 2004).

What nothing leads to, or from which nothing leads on, is on no cycle, and is dropped again and again. Of the rest, each node
takes the greatest number among those that lead to it; who keeps its own is a root, and its component is what has its colour and
leads back to it. Numbers that grow along the edges, as a breadth-first search gives them, make for few rounds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from namesrv.explore.hashing import Indices

NONE = -1
"""The label of a node that is on no cycle."""


def components(size: int, source: Indices, target: Indices) -> Indices:
    """For each node of `size` the number of its component, `NONE` if it is on no cycle. `source[i]` to `target[i]` is an edge."""
    labels = np.full(size, NONE, np.int64)
    found = 0
    order = np.argsort(target, kind="stable")
    source, target = source[order], target[order]
    while True:
        source, target = _trimmed(size, source, target)
        if not source.size:
            return labels
        colour = _coloured(size, source, target)
        inside = colour[source] == colour[target]
        met = _leading_back(size, colour, source[inside], target[inside])
        roots = np.flatnonzero(met & (colour == np.arange(size)))
        number = np.full(size, NONE, np.int64)
        number[roots] = found + np.arange(roots.size)
        labels[met] = number[colour[met]]
        found += roots.size
        stays = ~(met[source] | met[target])
        source, target = source[stays], target[stays]


def _trimmed(size: int, source: Indices, target: Indices) -> tuple[Indices, Indices]:
    """The edges between nodes that may be on a cycle."""
    while True:
        leads, led = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        leads[source], led[target] = True, True
        stays = leads[target] & led[source]
        if stays.all():
            return source, target
        source, target = source[stays], target[stays]


def _coloured(size: int, source: Indices, target: Indices) -> Indices:
    """For each node the greatest of those that lead to it, itself included. Edges in the order of their targets."""
    colour = np.arange(size)
    nodes, first = np.unique(target, return_index=True)
    while True:
        better = np.maximum(np.maximum.reduceat(colour[source], first), colour[nodes])
        if np.array_equal(better, colour[nodes]):
            return colour
        colour[nodes] = better


def _leading_back(size: int, colour: Indices, source: Indices, target: Indices) -> npt.NDArray[np.bool_]:
    """The nodes that lead, within their colour, to its root and are on a cycle with it. Edges within colours."""
    met: npt.NDArray[np.bool_] = np.zeros(size, np.bool_)
    met[target] = True  # a root to which something of its colour leads is on a cycle: it leads there itself
    met &= colour == np.arange(size)
    while True:
        more = met[target] & ~met[source]
        if not more.any():
            return met
        met[source[more]] = True
