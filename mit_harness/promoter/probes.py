"""Sequences of the probes: one element moved, turned or graded, everything else kept.

Each function is about one promoter, or the promoters of one condition; which of them a claim
compares is the claim's business.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    level, made = with_at(grammar, percent), []

    def faults(background: str) -> set[int]:
        return {k for start, stop in level.faults(background) for k in range(start, stop)}

    for index, base in enumerate(promoters(grammar, seeds, n, break_form)):
        background = mended(level, seeds.rng("titration", index), faults)
        made.append(replace(base, grammar=level, background=background))
    return tuple(made)


def mended(
    grammar: Grammar, rng: np.random.Generator, faults: Callable[[str], Collection[int]]
) -> str:
    """Return a background of which only the bases at fault were drawn again, until none is.

    The k-th redraw of a place takes the k-th of its deviates, so that designs with one generator
    and different rules or compositions differ in few bases.
    """
    places, depth = np.arange(grammar.length), np.zeros(grammar.length, dtype=np.intp)
    layers = [rng.random(grammar.length)]
    background = bases_from(grammar, layers[0])
    while wrong := faults(background):
        depth[sorted(wrong)] += 1
        if depth.max() > _MOST_DRAWS:
            share = 100 * (grammar.composition["A"] + grammar.composition["T"])
            raise InputError(f"{grammar.name}: no background of {share:.0f} % A+T can be mended")
        while len(layers) <= depth.max():
            layers.append(rng.random(grammar.length))
        background = bases_from(grammar, np.array(layers)[depth, places])
    return background


def lengthened(promoter: Promoter, length: int, rng: np.random.Generator) -> Promoter:
    """Return the promoter with its background grown downstream to `length` bp.

    Not one of its first bases changes, so a look-alike that any next base completes (one promoter
    in a thousand or so ends in, say, ATTAT) is left: both sequences of a pair hold it.
    """
    longer, start = replace(promoter.grammar, length=length), promoter.background
    unavoidable: set[tuple[int, int]] | None = None
    for _ in range(_MOST_DRAWS):
        tail = draw_bases(longer, length - len(start), rng)
        wrong = set(longer.faults(start + tail))
        if wrong and unavoidable is None:
            one_more = replace(longer, length=len(start) + 1)
            unavoidable = set.intersection(*(set(one_more.faults(start + b)) for b in BASES))
        if wrong <= (unavoidable or set()):
            return replace(promoter, grammar=longer, background=start + tail)
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
    minus10, start = promoter.grammar.breakable, _box_start(promoter.grammar, spacing)
    return move(promoter.intact(), minus10.start, minus10.length, start)


def _box_start(grammar: Grammar, spacing: int) -> int:
    return grammar["minus35"].stop + spacing


@lru_cache(maxsize=16)
def spacing_promoters(
    grammar: Grammar, seeds: Seeds, n: int, break_form: str, spacings: tuple[int, int]
) -> tuple[Promoter, ...]:
    """Return n promoters whose backgrounds obey one rule at all spacings from first to last alike.

    The benchmark's own backgrounds are drawn for 17 bp: what stands beside the box is conditioned
    there and nowhere else, and models without any idea of spacing then tell 16 and 18 bp from the
    rest. Here no spacing makes a second look-alike of the box, or an extended -10. The rule reaches
    a box's length further either way, so that the first and the last stand among such bases too.
    """
    made, reach = [], grammar.breakable.length
    ruled = range(spacings[0] - reach, spacings[1] + reach + 1)
    for index, base in enumerate(promoters(grammar, seeds, n, break_form)):

        def faults(background: str, base: Promoter = base) -> set[int]:
            intact = replace(base, background=background).intact()
            return {k for bp in ruled for k in _spacing_faults(grammar, intact, bp)}

        background = mended(grammar, seeds.rng("spacing", index), faults)
        made.append(replace(base, background=background))
    return tuple(made)


def _spacing_faults(grammar: Grammar, intact: str, spacing: int) -> Iterator[int]:
    """Yield the places of `intact` that make a second box, or an extended -10, at a spacing."""
    box, extended, start = grammar.breakable, grammar["extended"], _box_start(grammar, spacing)
    text = move(intact, box.start, box.length, start)

    def source(place: int) -> int:
        """Return where a base of `text` stood before the box moved."""
        if start <= place < start + box.length:
            return box.start + place - start
        rest = place if place < start else place - box.length
        return rest if rest < box.start else rest + box.length

    for place, _strand in set(grammar.look_alike.places(text)) - {(start, 1)}:
        yield from map(source, range(place, place + box.length))
    if not grammar.lacks("extended", text[start - extended.length : start]):
        yield from map(source, range(start - extended.length, start))


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


def graded_up_pair(promoter: Promoter, grade: int, order: Sequence[int]) -> tuple[str, str]:
    """Return the decoy pair with `grade` bases of the UP element, taken in `order`.

    The rest of its window is background, so that grade 0 is no UP element and the full length the
    consensus. Only these bases change places with those of the displaced window: swapping whole
    windows would move background too, by which a model without places told the grades apart.
    """
    up, kept = promoter.grammar["up"], set(order[:grade])
    window = enumerate(up.of(promoter.background))
    mixed = "".join(promoter.bases[up.name][k] if k in kept else base for k, base in window)
    graded = replace(promoter, bases={**promoter.bases, up.name: mixed})
    correct = graded.compensate(graded.with_decoy(graded.broken()))
    others = [e.name for e in promoter.grammar.compensators if e.name != up.name]
    wrong = graded.displace(correct, *others)
    for k in kept:
        wrong = swap(wrong, up.start + k, promoter.grammar.displaced(up.name) + k, 1)
    return correct, wrong


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
