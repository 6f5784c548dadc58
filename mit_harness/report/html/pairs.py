"""The pair viewer's data: each sequence once, and what every model makes of every pair.

The page gets one packed block of sequences, and one of numbers per claim, unpacked when somebody
looks at it. A block of numbers holds little-endian arrays one after the other, n pairs each:
winner, loser and index (uint32; the first two are numbers of sequences); then for each model the
winner's score and its difference to the loser's (float32: seven digits); then for each model the
outcome (uint8, a place in `OUTCOMES`), which comes from the full numbers and the model's tolerance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.errors import NotApplicable, printable
from mit_harness.promoter.audit_elements import layouts
from mit_harness.promoter.grammar import SIGMA70, Grammar
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.report.html.marks import found
from mit_harness.report.html.packed import packed, packed_json
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import DesignRecord, ModelRecord

OUTCOMES = ("wrong", "tie", "right", "no score")

MOST_PAIRS = 2_000
"""Of two groups, so many pairs can be looked at on the page, which holds each of them."""

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class GroupRows:
    """Two groups that a claim compares: their rows in its sequences, matched by index."""

    claim: str
    winner: str
    loser: str
    first: Rows
    second: Rows

    def shown(self) -> "GroupRows":
        """Return the first pairs, as many as the page holds."""
        return replace(self, first=self.first[:MOST_PAIRS], second=self.second[:MOST_PAIRS])


def compared(items: ItemScores, design: DesignRecord) -> dict[str, list[GroupRows]]:
    """Return the pairs of groups of every shipped claim that was scored, by claim.

    A claim without pairs, or of a project's own, which this page cannot know, has none.
    """
    every: dict[str, list[GroupRows]] = {}
    for claim, made in items.sequences.items():
        if claim not in CLAIMS:
            continue
        try:
            named = get_claim(claim).pairs(design.protocol)
        except NotApplicable:
            continue
        rows = [_matched(claim, made, *pair) for pair in named]
        if kept := [found for found in rows if len(found.first)]:
            every[claim] = kept
    return every


def _matched(claim: str, made: SequenceSet, winner: str, loser: str) -> GroupRows:
    one, other = made.indices(winner), made.indices(loser)
    nothing = np.empty(0, dtype=np.intp)
    first, second = made.rows.get(winner, nothing), made.rows.get(loser, nothing)
    return GroupRows(claim, winner, loser, first[np.isin(one, other)], second[np.isin(other, one)])


def outcomes(rows: GroupRows, items: ItemScores, model: ModelRecord) -> NDArray[np.uint8]:
    """Return what a model makes of each pair: places in `OUTCOMES`, shape (n,)."""
    values = items.scores[model.name][rows.claim].values
    difference = values[rows.first] - values[rows.second]
    made = np.select([difference > model.tolerance, difference < -model.tolerance], [2, 0], 1)
    return np.where(np.isfinite(difference), made, 3).astype(np.uint8)


class Catalogue:
    """Numbers sequences as they come, each with the elements that are found in it."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int], int] = {}
        self._sequences: list[str] = []
        self._marks: dict[str, int] = {}
        self._places: list[list[list[int | str]]] = []
        self._marked: list[int] = []
        self._layouts: list[Grammar] = []

    def number(self, item: Item, layout: Grammar) -> int:
        """Return the number of an item's sequence in a layout."""
        kind = self._kind(layout)
        known = self._numbers.get((item.sequence, kind))
        if known is not None:
            return known
        marks = [list(mark) for mark in found(item.sequence, layout)]
        place = self._marks.setdefault(repr((kind, marks)), len(self._places))
        if place == len(self._places):
            self._places.append([[kind], *marks])
        self._numbers[item.sequence, kind] = len(self._sequences)
        self._sequences.append(item.sequence)
        self._marked.append(place)
        return len(self._sequences) - 1

    def _kind(self, layout: Grammar) -> int:
        for kind, known in enumerate(self._layouts):
            if known is layout or known.elements == layout.elements:
                return kind
        self._layouts.append(layout)
        return len(self._layouts) - 1

    def block(self) -> str:
        """Return everything packed.

        ``sequences``; ``marked``: for each of them a place in ``marks``; ``marks``: lists of the
        layout's number in a list of its own, then one list (see `Mark`) per element; ``layouts``:
        name, role, start and stop of each element.
        """
        return packed_json(
            {
                "sequences": self._sequences,
                "marked": self._marked,
                "marks": self._places,
                "layouts": [
                    [[e.name, e.role, e.start, e.stop] for e in _by_place(layout)]
                    for layout in self._layouts
                ],
            }
        )


def _by_place(layout: Grammar) -> list[Any]:
    return sorted(layout.elements, key=lambda element: element.start)


def pair_data(
    models: Sequence[ModelRecord], items: ItemScores, every: Mapping[str, Sequence[GroupRows]]
) -> dict[str, Any]:
    """Return the pair viewer's data, ready for JSON.

    Parameters
    ----------
    models
        In the order of the page.
    items
        Their scores.
    every
        Of `compared`.
    """
    catalogue = Catalogue()
    claims = []
    for claim, pairs in every.items():
        asked = [k for k, model in enumerate(models) if items.has(model.name, claim)]
        if not asked:
            continue
        shown = [pair.shown() for pair in pairs]
        claims.append(
            {
                "id": printable(claim),
                "pairs": [[printable(p.winner), printable(p.loser), len(p.first)] for p in shown],
                "models": asked,
                "block": packed(_numbers(catalogue, [models[k] for k in asked], items, shown)),
            }
        )
    return {"claims": claims, "sequences": catalogue.block()}


def _numbers(
    catalogue: Catalogue,
    models: Sequence[ModelRecord],
    items: ItemScores,
    pairs: Sequence[GroupRows],
) -> bytes:
    made = items.sequences[pairs[0].claim]
    return b"".join(
        (*_whichever(catalogue, made, pairs), *_scores(models, items, pairs), *(
            np.concatenate([outcomes(p, items, model) for p in pairs]).tobytes() for model in models
        ))
    )  # fmt: skip


def _whichever(
    catalogue: Catalogue, made: SequenceSet, pairs: Sequence[GroupRows]
) -> Iterator[bytes]:
    first = [made[int(row)] for pair in pairs for row in pair.first]
    second = [made[int(row)] for pair in pairs for row in pair.second]
    # The pair's layout is that of the member that has to win, as in the error analysis.
    places = layouts(first, SIGMA70)
    for side in (first, second):
        numbers = [catalogue.number(item, at) for item, at in zip(side, places, strict=True)]
        yield np.array(numbers, dtype="<u4").tobytes()
    yield np.array([item.index for item in first], dtype="<u4").tobytes()


def _scores(
    models: Sequence[ModelRecord], items: ItemScores, pairs: Sequence[GroupRows]
) -> Iterator[bytes]:
    first = np.concatenate([pair.first for pair in pairs])
    second = np.concatenate([pair.second for pair in pairs])
    for model in models:
        values = items.scores[model.name][pairs[0].claim].values
        with np.errstate(over="ignore", invalid="ignore"):  # float32 has no such numbers: infinite
            yield values[first].astype("<f4").tobytes()
            yield (values[first] - values[second]).astype("<f4").tobytes()
