"""Shards: one of N parts of any set of sequences, told by each sequence alone."""

import re
from dataclasses import dataclass
from hashlib import blake2b

from mit_harness.errors import InputError
from mit_harness.promoter.sequence_set import SequenceSet

MOST = 100_000
"""Shards that can be asked for."""


@dataclass(frozen=True)
class Shard:
    """The part `number` of `count` parts.

    A sequence's part is a hash of its bases, so parts are disjoint and complete whatever else a
    file holds, in whatever order and how often. They are as even as chance makes them: of n
    distinct sequences a part holds n / count, give or take about the square root of that.

    Attributes
    ----------
    number
        1 to `count`.
    count
        How many parts there are.
    """

    number: int
    count: int

    def holds(self, sequence: str) -> bool:
        """Tell whether a sequence belongs to this part."""
        digest = blake2b(sequence.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def parse_shard(text: str) -> Shard:
    """Read ``3/16``.

    Raises
    ------
    InputError
        If it is anything else than a whole number from 1 to the one behind the stroke.
    """
    found = re.fullmatch(r"\s*([0-9]{1,6})/([0-9]{1,6})\s*", text, re.ASCII)
    shard = Shard(int(found[1]), int(found[2])) if found else Shard(0, 0)
    if not 1 <= shard.number <= shard.count <= MOST:
        raise InputError(
            f"--shard {text!r} is not NUMBER/COUNT with a NUMBER from 1 to COUNT, such as 3/16 "
            f"(at most {MOST:,} shards)"
        )
    return shard


def only_shard(sequences: SequenceSet, shard: Shard) -> SequenceSet:
    """Return the items whose sequences belong to the part, in their order."""
    return SequenceSet.of(item for item in sequences if shard.holds(item.sequence))
