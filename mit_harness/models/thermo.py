"""The thermodynamic baseline: box energies, and steps for everything else, at fixed places."""

import numpy as np

from mit_harness.models.base import Floats, NumpyModel
from mit_harness.models.pwm import is_at, matrices, published
from mit_harness.promoter.alphabet import BASES, Codes
from mit_harness.promoter.grammar import SIGMA70, Grammar

UP_WINDOW = 20
"""bp from the UP element's first base; in the published layout it reaches into the -35 box."""
UP_STEPS = ((0.80, 2.5), (0.70, 1.5), (0.60, 0.5))
"""AT fraction that must be exceeded, and the term it then gives; the first that fits counts."""
NO_SPACING = -4.0
"""Energy of a spacer length that the table does not hold."""
WEAK_BELOW = 8.0


class Thermo(NumpyModel):
    """Boxes + spacing energy + UP term + extended -10 term; arbitrary energy units, high is good.

    Source: arXiv 2604.06549. The extended -10 term is 2.0 for TG, 0.5 for T before another
    base, else 0; a term above 1.0 counts twice beside a -10 box that scores below 8.0.
    """

    def __init__(self, grammar: Grammar = SIGMA70) -> None:
        self.matrices = matrices("thermo")
        self.minus35, self.minus10 = grammar["minus35"].start, grammar["minus10"].start
        self.up, self.extended = grammar["up"].start, grammar["extended"].start
        spacing = self.minus10 - grammar["minus35"].stop
        self.spacing_energy = float(published()["thermo_spacing"].get(str(spacing), NO_SPACING))
        self.min_length = max(
            grammar["minus35"].stop,
            grammar["minus10"].stop,
            self.up + UP_WINDOW,
            self.extended + 2,
        )

    def up_term(self, codes: Codes) -> Floats:
        """Return the step that the AT fraction of the UP window reaches, shape (n,)."""
        fraction = is_at(codes[:, self.up : self.up + UP_WINDOW]).sum(axis=1) / UP_WINDOW
        return np.select(
            [fraction > least for least, _ in UP_STEPS], [term for _, term in UP_STEPS]
        )

    def extended_term(self, codes: Codes, minus10: Floats) -> Floats:
        """Return the extended -10 term, shape (n,)."""
        first, second = codes[:, self.extended], codes[:, self.extended + 1]
        is_t, is_tg = first == BASES.index("T"), second == BASES.index("G")
        term = np.where(is_t & is_tg, 2.0, np.where(is_t, 0.5, 0.0))
        return np.where((minus10 < WEAK_BELOW) & (term > 1.0), 2.0 * term, term)

    def score_block(self, codes: Codes) -> Floats:
        """Return the sum of all terms."""
        minus10 = self.matrices["minus10"].at(codes, self.minus10)
        boxes = self.matrices["minus35"].at(codes, self.minus35) + minus10
        extras = self.up_term(codes) + self.extended_term(codes, minus10)
        return boxes + self.spacing_energy + extras
