"""A claim of your own: does the -35 box matter where it belongs?

The box is exchanged with the bases one displacement upstream of it, so the composition cancels.
"""

from typing import ClassVar

import pytest

from mit_harness.claims.base import Claim, Measured
from mit_harness.promoter.construct import promoters
from mit_harness.promoter.grammar import swap
from mit_harness.promoter.sequence_set import SequenceSet, make_items
from mit_harness.stats.verdict import Verdict


class Minus35InPlace(Claim):
    id = "minus35_in_place"
    title = "The -35 box matters where it belongs"
    compares = "C with C whose -35 box is exchanged with bases upstream"
    meaning: ClassVar = {
        Verdict.HOLDS: "The -35 box's place matters to this model.",
        Verdict.REFUTED: "The -35 box elsewhere scores as well.",
    }

    def pairs(self, protocol):
        return (("C", "minus35_moved"),)

    def make(self, spec):
        box = spec.grammar["minus35"]
        made = promoters(spec.grammar, spec.seeds, spec.n, spec.break_form)
        intact = [promoter.intact() for promoter in made]
        moved = [
            swap(s, box.start, box.start - spec.grammar.displacement, box.length) for s in intact
        ]
        return SequenceSet.of(make_items("C", intact) + make_items("minus35_moved", moved))

    def measure(self, scored, stats):
        return Measured([stats.proportion("in_place", *scored.matched("C", "minus35_moved"))])


@pytest.mark.mit_claim(Minus35InPlace())
def test_minus35_in_place(mit_verdict):
    mit_verdict()
