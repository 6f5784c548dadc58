"""A promoter as a grammar: elements with places, consensus and roles; sigma70 is one instance.

Nothing outside this module knows where an element stands: everything is read off a `Grammar`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, combinations
from typing import Literal

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import (
    BASES,
    IUPAC,
    at_count,
    matches,
    reverse_complement,
)

Role = Literal["box", "compensator", "enhancer"]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a promoter.

    Attributes
    ----------
    name
        Such as ``"minus10"``.
    start
        First base, 0-based, on the promoter's strand.
    consensus
        IUPAC; codes are sampled uniformly.
    role
        ``box``: what the polymerase recognises. ``compensator``: can make up for a broken box.
        ``enhancer``: only in the over-compensated class.
    broken
        Broken forms of a box, the default first; empty if the benchmark never breaks it.
    """

    name: str
    start: int
    consensus: str
    role: Role
    broken: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """Length in bp."""
        return len(self.consensus)

    @property
    def stop(self) -> int:
        """One past the last base (half-open)."""
        return self.start + self.length

    def of(self, sequence: str) -> str:
        """Return the bases of `sequence` at this element's place."""
        return sequence[self.start : self.stop]


@dataclass(frozen=True)
class LookAlike:
    """A hexamer that could pass for a box: few mismatches, and the invariant bases in place."""

    consensus: str
    max_mismatches: int
    invariant: tuple[int, ...]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Every way to mismatch, as one expression; ahead of the place, so that hits overlap."""
        free = [k for k in range(len(self.consensus)) if k not in self.invariant]
        forms = [
            "".join("." if k in loose else base for k, base in enumerate(self.consensus))
            for loose in combinations(free, min(self.max_mismatches, len(free)))
        ]
        # The invariant bases alone rule out nearly every place, at a fifth of the cost.
        bare = "".join(
            base if k in self.invariant else "." for k, base in enumerate(self.consensus)
        )
        return re.compile(f"(?={bare})(?=({'|'.join(forms)}))")

    def places(self, sequence: str) -> list[tuple[int, int]]:
        """Return (0-based start, strand) of every look-alike; strand is +1 or -1."""
        last = len(sequence) - len(self.consensus)
        found = [(m.start(), 1) for m in self._pattern.finditer(sequence)]
        other = self._pattern.finditer(reverse_complement(sequence))
        return found + [(last - m.start(), -1) for m in other]


@dataclass(frozen=True, eq=False)
class Grammar:
    """Elements of a promoter, where they stand, and what its random background must not hold.

    Attributes
    ----------
    name
        Such as ``"sigma70"``.
    length
        bp of the whole layout.
    elements
        In any order; boxes and compensators may not overlap.
    displacement
        bp by which the controls move an element downstream. A multiple of 6 keeps the frame of
        a non-overlapping 6-mer tokenizer.
    composition
        Probability of each base in the background.
    look_alike
        What counts as a second copy of the breakable box; none may stand in a background.
    signature
        IUPAC motif of a compensator that no background may hold at its place or its displaced
        place, by element name.
    displaced_at_most
        Largest number of A+T that a background may hold at an element's displaced place.
    source
        Where the layout comes from.
    """

    name: str
    length: int
    elements: tuple[Element, ...]
    displacement: int
    composition: Mapping[str, float]
    look_alike: LookAlike
    signature: Mapping[str, str] = field(default_factory=dict)
    displaced_at_most: Mapping[str, int] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a layout that cannot be built."""
        # Lazily: later checks rely on what earlier ones have found to be right.
        for fault in chain(self._element_faults(), self._rule_faults(), self._room_faults()):
            raise InputError(f"{self.name}: {fault}")

    def _element_faults(self) -> Iterator[str]:
        for element in self.elements:
            if not 0 <= element.start < element.stop <= self.length:
                yield f"element {element.name} leaves the layout"
            if unknown := set(element.consensus) - set(IUPAC):
                yield f"{element.name} holds {unknown}, not IUPAC"
            if any(len(form) != element.length for form in element.broken):
                yield f"a broken {element.name} has another length"
            if element.role == "box" and set("".join((element.consensus, *element.broken))) - set(
                BASES
            ):
                yield f"box {element.name} and its broken forms must be plain bases"
        if sum(bool(e.broken) for e in self.elements) != 1 or not any(b.broken for b in self.boxes):
            yield "exactly one box must have broken forms"
        for a, b in combinations(self.elements, 2):
            if a.name == b.name:
                yield f"two elements are called {a.name}"
            if a.start < b.stop and b.start < a.stop:
                yield f"{a.name} and {b.name} overlap"

    def _rule_faults(self) -> Iterator[str]:
        shares = [self.composition.get(base, -1.0) for base in BASES]
        if len(self.composition) != 4 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
            yield "the composition must give A, C, G and T probabilities that sum to 1"
        names = {e.name for e in self.elements}
        for name in (*self.signature, *self.displaced_at_most):
            if name not in names:
                yield f"a rule names {name}, but no element is called so"
        for name, motif in self.signature.items():
            if unknown := set(motif) - set(IUPAC):
                yield f"the signature of {name} holds {unknown}, not IUPAC"
        copy = self.look_alike
        if len(copy.consensus) != self.breakable.length or not all(
            0 <= k < len(copy.consensus) for k in copy.invariant
        ):
            yield f"the look-alike does not fit {self.breakable.name}"

    def _room_faults(self) -> Iterator[str]:
        for moved in (*self.compensators, self.breakable):
            start, stop = self.displaced(moved.name), self.displaced(moved.name) + moved.length
            others = [e for e in (*self.boxes, *self.compensators) if e.name != moved.name]
            inside = start >= moved.stop and stop <= self.length
            if not inside or any(e.start < stop and start < e.stop for e in others):
                yield f"displaced {moved.name} has no room"

    def __getitem__(self, name: str) -> Element:
        """Return the element called `name`."""
        if name not in self._by_name:
            raise KeyError(f"{self.name} has no element {name!r}")
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Element]:
        return {element.name: element for element in self.elements}

    @cached_property
    def boxes(self) -> tuple[Element, ...]:
        """What the polymerase recognises."""
        return tuple(e for e in self.elements if e.role == "box")

    @cached_property
    def compensators(self) -> tuple[Element, ...]:
        """What can make up for a broken box."""
        return tuple(e for e in self.elements if e.role == "compensator")

    @cached_property
    def enhancers(self) -> tuple[Element, ...]:
        """What only the over-compensated class has."""
        return tuple(e for e in self.elements if e.role == "enhancer")

    @cached_property
    def breakable(self) -> Element:
        """The one box that the benchmark breaks."""
        (box,) = (e for e in self.elements if e.broken)
        return box

    @property
    def break_form(self) -> str:
        """The default broken form of the breakable box."""
        return self.breakable.broken[0]

    def check_break(self, form: str) -> str:
        """Return `form` if it is a known broken form, or raise `InputError` naming them."""
        if form not in self.breakable.broken:
            known = ", ".join(self.breakable.broken)
            raise InputError(f"{form!r} is not a broken {self.breakable.name} box; known: {known}")
        return form

    def displaced(self, name: str) -> int:
        """Return the 0-based place to which the controls move an element."""
        return self[name].start + self.displacement

    def moved(self, names: tuple[str, ...], by: int) -> "Grammar":
        """Return the grammar with the named elements `by` bp further downstream."""
        elements = tuple(
            replace(e, start=e.start + by) if e.name in names else e for e in self.elements
        )
        return replace(self, elements=elements)

    def _has_signature(self, name: str, window: str) -> bool:
        motif = self.signature.get(name)
        return motif is not None and matches(window[: len(motif)], motif)

    def lacks(self, name: str, bases: str) -> bool:
        """Tell whether bases are no instance of an element: not its signature, or consensus."""
        motif = self.signature.get(name, self[name].consensus)
        return not matches(bases[: len(motif)], motif)

    def accepts_displaced(self, name: str, window: str) -> bool:
        """Tell whether bases may stand where the controls put the element called `name`."""
        most = self.displaced_at_most.get(name, self[name].length)
        return not self._has_signature(name, window) and at_count(window) <= most

    def accepts(self, background: str) -> bool:
        """Tell whether a background obeys the redraw rule, whichever form the box then takes.

        No compensator's signature stands at its place or its displaced place; displaced windows
        are not A+T-rich; and with each form of the breakable box written in, alone and with its
        decoy, no other hexamer on either strand passes for it. The decoy counts so that the bases
        beside it are drawn as those beside the box: else their difference tells the two apart.
        """
        return next(self.faults(background), None) is None

    def faults(self, background: str) -> Iterator[tuple[int, int]]:
        """Yield the windows, (0-based start, stop), in which a background breaks that rule."""
        for element in self.compensators:
            start = self.displaced(element.name)
            stop = start + element.length
            if not self.accepts_displaced(element.name, background[start:stop]):
                yield start, stop
            if self._has_signature(element.name, element.of(background)):
                yield element.start, element.stop
        box, decoy = self.breakable, self.displaced(self.breakable.name)
        boxes = write(background, *((b.start, b.consensus) for b in self.boxes))
        for form in (box.consensus, *box.broken):
            alone = write(boxes, (box.start, form))
            both = write(alone, (decoy, form))
            found = set(self.look_alike.places(both)) - {(box.start, 1), (decoy, 1)}
            # Without the decoy, only what overlaps its place can differ.
            first = max(decoy - box.length + 1, 0)
            beside = self.look_alike.places(alone[first : decoy + 2 * box.length - 1])
            found |= {(first + k, strand) for k, strand in beside} - {(box.start, 1)}
            yield from ((start, start + box.length) for start, _strand in sorted(found))


def write(sequence: str, *edits: tuple[int, str]) -> str:
    """Return `sequence` with each (0-based start, bases) written over it, in order."""
    for start, bases in edits:
        sequence = sequence[:start] + bases + sequence[start + len(bases) :]
    return sequence


def move(sequence: str, start: int, length: int, to: int) -> str:
    """Return `sequence` with one window of `length` bp at `to`; what it passes takes its place."""
    window, rest = sequence[start : start + length], sequence[:start] + sequence[start + length :]
    return rest[:to] + window + rest[to:]


def swap(sequence: str, first: int, second: int, length: int) -> str:
    """Return `sequence` with two windows of `length` bp exchanged; the bases stay the same."""
    a, b = sequence[first : first + length], sequence[second : second + length]
    return write(sequence, (first, b), (second, a))


SIGMA70 = Grammar(
    name="sigma70",
    length=100,
    elements=(
        Element("distal_up", 4, "AWWWWWTTTTT", "enhancer"),
        Element("up", 15, "AAAAAARNR", "compensator"),
        Element("minus35", 30, "TTGACA", "box"),
        Element("extended", 50, "TGT", "compensator"),
        Element("minus10", 53, "TATAAT", "box", broken=("TGTAAT", "GATAAT")),
        Element("discriminator", 59, "GGG", "enhancer"),
    ),
    displacement=24,
    composition={"A": 0.275, "C": 0.225, "G": 0.225, "T": 0.275},
    look_alike=LookAlike("TATAAT", max_mismatches=1, invariant=(1, 5)),
    signature={"extended": "TG"},
    displaced_at_most={"up": 6},
    source="arXiv 2604.06549; broken form GATAAT (12T>G) after Urtecho et al. 2019",
)
"""E. coli sigma70, 100 bp, 0-based. The UP window lies 4 bp upstream of the proximal subsite of
Estrem et al. (1998; -46..-38 where the -10 box is -12..-7): the paper's layout, kept to compare."""
