"""Functional promoters drawn from the thermodynamic baseline, in backgrounds of their own.

A candidate is a background with elements of random strength; it is functional with the probability
1 / (1 + exp((least - energy) / spread)) of its thermodynamic score. Weak boxes so survive only
beside what makes up for them: that is all there is to learn about compensation.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from corpus import BASES, Codes

from mit_harness.models.thermo import UP_WINDOW, Thermo
from mit_harness.promoter.grammar import SIGMA70

Floats = npt.NDArray[np.float64]
SPACERS = (15, 16, 17, 18, 19)
"""bp between the boxes."""
CANDIDATES = 512
"""Drawn at a time."""
DOWNSTREAM = ("extended", "minus10", "discriminator")
"""What moves with the spacer's length."""


class Promoters:
    """A source of training windows: left flank, 100 bp with a promoter, right flank.

    Parameters
    ----------
    settings
        ``window`` bp; ``least`` and ``spread`` of the energy; ``sharpness`` of the boxes (bases
        are drawn in proportion to exp(sharpness x weight)); ``first`` and ``last`` offset of the
        layout in a window.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.models = {
            spacer: Thermo(SIGMA70.moved(DOWNSTREAM, by=spacer - 17)) for spacer in SPACERS
        }
        energies = [self.models[spacer].spacing_energy for spacer in SPACERS]
        self.spacer_odds = np.exp(energies) / np.exp(energies).sum()
        some = self.models[17]
        self.boxes = {
            name: self._odds(some.matrices[name].weights) for name in ("minus35", "minus10")
        }

    def windows(self, rng: np.random.Generator, n: int) -> Codes:
        """Return n windows with a functional promoter each, shape (n, window)."""
        found: list[Codes] = []
        while sum(map(len, found)) < n:
            shares = rng.multinomial(CANDIDATES, self.spacer_odds)
            found += [self._functional(rng, s, k) for s, k in zip(SPACERS, shares, strict=True)]
        rows = np.concatenate(found)
        return rows[rng.permutation(len(rows))[:n]]

    def _functional(self, rng: np.random.Generator, spacer: int, n: int) -> Codes:
        """Return those of n candidates with one spacer length that are functional."""
        settings, model = self.settings, self.models[spacer]
        rows = _bases(rng, rng.uniform(*settings["at"], size=n), settings["window"])
        offset = rng.integers(settings["first"], settings["last"] + 1, size=n)
        layout = rows[np.arange(n)[:, None], offset[:, None] + np.arange(SIGMA70.length)]
        layout[:, model.minus35 : model.minus35 + 6] = _draw(rng, self.boxes["minus35"], n)
        layout[:, model.minus10 : model.minus10 + 6] = _draw(rng, self.boxes["minus10"], n)
        up = slice(model.up, min(model.up + UP_WINDOW, model.minus35))
        rich = _bases(rng, rng.uniform(*settings["up_at"], size=n), up.stop - up.start)
        has_up = rng.random(n) < settings["up_share"]
        layout[has_up, up] = rich[has_up]
        has_tg = rng.random(n) < settings["extended_share"]
        layout[np.ix_(has_tg, (model.extended, model.extended + 1))] = (
            BASES.index("T"),
            BASES.index("G"),
        )
        energy = model.score_block(layout)
        odds = 1 / (1 + np.exp((settings["least"] - energy) / settings["spread"]))
        rows[np.arange(n)[:, None], offset[:, None] + np.arange(SIGMA70.length)] = layout
        kept: Codes = rows[rng.random(n) < odds]
        return kept

    def _odds(self, weights: Floats) -> Floats:
        odds = np.exp(self.settings["sharpness"] * weights)
        found: Floats = odds / odds.sum(axis=1, keepdims=True)
        return found


def _bases(rng: np.random.Generator, at: Floats, length: int) -> Codes:
    """Return independent bases, each row with an A+T share of its own, shape (len(at), length)."""
    is_at = rng.random((len(at), length)) < at[:, None]
    first = rng.random((len(at), length)) < 0.5
    a, c, g, t = range(4)
    drawn: Codes = np.where(is_at, np.where(first, a, t), np.where(first, c, g))
    return drawn


def _draw(rng: np.random.Generator, odds: Floats, n: int) -> Codes:
    """Return n draws of each position, shape (n, len(odds))."""
    return np.stack([rng.choice(4, size=n, p=row) for row in odds], axis=1)
