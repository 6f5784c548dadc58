"""Control audit: what besides the places of the elements tells a family from its source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import InputError, near
from mit_harness.promoter.alphabet import BASES, check
from mit_harness.promoter.audit_content import (
    KmerChange,
    KmerFrequencies,
    LocalGC,
    at_runs,
    changes,
    composition,
    frequencies,
    kmer_counts,
    local_gc,
)
from mit_harness.promoter.audit_elements import MOST_ROWS, InPlace, LookAlikes, Rows
from mit_harness.promoter.audit_pairs import AuditPair, default_pairs
from mit_harness.promoter.grammar import SIGMA70, Grammar
from mit_harness.promoter.sequence_set import Item, SequenceSet

_FEWEST_PAIRS = 6
"""Below, what a few pairs have in common says nothing of where an element stands."""

_OWN_PLACE = 0.25
"""Share of the pairs that differ at a place where an element of a claim's own stands: two random
bases differ in 0.6 to 0.75 of the pairs."""

_WORDS = (2, 3)
_AT = [BASES.index(base) for base in "AT"]

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class FamilyAudit:
    """One family against its source, pair by pair.

    Attributes
    ----------
    pair
        What is compared, and what is known of it.
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
    equal_at
        Pairs with as many A and T in both.
    differing_median, differing_max
        Places of the `length` bp at which a pair differs.
    kept
        Places at which no pair differs: more than half, where backgrounds are matched.
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

    pair: AuditPair
    pairs: int
    unpaired: int
    length: int
    identical: int
    equal_composition: int
    equal_at: int
    differing_median: float
    differing_max: int
    kept: int
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

    @property
    def family(self) -> str:
        """The group that is judged."""
        return self.pair.family

    @property
    def source(self) -> str:
        """The group that it is held against."""
        return self.pair.source

    @property
    def matched(self) -> bool:
        """Whether most places are the same in every pair: one background, edited."""
        return 2 * self.kept >= self.length


def audit(
    sequences: SequenceSet, grammar: Grammar = SIGMA70, pairs: Iterable[AuditPair] | None = None
) -> list[FamilyAudit]:
    """Compare each family with its source.

    Parameters
    ----------
    sequences
        Families and sources; items of one index are a pair.
    grammar
        The layout; what is longer has it at its beginning. Our derivatives of natural class A are
        read by their own (see `mit_harness.promoter.audit_elements.layouts`).
    pairs
        What to compare; by default those of `default_pairs` that are present.

    Returns
    -------
    list of FamilyAudit
        In the order of `pairs`.

    Raises
    ------
    InputError
        If a named group is not in the set, a family and its source share no index, or their
        sequences are not equally long, shorter than the layout or not plain DNA.
    """
    wanted = held(default_pairs(grammar), sequences) if pairs is None else tuple(pairs)
    groups = _Groups(sequences, grammar, wanted)
    return [_audit(groups, pair) for pair in wanted]


def audit_what_can_be(
    sequences: SequenceSet, pairs: Iterable[AuditPair], grammar: Grammar = SIGMA70
) -> tuple[list[FamilyAudit], list[str]]:
    """Compare what `audit` does not refuse; return why the other pairs are left out."""
    wanted = held(pairs, sequences)
    groups = _Groups(sequences, grammar, wanted)
    found, left_out = [], []
    for pair in wanted:
        try:
            found.append(_audit(groups, pair))
        except InputError as error:
            left_out.append(f"{pair.name}: {error}")
    return found, left_out


def held(pairs: Iterable[AuditPair], sequences: SequenceSet) -> tuple[AuditPair, ...]:
    """Return the pairs of which a set holds both groups."""
    known = set(sequences.groups)
    return tuple(pair for pair in pairs if {pair.family, pair.source} <= known)


class _Groups:
    """The groups to compare, measured once however many pairs name them."""

    def __init__(
        self, sequences: SequenceSet, grammar: Grammar, pairs: Iterable[AuditPair]
    ) -> None:
        self._known = sequences.groups
        self._faults: dict[str, InputError] = {}
        self._places: dict[str, tuple[int, dict[int, int]]] = {}
        by_length: dict[int, list[Item]] = {}
        named = dict.fromkeys(name for pair in pairs for name in (pair.source, pair.family))
        for group in (name for name in named if name in sequences.rows):
            items = [sequences[row] for row in sequences.rows[group]]
            try:
                length = _length(items, group, grammar)
            except InputError as error:
                self._faults[group] = error
                continue
            known = by_length.setdefault(length, [])
            rows = {item.index: len(known) + k for k, item in enumerate(items)}
            self._places[group] = (length, rows)
            known += items
        self.measured = {length: _Measured(items, grammar) for length, items in by_length.items()}

    def rows(self, group: str) -> tuple[int, dict[int, int]]:
        """Return the length of a group's sequences, and their row numbers by index."""
        if group not in self._known:
            raise InputError(f"no group {group!r} to audit{near(group, list(self._known))}")
        if group in self._faults:
            raise self._faults[group]
        return self._places[group]


def _length(items: Sequence[Item], group: str, grammar: Grammar) -> int:
    """Return the one length of a group's sequences."""
    for item in items:
        check(item.sequence, f"sequence {item.id!r}")
        if len(item.sequence) < grammar.length:
            raise InputError(
                f"sequence {item.id!r} has {len(item.sequence)} bp, the layout {grammar.name} "
                f"{grammar.length} bp; only sequences as long as the layout can be audited"
            )
        if len(item.sequence) != len(items[0].sequence):
            raise InputError(
                f"sequence {item.id!r} has {len(item.sequence)} bp, {items[0].id!r} "
                f"{len(items[0].sequence)} bp; the sequences of {group!r} must be equally long"
            )
    return len(items[0].sequence)


class _Measured:
    """Equally long sequences and what each holds, row by row."""

    def __init__(self, items: Sequence[Item], grammar: Grammar) -> None:
        self.rows = Rows(items, grammar)
        self.codes = self.rows.codes
        parts = [self.codes[k : k + MOST_ROWS] for k in range(0, len(self.codes), MOST_ROWS)]
        self.bases = np.concatenate([composition(codes) for codes in parts])
        # In the smallest type: of a million sequences of 100 bp 80 MB.
        least = np.min_scalar_type(self.codes.shape[1])
        self._words = {
            size: np.concatenate([kmer_counts(codes, size).astype(least) for codes in parts])
            for size in _WORDS
        }
        self.at_runs = np.concatenate([at_runs(codes) for codes in parts])

    def words(self, size: int, rows: Numbers) -> Counts:
        """Return how often each k-mer stands in some of the sequences."""
        return self._words[size][rows].astype(np.int64)


def _audit(groups: _Groups, pair: AuditPair) -> FamilyAudit:
    (length, ours), (other, theirs) = groups.rows(pair.family), groups.rows(pair.source)
    if length != other:
        raise InputError(
            f"{pair.family!r} has sequences of {length} bp, {pair.source!r} of {other} bp; only "
            "equally long ones can be compared"
        )
    shared = [index for index in ours if index in theirs]
    if not shared:
        raise InputError(
            f"{pair.family!r} and {pair.source!r} share no index, so nothing can be paired; pairs "
            "are matched by index"
        )
    family: Numbers = np.array([ours[index] for index in shared], dtype=np.intp)
    source: Numbers = np.array([theirs[index] for index in shared], dtype=np.intp)
    return _compare(groups.measured[length], pair, family, source, len(ours) - len(shared))


def _compare(
    measured: _Measured, pair: AuditPair, family: Numbers, source: Numbers, unpaired: int
) -> FamilyAudit:
    rows, codes, reference = measured.rows, measured.codes[family], measured.codes[source]
    differs = codes != reference
    differing = differs.sum(axis=1)
    kept = int((~differs.any(axis=0)).sum())
    outside = _elsewhere(differs, rows.windows(family), pair).sum(axis=1)
    more = measured.bases[family] - measured.bases[source]
    two, three = (
        frequencies(measured.words(size, family), measured.words(size, source), size)
        for size in _WORDS
    )
    gained, lost = changes(codes, reference)
    return FamilyAudit(
        pair=pair,
        pairs=len(family),
        unpaired=unpaired,
        length=codes.shape[1],
        identical=int((differing == 0).sum()),
        equal_composition=int((more == 0).all(axis=1).sum()),
        equal_at=int((more[:, _AT].sum(axis=1) == 0).sum()),
        differing_median=float(np.median(differing)),
        differing_max=int(differing.max()),
        kept=kept,
        elsewhere=int((outside > 0).sum()),
        elsewhere_median=float(np.median(outside)),
        elsewhere_max=int(outside.max()),
        dinucleotides=two,
        trinucleotides=three,
        gained=gained,
        lost=lost,
        local_gc=local_gc(codes, reference),
        at_run_family=float(measured.at_runs[family].mean()),
        at_run_source=float(measured.at_runs[source].mean()),
        look_alikes=rows.look_alikes(family, source),
        in_place=rows.in_place(family, source),
    )


def _elsewhere(differs: Mask, windows: Mask, pair: AuditPair) -> Mask:
    """Return where a pair differs that is no place of an element, n x L.

    A claim may move elements to places that the layout does not name. They show by themselves:
    there most pairs differ, while most other places are the same in all.
    """
    outside = differs & ~windows
    shares = differs.mean(axis=0)
    if not pair.by_layout and 2 * (shares == 0).sum() >= len(shares):
        few = len(differs) < _FEWEST_PAIRS
        outside &= shares < (0 if few else _OWN_PLACE)
    return outside
