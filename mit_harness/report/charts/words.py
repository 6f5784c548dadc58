"""What captions and titles have in common: n, intervals, unit of resampling, who is left out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from mit_harness.errors import printable
from mit_harness.report.charts.data import FigureData
from mit_harness.report.curves import Point

if TYPE_CHECKING:
    import altair as alt

    Figure = TypeVar("Figure", alt.Chart, alt.LayerChart, alt.FacetChart, alt.HConcatChart)

_MOST = 6
"""Names that a sentence lists."""


def listed(names: Sequence[str]) -> str:
    """Return names in a row; of many, the first and how many more."""
    shown = [printable(name) for name in names[:_MOST]]
    more = len(names) - _MOST
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def counted(numbers: Iterable[int]) -> str:
    """Return ``n = 50``, or ``n = 30 to 100`` where it differs."""
    held = sorted({*numbers})
    if not held:
        return "n = 0"
    return f"n = {held[0]}" if len(held) == 1 else f"n = {held[0]} to {held[-1]}"


def bootstrap(data: FigureData) -> str:
    """Return how intervals are made."""
    if data.published:
        return (
            "percentile bootstrap of 1,000 resamples (the paper's protocol); unit of resampling: "
            "the pair of one index, of Cohen's d the sequence, each class by itself; seed "
            f"{data.results.design.seed}"
        )
    return (
        "BCa bootstrap of 10,000 resamples, percentile where BCa is undefined; unit of "
        "resampling: the background, with all sequences built on it; seed "
        f"{data.results.design.seed}"
    )


def standardised() -> str:
    """Return what one SD is."""
    return (
        "Unit: one SD of the model's own scores over backgrounds within conditions, pooled over "
        "the conditions of this figure and taken as known, so that models whose scores have other "
        "units can be compared; vertical axes differ between panels."
    )


def without(data: FigureData, curve: str) -> str:
    """Return why a curve cannot be drawn for any model; empty if it can for one."""
    if not data.models:
        return "the run holds no model"
    found = data.curve(curve)
    if found.points:
        return ""
    return next(iter(found.missing.values()), "no model has scores of it")


def caption(data: FigureData, curve: str, what: str, interval: str, unit: str = "") -> str:
    """Return a whole caption: what is drawn, intervals, n, test, and which models are left out."""
    found = data.curve(curve)
    said = [
        f"One panel per model. {what}",
        f"{interval}, {bootstrap(data)};",
        f"{counted(point.n for point in found.points)} backgrounds per point. No test is drawn;",
        "the claim's own test is in results.json.",
        unit or standardised(),
    ]
    return " ".join([*said, *_left_out(data, found.points, found.missing)])


def _left_out(data: FigureData, points: Sequence[Point], missing: Mapping[str, str]) -> list[str]:
    known = {point.model for point in points if point.estimate is not None}
    silent = [m.name for m in data.models if m.name not in known]
    absent = [name for name in silent if name in missing]
    flat = [name for name in silent if name not in absent]
    said = []
    if flat:
        said.append(f"Without spread over backgrounds, so no value: {listed(flat)}.")
    if absent:
        said.append(f"Left out, as not scored: {listed(absent)}.")
    return said


def titled(chart: "Figure", title: str, x: str, y: str = "", *, panels: int) -> "Figure":
    """Return a chart with its title; of several panels, also what their axes are."""
    import altair as alt

    up = f" Up: {y}." if y else ""
    if panels == 1:
        return chart.properties(title=alt.Title(title, offset=10))
    return chart.properties(title=alt.Title(title, subtitle=f"Across: {x}.{up}", offset=10))
