"""The Promoter Calculator of La Fleur et al. 2022: the strongest biophysical model there is.

Its free energies are those of the package ``promotercalculator`` (extra ``biophysical``), whose
functions and coefficients are called here. dG of a configuration is a sum of what depends on the
place of the -35 box (with UP element and spacer start), on that of the -10 box (with extended -10
and discriminator start), on the start of transcription, and on the spacer's length. So each part
is computed once a place instead of once a configuration, which is far quicker and gives the same
minimum: a test holds it against the package's own search.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from mit_harness.errors import ModelError
from mit_harness.models.base import Floats, ModelHandle

NAME = "promoter-calculator"
PACKAGE = "promotercalculator"
_UP, _GAP, _BOX, _START = 24, 1, 6, 20
_SPACERS, _DISCRIMINATORS = range(15, 21), range(6, 11)
_SCALES = (256.0, 255.0, 4.300000000000002, 25.780434782608694)
"""What the package divides groove widths, R-loop energy and rigidity by."""
_KEPT = 1 << 16


class PromoterCalculator:
    """ln of the highest transcription rate of any configuration on the forward strand.

    Raises
    ------
    ModelError
        If the package is not installed, or a sequence is too short for any configuration (78 bp).
    """

    def __init__(self) -> None:
        try:
            from promoter_calculator import util
            from promoter_calculator.promoter_calculator import Promoter_Calculator
        except ImportError as error:
            raise ModelError(
                f"{NAME} needs the package {PACKAGE}, which is not installed: pip install "
                "'mit-harness[biophysical]'"
            ) from error
        self._made: Any = Promoter_Calculator(threads=1, verbosity=0)
        self._numbers = [float(x) for x in self._made.model.tolist()[-4:]]
        self._width = _kept(util.calc_groove_width)
        self._rigidity = _kept(util.calc_rigidity)
        self._loop = _kept(lambda bases: util.calc_DNA_RNA_hybrid_energy(bases)[2])

    def score(self, sequences: Sequence[str]) -> Floats:
        """Return scores, shape (n,), in nats of rate."""
        return np.array([self._score(sequence) for sequence in sequences], dtype=np.float64)

    def close(self) -> None:
        """Nothing is held."""

    def energy(self, sequence: str) -> float:
        """Return the lowest dG_total of any configuration on the forward strand."""
        first, last = _UP + _GAP, len(sequence) - _START
        upstream = {k: self._upstream(sequence, k) for k in range(first, last - 2 * _BOX - 20)}
        best = np.inf
        boxes: dict[int, float] = {}
        for start in range(first + 2 * _BOX + _SPACERS[0] + _DISCRIMINATORS[0], last + 1):
            lowest = np.inf
            for gap in _DISCRIMINATORS:
                box = start - gap - _BOX
                if box not in boxes:
                    boxes[box] = self._box(sequence, box, upstream)
                lowest = min(lowest, boxes[box])
            loop = self._numbers[2] * self._loop(sequence[start:][:_START]) / _SCALES[2]
            best = min(best, lowest + loop)
        return float(best + self._made.inters[0])

    def _score(self, sequence: str) -> float:
        lowest = self.energy(sequence)
        if not np.isfinite(lowest):
            raise ModelError(f"{NAME} needs sequences of at least 78 bp; one has {len(sequence)}")
        return float(np.log(self._made.K) - self._made.BETA * lowest)

    def _upstream(self, text: str, place: int) -> float:
        """Return what a -35 box at `place` brings, with UP element and the spacer's first bases."""
        up = text[place - _GAP - _UP : place - _GAP]
        box = text[place : place + _BOX]
        half = _UP // 2
        distal, proximal, _, rigid = self._numbers
        found = self._made.dg35_0[box[:3]] + self._made.dg35_3[box[3:]]
        found += distal * self._width(up[:half]) / _SCALES[0]
        found += proximal * self._width(up[half:]) / _SCALES[1]
        spacer = text[place + _BOX : place + _BOX + 14]
        return float(found + rigid * self._rigidity(up + box + spacer) / _SCALES[3])

    def _box(self, text: str, place: int, upstream: dict[int, float]) -> float:
        """Return the lowest of a -10 box at `place` with any -35 box."""
        pairs = [
            upstream[place - gap - _BOX] + 0.1463 * gap**2 - 4.9113 * gap + 41.119
            for gap in _SPACERS
            if place - gap - _BOX in upstream
        ]
        if not pairs:
            return np.inf
        box = text[place : place + _BOX]
        found = self._made.dg10_0[box[:3]] + self._made.dg10_3[box[3:]]
        found += self._made.dmers[text[place + _BOX :][:3]]
        found += self._made.x10mers[text[place - 3 : place - 1]]
        return float(found) + min(pairs)


def _kept(function: Callable[[str], Any]) -> Callable[[str], float]:
    return lru_cache(_KEPT)(lambda bases: float(function(bases)))


def calculator_handle(text: str) -> ModelHandle:
    """Return what is known of the model, whether its package is installed or not."""
    try:
        installed = version(PACKAGE)
    except PackageNotFoundError:
        installed = "absent"
    return ModelHandle(
        name=NAME,
        spec=text,
        kind="reference",
        fingerprint=f"{NAME} {installed} 1",
        load=PromoterCalculator,
        method="log-rate",
    )
