"""Natural sigma70 promoters: facts from a table, bases from the genome, matched derivatives."""

import csv
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

import numpy as np

from mit_harness.errors import InputError, near
from mit_harness.promoter.construct import draw_filler, sample_iupac
from mit_harness.promoter.genome import window
from mit_harness.promoter.grammar import SIGMA70, Grammar, swap, write
from mit_harness.promoter.seeds import Seeds
from mit_harness.promoter.sequence_set import Item


@dataclass(frozen=True)
class NaturalPromoter:
    """One promoter of NC_000913.3.

    Attributes
    ----------
    promoter_class
        ``A`` (near-consensus -10), ``B`` (weak, not compensated) or ``G`` (weak, compensated).
    name
        Gene, TSS and strand, such as ``"dapB_28287+"``; unique.
    strand
        ``"+"`` or ``"-"``.
    tss
        Transcription start, 1-based.
    minus10_start
        First base of the -10 box on the promoter's strand, 1-based.
    minus35, minus10
        The boxes as they stand.
    spacer
        bp between the boxes, 15 to 19.
    extended
        Whether TG stands at the extended -10.
    up_at
        A+T fraction of the 20 bp upstream of the -35 box.
    step
        Height of the dRNA-seq step at the TSS in LB (Thomason et al. 2015); None where the
        promoter is of another source.
    """

    promoter_class: str
    name: str
    strand: str
    tss: int
    minus10_start: int
    minus35: str
    spacer: int
    minus10: str
    extended: bool
    up_at: float
    step: float | None = None

    @cached_property
    def sequence(self) -> str:
        """The 100 bp on the promoter's strand with the -10 box where the layout has it."""
        downstream = 1 if self.strand == "+" else -1
        start = self.minus10_start - downstream * SIGMA70.breakable.start
        return window(start, SIGMA70.length, self.strand)

    @cached_property
    def grammar(self) -> Grammar:
        """The layout around this promoter's own -35 box: it and all upstream of it moved."""
        minus35 = SIGMA70["minus35"]
        upstream = tuple(e.name for e in SIGMA70.elements if e.start <= minus35.start)
        layout_spacer = SIGMA70.breakable.start - minus35.stop
        return SIGMA70.moved(upstream, layout_spacer - self.spacer)

    @property
    def minus35_mismatches(self) -> int:
        """Mismatches of the -35 box to the consensus, 0 to 6."""
        consensus = SIGMA70["minus35"].consensus
        return sum(a != b for a, b in zip(self.minus35, consensus, strict=True))


DERIVATIVES = (
    "A_broken",
    "A_sham",
    "A_compensated",
    "A_displaced",
    "A_compensated_decoy",
    "A_displaced_decoy",
)
"""Groups of `derivatives`."""


@dataclass(frozen=True)
class NaturalTable:
    """Natural promoters in their classes: the shipped ones, or others by the same rules.

    Attributes
    ----------
    promoters
        In the order in which each class is taken.
    """

    promoters: tuple[NaturalPromoter, ...]

    @cached_property
    def classes(self) -> dict[str, tuple[NaturalPromoter, ...]]:
        """The promoters by class."""
        found: dict[str, list[NaturalPromoter]] = {}
        for promoter in self.promoters:
            found.setdefault(promoter.promoter_class, []).append(promoter)
        return {name: tuple(promoters) for name, promoters in found.items()}


@lru_cache(maxsize=1)
def shipped() -> NaturalTable:
    """Return the 250 promoters that come with the package."""
    text = (files(__package__) / "data" / "natural_promoters.tsv").read_text(encoding="ascii")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return NaturalTable(
        tuple(
            NaturalPromoter(
                promoter_class=row["class"],
                name=row["name"],
                strand=row["strand"],
                tss=int(row["tss"]),
                minus10_start=int(row["minus10_start"]),
                minus35=row["minus35"],
                spacer=int(row["spacer_bp"]),
                minus10=row["minus10"],
                extended=row["extended_minus10"] == "1",
                up_at=float(row["up_at_fraction"]),
                step=float(row["drna_seq_step"]),
            )
            for row in csv.DictReader(lines, delimiter="\t")
        )
    )


def natural_promoters(
    promoter_class: str, table: NaturalTable | None = None
) -> tuple[NaturalPromoter, ...]:
    """Return the promoters of class ``A``, ``B`` or ``G`` in the table's order.

    Parameters
    ----------
    promoter_class
        ``A``, ``B`` or ``G``.
    table
        The shipped one unless given.

    Raises
    ------
    InputError
        If there is no such class.
    """
    classes = (table or shipped()).classes
    if promoter_class not in classes:
        raise InputError(
            f"no natural promoters of class {promoter_class!r}{near(promoter_class, list(classes))}"
        )
    return classes[promoter_class]


def _substitution(promoter: NaturalPromoter, break_form: str) -> tuple[int, str]:
    """Return the 0-based place and the new base by which a form breaks this promoter's box."""
    box = SIGMA70.breakable
    SIGMA70.check_break(break_form)
    changes = [
        (k, old, new)
        for k, (old, new) in enumerate(zip(box.consensus, break_form, strict=True))
        if old != new
    ]
    if len(changes) != 1:
        raise InputError(f"{break_form} changes {len(changes)} bases; a sham can match only one")
    ((k, old, new),) = changes
    if promoter.minus10[k] != old:
        raise InputError(
            f"{promoter.name} cannot be broken to {break_form}: its -10 box {promoter.minus10} "
            f"has no {old} at place {k} (0-based)"
        )
    return box.start + k, new


def broken(promoter: NaturalPromoter, break_form: str) -> str:
    """Return the promoter with its own -10 box broken as `break_form` breaks the consensus.

    Raises
    ------
    InputError
        If the form is unknown, or the base that it changes is not the consensus base here.
    """
    return write(promoter.sequence, _substitution(promoter, break_form))


def sham_places(promoter: NaturalPromoter, break_form: str) -> list[int]:
    """Return where the break's substitution can be made outside every box and compensator.

    0-based places whose base, with both neighbours, reads as the broken base and its neighbours
    do in the natural promoter; the neighbours may belong to an element, the place may not.

    Raises
    ------
    InputError
        As `broken`.
    """
    place, _ = _substitution(promoter, break_form)
    sequence, grammar = promoter.sequence, promoter.grammar
    elements = (*grammar.boxes, *grammar.compensators)
    context = sequence[place - 1 : place + 2]
    return [
        k
        for k in range(1, len(sequence) - 1)
        if sequence[k - 1 : k + 2] == context and not any(e.start <= k < e.stop for e in elements)
    ]


def sham(promoter: NaturalPromoter, break_form: str, rng: np.random.Generator) -> str | None:
    """Return the promoter with the break's substitution made where it should not matter.

    Returns
    -------
    str or None
        One of `sham_places`, uniformly; None where there is no such place.

    Raises
    ------
    InputError
        As `broken`.
    """
    places = sham_places(promoter, break_form)
    if not places:
        return None
    _, new = _substitution(promoter, break_form)
    return write(promoter.sequence, (places[rng.integers(len(places))], new))


def compensated(promoter: NaturalPromoter, break_form: str, rng: np.random.Generator) -> str:
    """Return the broken promoter with sampled compensators, placed as in the layout: the UP
    element relative to the promoter's own -35 box, TGT before its -10 box.

    Raises
    ------
    InputError
        As `broken`.
    """
    elements = promoter.grammar.compensators
    edits = [(e.start, sample_iupac(e.consensus, rng)) for e in elements]
    return write(broken(promoter, break_form), *edits)


def displaced(promoter: NaturalPromoter, sequence: str) -> str:
    """Swap each compensator of `sequence` with what stands at its displaced place.

    The same bases exactly, elsewhere; places are those of the promoter's own grammar.
    """
    grammar = promoter.grammar
    for element in grammar.compensators:
        sequence = swap(sequence, element.start, grammar.displaced(element.name), element.length)
    return sequence


def decoy_pair(
    promoter: NaturalPromoter, break_form: str, rng: np.random.Generator
) -> tuple[str, str]:
    """Return the broken promoter rescued in place, and the same with the rescue at a decoy.

    Both hold a second copy of the broken box at the displaced place, and random bases where the
    compensators do not stand; the two differ by the swaps of `displaced`. So they hold the same
    words, at the box and at its decoy, and neither is nearer to the genome.

    Raises
    ------
    InputError
        As `broken`.
    """
    grammar, sequence = promoter.grammar, broken(promoter, break_form)
    box = grammar.breakable
    sequence = write(sequence, (grammar.displaced(box.name), box.of(sequence)))
    for element in grammar.compensators:
        filler = draw_filler(grammar, element.name, rng)
        bases = sample_iupac(element.consensus, rng)
        place = grammar.displaced(element.name)
        sequence = write(sequence, (element.start, bases), (place, filler))
    return sequence, displaced(promoter, sequence)


@lru_cache(maxsize=8)
def derivatives(
    break_form: str, seeds: Seeds, table: NaturalTable | None = None
) -> tuple[Item, ...]:
    """Return the matched derivatives of those promoters of class A that have no TGn.

    Parameters
    ----------
    break_form
        Such as ``"TGTAAT"``; its substitution is applied to each promoter's own -10 box.
    seeds
        Each promoter has its own streams, so no derivative depends on another.
    table
        The shipped one unless given.

    Returns
    -------
    tuple of Item
        Groups ``A_broken``, ``A_sham`` (fewer: see `sham`), ``A_compensated``, ``A_displaced``,
        and ``A_compensated_decoy``, ``A_displaced_decoy`` (see `decoy_pair`). An index is that
        of the promoter in class A.

    Raises
    ------
    InputError
        If the form is unknown.
    """
    groups: dict[str, list[Item]] = {name: [] for name in DERIVATIVES}
    for index, promoter in enumerate(natural_promoters("A", table)):
        if promoter.extended:
            continue
        rescued = compensated(promoter, break_form, seeds.rng("natural", index))
        at_box, at_decoy = decoy_pair(promoter, break_form, seeds.rng("natural_decoy", index))
        made = {
            "A_broken": broken(promoter, break_form),
            "A_sham": sham(promoter, break_form, seeds.rng("sham", index)),
            "A_compensated": rescued,
            "A_displaced": displaced(promoter, rescued),
            "A_compensated_decoy": at_box,
            "A_displaced_decoy": at_decoy,
        }
        for group, sequence in made.items():
            if sequence is not None:
                groups[group].append(Item(f"{group}_{index:03d}", group, index, sequence))
    return tuple(item for items in groups.values() for item in items)


def promoter_name(item: Item, table: NaturalTable | None = None) -> str:
    """Return the name of the natural promoter that an item was made from, empty if none."""
    classes = (table or shipped()).classes
    letter = item.group.partition("_")[0]
    known = item.group == letter or item.group in DERIVATIVES
    if letter not in classes or not known or item.index >= len(classes[letter]):
        return ""
    return classes[letter][item.index].name
