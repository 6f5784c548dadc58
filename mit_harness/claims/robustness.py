"""robustness: the scrambled control survives a change of any one factor of the design."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.construct import Promoter
from mit_harness.promoter.core import DesignSpec, Protocol, build, decoy_groups, grouped
from mit_harness.promoter.probes import lengthened, titrated, with_shuffled_up, with_up
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.verdict import Verdict

LENGTHS = (150, 200)
"""bp, grown downstream; 100 is the benchmark's."""
AT_LEVELS = (40, 50, 60, 70)
BOXES: Mapping[str, tuple[str, str]] = {
    "minus35_TTGATT": ("minus35", "TTGATT"),
    "minus10_TGTACT": ("minus10", "TGTACT"),
}
"""A weaker -35 box (two mismatches), and a broken -10 box with one mismatch more."""
UPS: Mapping[str, str] = {"up_rrnB_P1": "AAATTTCCT", "up_AACCAACCA": "AACCAACCA"}
"""The proximal subsite of rrnB P1 (Estrem et al. 1998), and the paper's weak UP element."""
SHUFFLED_UP, BREAK = "up_shuffled", "break"
CELLS = (
    *(f"length_{bp}" for bp in LENGTHS),
    *(f"at_{percent}" for percent in AT_LEVELS),
    *BOXES,
    *UPS,
    SHUFFLED_UP,
    BREAK,
)
"""What is changed, one factor at a time."""
_PREMISES = (("scr_decoy", "E_decoy", "H_decoy"), ("scr_up_displaced", "E", "up_displaced"))
_WEAK_UP = "up_AACCAACCA"


def cell_pair(cell: str) -> tuple[str, str]:
    """Return the groups of the decoy pair of one cell."""
    return f"{cell}_E", f"{cell}_H"


class Robustness(Claim):
    """P(E' > H') (decoy pair) with one factor of the design changed at a time.

    Twelve cells: length, background A+T, a weaker -35 or -10 box, other UP elements (one of them
    the same bases in random order), the other broken form. Their mean per background decides,
    together with the consensus UP element against AACCAACCA in place; a cell wholly at or below
    0.5 refutes. Where `scrambled_control` itself does not hold there is nothing to be robust about.
    """

    id = "robustness"
    title = "The scrambled control is robust"
    compares = "E' with H' (decoy pair) in twelve changed designs"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "The elements' place matters whatever else is changed.",
        Verdict.REFUTED: "In some design the same bases elsewhere score as well.",
        Verdict.ABSENT: "Moving the elements makes no difference.",
        Verdict.UNDECIDED: "Read it with scrambled_control.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The premises' pairs, every cell's, and the consensus UP with the weak one."""
        self.only_matched(protocol)
        premises = tuple((better, worse) for _, better, worse in _PREMISES)
        return (*premises, *map(cell_pair, CELLS), ("E_decoy", cell_pair(_WEAK_UP)[0]))

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build the premises and every cell on n backgrounds."""
        made = build(spec, ("E_decoy", "H_decoy", "E", "up_displaced"))
        for cell in CELLS:
            made = made | grouped(decoy_groups(cell_pair(cell), _changed(spec, cell)))
        return made

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """All cells together, and the UP element's strength, decide; each cell guards."""
        premises = [
            stats.proportion(name, *scored.matched(better, worse))
            for name, better, worse in _PREMISES
        ]
        flat = scored.matched(*(group for cell in CELLS for group in cell_pair(cell)))
        pooled = stats.proportion(
            "pooled_cells", np.column_stack(flat[::2]), np.column_stack(flat[1::2])
        )
        weak = scored.matched("E_decoy", cell_pair(_WEAK_UP)[0])
        guards = [
            stats.proportion(f"cell_{cell}", *scored.matched(*cell_pair(cell))) for cell in CELLS
        ]
        deciding = [pooled, stats.proportion("consensus_over_weak_up", *weak)]
        return Measured(deciding, (), guards, premises)


def _changed(spec: DesignSpec, cell: str) -> list[Promoter]:
    """Return the promoters of one cell."""
    made, seeds = spec.promoters(), spec.seeds
    what, _, value = cell.rpartition("_")
    if what == "length":
        return [lengthened(p, int(value), seeds.rng("tail", i)) for i, p in enumerate(made)]
    if what == "at":
        args = (spec.grammar, seeds, spec.n, spec.break_form)
        return list(titrated(*args, int(value)))
    if cell in BOXES:
        return [_with_box(p, *BOXES[cell]) for p in made]
    if cell in UPS:
        return [with_up(p, UPS[cell], seeds.rng("variants", i)) for i, p in enumerate(made)]
    if cell == SHUFFLED_UP:
        return [with_shuffled_up(p, seeds.rng("variants", i)) for i, p in enumerate(made)]
    other = next(form for form in spec.grammar.breakable.broken if form != spec.break_form)
    return [replace(p, break_form=other) for p in made]


def _with_box(promoter: Promoter, name: str, bases: str) -> Promoter:
    if name == promoter.grammar.breakable.name:
        return replace(promoter, break_form=bases)
    return replace(promoter, bases={**promoter.bases, name: bases})
