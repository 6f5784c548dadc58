"""Two models that know nothing of promoters: a random one, and one that counts A and T."""

from hashlib import blake2b

import numpy as np
from scipy.special import ndtri

from mit_harness.models.base import Floats, NumpyModel
from mit_harness.models.pwm import is_at
from mit_harness.promoter.alphabet import Codes

_BITS = 52


class Random(NumpyModel):
    """Standard normal scores, one draw per sequence (arXiv 2604.06549's random baseline).

    The draw is a function of seed and sequence alone, so neither the order of scoring nor the
    other sequences matter, and equal sequences tie.

    Parameters
    ----------
    seed
        Any integer.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def score_block(self, codes: Codes) -> Floats:
        """Return the normal deviates of hashed sequences."""
        prefix = blake2b(f"{self.seed}:".encode(), digest_size=8)
        drawn = np.empty(len(codes), dtype=np.uint64)
        for row, bases in enumerate(codes):
            hashed = prefix.copy()
            hashed.update(bases.tobytes())
            drawn[row] = int.from_bytes(hashed.digest(), "little")
        # The middle of one of 2**52 cells: exact in float64, and never 0 or 1.
        uniform = ((drawn >> np.uint64(64 - _BITS)).astype(np.float64) + 0.5) / 2.0**_BITS
        return np.asarray(ndtri(uniform), dtype=np.float64)


class AtContent(NumpyModel):
    """The fraction of A and T: a control of pure composition.

    A quotient of two counts, so sequences of equal composition tie exactly.
    """

    def score_block(self, codes: Codes) -> Floats:
        """Return the AT fraction, 0..1."""
        return np.asarray(is_at(codes).sum(axis=1) / codes.shape[1])
