"""Elements in audited sequences: whose layout holds, what stands in place, what looks alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mit_harness.promoter.alphabet import BASES, IUPAC, Codes, encode, matches
from mit_harness.promoter.grammar import SIGMA70, Element, Grammar
from mit_harness.promoter.natural import DERIVATIVES, natural_promoters
from mit_harness.promoter.sequence_set import Item

_NATURAL = ("A", *DERIVATIVES)
_MOST_MISMATCHES = 1

Mask = NDArray[np.bool_]
Hits = Callable[[Codes], Mask]


@dataclass(frozen=True, slots=True)
class InPlace:
    """How often a compensator stands at its own place.

    Attributes
    ----------
    element
        Its name.
    start, stop
        That place, 0-based and half-open; None where it differs between the pairs (natural
        promoters whose spacer is not the layout's).
    motif
        IUPAC: the element's consensus, or its signature filled up with N.
    family, source
        Number of sequences in which the motif stands there.
    """

    element: str
    start: int | None
    stop: int | None
    motif: str
    family: int
    source: int


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """How often something that could pass for an element stands where it does not belong.

    Attributes
    ----------
    element
        Its name; such as ``"extended+minus10"`` for a signature that stands before what could
        pass for the box, before a broken form, or before a copy of the sequence's own box.
    motif
        IUPAC, with the mismatches allowed.
    family, source
        Mean count per sequence, both strands, without those that overlap the element's own place.
    """

    element: str
    motif: str
    family: float
    source: float


def layouts(items: Sequence[Item], grammar: Grammar) -> list[Grammar]:
    """Return the layout of each item.

    It is `grammar`, but for our derivatives of natural class A under sigma70: their UP element
    stands relative to their own -35 box. They are known by their group, their index, and bases
    that are the promoter's, all but one (a sham's), outside its elements and displaced places.
    """
    return [_layout(item, grammar) for item in items]


def _layout(item: Item, grammar: Grammar) -> Grammar:
    if grammar is not SIGMA70 or item.group not in _NATURAL:
        return grammar
    promoters = natural_promoters("A")
    if not 0 <= item.index < len(promoters):
        return grammar
    promoter = promoters[item.index]
    differs = np.not_equal(*encode([item.sequence, promoter.sequence]))
    changed = (differs & ~windows(promoter.grammar)).sum()
    return promoter.grammar if changed <= 1 else grammar


def windows(grammar: Grammar) -> Mask:
    """Return which bases lie in an element, or where the controls move an element or the box."""
    inside = np.zeros(grammar.length, dtype=np.bool_)
    for element in grammar.elements:
        inside[element.start : element.stop] = True
    for element in (*grammar.compensators, grammar.breakable):
        start = grammar.displaced(element.name)
        inside[start : start + element.length] = True
    return inside


def _signature(grammar: Grammar, element: Element) -> str:
    """Return a compensator's signature as long as the element, or the empty text."""
    motif = grammar.signature.get(element.name, "")
    return motif.ljust(element.length, "N") if motif else ""


def in_place(
    family: Sequence[str], source: Sequence[str], places: Sequence[Grammar]
) -> tuple[InPlace, ...]:
    """Count at each compensator's own place its consensus and, if it has one, its signature.

    Parameters
    ----------
    family, source
        The two sides of each pair.
    places
        The layout of each pair.
    """
    found = []
    for element in places[0].compensators:
        starts = _starts(places, element).tolist()
        fixed = starts[0] if len(set(starts)) == 1 else None
        stop = None if fixed is None else fixed + element.length
        for motif in dict.fromkeys((element.consensus, _signature(places[0], element))):
            if motif:
                counts = (
                    sum(
                        matches(sequence[start : start + len(motif)], motif)
                        for sequence, start in zip(side, starts, strict=True)
                    )
                    for side in (family, source)
                )
                found.append(InPlace(element.name, fixed, stop, motif, *counts))
    return tuple(found)


def _wrong(codes: Codes, pattern: str) -> Mask:
    """Return for each sequence, place and base of an IUPAC pattern whether it is a mismatch."""
    allowed = np.array([[base in IUPAC[code] for base in BASES] for code in pattern])
    found = sliding_window_view(codes, len(pattern), axis=1)
    return ~allowed[np.arange(len(pattern)), found]


def _stands(codes: Codes, pattern: str, most: int = 0, invariant: tuple[int, ...] = ()) -> Mask:
    """Return where an IUPAC pattern starts, with at most so many mismatches, n x places."""
    wrong = _wrong(codes, pattern)
    fatal = wrong[:, :, np.array(invariant, dtype=np.intp)].sum(axis=2)
    return np.asarray((wrong.sum(axis=2) <= most) & (fatal == 0), dtype=np.bool_)


def _rule(grammar: Grammar, element: Element) -> tuple[str, int, tuple[int, ...]]:
    """Return the pattern that passes for an element, its mismatches and its invariant bases."""
    if element == grammar.breakable:
        rule = grammar.look_alike
        return rule.consensus, rule.max_mismatches, rule.invariant
    if signature := _signature(grammar, element):
        return signature, 0, ()
    return element.consensus, _MOST_MISMATCHES, ()


def _by_rule(codes: Codes, rule: tuple[str, int, tuple[int, ...]]) -> Mask:
    return _stands(codes, *rule)


def _words(pattern: str, most: int, invariant: tuple[int, ...]) -> str:
    allowed = f", at most {most} mismatch" + ("es" if most > 1 else "") if most else ""
    kept = " and ".join(f"{pattern[k]}{k + 1}" for k in invariant)
    return pattern + allowed + (f", {kept} kept" if kept else "")


def _before_box(codes: Codes, own: Codes, grammar: Grammar, element: Element) -> Mask:
    """Return where a signature starts that a box follows as in the layout.

    That is what passes for it, a broken form of it, or a copy of the row's own box (n x bp).
    """
    box = grammar.breakable
    boxes = _stands(codes, *_rule(grammar, box))
    for form in box.broken:
        boxes |= _stands(codes, form)
    boxes |= (sliding_window_view(codes, box.length, axis=1) == own[:, None, :]).all(axis=2)
    found = _stands(codes, _signature(grammar, element))
    apart = box.start - element.start
    both = min(found.shape[1], boxes.shape[1] - apart)
    following = np.zeros_like(found)
    following[:, :both] = boxes[:, apart : apart + both]
    return found & following


def _outside(codes: Codes, hits: Hits, starts: NDArray[np.intp], length: int) -> float:
    """Return hits per sequence, on either strand, that share no base with each row's own place."""
    forward = hits(codes)
    reverse = hits(3 - codes[:, ::-1])[:, ::-1]  # the complement of code c is 3 - c
    size = codes.shape[1] - forward.shape[1] + 1
    first, own = np.arange(forward.shape[1])[None, :], starts[:, None]
    outside = (first + size <= own) | (first >= own + length)
    return float(((forward & outside).sum() + (reverse & outside).sum()) / len(codes))


def look_alikes(family: Codes, source: Codes, places: Sequence[Grammar]) -> tuple[LookAlikes, ...]:
    """Count what passes for each box and compensator, outside its own place, on either strand.

    The breakable box goes by the grammar's rule for look-alikes, a compensator with a signature
    by that, all others by their consensus with at most one mismatch. A displaced element counts.

    Parameters
    ----------
    family, source
        Base codes, n x L.
    places
        The layout of each of the n pairs.
    """
    grammar, found = places[0], []
    for element in sorted((*grammar.boxes, *grammar.compensators), key=lambda e: e.start):
        starts = _starts(places, element)
        rule = _rule(grammar, element)
        by_rule = partial(_by_rule, rule=rule)
        means = (_outside(codes, by_rule, starts, element.length) for codes in (family, source))
        found.append(LookAlikes(element.name, _words(*rule), *means))
        if _signature(grammar, element) and element.start < grammar.breakable.start:
            found.append(_served(family, source, places, element))
    return tuple(found)


def _served(
    family: Codes, source: Codes, places: Sequence[Grammar], element: Element
) -> LookAlikes:
    """Count signatures that serve a box, or what could be one, at another place than their own."""
    grammar, box = places[0], places[0].breakable
    within = _starts(places, box)[:, None] + np.arange(box.length)
    means = []
    for codes in (family, source):
        own = np.take_along_axis(codes, within, axis=1)
        before_box = partial(_before_box, own=own, grammar=grammar, element=element)
        means.append(_outside(codes, before_box, _starts(places, element), element.length))
    words = f"{_signature(grammar, element)} before a box like {box.name} or broken"
    return LookAlikes(f"{element.name}+{box.name}", words, *means)


def _starts(places: Sequence[Grammar], element: Element) -> NDArray[np.intp]:
    return np.array([layout[element.name].start for layout in places], dtype=np.intp)
