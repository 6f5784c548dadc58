"""What the figures draw: points with intervals, from per-item scores, one model at a time.

Every interval is a 95 % bootstrap over backgrounds (`mit_harness.stats.bootstrap`, seeded by the
run's own seed): BCa, percentile where BCa is undefined, and the paper's under ``published``. Values
are given twice, in the model's own unit and divided by one SD a curve: the SD over backgrounds
within conditions, pooled over the conditions of that curve and model. It is taken as known, so both
intervals have one shape. Where it is zero the standardised value is None, and `note` says so.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mit_harness.claims import at_titration, dose_response, spacing, strand, up_position
from mit_harness.claims.base import Floats, Scored
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import ModelRecord, Results
from mit_harness.stats.checks import rounding
from mit_harness.stats.inference import Inference, inference

NO_SPREAD = "no spread over backgrounds, so nothing to standardise by"


@dataclass(frozen=True, slots=True)
class Point:
    """One estimate with its interval.

    Attributes
    ----------
    model, series
        Whose, and of which line.
    x, label
        Place on the axis (per cent, bp, bases, or the rank of a category), and in words.
    raw, raw_low, raw_high
        In the model's own unit (nats for a language model); None where undefined.
    estimate, ci_low, ci_high
        In SDs over backgrounds; None where undefined (`note` says why). Of metrics, in theirs.
    n
        Backgrounds, the unit that is resampled.
    mark
        What kind of point it is, such as ``correct`` or ``confounded``.
    note
        Why a value is None, or what else to know.
    """

    model: str
    series: str
    x: float
    label: str
    raw: float | None
    raw_low: float | None
    raw_high: float | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    mark: str = ""
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """One figure's points over all models.

    Attributes
    ----------
    claim
        Whose sequences these are.
    points
        In the order of the models.
    missing
        By model: why it has no points.
    """

    claim: str
    points: tuple[Point, ...]
    missing: Mapping[str, str]

    def of(self, model: str) -> tuple[Point, ...]:
        """Return one model's points."""
        return tuple(point for point in self.points if point.model == model)

    def only(self, models: Sequence[str]) -> "Curve":
        """Return the points of some models, in that order."""
        points = tuple(point for model in models for point in self.of(model))
        missing = {name: why for name, why in self.missing.items() if name in models}
        return replace(self, points=points, missing=missing)


Made = list[Point]
Maker = Callable[["Drawn"], Made]


class Drawn:
    """One model's scores of one claim, and what turns them into points."""

    def __init__(self, model: str, scored: Scored, stats: Inference) -> None:
        self.model, self.scored, self.stats = model, scored, stats
        self.floor = max(stats.tolerance, rounding(scored.values))

    def group(self, name: str) -> Floats:
        """Return the scores of one group."""
        return self.scored.group(name)

    def spread(self, groups: Iterable[str]) -> float | None:
        """Return the SD over backgrounds within groups, pooled over them; None where it is 0."""
        held = [values for values in map(self.group, groups) if len(values) > 1]
        degrees = sum(len(values) - 1 for values in held)
        if not degrees:
            return None
        squares = sum(float(((values - values.mean()) ** 2).sum()) for values in held)
        spread = math.sqrt(squares / degrees)
        return spread if spread > self.floor else None

    def point(
        self,
        series: str,
        x: float,
        label: str,
        values: Floats,
        spread: float | None,
        *,
        mark: str = "",
        note: str = "",
    ) -> Point:
        """Return the mean of one value a background; what is within the tolerance is 0."""
        values = np.where(np.abs(values) <= self.floor, 0.0, values)
        found = self.stats.estimate("", [values], lambda m: m[..., 0], unit="")
        raw = (found.value, found.ci_low, found.ci_high)
        low, middle, high = (
            None if v is None or spread is None else v / spread for v in (raw[1], raw[0], raw[2])
        )
        why = found.note if found.value is None else (NO_SPREAD if spread is None else "")
        said = "; ".join(filter(None, (why, note)))
        return Point(self.model, series, x, label, *raw, middle, low, high, found.n, mark, said)


def _titration(drawn: Drawn) -> Made:
    """Return condition means less the mean of the broken promoter, and the rescue, by A+T."""
    groups = [
        at_titration.at_group(at, c) for c in at_titration.CONDITIONS for at in at_titration.LEVELS
    ]
    held = [name for name in groups if len(drawn.group(name))]
    broken = [name for name in held if name.endswith("_D")] or held
    if not held:
        return []
    zero = float(np.mean([drawn.group(name).mean() for name in broken]))
    spread = drawn.spread(held)
    made = []
    for condition in at_titration.CONDITIONS:
        for at in at_titration.LEVELS:
            values = drawn.group(at_titration.at_group(at, condition))
            if len(values):
                made.append(drawn.point(condition, at, f"{at} %", values - zero, spread))
    return made


def _rescue(drawn: Drawn) -> Made:
    """Return E' - H' (decoy pair) by A+T of the background."""
    sides = {
        at: [at_titration.at_group(at, form) for form in ("E_decoy", "H_decoy")]
        for at in at_titration.LEVELS
    }
    sides = {at: pair for at, pair in sides.items() if drawn.scored.has(*pair)}
    spread = drawn.spread(name for pair in sides.values() for name in pair)
    return [
        drawn.point("E' - H'", at, f"{at} %", np.subtract(*drawn.scored.matched(*pair)), spread)
        for at, pair in sides.items()
    ]


_OVER = {up_position.CONFOUNDED[0]: "over the -35 box", up_position.CONFOUNDED[1]: "over the -10"}


def _places(drawn: Drawn) -> Made:
    """Return score with the UP element at a place less the score without, by place."""
    offsets = sorted(
        (0, *up_position.WRONG, *up_position.UPSTREAM, *up_position.CONFOUNDED, up_position.PAPER)
    )
    scored, absent = drawn.scored, up_position.ABSENT
    held = [k for k in offsets if scored.has(up_position.place(k), absent)]
    clear = [k for k in held if k not in up_position.CONFOUNDED]  # these enter nothing
    spread = drawn.spread([*map(up_position.place, clear), absent])
    made = []
    for offset in held:
        mark = "correct" if offset == 0 else "elsewhere"
        if offset in up_position.UPSTREAM:
            mark = "near, not judged"
        if offset in up_position.CONFOUNDED:
            mark = "over a box"
        start = SIGMA70["up"].start + offset
        gained = np.subtract(*scored.matched(up_position.place(offset), absent))
        note = _OVER.get(offset, "")
        made.append(drawn.point("UP", start, f"{start}", gained, spread, mark=mark, note=note))
    return made


def _spacing(drawn: Drawn) -> Made:
    """Return each spacing's score less the background's own mean over all spacings."""
    held = [bp for bp in spacing.SPACINGS if drawn.scored.has(spacing.spacing_group(bp))]
    if not held:
        return []
    names = [spacing.spacing_group(bp) for bp in held]
    scores = np.column_stack(drawn.scored.matched(*names))
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = drawn.spread(names)
    made = []
    for column, bp in enumerate(held):
        mark = "near" if bp in spacing.NEAR else "far" if bp in spacing.FAR else "between"
        values = centred[:, column]
        made.append(drawn.point("spacing", bp, f"{bp} bp", values, spread, mark=mark))
    return made


FORMS = {
    "strand_exchanged": "-10 box on the other strand (k-mers equal)",
    "turned_both": "both boxes reversed in place",
    "turned_minus10": "-10 box reversed in place",
    "turned_minus35": "-35 box reversed in place",
    "scrambled_boxes": "both boxes scrambled",
    "reverse_complement": "whole reverse complement",
}
"""The rows of the strand figure: the first is what the claim judges."""


def _strand(drawn: Drawn) -> Made:
    """Return forward less each other form, per background."""
    first = dict.fromkeys(FORMS, "C") | {strand.EXCHANGED: strand.FORWARD}
    held = [form for form in FORMS if drawn.scored.has(first[form], form)]
    spread = drawn.spread(dict.fromkeys(n for form in held for n in (first[form], form)))
    made = []
    for rank, form in enumerate(FORMS):
        if form in held:
            values = np.subtract(*drawn.scored.matched(first[form], form))
            mark = "judged" if form == strand.EXCHANGED else "reported"
            made.append(drawn.point(form, rank, FORMS[form], values, spread, mark=mark))
    return made


def _doses(drawn: Drawn) -> Made:
    """Return E' - H' (decoy pair) by the number of UP bases, and by that of box matches."""
    made = []
    for series, grades in dose_response.SERIES:
        pairs = {g: dose_response.grade_pair(series, g) for g in grades}
        pairs = {g: pair for g, pair in pairs.items() if drawn.scored.has(*pair)}
        spread = drawn.spread(name for pair in pairs.values() for name in pair)
        for grade, pair in pairs.items():
            gained = np.subtract(*drawn.scored.matched(*pair))
            made.append(drawn.point(series, grade, f"{grade} bases", gained, spread))
    return made


CURVES: dict[str, tuple[str, Maker]] = {
    "at_titration": ("at_titration", _titration),
    "at_rescue": ("at_titration", _rescue),
    "up_position": ("up_position", _places),
    "spacing": ("spacing", _spacing),
    "strand": ("strand", _strand),
    "dose_response": ("dose_response", _doses),
}
"""By id: the claim whose scores are taken, and what makes one model's points of them."""


def statistics(results: Results, model: ModelRecord) -> Inference:
    """Return the statistics that a run judged a model by."""
    design = results.design
    return inference(design.protocol, design.seed, model.tolerance)


def usable(items: ItemScores, model: str, claim: str) -> Scored | str:
    """Return a model's scores of a claim, or why they cannot be drawn."""
    if not items.has(model, claim):
        return f"{claim} was not scored"
    scored = items.scored(model, claim)
    fault = scored.not_finite()
    return f"{claim}: {fault}" if fault else scored


def curve(
    name: str, results: Results, items: ItemScores, models: Sequence[str] | None = None
) -> Curve:
    """Return one curve of `CURVES` for every model of a run, or for those named.

    A model without scores of the claim, with a score that is not finite, or whose suite lacks the
    groups has no points, and a reason in `missing`.
    """
    claim, make = CURVES[name]
    points: list[Point] = []
    missing = {}
    for model in results.models:
        if models is not None and model.name not in models:
            continue
        scored = usable(items, model.name, claim)
        if isinstance(scored, str):
            missing[model.name] = scored
            continue
        made = make(Drawn(model.name, scored, statistics(results, model)))
        if not made:
            missing[model.name] = f"{claim}: the suite holds no groups for it"
        points += made
    found = Curve(claim, tuple(points), missing)
    return found if models is None else found.only(models)
