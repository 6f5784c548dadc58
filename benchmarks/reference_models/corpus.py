"""The genome as a corpus: which stretches are held out, and seeded windows of either strand."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mit_harness.promoter.genome import genome

BASES = "ACGT"
Codes = npt.NDArray[np.int64]

_CODE = np.full(256, -1, dtype=np.int64)
_CODE[np.frombuffer(BASES.encode(), dtype=np.uint8)] = range(4)


def encode(sequence: str) -> Codes:
    """Return 0 to 3 for A, C, G, T, shape (len(sequence),)."""
    return _CODE[np.frombuffer(sequence.encode(), dtype=np.uint8)]


def complement(codes: Codes) -> Codes:
    """Return the reverse complement along the last axis."""
    return 3 - codes[..., ::-1]


@dataclass(frozen=True)
class Corpus:
    """Stretches of the + strand, training and held out; nothing overlaps.

    Attributes
    ----------
    training, held_out
        Codes of each stretch, in genome order.
    """

    training: tuple[Codes, ...]
    held_out: tuple[Codes, ...]

    def windows(self, rng: np.random.Generator, n: int, length: int) -> Codes:
        """Return n training windows of either strand, every place equally likely.

        No window reaches over the edge of a stretch, so no held-out base is ever seen.
        """
        places = np.array([len(stretch) - length + 1 for stretch in self.training])
        chosen = rng.choice(len(places), size=n, p=places / places.sum())
        starts = rng.integers(0, places[chosen])
        rows = np.stack(
            [self.training[k][s : s + length] for k, s in zip(chosen, starts, strict=True)]
        )
        turned = rng.random(n) < 0.5
        return np.where(turned[:, None], complement(rows), rows)

    def tests(self, length: int, scored: int) -> Codes:
        """Return windows whose last `scored` bases tile the held-out stretches, both strands."""
        rows = []
        for stretch in self.held_out:
            for strand in (stretch, complement(stretch)):
                starts = range(0, len(strand) - length + 1, scored)
                rows += [strand[s : s + length] for s in starts]
        return np.stack(rows)


def split(stretches: int) -> Corpus:
    """Return the genome with the last tenth of each of `stretches` equal stretches held out."""
    codes = encode(genome())
    edges = np.linspace(0, len(codes), stretches + 1).astype(int)
    cuts = [(int(a), int(b - (b - a) // 10), int(b)) for a, b in pairwise(edges)]
    return Corpus(
        tuple(codes[a:cut] for a, cut, _ in cuts), tuple(codes[cut:b] for _, cut, b in cuts)
    )
