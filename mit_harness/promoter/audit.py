"""Control audit: what besides the places of the elements tells a control from its source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mit_harness.errors import InputError, near
from mit_harness.promoter.alphabet import check, encode
from mit_harness.promoter.audit_content import (
    JUNCTION,
    KmerChange,
    KmerFrequencies,
    LocalGC,
    at_run,
    changes,
    composition,
    frequencies,
    local_gc,
)
from mit_harness.promoter.audit_elements import (
    InPlace,
    LookAlikes,
    in_place,
    layouts,
    look_alikes,
    windows,
)
from mit_harness.promoter.grammar import SIGMA70, Grammar
from mit_harness.promoter.sequence_set import Item, SequenceSet

_EDITS = (
    *("C", "D", "E", "F", "E_decoy", "motif_correct"),
    *("A_broken", "A_sham", "A_compensated", "A_compensated_decoy"),
)
"""Groups that are to hold other bases than their source; every other family is a control."""
_EDITED_ELSEWHERE = {"A_sham": 1}
"""Bases that an edit changes outside every element by what it is."""
_FEWEST_PAIRS = 6
"""Below, a 6-mer that only one side has is no finding: chance alone gives one."""


@dataclass(frozen=True)
class FamilyAudit:
    """One family against its source, pair by pair.

    Attributes
    ----------
    family, source
        Names of the two groups.
    control
        Whether the family is to hold the same bases as its source. The classes and the edits of
        natural promoters are not; of them only unmatched backgrounds are a finding.
    pairs
        Number of pairs with one index.
    unpaired
        Sequences of the family whose index the source lacks; they are left out.
    length
        bp of every sequence.
    identical
        Pairs of equal sequences.
    equal_composition
        Pairs in which each base stands exactly as often in both.
    differing_median, differing_max
        Places of the `length` bp at which a pair differs.
    elsewhere
        Pairs that differ at a place outside every element and every displaced place: 0 where
        backgrounds are matched.
    elsewhere_median, elsewhere_max
        Places outside at which a pair differs, over all pairs.
    dinucleotides, trinucleotides
        Distances of the k-mer frequencies.
    gained, lost
        6-mers that the family has and its partner lacks, and the reverse.
    local_gc
        Where mean local G+C differs most.
    at_run_family, at_run_source
        Mean length in bp of the longest stretch of A and T.
    look_alikes
        What could pass for an element outside its place.
    in_place
        What stands at the compensators' own places.
    """

    family: str
    source: str
    control: bool
    pairs: int
    unpaired: int
    length: int
    identical: int
    equal_composition: int
    differing_median: float
    differing_max: int
    elsewhere: int
    elsewhere_median: float
    elsewhere_max: int
    dinucleotides: KmerFrequencies
    trinucleotides: KmerFrequencies
    gained: KmerChange
    lost: KmerChange
    local_gc: LocalGC
    at_run_family: float
    at_run_source: float
    look_alikes: tuple[LookAlikes, ...]
    in_place: tuple[InPlace, ...]


def default_pairs(grammar: Grammar) -> dict[str, str]:
    """Return the source of each family of the benchmark: what it was built from."""
    single = tuple(_single(e.name) for e in grammar.compensators)
    return {
        "D": "C",
        "E": "D",
        "F": "E",
        **dict.fromkeys(("H", "displaced", *single, "shuffled", "dinucleotide"), "E"),
        "H_decoy": "E_decoy",
        "motif_exchanged": "motif_correct",
        "A_broken": "A",
        "A_sham": "A",
        "A_displaced": "A_compensated",
        "A_displaced_decoy": "A_compensated_decoy",
    }


def _single(element: str) -> str:
    """Return the name of the family in which only this compensator is displaced."""
    return f"{element}_displaced"


def audit(
    sequences: SequenceSet, grammar: Grammar = SIGMA70, pairs: Mapping[str, str] | None = None
) -> list[FamilyAudit]:
    """Compare each family with its source.

    Parameters
    ----------
    sequences
        Families and sources; items of one index are a pair.
    grammar
        The layout. Our derivatives of natural class A are read by their own (see `layouts`).
    pairs
        Source by family; by default those of `default_pairs` that are present.

    Returns
    -------
    list of FamilyAudit
        In the order of `pairs`.

    Raises
    ------
    InputError
        If a named group is not in the set, a family and its source share no index, or a
        sequence is not as long as the layout or not plain DNA.
    """
    known = sequences.groups
    if pairs is None:
        pairs = {
            family: source
            for family, source in default_pairs(grammar).items()
            if family in known and source in known
        }
    for group in dict.fromkeys(name for pair in pairs.items() for name in pair):
        if group not in known:
            raise InputError(f"no group {group!r} to audit{near(group, list(known))}")
    return [_audit(sequences, grammar, *pair) for pair in pairs.items()]


def _items(sequences: SequenceSet, group: str, grammar: Grammar) -> dict[int, Item]:
    items = {sequences[row].index: sequences[row] for row in sequences.rows[group]}
    for item in items.values():
        check(item.sequence, f"sequence {item.id!r}")
        if len(item.sequence) != grammar.length:
            raise InputError(
                f"sequence {item.id!r} has {len(item.sequence)} bp, the layout {grammar.name} "
                f"{grammar.length} bp; only sequences as long as the layout can be audited"
            )
    return items


def _audit(sequences: SequenceSet, grammar: Grammar, family: str, source: str) -> FamilyAudit:
    ours, theirs = (_items(sequences, group, grammar) for group in (family, source))
    shared = [index for index in ours if index in theirs]
    if not shared:
        raise InputError(
            f"{family!r} and {source!r} share no index, so nothing can be paired; pairs are "
            "matched by index"
        )
    items = [ours[index] for index in shared]
    texts = [item.sequence for item in items], [theirs[index].sequence for index in shared]
    codes, reference = encode(texts[0]), encode(texts[1])
    places = layouts(items, grammar)
    differs = codes != reference
    differing = differs.sum(axis=1)
    outside = (differs & ~np.array([windows(layout) for layout in places])).sum(axis=1)
    gained, lost = changes(*texts)
    return FamilyAudit(
        family=family,
        source=source,
        control=family not in _EDITS,
        pairs=len(shared),
        unpaired=len(ours) - len(shared),
        length=grammar.length,
        identical=int((differing == 0).sum()),
        equal_composition=int((composition(codes) == composition(reference)).all(axis=1).sum()),
        differing_median=float(np.median(differing)),
        differing_max=int(differing.max()),
        elsewhere=int((outside > 0).sum()),
        elsewhere_median=float(np.median(outside)),
        elsewhere_max=int(outside.max()),
        dinucleotides=frequencies(codes, reference, 2),
        trinucleotides=frequencies(codes, reference, 3),
        gained=gained,
        lost=lost,
        local_gc=local_gc(codes, reference),
        at_run_family=at_run(texts[0]),
        at_run_source=at_run(texts[1]),
        look_alikes=look_alikes(codes, reference, places),
        in_place=in_place(*texts, places),
    )


def findings(audits: Iterable[FamilyAudit]) -> list[str]:
    """Return in plain sentences what makes a family no proper partner of its source.

    For every family: sequences without a partner, identical pairs, backgrounds that are not
    matched. For controls also: composition that is not equal, compensators that still stand in
    place, and 6-mers that only one side has in more than half of the pairs (of six or more). A
    control that moves one compensator alone (``NAME_displaced``) is to keep the others.
    """
    return [text for found in audits for text in (*_pairing(found), *_control(found))]


def _pairing(found: FamilyAudit) -> Iterable[str]:
    n, name = found.pairs, f"{found.family} against {found.source}"
    if found.unpaired:
        yield (
            f"{name}: {found.unpaired} of {found.unpaired + n} sequences of {found.family} have "
            f"no partner of their index in {found.source} and are left out."
        )
    if found.identical:
        yield f"{name}: {found.identical} of {n} pairs are identical; they compare nothing."
    if found.elsewhere_max > _EDITED_ELSEWHERE.get(found.family, 0):
        how = "the backgrounds are not matched"
        if found.dinucleotides.same == n:
            how = "every dinucleotide count is equal: the backgrounds are shuffled, not kept"
        yield (
            f"{name}: {found.elsewhere} of {n} pairs differ outside every element and displaced "
            f"place (median {found.elsewhere_median:g} bp there, {found.differing_median:g} of "
            f"{found.length} bp in all); {how}."
        )


def _control(found: FamilyAudit) -> Iterable[str]:
    if not found.control:
        return
    n, name = found.pairs, f"{found.family} against {found.source}"
    if found.equal_composition < n:
        yield (
            f"{name}: {found.equal_composition} of {n} pairs have equal base composition; a "
            "model that only counts bases can tell the others apart."
        )
    for place in _standing(found):
        where = "" if place.start is None else f" [{place.start},{place.stop})"
        yield (
            f"{name}: {place.family} of {n} still read {place.motif} at the place of "
            f"{place.element}{where}."
        )
    for change, has, lacks in (
        (found.lost, found.source, found.family),
        (found.gained, found.family, found.source),
    ):
        if n >= _FEWEST_PAIRS and 2 * change.pairs > n:
            yield (
                f"{name}: in {change.pairs} of {n} pairs {has} holds the {JUNCTION}-mer "
                f"{change.commonest} and {lacks} does not; a model of k-mers without places can "
                "tell them apart."
            )


def _standing(found: FamilyAudit) -> Iterable[InPlace]:
    """Return what a control should have moved; a signature only if it counts more sequences."""
    singles = {_single(place.element) for place in found.in_place}
    most: dict[str, int] = {}
    for place in found.in_place:
        stays = found.family in singles and found.family != _single(place.element)
        in_source = 2 * place.source >= found.pairs
        if place.family > most.get(place.element, 0) and in_source and not stays:
            yield place
        most[place.element] = max(place.family, most.get(place.element, 0))
