"""Elements in one sequence: what the grammar finds, in place or elsewhere, on either strand."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from mit_harness.promoter.alphabet import IUPAC, reverse_complement
from mit_harness.promoter.grammar import SIGMA70, Grammar

State = Literal["in place", "displaced", "elsewhere", "reversed"]

MOST_MISMATCHES = 2
"""With which bases at a box's own place still pass for it: four random hexamers in a hundred do. A
natural promoter's boxes are where its own layout has them, however weak."""


class Mark(NamedTuple):
    """One element found in a sequence.

    Attributes
    ----------
    start, stop
        0-based and half-open.
    element
        Its name.
    state
        ``in place``; ``displaced``: where the controls move it; ``elsewhere``; ``reversed``: its
        reverse complement, wherever.
    mismatches
        To the element's consensus, on its own strand.
    """

    start: int
    stop: int
    element: str
    state: State
    mismatches: int


class _Rule(NamedTuple):
    """What is looked for: worked out once a layout, since thousands of sequences share it."""

    name: str
    start: int
    stop: int
    displaced: int | None
    consensus: str
    forms: tuple[str, ...]
    turned: tuple[str, ...]
    weak: bool
    signature: str


def found(sequence: str, layout: Grammar) -> tuple[Mark, ...]:
    """Return the elements of a layout that a sequence holds, by place.

    A box is found in its own place with up to `MOST_MISMATCHES` (any, in a natural promoter's own
    layout), and as its consensus or a broken form anywhere, on either strand. A compensator is
    found as its consensus anywhere; one with a signature (the extended -10) as that, in its own and
    its displaced place, and right before any breakable box. Enhancers are found in place only. No
    two marks of one element overlap: its own place goes first, then the displaced place.
    """
    boxes, compensators, enhancers, breakable = _rules(layout)
    marks: list[Mark] = []
    for rule in boxes:
        marks += _apart(_box(sequence, rule))
    before = [mark.start - breakable.start for mark in marks if mark.element == breakable.name]
    for rule in compensators:
        marks += _apart(_compensator(sequence, rule, before))
    for rule in enhancers:
        if _pattern(rule.consensus).match(sequence, rule.start):
            marks.append(_mark(sequence, rule, rule.start))
    marks.sort()
    return tuple(marks)


@lru_cache(maxsize=256)
def _rules(
    layout: Grammar,
) -> tuple[tuple[_Rule, ...], tuple[_Rule, ...], tuple[_Rule, ...], _Rule]:
    movable = {element.name for element in (*layout.compensators, layout.breakable)}
    rules = {
        element.name: _Rule(
            element.name,
            element.start,
            element.stop,
            layout.displaced(element.name) if element.name in movable else None,
            element.consensus,
            (element.consensus, *element.broken),
            tuple(map(reverse_complement, (element.consensus, *element.broken)))
            if element.role == "box"
            else (),
            layout is not SIGMA70,
            layout.signature.get(element.name, ""),
        )
        for element in layout.elements
    }
    kinds = (layout.boxes, layout.compensators, layout.enhancers)
    boxes, compensators, enhancers = (tuple(rules[e.name] for e in kind) for kind in kinds)
    return boxes, compensators, enhancers, rules[layout.breakable.name]


def _box(sequence: str, rule: _Rule) -> Iterator[Mark]:
    if rule.stop <= len(sequence):
        own = _mark(sequence, rule, rule.start)
        standing = sequence[rule.start : rule.stop] in rule.forms
        if standing or rule.weak or own.mismatches <= MOST_MISMATCHES:
            yield own
    for start in _starts(sequence, rule.forms):
        if start != rule.start:
            yield _mark(sequence, rule, start)
    for start in _starts(sequence, rule.turned):
        yield _mark(sequence, rule, start, turned=True)


def _compensator(sequence: str, rule: _Rule, moved: Sequence[int]) -> Iterator[Mark]:
    places = [start for start in (rule.start, rule.displaced) if start is not None]
    if rule.signature:
        tried = (*places, *(rule.start + by for by in moved))
        starts = [s for s in tried if s >= 0 and _pattern(rule.signature).match(sequence, s)]
    else:
        starts = [hit.start() for hit in _ahead(rule.consensus).finditer(sequence)]
        starts.sort(key=lambda start: (*(start != place for place in places), start))
    for start in starts:
        if start + rule.stop - rule.start <= len(sequence):
            yield _mark(sequence, rule, start)


def _apart(marks: Iterator[Mark]) -> list[Mark]:
    """Return marks in the order given, without those that overlap an earlier one."""
    kept: list[Mark] = []
    for mark in marks:
        if all(mark.stop <= other.start or other.stop <= mark.start for other in kept):
            kept.append(mark)
    return kept


def _mark(sequence: str, rule: _Rule, start: int, *, turned: bool = False) -> Mark:
    stop = start + rule.stop - rule.start
    bases = sequence[start:stop]
    if turned:
        bases, state = reverse_complement(bases), "reversed"
    elif start == rule.start:
        state = "in place"
    else:
        state = "displaced" if start == rule.displaced else "elsewhere"
    wrong = 0
    if bases != rule.consensus:
        both = zip(bases, rule.consensus, strict=True)
        wrong = sum(base not in IUPAC[code] for base, code in both)
    return Mark(start, stop, rule.name, state, wrong)  # type: ignore[arg-type]


def _starts(sequence: str, forms: Sequence[str]) -> Iterator[int]:
    for form in forms:
        start = sequence.find(form)
        while start >= 0:
            yield start
            start = sequence.find(form, start + 1)


@lru_cache(maxsize=256)
def _pattern(motif: str) -> re.Pattern[str]:
    return re.compile("".join(f"[{IUPAC[code]}]" for code in motif))


@lru_cache(maxsize=256)
def _ahead(motif: str) -> re.Pattern[str]:
    """Return a pattern whose hits may overlap."""
    return re.compile(f"(?={_pattern(motif).pattern})")
