"""The scan baseline: the best box of each kind anywhere, then penalties for where they lie."""

import numpy as np

from mit_harness.models.base import Floats, Ints, NumpyModel
from mit_harness.models.pwm import SPACING_OPTIMUM, extended_bonus, is_at, matrices
from mit_harness.promoter.alphabet import Codes
from mit_harness.promoter.grammar import SIGMA70, Grammar

RELEASED_PLACES = (25, 50)
"""Where the released scan expects the boxes; kept for parity. They are not the layout's, but the
layout's own do no better: A+T-rich, an UP element often outscores the broken -10 box."""
PLACE_PENALTY = 0.3
SPACING_PENALTY = 0.4
WRONG_ORDER = 5.0
UP_FROM, UP_TO = 25, 5
"""bp upstream of the -35 box between which the UP element is looked for."""
EXTENDED_REACH = 5
"""bp upstream of the -10 box within which an extended -10 may start."""


class Scan(NumpyModel):
    """Scan: first best -35 and -10 box, penalties for place, spacing and order, and two bonuses.

    Source: arXiv 2604.06549, with the PA-PWM matrices. Penalties: 0.3 per bp off the expected
    places, 0.4 per bp off a spacer of 17 bp, 5 when the -35 box does not lie first. Extended
    -10, the best that starts up to 5 bp upstream of the -10 box: above 1.0 it counts 1.5-fold
    beside a -10 box below 7.0, else 0.3-fold. UP: AT fraction f from 25 to 5 bp upstream of the
    -35 box, cut at the sequence's start: above 0.75 it adds 2 (f - 0.5).

    Parameters
    ----------
    aligned
        Expect the boxes where the grammar has them instead of at the released 25 and 50.
    grammar
        Read only when `aligned`.
    """

    def __init__(self, aligned: bool = False, grammar: Grammar = SIGMA70) -> None:
        self.matrices = matrices("pa_pwm")
        self.places = RELEASED_PLACES
        if aligned:
            self.places = (grammar["minus35"].start, grammar["minus10"].start)
        self.min_length = max(self.matrices[box].size for box in ("minus35", "minus10"))

    def best(self, codes: Codes, name: str) -> tuple[Ints, Floats]:
        """Return the first best place of a box and its score, shape (n,) each."""
        # Rounded: equal sums of other weights differ in their last bits, and would hide a tie.
        scores = np.round(self.matrices[name].anywhere(codes), 9)
        return scores.argmax(axis=1), scores.max(axis=1)

    def extended(self, codes: Codes, minus10: Ints) -> Floats:
        """Return the best extended -10 shortly upstream of a -10 box, -inf without any place.

        The -10 box is the longer, so a start upstream of it never runs off the end.
        """
        starts = minus10[:, None] - np.arange(1, EXTENDED_REACH + 1)
        scores = self.matrices["extended"].anywhere(codes)
        found = np.take_along_axis(scores, starts.clip(0), axis=1)
        best: Floats = np.where(starts >= 0, found, -np.inf).max(axis=1)
        return best

    def up_bonus(self, codes: Codes, minus35: Ints) -> Floats:
        """Return what the bases upstream of a -35 box add, shape (n,)."""
        start = (minus35 - UP_FROM).clip(0)
        stop = np.maximum(minus35 - UP_TO, start)
        upto = np.zeros((len(codes), codes.shape[1] + 1), dtype=np.int64)
        np.cumsum(is_at(codes), axis=1, out=upto[:, 1:])
        rows = np.arange(len(codes))
        # An empty window has fraction 0 and adds nothing.
        fraction = (upto[rows, stop] - upto[rows, start]) / np.maximum(stop - start, 1)
        return np.where(fraction > 0.75, 2.0 * (fraction - 0.5), 0.0)

    def score_block(self, codes: Codes) -> Floats:
        """Return boxes, penalties and bonuses."""
        place35, score35 = self.best(codes, "minus35")
        place10, score10 = self.best(codes, "minus10")
        off_place = abs(place35 - self.places[0]) + abs(place10 - self.places[1])
        spacing = place10 - place35 - self.matrices["minus35"].size
        penalty = (
            PLACE_PENALTY * off_place
            + SPACING_PENALTY * abs(spacing - SPACING_OPTIMUM)
            + WRONG_ORDER * (place35 >= place10)
        )
        bonus = extended_bonus(self.extended(codes, place10), score10, 7.0, (1.5, 0.3))
        score: Floats = score35 + score10 - penalty + bonus + self.up_bonus(codes, place35)
        return score
