"""The conditioning context: background beside every sequence, read by the model, never scored.

A causal model predicts its first bases badly, so that every early element would be punished.
"""

from typing import Literal

import numpy as np

from mit_harness.errors import ModelError
from mit_harness.promoter.construct import draw_bases
from mit_harness.promoter.grammar import SIGMA70, write

LikelihoodKind = Literal["causal", "masked"]

METHODS: dict[LikelihoodKind, str] = {
    "causal": "log-likelihood",
    "masked": "pseudo-log-likelihood",
}
"""How the score of a model of that kind comes about."""

DEFAULT_CONTEXT: dict[LikelihoodKind, int] = {"causal": 96, "masked": 48}
"""bp of flank: on the left for a causal model, on each side for a masked one. Multiples of 6 keep
the frame of a non-overlapping 6-mer tokenizer."""

FLANK_SEED = 42
_STREAMS = {"left": 1, "right": 2}
_MOST_REDRAWS = 10_000


def flanks(
    kind: LikelihoodKind, context: int | None = None, seed: int = FLANK_SEED
) -> tuple[str, str]:
    """Return the left and the right flank, the same for every sequence that a model scores.

    Parameters
    ----------
    kind
        A causal model has no right flank: it would never read it.
    context
        bp of each flank; `DEFAULT_CONTEXT` unless given, and 0 for none.
    seed
        Of the streams, which no background of the benchmark shares.

    Returns
    -------
    left, right
        Independent bases of the backgrounds' composition, without a look-alike of the -10 box on
        either strand.
    """
    length = DEFAULT_CONTEXT[kind] if context is None else context
    if length < 0:
        raise ModelError(f"a context of {length} bp is not possible; give 0 for none")
    right = _draw("right", length, seed) if kind == "masked" else ""
    return _draw("left", length, seed), right


def _draw(side: str, length: int, seed: int) -> str:
    """Draw bases, each look-alike again from the same stream until none is left."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAMS[side],)))
    bases, size = draw_bases(SIGMA70, length, rng), SIGMA70.breakable.length
    for _ in range(_MOST_REDRAWS):
        places = sorted({start for start, _strand in SIGMA70.look_alike.places(bases)})
        if not places:
            return bases
        bases = write(bases, *((start, draw_bases(SIGMA70, size, rng)) for start in places))
    raise ModelError(f"no {side} flank of {length} bp without a look-alike of the -10 box found")
