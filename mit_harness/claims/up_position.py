"""up_position: the UP element counts at its own place, upstream of the -35 box."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mit_harness.claims.at_titration import LEVELS, at_group, at_percent, titration
from mit_harness.claims.base import Claim, Floats, Measured, Pairs, Scored
from mit_harness.promoter.core import DesignSpec, Protocol, grouped
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.probes import relocate, up_only
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict

WRONG = (24, 48, 54, 60, 66, 72)
"""bp downstream of its place: all in the frame of a 6-mer tokenizer, none over another element."""
UPSTREAM = (-15, -10, -5, 5)
"""Reported only: the distal subsite makes these ambiguous."""
CONFOUNDED = (10, 30)
"""Over the -35 box, and over the -10 box: these enter nothing."""
PAPER = 55
"""The one wrong place of the paper's positional ablation that its text compares."""
CORRECT, ABSENT = "up_at_15", "up_absent"
_AT_GROUPS = tuple(at_group(level, "D") for level in LEVELS)
_DOMINANCE = (at_group(LEVELS[0], "C"), at_group(LEVELS[-1], "C"))
"""The paper's range over A+T: what the intact promoter gains from 30 to 80 %."""


def place(offset: int) -> str:
    """Return the group whose UP element stands `offset` bp downstream of its place."""
    return f"up_at_{SIGMA70['up'].start + offset}"


class UpPosition(Claim):
    """P(UP in place > UP elsewhere), averaged over six wrong places of each background.

    In the broken promoter without extended -10, the UP element's window is swapped with the one at
    the wrong place (rotated where the two overlap), so composition is constant. How much of what
    an UP element adds is place: `positional_fraction`. How that compares with A+T at large:
    `positional_over_composition`, (correct - mean of wrong) / (AT slope x 50 points in condition
    D of the titration), and its inverse `compositional_dominance`.
    """

    id = "up_position"
    title = "The UP element counts at its own place"
    compares = "the UP element at its place with the same at six places downstream"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "An UP element is worth more upstream of the -35 box than downstream.",
        Verdict.REFUTED: "An UP element is worth as much at places where it cannot act.",
        Verdict.ABSENT: "The UP element's place makes no difference to this model.",
        Verdict.UNDECIDED: "Score more pairs (--mit-n) before concluding either way.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """In place with each wrong place; the paper tests nothing."""
        if protocol == "published":
            return ()
        return tuple((CORRECT, place(offset)) for offset in WRONG)

    def needed(self, protocol: Protocol) -> tuple[str, ...]:
        """The compared places; under ``published`` place 70 and none."""
        if protocol == "published":
            return CORRECT, place(PAPER), ABSENT
        return super().needed(protocol)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """The places that are only reported, no UP element, and the titration."""
        if protocol == "published":
            return _DOMINANCE
        return (*map(place, (*UPSTREAM, *CONFOUNDED)), ABSENT, *_AT_GROUPS)

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build the sweep on n backgrounds, the titration on three tenths of them."""
        published = spec.protocol == "published"
        offsets = (0, PAPER) if published else (0, *WRONG, *UPSTREAM, *CONFOUNDED)
        made, up = spec.promoters(), spec.grammar["up"]
        groups = {
            place(offset): [relocate(up_only(p), up, up.start + offset) for p in made]
            for offset in offsets
        }
        swept = grouped({**groups, ABSENT: [p.broken() for p in made]})
        at = titration(spec, ("C",) if published else ("D",))
        return swept | at.only(_DOMINANCE if published else _AT_GROUPS)

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The six wrong places decide together."""
        if stats.protocol == "published":
            return Measured([], _published(scored, stats))
        correct, *others = scored.matched(CORRECT, *map(place, WRONG))
        wrong = np.column_stack(others)
        deciding = stats.proportion("up_in_place", correct, wrong)
        reported = [stats.mean_difference("up_place_difference", correct, wrong.mean(axis=1))]
        if scored.has(ABSENT):
            correct, *others, absent = scored.matched(CORRECT, *map(place, WRONG), ABSENT)
            wrong = np.column_stack(others)
            reported.append(_fraction(stats, correct, wrong.mean(axis=1), absent))
            reported.append(stats.mean_difference("up_gain", correct, absent))
        reported += _dominance(scored, stats)
        upstream = [offset for offset in UPSTREAM if scored.has(place(offset))]
        reported += [
            stats.proportion(f"over_{place(k)}", *scored.matched(CORRECT, place(k)))
            for k in upstream
        ]
        swept = sorted((0, *WRONG, *upstream))
        starts = np.array(swept) + SIGMA70["up"].start
        scores = np.column_stack(scored.matched(*map(place, swept)))
        reported.append(stats.peak("up_position_peak", scores, starts, unit="bp (first base)"))
        return Measured([deciding], reported)


def _fraction(stats: Inference, correct: Floats, wrong: Floats, absent: Floats) -> Metric:
    return stats.ratio(
        "positional_fraction",
        [np.column_stack([correct, wrong, absent])],
        lambda m: m[..., 0] - m[..., 1],
        lambda m: m[..., 0] - m[..., 2],
        rule="above 0",
    )


def _dominance(scored: Scored, stats: Inference) -> list[Metric]:
    """Return place over composition and its inverse; both signed, both in nats over nats."""
    if not scored.has(*_AT_GROUPS):
        return []
    correct, *others = scored.matched(CORRECT, *map(place, WRONG))
    scores = np.column_stack(scored.matched(*_AT_GROUPS))
    at = np.column_stack(at_percent(scored).matched(*_AT_GROUPS))
    moments = np.column_stack([c.mean(axis=1) for c in (at * scores, at, scores, at * at)])
    blocks = [np.column_stack([correct, np.column_stack(others).mean(axis=1)]), moments]

    def gap(m: Floats) -> Floats:
        return m[..., 0] - m[..., 1]

    def reach(m: Floats) -> Floats:
        xy, x, y, xx = (m[..., k] for k in (2, 3, 4, 5))
        return 50 * (xy - x * y) / (xx - x * x)

    return [
        stats.ratio("positional_over_composition", blocks, gap, reach),
        stats.ratio("compositional_dominance", blocks, reach, gap),
    ]


def _published(scored: Scored, stats: Inference) -> list[Metric]:
    """Return the paper's positional fraction against place 70 alone, and its dominance ratio."""
    correct, wrong, absent = scored.matched(CORRECT, place(PAPER), ABSENT)
    found = [_fraction(stats, correct, wrong, absent)]
    if scored.has(*_DOMINANCE):
        low, high = scored.matched(*_DOMINANCE)
        blocks = [np.column_stack([correct, wrong]), np.column_stack([low, high])]
        found.append(
            stats.ratio(
                "dominance_ratio",
                blocks,
                lambda m: np.abs(m[..., 3] - m[..., 2]),
                lambda m: np.abs(m[..., 0] - m[..., 1]),
            )
        )
    return found
