"""The effect-size ladder: what each change to a promoter is worth, from composition to place."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mit_harness.claims import at_titration, spacing, strand, up_position
from mit_harness.claims.base import Floats, Scored
from mit_harness.report.curves import Curve, Point, statistics, usable
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import Results
from mit_harness.stats.checks import rounding
from mit_harness.stats.inference import Inference

COMPOSITION, BOTH, PLACE = "composition", "composition and place", "place only"

Sides = Callable[[Scored], tuple[Floats, Floats]]


class Rung(NamedTuple):
    """One contrast: what it changes, whose sequences it takes, and its two sides."""

    key: str
    label: str
    changes: str
    claim: str
    groups: tuple[str, ...]
    sides: Sides


def _two(first: str, second: str) -> tuple[tuple[str, ...], Sides]:
    def sides(scored: Scored) -> tuple[Floats, Floats]:
        a, b = scored.matched(first, second)
        return a, b

    return (first, second), sides


def _averaged(first: Sequence[str], second: Sequence[str]) -> tuple[tuple[str, ...], Sides]:
    groups = (*first, *second)

    def sides(scored: Scored) -> tuple[Floats, Floats]:
        values = scored.matched(*groups)
        a, b = values[: len(first)], values[len(first) :]
        return np.mean(a, axis=0), np.mean(b, axis=0)

    return groups, sides


_AT = [at_titration.at_group(at, "C") for at in (at_titration.LEVELS[-1], at_titration.LEVELS[0])]
_PLACE = [up_position.place(k) for k in up_position.WRONG]
_NEAR, _FAR = ([spacing.spacing_group(bp) for bp in g] for g in (spacing.NEAR, spacing.FAR))

RUNGS = (
    Rung("at", "A+T: 80 % - 30 %", COMPOSITION, "at_titration", *_two(*_AT)),
    Rung("e_d", "compensated - broken (E - D)", BOTH, "compensation", *_two("E", "D")),
    Rung("c_d", "intact - broken box (C - D)", BOTH, "motif_effect", *_two("C", "D")),
    Rung(
        "up",
        "UP element - none",
        BOTH,
        "up_position",
        *_two(up_position.CORRECT, up_position.ABSENT),
    ),
    Rung("rc", "forward - reverse complement", BOTH, "strand", *_two("C", "reverse_complement")),
    Rung("spacing", "spacing: near - far from 17 bp", PLACE, "spacing", *_averaged(_NEAR, _FAR)),
    Rung(
        "strand",
        "strand of the -10 box",
        PLACE,
        "strand",
        *_two(strand.FORWARD, strand.EXCHANGED),
    ),
    Rung(
        "box",
        "place of the -10 box",
        PLACE,
        "motif_effect",
        *_two("motif_correct", "motif_exchanged"),
    ),
    Rung(
        "place",
        "place of the UP element",
        PLACE,
        "up_position",
        *_averaged([up_position.CORRECT], _PLACE),
    ),
    Rung(
        "decoy",
        "place of UP and TGT (E' - H')",
        PLACE,
        "scrambled_control",
        *_two("E_decoy", "H_decoy"),
    ),
)
"""From what changes composition to what changes nothing but place."""


def ladder(results: Results, items: ItemScores, models: Sequence[str] | None = None) -> Curve:
    """Return Cohen's d of every contrast of a run's models, with its interval.

    d is the mean difference by the SD within the two sides, pooled (`effect.cohen_d`; matched
    backgrounds are resampled together). `Point.raw` is the mean difference itself. Where the SD is
    zero there is no d: `note` says so, and `raw` has the difference. A rung whose claim was not
    scored is left out.
    """
    points: list[Point] = []
    missing = {}
    for model in results.models:
        if models is not None and model.name not in models:
            continue
        stats = statistics(results, model)
        made, whys = [], []
        for rank, rung in enumerate(RUNGS):
            scored = usable(items, model.name, rung.claim)
            if isinstance(scored, str):
                whys.append(scored)
            elif scored.has(*rung.groups):
                made.append(_point(model.name, rank, rung, scored, stats))
        if not made:
            missing[model.name] = whys[0] if whys else "no contrast was scored"
        points += made
    found = Curve("", tuple(points), missing)
    return found if models is None else found.only(models)


def _point(model: str, rank: int, rung: Rung, scored: Scored, stats: Inference) -> Point:
    a, b = rung.sides(scored)
    floor = max(stats.tolerance, rounding(a, b))  # sides that are means are rounded apart
    b = np.where(np.abs(a - b) <= floor, a, b)  # a tie is no difference
    raw = stats.estimate("", [a - b], lambda m: m[..., 0], unit="")
    d = stats.cohen_d(rung.key, a, b)
    known = d.value is not None and np.isfinite(d.value)
    sized = (d.value, d.ci_low, d.ci_high) if known else (None, None, None)
    return Point(
        model,
        rung.key,
        rank,
        rung.label,
        raw.value,
        raw.ci_low,
        raw.ci_high,
        *sized,
        d.n,
        rung.changes,
        d.note if not known else "",
    )
