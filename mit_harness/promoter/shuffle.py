"""Shuffles that keep every dinucleotide count: uniform random Euler paths."""

from itertools import pairwise

import numpy as np


def dinucleotide_shuffle(sequence: str, rng: np.random.Generator) -> str:
    """Draw uniformly from all sequences with the same dinucleotide counts.

    A sequence is a path over its bases that uses every transition once. The last exits from each
    base form a tree that leads to the last base; a uniform tree and uniform orders of the other
    exits give a uniform path (Altschul & Erickson 1985; the tree by Wilson 1996).

    Parameters
    ----------
    sequence
        Any text of any length in bases; up to three bases there is no other order.
    rng
        Where the randomness comes from.

    Returns
    -------
    str
        As long as `sequence`, with its first and its last base.
    """
    if len(sequence) <= 3:
        return sequence
    exits: dict[str, list[str]] = {}
    for base, following in pairwise(sequence):
        exits.setdefault(base, []).append(following)
    last_exits = _random_tree(exits, sequence[-1], rng)
    for base, following_bases in exits.items():
        ordered = following_bases.copy()
        if base in last_exits:
            ordered.remove(last_exits[base])
        ordered = [ordered[k] for k in rng.permutation(len(ordered))]
        # Reversed, so that the walk below can pop; the last exit is then what is popped last.
        exits[base] = [*([last_exits[base]] if base in last_exits else []), *ordered]
    walk = [sequence[0]]
    while exits.get(walk[-1]):
        walk.append(exits[walk[-1]].pop())
    return "".join(walk)


def _random_tree(
    exits: dict[str, list[str]], root: str, rng: np.random.Generator
) -> dict[str, str]:
    """Return the exit of each base but `root` in a uniform random tree towards `root`.

    Wilson's loop-erased random walk: writing over an earlier exit is what erases a loop. Steps
    from a base to itself could only be erased again, so none is taken.
    """
    leaving = {base: [b for b in following if b != base] for base, following in exits.items()}
    tree: dict[str, str] = {}
    inside = {root}
    for start in exits:
        base = start
        while base not in inside:
            tree[base] = leaving[base][rng.integers(len(leaving[base]))]
            base = tree[base]
        base = start
        while base not in inside:
            inside.add(base)
            base = tree[base]
    return tree
