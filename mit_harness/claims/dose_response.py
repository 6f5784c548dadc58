"""dose_response: the more UP element stands in place, the larger the rescue."""

from collections.abc import Mapping
from itertools import product
from typing import ClassVar

import numpy as np

from mit_harness.claims.base import Claim, Floats, Measured, Pairs, Scored
from mit_harness.promoter.construct import Promoter
from mit_harness.promoter.core import DesignSpec, Protocol, grouped
from mit_harness.promoter.grammar import SIGMA70, write
from mit_harness.promoter.probes import graded_box, graded_up_pair
from mit_harness.promoter.seeds import Seeds
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict

UP_GRADES = tuple(range(SIGMA70["up"].length + 1))
"""Bases of the UP element that are not left to the background."""
BOX_GRADES = tuple(range(SIGMA70.breakable.length + 1))
"""Matches of the -10 box to its consensus."""
SERIES = (("up_grade", UP_GRADES), ("box_grade", BOX_GRADES))
FACTORS = ("box", "up", "extended")
CELLS = tuple(product((0, 1), repeat=3))
"""-10 box intact, UP element present, extended -10 present."""
EFFECTS: Mapping[str, tuple[int, ...]] = {
    "_x_".join(FACTORS[k] for k in used): used
    for used in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
}


def cell_group(cell: tuple[int, ...]) -> str:
    """Return the group of one cell of the factorial, such as ``factorial_011``."""
    return "factorial_" + "".join(map(str, cell))


def grade_pair(series: str, grade: int) -> tuple[str, str]:
    """Return the groups of the decoy pair at one grade."""
    return f"{series}{grade}_E", f"{series}{grade}_H"


class DoseResponse(Claim):
    """The slope of E' - H' (decoy pair) on the number of UP bases in place, per background.

    The bases are put in in random order, one order per background, and the rest of the window is
    background; E' and H' of one grade hold the same bases, and only those of the elements move. The
    same slope on the grade of both -10 boxes is reported (no sign is expected: a model may rescue a
    weak box more, or any box alike), and so are main effects and interactions of the 2 x 2 x 2
    factorial of -10 box, UP element and extended -10: compensation is an interaction with the box,
    and additive terms are not.
    """

    id = "dose_response"
    title = "Rescue grows with the UP element"
    compares = "E' with H' (decoy pair) with 0 to 9 bases of the UP element"
    threshold = 0.0
    threshold_text = "CI low > 0 nats per base"
    absent_band = None
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "Each base of an UP element in place adds to the rescue.",
        Verdict.REFUTED: "More of an UP element in place rescues no more than elsewhere.",
        Verdict.UNDECIDED: "Score more backgrounds (--mit-n) before concluding either way.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The decoy pair at every grade of the UP element."""
        self.only_matched(protocol)
        return tuple(grade_pair("up_grade", grade) for grade in UP_GRADES)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """The grades of the box, and the factorial."""
        boxes = (group for grade in BOX_GRADES for group in grade_pair("box_grade", grade))
        return (*boxes, *map(cell_group, CELLS))

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build the grades on half of n backgrounds, the factorial on all."""
        half = spec.promoters(5)
        groups: dict[str, list[str]] = {}
        for (series, grades), graded in zip(SERIES, (_up_pair, _box_pair), strict=True):
            for grade in grades:
                made = [graded(p, grade, spec.seeds, i) for i, p in enumerate(half)]
                names = grade_pair(series, grade)
                groups |= {name: [pair[k] for pair in made] for k, name in enumerate(names)}
        groups |= {cell_group(cell): [_cell(p, cell) for p in spec.promoters()] for cell in CELLS}
        return grouped(groups)

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The slope on the UP element's grade decides."""
        deciding = _slope(scored, stats, "up_grade", UP_GRADES)
        reported = []
        if scored.has(*(g for grade in BOX_GRADES for g in grade_pair("box_grade", grade))):
            reported.append(_slope(scored, stats, "box_grade", BOX_GRADES))
        cells = tuple(map(cell_group, CELLS))
        if scored.has(*cells):
            scores = np.column_stack(scored.matched(*cells))
            reported += [
                stats.contrast(f"effect_{name}", scores, contrast(used))
                for name, used in EFFECTS.items()
            ]
        return Measured([deciding], reported)


def contrast(used: tuple[int, ...]) -> Floats:
    """Return the weights, shape (8,), of one effect: how much it changes the score.

    A main effect is the mean score with the factor less that without; an interaction is half the
    difference of such effects between the levels of the other factor, and so on (Yates).
    """
    signs = np.prod([[2 * cell[k] - 1 for cell in CELLS] for k in used], axis=0)
    return np.asarray(signs / 4, dtype=np.float64)


def _slope(scored: Scored, stats: Inference, series: str, grades: tuple[int, ...]) -> Metric:
    """Return the mean over backgrounds of each one's least-squares slope of E' - H' on grade."""
    x = np.array(grades, dtype=np.float64) - np.mean(grades)
    names = [grade_pair(series, grade) for grade in grades]
    flat = scored.matched(*(name for pair in names for name in pair))
    gains = np.column_stack(flat[::2]) - np.column_stack(flat[1::2])
    return stats.contrast(f"{series}_slope", gains, x / (x @ x), unit="nats per base")


def _up_pair(promoter: Promoter, grade: int, seeds: Seeds, index: int) -> tuple[str, str]:
    order = seeds.rng("grades", index).permutation(promoter.grammar["up"].length)
    return graded_up_pair(promoter, grade, order.tolist())


def _box_pair(promoter: Promoter, grade: int, seeds: Seeds, index: int) -> tuple[str, str]:
    order = seeds.rng("grades", index).permutation(promoter.grammar.breakable.length)
    return graded_box(promoter, grade, order.tolist()).decoy_pair()


def _cell(promoter: Promoter, cell: tuple[int, ...]) -> str:
    """Return one background with the factors of a cell of the factorial."""
    sequence = promoter.intact() if cell[0] else promoter.broken()
    for present, name in zip(cell[1:], ("up", "extended"), strict=True):
        if present:
            element = promoter.grammar[name]
            sequence = write(sequence, (element.start, promoter.bases[name]))
    return sequence
