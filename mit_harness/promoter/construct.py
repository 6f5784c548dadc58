"""Synthetic promoters: backgrounds, and everything that is built on one background."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import BASES, IUPAC, decode
from mit_harness.promoter.grammar import Grammar, swap, write
from mit_harness.promoter.seeds import Seeds
from mit_harness.promoter.shuffle import dinucleotide_shuffle

_MOST_DRAWS = 10_000


def bases_from(grammar: Grammar, deviates: NDArray[np.float64]) -> str:
    """Return the bases of the grammar's composition that uniform deviates stand for.

    They are cut at cumulative probabilities in the order A, C, G, T, so that raising the A+T
    content changes as few bases as possible (common random numbers).
    """
    cuts = np.cumsum([grammar.composition[base] for base in BASES])[:-1]
    return decode(np.searchsorted(cuts, deviates, side="right").astype(np.uint8))


def draw_bases(grammar: Grammar, length: int, rng: np.random.Generator) -> str:
    """Draw `length` independent bases of the grammar's composition."""
    return bases_from(grammar, rng.random(length))


def draw_filler(grammar: Grammar, name: str, rng: np.random.Generator) -> str:
    """Draw bases for the displaced place of a compensator that obey the redraw rule there."""
    for _ in range(_MOST_DRAWS):
        filler = draw_bases(grammar, grammar[name].length, rng)
        if grammar.accepts_displaced(name, filler):
            return filler
    raise InputError(f"{grammar.name}: no bases obey the redraw rule where {name} is displaced")


def draw_background(grammar: Grammar, rng: np.random.Generator) -> str:
    """Draw independent bases, again from the same stream until the grammar accepts them."""
    for _ in range(_MOST_DRAWS):
        background = draw_bases(grammar, grammar.length, rng)
        if grammar.accepts(background):
            return background
    raise InputError(
        f"{grammar.name}: no background obeys the redraw rule in {_MOST_DRAWS} draws; "
        "loosen its composition or its rules"
    )


def sample_iupac(pattern: str, rng: np.random.Generator) -> str:
    """Return one instance of an IUPAC pattern, each code sampled uniformly."""
    return "".join(IUPAC[code][rng.integers(len(IUPAC[code]))] for code in pattern)


@dataclass(frozen=True)
class Promoter:
    """One background with the elements sampled for it; every class is one of its methods.

    Attributes
    ----------
    grammar
        The layout.
    background
        Bases of every place, those under the boxes too.
    bases
        The sampled bases of each element, by its name.
    break_form
        Which broken form the breakable box takes.
    """

    grammar: Grammar
    background: str
    bases: Mapping[str, str]
    break_form: str

    def _write(self, sequence: str, names: Iterable[str]) -> str:
        return write(sequence, *((self.grammar[name].start, self.bases[name]) for name in names))

    def intact(self) -> str:
        """Class C: the boxes on the background."""
        return self._write(self.background, (e.name for e in self.grammar.boxes))

    def broken(self) -> str:
        """Class D: class C with the breakable box broken."""
        return write(self.intact(), (self.grammar.breakable.start, self.break_form))

    def compensate(self, sequence: str) -> str:
        """Return `sequence` with the compensators written at their places."""
        return self._write(sequence, (e.name for e in self.grammar.compensators))

    def compensated(self) -> str:
        """Class E: class D with the compensators."""
        return self.compensate(self.broken())

    def over_compensated(self) -> str:
        """Class F: class E with the enhancers."""
        return self._write(self.compensated(), (e.name for e in self.grammar.enhancers))

    def displace(self, sequence: str, *names: str) -> str:
        """Swap the named elements, or all compensators, with what stands where they are displaced.

        The same bases exactly, elsewhere.
        """
        for name in names or tuple(e.name for e in self.grammar.compensators):
            element = self.grammar[name]
            sequence = swap(sequence, element.start, self.grammar.displaced(name), element.length)
        return sequence

    def with_decoy(self, sequence: str, form: str | None = None) -> str:
        """Return `sequence` with a second copy of the box (broken by default), displaced."""
        place = self.grammar.displaced(self.grammar.breakable.name)
        return write(sequence, (place, form or self.break_form))

    def decoy_pair(self) -> tuple[str, str]:
        """E' and H': two broken boxes; the compensators serve the real one, or the decoy."""
        correct = self.compensate(self.with_decoy(self.broken()))
        return correct, self.displace(correct)

    def motif_pair(self) -> tuple[str, str]:
        """The intact box at its place and a broken one displaced; and the two exchanged."""
        box = self.grammar.breakable
        correct = self.with_decoy(self.intact())
        return correct, swap(correct, box.start, self.grammar.displaced(box.name), box.length)

    def shuffled(self, rng: np.random.Generator) -> str:
        """Deal the compensators' bases out over their places until no element stands there.

        A compensator with a signature must lose the signature, another its consensus. All the
        elements' bases are dealt together, because an UP element of nine A has no other order.
        """
        elements = self.grammar.compensators
        source = self.compensated()
        pool = np.array(list("".join(e.of(source) for e in elements)))
        for _ in range(_MOST_DRAWS):
            dealt, sequence = "".join(rng.permutation(pool)), source
            for element in elements:
                sequence = write(sequence, (element.start, dealt[: element.length]))
                dealt = dealt[element.length :]
            if all(self.grammar.lacks(e.name, e.of(sequence)) for e in elements):
                return sequence
        raise InputError(f"{self.grammar.name}: the compensators' bases have no other order")

    def dinucleotide_shuffled(self, rng: np.random.Generator) -> str:
        """Shuffle each stretch between the boxes, every dinucleotide count of the whole kept."""
        source, start, pieces = self.compensated(), 0, []
        for box in sorted(self.grammar.boxes, key=lambda e: e.start):
            pieces += [dinucleotide_shuffle(source[start : box.start], rng), box.of(source)]
            start = box.stop
        pieces.append(dinucleotide_shuffle(source[start:], rng))
        return "".join(pieces)


@lru_cache(maxsize=32)
def promoters(grammar: Grammar, seeds: Seeds, n: int, break_form: str) -> tuple[Promoter, ...]:
    """Return promoters 0..n-1; asking for more never changes the earlier ones."""
    grammar.check_break(break_form)
    made = _made_promoters(grammar, seeds, break_form)
    for index in range(len(made), n):
        background = draw_background(grammar, seeds.rng("background", index))
        rng = seeds.rng("elements", index)
        bases = {e.name: sample_iupac(e.consensus, rng) for e in grammar.elements}
        made.append(Promoter(grammar, background, bases, break_form))
    return tuple(made[:n])


@lru_cache(maxsize=32)
def _made_promoters(grammar: Grammar, seeds: Seeds, break_form: str) -> list[Promoter]:
    """Return those made so far, the first of any number: shares of n are made once."""
    return []
