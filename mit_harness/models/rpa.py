"""RPA-PWM, the relative-position baseline: the best pair of boxes wherever it stands."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mit_harness.models.base import Floats, NumpyModel
from mit_harness.models.pwm import is_at, matrices, words
from mit_harness.promoter.alphabet import BASES, Codes

SPACINGS: Mapping[int, float] = {15: 1.0, 16: 1.5, 17: 2.0, 18: 1.5, 19: 1.0}
"""Bonus of each allowed spacer length in bp: 2.0 less 0.5 per bp off 17."""
ANY_SPACING: Mapping[int, float] = dict.fromkeys(range(10, 31), 2.0)
HIT = -2.0
"""Least score of a box that counts."""
NO_PAIR = -10.0
FORWARD_BONUS = 1.0
UP_WEIGHT, EXTENDED_WEIGHT = 2.0, 1.5
UP_WINDOW, UP_WORD = 20, 9
"""bp beside the -35 box, and bp of the word looked for in it."""
UP_FRACTION = 0.7
"""Least AT fraction of that word. Seven of nine bases score at least 14/9, so the published rule
that only scores above 1.5 count never excludes a word."""


def _all_words(size: int) -> Codes:
    """Return every word of `size` bp in the order of its number, shape (4**size, size)."""
    return np.indices((4,) * size, dtype=np.uint8).reshape(size, -1).T


@lru_cache(maxsize=1)
def up_table() -> Floats:
    """Return the UP score of each 9-mer: 2 x AT fraction + longest run of A / 9, or 0."""
    bases = _all_words(UP_WORD)
    run = np.zeros(len(bases), dtype=np.int64)
    longest = run.copy()
    for column in (bases == BASES.index("A")).T:
        run = (run + 1) * column
        longest = np.maximum(longest, run)
    fraction = is_at(bases).sum(axis=1) / UP_WORD
    return np.where(fraction >= UP_FRACTION, 2.0 * fraction + longest / UP_WORD, 0.0)


@lru_cache(maxsize=2)
def extended_table(reverse: bool) -> Floats:
    """Return the score of each 3-mer beside a -10 box: TGT 2.0, T and T about another base 1.0.

    With `reverse` the word is read on the forward strand and scored on the other.
    """
    bases = _all_words(3)
    if reverse:
        bases = 3 - bases[:, ::-1]
    t, g = BASES.index("T"), BASES.index("G")
    framed = (bases[:, 0] == t) & (bases[:, 2] == t)
    return np.where(framed, np.where(bases[:, 1] == g, 2.0, 1.0), 0.0)


def best_ahead(scores: Floats, count: int) -> Floats:
    """Return the largest of the `count` values from each column on, cut at the last column."""
    best = scores.copy()
    width = 1
    while width < count:
        step = min(width, count - width)
        best[:, :-step] = np.maximum(best[:, :-step], best[:, step:])
        width += step
    return best


def shifted(values: Floats, by: int, places: int) -> Floats:
    """Return an array with `places` columns, column k being column k - `by`, 0 where absent."""
    result = np.zeros((len(values), places))
    start, stop = max(0, by), min(places, values.shape[1] + by)
    if start < stop:
        result[:, start:stop] = values[:, start - by : stop - by]
    return result


class RpaPwm(NumpyModel):
    """RPA-PWM: the best -35 and -10 pair on either strand, with what stands beside the boxes.

    Source: arXiv 2604.06549. A hit is any window of at least -2.0, for the -10 box by the intact
    or by the broken matrix (so both forms score alike). A pair on one strand with an allowed
    spacing scores both boxes + the spacing's bonus + 1.0 on the forward strand + 2.0 x UP +
    1.5 x extended; no pair scores -10. UP is the best 9-mer of at least 70 % A+T in the 20 bases
    upstream of the -35 box; for the other strand these are the 20 bases after it, read as they
    stand on the forward strand (runs of A, not of T, count there too). Extended is 2.0 for TGT
    and 1.0 for T.T just upstream of the -10 box, on its own strand.

    Parameters
    ----------
    spacings
        Bonus of each allowed spacer length in bp.
    """

    def __init__(self, spacings: Mapping[int, float] = SPACINGS) -> None:
        self.spacings = spacings
        self.matrices = matrices("rpa_pwm")
        self.box = self.matrices["minus35"].size
        self.min_length = self.box

    def hits(self, codes: Codes, names: tuple[str, ...], reverse: bool) -> Floats:
        """Return the better matrix's score of each window, shape (n, places), -inf if no hit."""
        used = [self.matrices[name] for name in names]
        table = np.max([(m.reverse if reverse else m).table for m in used], axis=0)
        table[table < HIT] = -np.inf
        return np.asarray(table.take(words(codes, self.box)))

    def up(self, codes: Codes, reverse: bool) -> Floats:
        """Return the UP score beside a -35 box at each place, shape (n, places)."""
        places = codes.shape[1] - self.box + 1
        # 12 starts from a window's first base to its end - 9. A window cut short by the end of
        # the sequence has fewer, one below 9 bp none: the published floor of 6 bp is implied.
        starts = UP_WINDOW - UP_WORD + 1
        scores = up_table().take(words(codes, UP_WORD))
        if reverse:
            return shifted(best_ahead(scores, starts), -self.box, places)
        # Columns before the sequence's start are absent, not wrapped: pad them with 0.
        padded = np.concatenate([np.zeros((len(codes), UP_WINDOW)), scores], axis=1)
        return best_ahead(padded, starts)[:, :places]

    def extended(self, codes: Codes, reverse: bool) -> Floats:
        """Return the extended score beside a -10 box at each place, shape (n, places)."""
        places = codes.shape[1] - self.box + 1
        scores = extended_table(reverse).take(words(codes, 3))
        return shifted(scores, -self.box if reverse else 3, places)

    def strand(self, codes: Codes, reverse: bool) -> Floats:
        """Return the best pair on one strand, shape (n,), -inf if there is none."""
        minus35 = self.hits(codes, ("minus35",), reverse) + UP_WEIGHT * self.up(codes, reverse)
        minus10 = self.hits(codes, ("minus10_intact", "minus10_broken"), reverse)
        minus10 += EXTENDED_WEIGHT * self.extended(codes, reverse)
        first, second = (minus10, minus35) if reverse else (minus35, minus10)
        best: NDArray[np.float64] = np.full(len(codes), -np.inf)
        for spacing, bonus in self.spacings.items():
            step = self.box + spacing
            if step < first.shape[1]:
                pair = (first[:, :-step] + second[:, step:]).max(axis=1)
                best = np.maximum(best, pair + bonus)
        return best if reverse else best + FORWARD_BONUS

    def score_block(self, codes: Codes) -> Floats:
        """Return the best pair of both strands, or -10."""
        best = np.maximum(self.strand(codes, reverse=False), self.strand(codes, reverse=True))
        return np.where(np.isfinite(best), best, NO_PAIR)


class AnyGap(RpaPwm):
    """RPA-PWM that takes every spacer of 10 to 30 bp alike; a control that ignores spacing."""

    def __init__(self) -> None:
        super().__init__(ANY_SPACING)
