"""Sequences of the probes: one element moved, turned or graded, everything else kept.

Each function is about one promoter, or the promoters of one condition; which of them a claim
compares is the claim's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import permutations

import numpy as np

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import BASES, at_count, reverse_complement
from mit_harness.promoter.construct import (
    Promoter,
    bases_from,
    draw_bases,
    promoters,
    sample_iupac,
)
from mit_harness.promoter.grammar import Element, Grammar, move, swap, write
from mit_harness.promoter.seeds import Seeds

_MOST_DRAWS = 1_000


def with_at(grammar: Grammar, percent: int) -> Grammar:
    """Return the grammar with a background of `percent` A+T, A = T and C = G."""
    at, gc = percent / 200, (100 - percent) / 200
    return replace(grammar, composition={"A": at, "C": gc, "G": gc, "T": at})


@lru_cache(maxsize=64)
def titrated(
    grammar: Grammar, seeds: Seeds, n: int, break_form: str, percent: int
) -> tuple[Promoter, ...]:
    """Return n promoters whose background has `percent` A+T, matched across levels.

    All levels of index i cut the same uniform deviates (common random numbers). Where a background
    breaks the redraw rule, only the offending windows are drawn again, from deviates that the
    levels share too: to redraw whole backgrounds would unmatch the levels, and at 80 % A+T fewer
    than one in a thousand is accepted.
    """
    level = with_at(grammar, percent)
    places, made = np.arange(grammar.length), []
    for index, base in enumerate(promoters(grammar, seeds, n, break_form)):
        rng = seeds.rng("titration", index)
        layers = [rng.random(grammar.length)]
        depth = np.zeros(grammar.length, dtype=np.intp)
        background = bases_from(level, layers[0])
        while wrong := list(level.faults(background)):
            depth[sorted({k for start, stop in wrong for k in range(start, stop)})] += 1
            if depth.max() > _MOST_DRAWS:
                raise InputError(f"{grammar.name}: no background of {percent} % A+T can be mended")
            while len(layers) <= depth.max():
                layers.append(rng.random(grammar.length))
            background = bases_from(level, np.array(layers)[depth, places])
        made.append(replace(base, grammar=level, background=background))
    return tuple(made)


def lengthened(promoter: Promoter, length: int, rng: np.random.Generator) -> Promoter:
    """Return the promoter with its background grown downstream to `length` bp."""
    longer = replace(promoter.grammar, length=length)
    for _ in range(_MOST_DRAWS):
        tail = draw_bases(longer, length - promoter.grammar.length, rng)
        if longer.accepts(promoter.background + tail):
            return replace(promoter, grammar=longer, background=promoter.background + tail)
    raise InputError(f"{longer.name}: no background of {length} bp obeys the redraw rule")


def up_only(promoter: Promoter) -> str:
    """Return the broken promoter with its UP element and no extended -10."""
    up = promoter.grammar["up"]
    return write(promoter.broken(), (up.start, promoter.bases[up.name]))


def relocate(sequence: str, element: Element, start: int) -> str:
    """Return `sequence` with an element's window at `start`, the displaced bases kept.

    They take the element's own place: a swap, or a rotation where the two windows overlap.
    """
    if abs(start - element.start) < element.length:
        return move(sequence, element.start, element.length, start)
    return swap(sequence, element.start, start, element.length)


def spaced(promoter: Promoter, spacing: int) -> str:
    """Return the intact promoter with `spacing` bp between its boxes.

    The -35 box is fixed; the -10 box moves, and the bases that it displaces go to its other side.
    """
    minus10 = promoter.grammar.breakable
    start = promoter.grammar["minus35"].stop + spacing
    return move(promoter.intact(), minus10.start, minus10.length, start)


def strand_pair(promoter: Promoter) -> tuple[str, str]:
    """Return the -10 box forward in place and reversed displaced; and the two exchanged."""
    box = promoter.grammar.breakable
    decoy = promoter.grammar.displaced(box.name)
    correct = promoter.with_decoy(promoter.intact(), reverse_complement(box.consensus))
    return correct, swap(correct, box.start, decoy, box.length)


def turned(promoter: Promoter, *names: str) -> str:
    """Return the intact promoter with the named boxes reverse-complemented in place."""
    sequence = promoter.intact()
    for name in names:
        box = promoter.grammar[name]
        sequence = write(sequence, (box.start, reverse_complement(box.of(sequence))))
    return sequence


@lru_cache(maxsize=16)
def _orders_far_from(consensus: str) -> tuple[str, ...]:
    """Return the orders of a box's bases that differ most from both of its strands."""
    forms = (consensus, reverse_complement(consensus))
    orders = sorted({"".join(order) for order in permutations(consensus)})
    nearest = {
        order: min(sum(a != b for a, b in zip(order, form, strict=True)) for form in forms)
        for order in orders
    }
    most = max(nearest.values())
    return tuple(order for order in orders if nearest[order] == most)


def scrambled_boxes(promoter: Promoter, rng: np.random.Generator) -> str:
    """Return the intact promoter with each box's bases in another order, far from either strand."""
    sequence = promoter.intact()
    for box in promoter.grammar.boxes:
        orders = _orders_far_from(box.consensus)
        sequence = write(sequence, (box.start, orders[rng.integers(len(orders))]))
    return sequence


def single_variants(box: Element) -> Mapping[str, str]:
    """Return the consensus and every single-base variant of a box, by name such as ``A2G``.

    Places are 1-based within the box.
    """
    variants = {"consensus": box.consensus}
    for place, old in enumerate(box.consensus):
        for new in BASES.replace(old, ""):
            variants[f"{old}{place + 1}{new}"] = write(box.consensus, (place, new))
    return variants


def graded_up(promoter: Promoter, grade: int, order: Sequence[int]) -> Promoter:
    """Return the promoter whose UP element keeps `grade` of its bases, taken in `order`.

    The others are background, so that grade 0 is no UP element and the full length the consensus.
    """
    up = promoter.grammar["up"]
    kept, bases = set(order[:grade]), up.of(promoter.background)
    mixed = (promoter.bases[up.name][k] if k in kept else base for k, base in enumerate(bases))
    return replace(promoter, bases={**promoter.bases, up.name: "".join(mixed)})


def graded_box(promoter: Promoter, grade: int, order: Sequence[int]) -> Promoter:
    """Return the promoter whose breakable box has the consensus at `grade` places.

    Places are filled in `order`; the others hold the consensus base's transition (A and G, C and T
    exchanged), which keeps purine and pyrimidine.
    """
    box = promoter.grammar.breakable
    none = box.consensus.translate(str.maketrans("ACGT", "GTAC"))
    form = write(none, *((k, box.consensus[k]) for k in order[:grade]))
    return replace(promoter, break_form=form)


def with_up(promoter: Promoter, pattern: str, rng: np.random.Generator) -> Promoter:
    """Return the promoter whose UP element is an instance of another IUPAC pattern."""
    return replace(promoter, bases={**promoter.bases, "up": sample_iupac(pattern, rng)})


def with_shuffled_up(promoter: Promoter, rng: np.random.Generator) -> Promoter:
    """Return the promoter whose UP element has its bases in another random order."""
    dealt = "".join(rng.permutation(list(promoter.bases["up"])))
    return replace(promoter, bases={**promoter.bases, "up": dealt})


def at_matched(promoter: Promoter, rng: np.random.Generator) -> str:
    """Return the broken promoter with random bases of the compensators' A+T in their places.

    A or T, and C or G, are drawn and dealt anew, until no element's signature stands there.
    """
    sequence = promoter.broken()
    for element in promoter.grammar.compensators:
        at = at_count(promoter.bases[element.name])
        for _ in range(_MOST_DRAWS):
            drawn = [*rng.choice(list("AT"), at), *rng.choice(list("CG"), element.length - at)]
            bases = "".join(rng.permutation(drawn))
            if promoter.grammar.lacks(element.name, bases):
                break
        else:
            raise InputError(f"{promoter.grammar.name}: {element.name} has no filler of its A+T")
        sequence = write(sequence, (element.start, bases))
    return sequence
