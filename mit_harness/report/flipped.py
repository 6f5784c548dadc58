"""The pairs of sequences that two models decide otherwise."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from mit_harness.claims.base import Claim, Floats, Scored
from mit_harness.errors import NotApplicable
from mit_harness.promoter.core import Protocol
from mit_harness.stats.paired import wins


class Side(NamedTuple):
    """A model's scores of a claim's sequences, and the largest difference that is a tie to it."""

    scored: Scored
    tolerance: float


@dataclass(frozen=True)
class FlippedPair:
    """A pair of sequences of which the two models make something else.

    Attributes
    ----------
    claim
        Whose verdict compares the pair.
    winner, loser
        Ids; the first has to score higher.
    candidate, baseline
        Each model's score of the winner less that of the loser, in its own unit.
    change
        ``gained``: the candidate's outcome (won, tied, lost) is the better one; else ``lost``.
    """

    claim: str
    winner: str
    loser: str
    candidate: float
    baseline: float
    change: Literal["gained", "lost"]


def flipped_pairs(
    claim: Claim, protocol: Protocol, candidate: Side, baseline: Side
) -> list[FlippedPair]:
    """Return the pairs that a claim's verdict compares and two models decide otherwise.

    A pair is won, tied (within the model's own tolerance) or lost.

    Parameters
    ----------
    claim, protocol
        Say which groups are compared.
    candidate, baseline
        Scores of the same sequences.
    """
    try:
        compared = claim.pairs(protocol)
    except NotApplicable:
        return []
    return [
        flip
        for winner, loser in compared
        if candidate.scored.has(winner, loser)
        for flip in _of_groups(claim.id, winner, loser, candidate, baseline)
    ]


def _of_groups(
    claim_id: str, winner: str, loser: str, candidate: Side, baseline: Side
) -> list[FlippedPair]:
    (gaps, won), (old_gaps, old_won) = (
        _outcomes(side, winner, loser) for side in (candidate, baseline)
    )
    ids = _ids(candidate.scored, winner, loser)
    found = []
    for k in np.flatnonzero(won != old_won).tolist():
        change: Literal["gained", "lost"] = "gained" if won[k] > old_won[k] else "lost"
        found.append(FlippedPair(claim_id, *ids[k], float(gaps[k]), float(old_gaps[k]), change))
    return found


def _outcomes(side: Side, winner: str, loser: str) -> tuple[Floats, Floats]:
    first, second = side.scored.matched(winner, loser)
    return first - second, wins(first, second, side.tolerance)


def _ids(scored: Scored, winner: str, loser: str) -> list[tuple[str, str]]:
    items = scored.sequences
    rows = Scored(items, np.arange(len(items), dtype=np.float64))
    first, second = rows.matched(winner, loser)
    return [(items[int(a)].id, items[int(b)].id) for a, b in zip(first, second, strict=True)]
