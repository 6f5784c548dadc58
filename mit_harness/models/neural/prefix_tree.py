"""What equally long inputs have in common from their beginning on, as a tree of few levels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mit_harness.models.base import Ints

_CACHED = 0.02
"""What it costs to copy and look at one cached token, in tokens read (5 M parameters, CPU)."""
_LEVEL = 20.0
"""What a level costs beside its tokens, in tokens read: a pass over small matrices."""


@dataclass(frozen=True)
class Level:
    """The pieces of inputs between two places, each distinct beginning once.

    Attributes
    ----------
    start, stop
        The tokens that this level reads of each node.
    rows
        int64, shape (m,); an input that begins as the node does.
    parents
        int64, shape (m,); the node of the level before that each continues.
    """

    start: int
    stop: int
    rows: Ints
    parents: Ints

    @property
    def tokens(self) -> int:
        """Tokens that are read."""
        return len(self.rows) * (self.stop - self.start)


@dataclass(frozen=True)
class Tree:
    """Levels, each continuing the one before, and the node of the last that each input ends in.

    Attributes
    ----------
    levels
        From the root on; none where the root is all there is.
    leaves
        int64, shape (n,).
    """

    levels: tuple[Level, ...]
    leaves: Ints

    @property
    def tokens(self) -> int:
        """Tokens that are read, the root's aside."""
        return sum(level.tokens for level in self.levels)


def in_order(ids: Ints) -> Ints:
    """Return the order that puts inputs, shape (n, L), with common beginnings side by side."""
    order: Ints = np.lexsort(ids.T[::-1]).astype(np.int64)
    return order


def grow(ids: Ints, root: int = 0, cuts: Sequence[int] | None = None) -> Tree:
    """Return the tree of inputs whose first `root` tokens are the same.

    Levels end where reading each beginning once is worth copying what has been read before.

    Parameters
    ----------
    ids
        int64, shape (n, L), `in_order`; in any other order less is shared.
    root
        Tokens that have been read.
    cuts
        Where levels end, ascending and ending in L; found unless given.
    """
    # An input differs from the one before at this place first; the first one from nothing.
    unlike = ids[1:] != ids[:-1]
    common = np.where(unlike.any(axis=1), unlike.argmax(axis=1), ids.shape[1])
    levels, nodes = [], np.zeros(len(ids), dtype=np.int64)
    start = root
    for stop in _cuts(common, root, ids.shape[1]) if cuts is None else cuts:
        first = np.append(True, common < stop)
        rows = np.flatnonzero(first)
        levels.append(Level(start, stop, rows, nodes[rows]))
        nodes, start = np.cumsum(first) - 1, stop
    return Tree(tuple(levels), nodes)


def _cuts(common: Ints, root: int, length: int) -> list[int]:
    """Return where levels end at the least cost: shortest path over places where inputs part."""
    if root >= length:
        return []
    parts = np.unique(common)
    places = np.concatenate([[root], parts[(parts > root) & (parts < length)], [length]])
    nodes = 1 + np.searchsorted(np.sort(common), places, side="left")
    cost, before = np.zeros(len(places)), np.zeros(len(places), dtype=np.int64)
    for k in range(1, len(places)):
        read = places[k] - places[:k] + _CACHED * places[:k]
        found = cost[:k] + nodes[k] * read + _LEVEL
        before[k] = found.argmin()
        cost[k] = found[before[k]]
    cuts, k = [], len(places) - 1
    while k:
        cuts.append(int(places[k]))
        k = before[k]
    return cuts[::-1]
