"""What charts are drawn from: a run, the models to show, and their points."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mit_harness.errors import ReportError, near, printable
from mit_harness.report.curves import Curve, Point, curve
from mit_harness.report.items import ItemScores
from mit_harness.report.ladder import ladder
from mit_harness.report.schema import ClaimRecord, MetricRecord, ModelRecord, Results

Row = dict[str, str | int | float | None]

_LONGEST = 22
"""Characters of a model's name in a chart; of a longer one the middle is left out."""
SIGNS = {0: "", 1: "∞", -1: "-∞"}


@dataclass(frozen=True)
class FigureData:
    """A finished run and which of its models are drawn.

    Attributes
    ----------
    results, items
        Of the run.
    names
        Models to draw, in this order; None: all of the run.
    """

    results: Results
    items: ItemScores
    names: tuple[str, ...] | None = None
    _kept: dict[str, Curve] = field(default_factory=dict, repr=False, compare=False)

    def only(self, names: Sequence[str]) -> "FigureData":
        """Return the same run with only some models, in that order.

        Raises
        ------
        ReportError
            If the run holds no such model; near matches are listed.
        """
        held = [model.name for model in self.results.models]
        for name in names:
            if name not in held:
                raise ReportError(f"the run holds no model {name!r}{near(name, held)}")
        chosen = tuple(dict.fromkeys(names))
        kept = {key: found.only(chosen) for key, found in self._kept.items()}
        return FigureData(self.results, self.items, chosen, kept)

    @cached_property
    def models(self) -> tuple[ModelRecord, ...]:
        """The models to draw."""
        by_name = {model.name: model for model in self.results.models}
        return tuple(by_name.values() if self.names is None else map(by_name.get, self.names))  # type: ignore[arg-type]

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """By name: what a chart calls a model; short, printable, and never two alike."""
        made: dict[str, str] = {}
        for model in self.models:
            label, count = shortened(model.name), 1
            while label in made.values():
                count += 1
                label = f"{shortened(model.name, _LONGEST - 5)} ({count})"
            made[model.name] = label
        return made

    def curve(self, name: str) -> Curve:
        """Return one of `mit_harness.report.curves.CURVES`, or the ``ladder``; computed once."""
        if name not in self._kept:
            chosen = self.names
            self._kept[name] = (
                ladder(self.results, self.items, chosen)
                if name == "ladder"
                else curve(name, self.results, self.items, chosen)
            )
        return self._kept[name]

    def metric(self, model: ModelRecord, claim: str, name: str) -> MetricRecord | None:
        """Return a metric of a claim, or None where it was not measured."""
        record = self.claim(model, claim)
        return None if record is None else record.metrics.get(name)

    def claim(self, model: ModelRecord, claim: str) -> ClaimRecord | None:
        """Return what a claim said of a model."""
        return next((record for record in model.claims if record.id == claim), None)

    @property
    def published(self) -> bool:
        """Whether the run followed the paper's protocol."""
        return self.results.design.protocol == "published"


def shortened(name: str, longest: int = _LONGEST) -> str:
    """Return a name on one printable line, the middle of a long one left out."""
    text = re.sub(r"\s+", " ", printable(name))
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[:half]}…{text[-half:]}"


def finite(value: float | None) -> float | None:
    """Return a number that JSON has: None for what is not finite, and never minus zero."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}") + 0.0


def point_row(point: Point, label: str, order: int) -> Row:
    """Return a point as a chart's row; `order` counts a model's points."""
    numbers = ("x", "raw", "raw_low", "raw_high", "estimate", "ci_low", "ci_high")
    row: Row = {name: finite(getattr(point, name)) for name in numbers}
    # Of one background no spread is known: only of more is it zero.
    known = point.estimate is not None or point.n < 2 or not point.raw
    endless = 0 if known else int(math.copysign(1, point.raw or 0))
    row |= {"infinite": endless, "sign": SIGNS[endless]}
    row |= {"model": label, "series": point.series, "label": point.label, "n": point.n}
    return row | {"mark": point.mark, "note": point.note, "order": order}


def curve_rows(data: FigureData, name: str) -> list[Row]:
    """Return all points of a curve as rows, in the order of the models."""
    found = data.curve(name)
    return [
        point_row(point, data.labels[model.name], order)
        for model in data.models
        for order, point in enumerate(found.of(model.name))
    ]


def metric_row(data: FigureData, model: ModelRecord, metric: MetricRecord) -> Row:
    """Return a metric as a chart's row; an infinite value is None with its sign in `infinite`."""
    value = metric.value
    infinite = 0 if value is None or math.isfinite(value) else int(math.copysign(1, value))
    return {
        "model": data.labels[model.name],
        "kind": model.kind,
        "estimate": finite(value),
        "ci_low": finite(metric.ci_low),
        "ci_high": finite(metric.ci_high),
        "n": metric.n,
        "infinite": infinite,
        "sign": SIGNS[infinite],
        "note": metric.note,
    }
