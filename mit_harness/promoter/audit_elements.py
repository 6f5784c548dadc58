"""Elements in audited sequences: whose layout holds, what stands in place, what looks alike."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mit_harness.promoter.alphabet import BASES, IUPAC, Codes, encode
from mit_harness.promoter.grammar import SIGMA70, Element, Grammar
from mit_harness.promoter.natural import DERIVATIVES, natural_promoters
from mit_harness.promoter.sequence_set import Item

_NATURAL = ("A", *DERIVATIVES)
_MOST_MISMATCHES = 1
MOST_ROWS = 20_000
"""Sequences that are measured at once: each takes some 2 kB while it is."""

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]
Places = NDArray[np.intp]
Hits = Callable[[Codes], Mask]
Rule = tuple[str, int, tuple[int, ...]]
"""A pattern, the mismatches allowed, and the places where none is."""


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
    if not 0 <= item.index < len(promoters) or len(item.sequence) != grammar.length:
        return grammar
    promoter = promoters[item.index]
    differs = np.not_equal(*encode([item.sequence, promoter.sequence]))
    changed = (differs & ~windows(promoter.grammar)).sum()
    return promoter.grammar if changed <= 1 else grammar


@lru_cache(maxsize=256)
def windows(grammar: Grammar, length: int | None = None) -> Mask:
    """Return which bases lie in an element, or where the controls move an element or the box.

    Parameters
    ----------
    grammar
        The layout.
    length
        bp to return; the layout's by default. What is beyond the layout lies in no element.
    """
    inside = np.zeros(grammar.length if length is None else length, dtype=np.bool_)
    for element in grammar.elements:
        inside[element.start : element.stop] = True
    for element in (*grammar.compensators, grammar.breakable):
        start = grammar.displaced(element.name)
        inside[start : start + element.length] = True
    inside.flags.writeable = False  # others are given the same one
    return inside


class Rows:
    """Equally long sequences with their layouts, and what their elements look like, row by row.

    Measured once for all rows, whichever of them are then compared.

    Parameters
    ----------
    items
        The sequences, at least as long as the layout.
    grammar
        The layout; see `layouts` for what replaces it.
    """

    def __init__(self, items: Sequence[Item], grammar: Grammar) -> None:
        parts = (items[k : k + MOST_ROWS] for k in range(0, max(len(items), 1), MOST_ROWS))
        self.codes = np.concatenate([encode([item.sequence for item in part]) for part in parts])
        self._grammar = grammar
        made = layouts(items, grammar)
        kinds = {id(layout): layout for layout in made}
        number = {key: k for k, key in enumerate(kinds)}
        self._kinds = tuple(kinds.values())
        self._kind = np.array([number[id(layout)] for layout in made], dtype=np.intp)

    def windows(self, rows: Places) -> Mask:
        """Return which bases of some rows lie in what `windows` says of their layout, n x L."""
        length = self.codes.shape[1]
        return np.array([windows(layout, length) for layout in self._kinds])[self._kind[rows]]

    def _parts(self) -> Iterator["Rows"]:
        """Yield the same rows, some at a time: what is looked at beside them takes memory."""
        for start in range(0, max(len(self.codes), 1), MOST_ROWS):
            part = object.__new__(Rows)
            part.codes = self.codes[start : start + MOST_ROWS]
            part._grammar, part._kinds = self._grammar, self._kinds
            part._kind = self._kind[start : start + MOST_ROWS]
            yield part

    def starts(self, element: Element) -> Places:
        """Return where an element belongs in each row."""
        starts = np.array([layout[element.name].start for layout in self._kinds], dtype=np.intp)
        return starts[self._kind]

    @cached_property
    def _motifs(self) -> tuple[tuple[Element, str], ...]:
        """Each compensator with its consensus and, if it has one, with its signature."""
        return tuple(
            (element, motif)
            for element in self._grammar.compensators
            for motif in dict.fromkeys((element.consensus, _signature(self._grammar, element)))
            if motif
        )

    @cached_property
    def _standing(self) -> Mask:
        """Which of the motifs stand in their own place, n x motifs."""
        return np.concatenate([part._found_standing() for part in self._parts()])

    def _found_standing(self) -> Mask:
        found = np.zeros((len(self.codes), len(self._motifs)), dtype=np.bool_)
        for k, (element, motif) in enumerate(self._motifs):
            at = self.starts(element)[:, None]
            found[:, k] = np.take_along_axis(_stands(self.codes, motif), at, axis=1)[:, 0]
        return found

    def in_place(self, family: Places, source: Places) -> tuple[InPlace, ...]:
        """Count at each compensator's own place its consensus and, if it has one, its signature.

        Parameters
        ----------
        family, source
            Row numbers of the two sides of each pair.
        """
        ours, theirs = (self._standing[rows].sum(axis=0) for rows in (family, source))
        found = []
        for k, (element, motif) in enumerate(self._motifs):
            starts = np.unique(self.starts(element)[family])
            start = int(starts[0]) if len(starts) == 1 else None
            stop = None if start is None else start + element.length
            counts = int(ours[k]), int(theirs[k])
            found.append(InPlace(element.name, start, stop, motif, *counts))
        return tuple(found)

    @cached_property
    def _alikes(self) -> tuple[tuple[str, str, Counts], ...]:
        """What passes for each box and compensator: name, rule in words, count in each row.

        The breakable box goes by the grammar's rule for look-alikes, a compensator with a
        signature by that, all others by their consensus with at most one mismatch.
        """
        parts = [part._found_alikes() for part in self._parts()]
        return tuple(
            (same[0][0], same[0][1], np.concatenate([counts for *_, counts in same]))
            for same in zip(*parts, strict=True)
        )

    def _found_alikes(self) -> list[tuple[str, str, Counts]]:
        grammar, found = self._grammar, []
        for element in sorted((*grammar.boxes, *grammar.compensators), key=lambda e: e.start):
            rule = _rule(grammar, element)
            counts = self._outside(element, partial(_follows, rule))
            found.append((element.name, _words(*rule), counts))
            if _signature(grammar, element) and element.start < grammar.breakable.start:
                found.append(self._served(element))
        return found

    def look_alikes(self, family: Places, source: Places) -> tuple[LookAlikes, ...]:
        """Return what passes for each box and compensator outside its own place, on either strand.

        A displaced element counts.

        Parameters
        ----------
        family, source
            Row numbers of the two sides of each pair.
        """
        return tuple(
            LookAlikes(name, words, float(counts[family].mean()), float(counts[source].mean()))
            for name, words, counts in self._alikes
        )

    def _served(self, element: Element) -> tuple[str, str, Counts]:
        """Count signatures that serve a box, or what could be one, at another place than theirs."""
        box, signature = self._grammar.breakable, _signature(self._grammar, element)
        own = np.take_along_axis(
            self.codes, self.starts(box)[:, None] + np.arange(box.length), axis=1
        )
        counts = self._outside(element, partial(self._before_box, own, element))
        words = f"{signature} before a box like {box.name} or broken"
        return f"{element.name}+{box.name}", words, counts

    def _before_box(self, own: Codes, element: Element, codes: Codes) -> Mask:
        """Return where a signature starts that a box follows as in the layout.

        That is what passes for it, a broken form of it, or a copy of the row's own box (n x bp).
        """
        box = self._grammar.breakable
        boxes = _stands(codes, *_rule(self._grammar, box))
        for form in box.broken:
            boxes |= _stands(codes, form)
        boxes |= (sliding_window_view(codes, box.length, axis=1) == own[:, None, :]).all(axis=2)
        found = _stands(codes, _signature(self._grammar, element))
        apart = box.start - element.start
        both = min(found.shape[1], boxes.shape[1] - apart)
        following = np.zeros_like(found)
        following[:, :both] = boxes[:, apart : apart + both]
        return found & following

    def _outside(self, element: Element, hits: Hits) -> Counts:
        """Count hits on either strand that share no base with the element's own place."""
        forward = hits(self.codes)
        reverse = hits(3 - self.codes[:, ::-1])[:, ::-1]  # the complement of code c is 3 - c
        size = self.codes.shape[1] - forward.shape[1] + 1
        first, own = np.arange(forward.shape[1])[None, :], self.starts(element)[:, None]
        outside = (first + size <= own) | (first >= own + element.length)
        counts: Counts = (forward & outside).sum(axis=1) + (reverse & outside).sum(axis=1)
        return counts


def _signature(grammar: Grammar, element: Element) -> str:
    """Return a compensator's signature as long as the element, or the empty text."""
    motif = grammar.signature.get(element.name, "")
    return motif.ljust(element.length, "N") if motif else ""


def _stands(codes: Codes, pattern: str, most: int = 0, invariant: tuple[int, ...] = ()) -> Mask:
    """Return where an IUPAC pattern starts, with at most so many mismatches, n x places."""
    places = codes.shape[1] - len(pattern) + 1
    bits = np.left_shift(np.uint8(1), codes)  # one for each base: far quicker than a table
    wrong = np.zeros((len(codes), places), dtype=np.uint8)
    for k, code in enumerate(pattern):
        allowed = np.uint8(sum(1 << BASES.index(base) for base in IUPAC[code]))
        if code != "N":
            mismatch = (bits[:, k : k + places] & allowed) == 0
            wrong += mismatch * np.uint8(most + 1 if k in invariant else 1)
    return np.asarray(wrong <= most, dtype=np.bool_)


def _follows(rule: Rule, codes: Codes) -> Mask:
    return _stands(codes, *rule)


def _rule(grammar: Grammar, element: Element) -> Rule:
    """Return the pattern that passes for an element, its mismatches and its invariant bases."""
    if element == grammar.breakable:
        rule = grammar.look_alike
        return rule.consensus, rule.max_mismatches, rule.invariant
    if signature := _signature(grammar, element):
        return signature, 0, ()
    return element.consensus, _MOST_MISMATCHES, ()


def _words(pattern: str, most: int, invariant: tuple[int, ...]) -> str:
    allowed = f", at most {most} mismatch" + ("es" if most > 1 else "") if most else ""
    kept = " and ".join(f"{pattern[k]}{k + 1}" for k in invariant)
    return pattern + allowed + (f", {kept} kept" if kept else "")
