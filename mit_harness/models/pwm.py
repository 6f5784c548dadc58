"""Weight matrices at fixed places: PWM, PA-PWM, its ablations, and two forms that err.

The definitions and the weights are those of arXiv 2604.06549 (code and data MIT-licensed). Every
place is read off a `Grammar`; weights and scores are log-odds-like and have no unit. A box scores
the sum of its row weights. This module also holds what all matrix models share.
"""

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mit_harness.models.base import Floats, Ints, NumpyModel
from mit_harness.promoter.alphabet import Codes
from mit_harness.promoter.grammar import SIGMA70, Grammar

UP_WEIGHT = 0.5
SPACING_OPTIMUM = 17
"""bp between the -35 and the -10 box."""
SPACING_PENALTY = 0.5
"""Per bp away from the optimum."""


def words(codes: Codes, size: int) -> Ints:
    """Number the overlapping words of `size` bp: base 4, first base most significant.

    Parameters
    ----------
    codes
        Base codes, shape (n, L).
    size
        Word length in bp; 0 gives the one empty word at each of L + 1 places.

    Returns
    -------
    ndarray of int64, shape (n, max(0, L - size + 1))
    """
    places = max(0, codes.shape[1] - size + 1)
    numbers = np.zeros((len(codes), places), dtype=np.int64)
    for k in range(size if places else 0):
        numbers *= 4
        numbers += codes[:, k : k + places]
    return numbers


def is_at(codes: Codes) -> NDArray[np.bool_]:
    """Tell which bases are A or T."""
    mask: NDArray[np.bool_] = (codes == 0) | (codes == 3)
    return mask


class Matrix:
    """Weights of one element.

    Parameters
    ----------
    weights
        Shape (size, 4), columns A, C, G, T.
    """

    def __init__(self, weights: Floats) -> None:
        self.weights = weights
        self.size = len(weights)
        # The score of every word, added up from its first base on: one look-up per place then
        # replaces `size`, and equal words score alike to the last bit.
        table = np.zeros(1)
        for row in weights:
            table = (table[:, None] + row).ravel()
        self.table = table

    @cached_property
    def reverse(self) -> "Matrix":
        """The matrix that scores a window as this one scores its reverse complement."""
        return Matrix(self.weights[::-1, ::-1])

    def at(self, codes: Codes, start: int) -> Floats:
        """Return scores, shape (n,), of the window that starts at `start` (0-based)."""
        window = codes[:, start : start + self.size]
        return self.table.take(words(window, self.size)[:, 0])

    def anywhere(self, codes: Codes) -> Floats:
        """Return scores, shape (n, L - size + 1), of every window, by its first base."""
        return self.table.take(words(codes, self.size))


@lru_cache(maxsize=1)
def published() -> dict[str, Any]:
    """Return the published weights, read on first use."""
    path = files("mit_harness.models").joinpath("data", "published_weights.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@lru_cache(maxsize=8)
def matrices(section: str) -> Mapping[str, Matrix]:
    """Return one model's matrices by element name."""
    named = published()["matrices"][section]
    return {name: Matrix(np.array(rows, dtype=np.float64)) for name, rows in named.items()}


def extended_bonus(
    extended: Floats, minus10: Floats, weak_below: float, factors: tuple[float, float]
) -> Floats:
    """Return what an extended -10 adds: nothing up to a score of 1.0, more beside a weak box.

    Parameters
    ----------
    extended, minus10
        Scores, shape (n,).
    weak_below
        A -10 score below this is weak.
    factors
        Factor beside a weak box, factor beside any other.
    """
    factor = np.where(minus10 < weak_below, *factors)
    return np.where(extended > 1.0, factor * extended, 0.0)


class Pwm(NumpyModel):
    """PWM: the -35 and the -10 box at their places, nothing else."""

    section: ClassVar[str] = "pwm"
    elements: ClassVar[tuple[str, ...]] = ("minus35", "minus10")

    def __init__(self, grammar: Grammar = SIGMA70) -> None:
        self.grammar = grammar
        self.matrices = matrices(self.section)
        self.min_length = max(grammar[name].stop for name in self.elements)
        self.spacing = grammar["minus10"].start - grammar["minus35"].stop

    def element(self, codes: Codes, name: str) -> Floats:
        """Return the score, shape (n,), of one element at its place."""
        return self.matrices[name].at(codes, self.grammar[name].start)

    def boxes(self, codes: Codes) -> tuple[Floats, Floats]:
        """Return the -35 and the -10 score, shape (n,) each."""
        return self.element(codes, "minus35"), self.element(codes, "minus10")

    def score_block(self, codes: Codes) -> Floats:
        """Return the sum of both box scores."""
        minus35, minus10 = self.boxes(codes)
        return minus35 + minus10


class PaPwmNoComp(Pwm):
    """PA-PWM without compensation: both boxes and the spacing term."""

    section: ClassVar[str] = "pa_pwm"

    def score_block(self, codes: Codes) -> Floats:
        """Return both box scores, less 0.5 per bp that the layout's spacer is off 17 bp."""
        return super().score_block(codes) - SPACING_PENALTY * abs(self.spacing - SPACING_OPTIMUM)


class PaPwm(PaPwmNoComp):
    """PA-PWM, position-aware: boxes, spacing, UP element and extended -10 at their places.

    The extended -10 counts when it scores above 1.0: 1.5-fold beside a -10 box below 5.0,
    half otherwise. TGTAAT scores exactly 5.0 and is therefore not weak.
    """

    elements: ClassVar[tuple[str, ...]] = ("up", "minus35", "extended", "minus10")

    def compensation(self, up: Floats, extended: Floats, minus10: Floats) -> Floats:
        """Return what the UP element and the extended -10 add, shape (n,)."""
        return UP_WEIGHT * up + extended_bonus(extended, minus10, 5.0, (1.5, 0.5))

    def score_block(self, codes: Codes) -> Floats:
        """Return boxes, spacing term and compensation, each element at its place."""
        up, extended = self.element(codes, "up"), self.element(codes, "extended")
        minus10 = self.element(codes, "minus10")
        return super().score_block(codes) + self.compensation(up, extended, minus10)


class PaPwmNoPos(PaPwm):
    """PA-PWM without positions: the best of each element anywhere, and no spacing term."""

    def __init__(self, grammar: Grammar = SIGMA70) -> None:
        super().__init__(grammar)
        self.min_length = max(self.matrices[name].size for name in self.elements)

    def element(self, codes: Codes, name: str) -> Floats:
        """Return the best score of one element, shape (n,), wherever it is."""
        best: Floats = self.matrices[name].anywhere(codes).max(axis=1)
        return best

    def score_block(self, codes: Codes) -> Floats:
        """Return the best boxes and the compensation of the best other elements."""
        up, minus35, extended, minus10 = (self.element(codes, name) for name in self.elements)
        return minus35 + minus10 + self.compensation(up, extended, minus10)


class OrientationBlind(PaPwm):
    """PA-PWM that reads every element in whichever orientation scores better, in place.

    A control of this project, not a published model: it knows places and no strand.
    """

    def element(self, codes: Codes, name: str) -> Floats:
        """Return the better score of a window and its reverse complement, shape (n,)."""
        backward = self.matrices[name].reverse.at(codes, self.grammar[name].start)
        return np.maximum(super().element(codes, name), backward)


class EndAnchored(PaPwm):
    """PA-PWM that counts places from the end: right at the layout's length, lost at any other.

    A control of this project, not a published model: it knows places and not what they are
    relative to.
    """

    def __init__(self, grammar: Grammar = SIGMA70) -> None:
        super().__init__(grammar)
        self.min_length = grammar.length - min(grammar[name].start for name in self.elements)

    def element(self, codes: Codes, name: str) -> Floats:
        """Return the score of one element as far from the end as in the layout, shape (n,)."""
        late = codes.shape[1] - self.grammar.length
        return self.matrices[name].at(codes, self.grammar[name].start + late)
