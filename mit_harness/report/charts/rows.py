"""Rows of named contrasts in small multiples: the strand figure and the ladder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.base import WIDTH, CurveChart
from mit_harness.report.charts.data import FigureData, curve_rows
from mit_harness.report.charts.panels import ONCE, panelled, tooltips
from mit_harness.report.charts.theme import Style, styled

if TYPE_CHECKING:
    import altair as alt

_STEP = 15
_LABELS = 235
"""Pixels for the rows' names, which stand once, left of the first panel of each line."""
_GAP = 14


def symlog(extent: float, width: float) -> tuple[list[float], list[float]]:
    """Return domain and ticks of an axis, even around 0, that holds `extent`: 0, 1, 5, 20, ...

    An axis of less than 250 pixels has only 0 and powers of ten.
    """
    reach = max(extent * 1.15, 1.2)
    steps = (1, 5, 20) if width >= 250 else (1, 5) if reach < 10 else (10,)
    shown, power = [float(step) for step in steps if step <= reach], 100.0
    while power <= reach:
        shown.append(power)
        power *= 10
    return [-reach, reach], [*(-tick for tick in reversed(shown)), 0, *shown]


@dataclass(frozen=True, kw_only=True)
class RowChart(CurveChart):
    """A point and its bar for each named contrast.

    Attributes
    ----------
    styles
        By mark of a point, in the order of the legend.
    names
        Of the contrasts (`label` of their points), from top to bottom.
    """

    styles: Mapping[str, Style]
    names: Sequence[str]

    def chart(
        self, data: FigureData, *, width: int = WIDTH, interactive: bool = False
    ) -> "alt.FacetChart":
        """Draw one panel a model."""
        import altair as alt

        rows = curve_rows(data, self.curve)
        held = [name for name in self.names if name in {row["label"] for row in rows}]
        room = width - _LABELS
        columns = max(1, min(len(data.models), room // 120))
        each = min(room // columns - _GAP, 420)
        bounds = (abs(row[k]) for row in rows for k in ("estimate", "ci_low", "ci_high") if row[k])  # type: ignore[arg-type]
        domain, ticks = symlog(max(bounds, default=1.0), each)
        base = alt.Chart().transform_filter("isValid(datum.estimate)")
        scale = alt.Scale(type="symlog", constant=1, domain=domain, nice=False)
        x = alt.X("estimate:Q", scale=scale).title(self.x if columns == 1 else None)
        x = x.axis(values=ticks, grid=True, labelExpr="datum.value")
        y = alt.Y("label:N", sort=held, title=None).scale(domain=held)
        y = y.axis(labelLimit=_LABELS, ticks=False, labelPadding=6)
        colour, shape = styled("mark:N", self.styles)
        middle = alt.Chart().transform_filter(ONCE).mark_rule(strokeWidth=1)
        layers = [
            middle.encode(x=alt.XDatum(0, scale=scale)),
            base.mark_rule(strokeWidth=1.5).encode(
                x=alt.X("ci_low:Q"), x2="ci_high:Q", y=y, color=colour
            ),
            base.mark_point(filled=True, size=40, opacity=1).encode(
                x=x, y=y, color=colour, shape=shape, tooltip=tooltips(interactive, "contrast")
            ),
        ]
        # No spread and a difference: d is infinite, and stands on the edge as a sign.
        for sign, place in ((1, each - 9), (-1, 12)):
            edge = alt.Chart().transform_filter(f"datum.infinite === {sign}").mark_text(fontSize=13)
            layers.append(edge.encode(text="sign:N", y=y, x=alt.value(place)))
        size = (columns, each, _STEP * len(held))
        found = panelled(layers, data, rows, size, shared_y=True)
        return words.titled(found, self.title, self.x, panels=len(data.models))
