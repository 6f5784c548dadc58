"""The pairs that claims compare, and the numbers of each that could explain its outcome."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from mit_harness.claims.base import Claim
from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import at_count
from mit_harness.promoter.audit_elements import layouts
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.grammar import Grammar, LookAlike
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.stats.checks import FloatArray

UPSTREAM = 20
"""bp upstream of the most upstream box in which A+T is counted: where UP elements stand."""
ALIKE = 1
"""Mismatches with which something passes for a box that has no rule of its own."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What a feature may look at.

    Attributes
    ----------
    winner, loser
        Bases of the member that has to win and of the other.
    layout
        Where the elements of this pair stand.
    tokens
        Tokens of winner and loser; (0, 0) where the model does not count them.
    """

    winner: str
    loser: str
    layout: Grammar
    tokens: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Feature:
    """A number of one pair that could explain its outcome.

    Attributes
    ----------
    name, unit, meaning
        For people.
    of
        Returns it.
    """

    name: str
    unit: str
    meaning: str
    of: Callable[[Sides], float]


def sequence_features(grammar: Grammar) -> tuple[Feature, ...]:
    """Return the features that follow from the bases; every place is the grammar's."""
    first = min(grammar.boxes, key=lambda box: box.start)
    found = [
        Feature(
            "at_difference",
            "bp",
            "A+T of the winner less that of the loser",
            lambda s: at_count(s.winner) - at_count(s.loser),
        ),
        Feature(
            "background_at",
            "fraction",
            "A+T of the shared background: places at which both hold the same base, outside the "
            "boxes, the compensators, and where the controls move these",
            _background_at,
        ),
        Feature(
            "at_run_difference",
            "bp",
            "longest run of A and T in the winner less that in the loser",
            lambda s: at_run(s.winner) - at_run(s.loser),
        ),
        Feature(
            "at_run_winner",
            "bp",
            "longest run of A and T in the winner",
            lambda s: at_run(s.winner),
        ),
    ]
    for side in ("winner", "loser"):
        what = f"A+T of the {UPSTREAM} bp upstream of the {first.name} box in the {side}"
        of = partial(_upstream_at, side=side, box=first.name)
        found.append(Feature(f"upstream_at_{side}", "fraction", what, of))
    for box in sorted(grammar.boxes, key=lambda box: box.start):
        rule = grammar.look_alike
        if box.name != grammar.breakable.name:
            rule = LookAlike(box.consensus, ALIKE, ())
        what = f"{_words(rule)} at one place of both, on either strand, off the box's own place"
        of = partial(_look_alikes, box=box.name, rule=rule)
        found.append(Feature(f"alikes_{box.name}", "count", what, of))
    return tuple(found)


TOKEN_FEATURES = (
    Feature(
        "tokens_difference",
        "tokens",
        "tokens of the winner less those of the loser",
        lambda s: s.tokens[0] - s.tokens[1],
    ),
    Feature("tokens_winner", "tokens", "tokens of the winner", lambda s: s.tokens[0]),
)
"""Features that need a model which says over how many tokens its scores sum."""


def at_run(sequence: str) -> int:
    """Return the length in bp of the longest stretch of A and T."""
    return max(map(len, re.findall("[AT]+", sequence)), default=0)


def _upstream_at(sides: Sides, side: str, box: str) -> float:
    start = sides.layout[box].start
    window = str(getattr(sides, side))[max(0, start - UPSTREAM) : start]
    return at_count(window) / max(1, len(window))


def _background_at(sides: Sides) -> float:
    layout, taken = sides.layout, set[int]()
    for element in (*layout.boxes, *layout.compensators):
        taken.update(range(element.start, element.stop))
    for element in (*layout.compensators, layout.breakable):
        start = layout.displaced(element.name)
        taken.update(range(start, start + element.length))
    both = zip(sides.winner, sides.loser, strict=False)  # a longer one has no partner there
    shared = "".join(a for k, (a, b) in enumerate(both) if a == b and k not in taken)
    return at_count(shared) / max(1, len(shared))


def _words(rule: LookAlike) -> str:
    kept = " and ".join(f"{rule.consensus[k]}{k + 1}" for k in rule.invariant)
    most = f"at most {rule.max_mismatches} mismatch" + "es" * (rule.max_mismatches != 1)
    return f"{rule.consensus} with {most}" + (f", {kept} kept," if kept else ",")


def _look_alikes(sides: Sides, box: str, rule: LookAlike) -> float:
    own = sides.layout[box]
    shared = set(rule.places(sides.winner)) & set(rule.places(sides.loser))
    return sum(start + own.length <= own.start or start >= own.stop for start, _ in shared)


@dataclass(frozen=True)
class GroupPair:
    """Two groups that claims compare, matched by index.

    Attributes
    ----------
    claims
        Ids of the claims that compare them.
    winner, loser
        The group that has to score higher, and the other.
    items
        (winner, loser) at every index that both hold, by index ascending: n pairs.
    layouts
        Where the elements of each pair stand.
    features
        Values of the sequence features, float64 of shape (n,) each, by name.
    """

    claims: tuple[str, ...]
    winner: str
    loser: str
    items: tuple[tuple[Item, Item], ...]
    layouts: tuple[Grammar, ...]
    features: Mapping[str, FloatArray]


def group_pairs(claims: Iterable[Claim], spec: DesignSpec) -> tuple[GroupPair, ...]:
    """Return every pair of groups that the claims' verdicts compare, once each.

    Raises
    ------
    InputError
        If a claim compares no pairs.
    """
    made, named = SequenceSet.of(()), dict[tuple[str, str], list[str]]()
    for claim in claims:
        compared = claim.pairs(spec.protocol)
        if not compared:
            raise InputError(
                f"claim {claim.id!r} compares no pairs, so it has none to get wrong; leave it out"
            )
        made = made | claim.design(spec).only(group for pair in compared for group in pair)
        for pair in compared:
            named.setdefault(pair, []).append(claim.id)
    return tuple(
        group_pair(made, *pair, tuple(dict.fromkeys(ids)), spec.grammar)
        for pair, ids in named.items()
    )


def group_pair(
    made: SequenceSet, winner: str, loser: str, claims: tuple[str, ...], grammar: Grammar
) -> GroupPair:
    """Return the pairs of two groups at the indices that both hold, with their features."""
    first, second = (
        {made[int(row)].index: made[int(row)] for row in made.rows.get(group, ())}
        for group in (winner, loser)
    )
    items = tuple((first[k], second[k]) for k in first if k in second)
    places = tuple(layouts([item for item, _ in items], grammar))
    sides = [
        Sides(a.sequence, b.sequence, layout) for (a, b), layout in zip(items, places, strict=True)
    ]
    found = MappingProxyType(values(sequence_features(grammar), sides))
    return GroupPair(claims, winner, loser, items, places, found)


def values(features: Iterable[Feature], sides: Sequence[Sides]) -> dict[str, FloatArray]:
    """Return each feature of n pairs, float64 of shape (n,), by name."""
    return {f.name: np.array([f.of(side) for side in sides], dtype=np.float64) for f in features}


def to_score(pairs: Iterable[GroupPair]) -> SequenceSet:
    """Return the sequences that a model has to score."""
    return SequenceSet.of(item for pair in pairs for both in pair.items for item in both)
