"""Lines with bands in small multiples, which several figures are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mit_harness.report.charts import words
from mit_harness.report.charts.base import WIDTH, CurveChart
from mit_harness.report.charts.data import FigureData, curve_rows
from mit_harness.report.charts.panels import grid, panelled, place_rule, tooltips, zero_rule
from mit_harness.report.charts.theme import Style, styled

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, kw_only=True)
class LineChart(CurveChart):
    """A line, points and a band for each series.

    Attributes
    ----------
    y
        What the vertical axis is.
    ticks
        Of the horizontal axis, which ends with them.
    series
        By id: its name in the legend, and its style. One series has no legend.
    marked
        Where a dashed vertical line stands.
    """

    y: str
    ticks: Sequence[int]
    series: Mapping[str, tuple[str, Style]]
    marked: float | None = None
    bars: str = "Bands: 95 % CI of the mean"

    def chart(
        self, data: FigureData, *, width: int = WIDTH, interactive: bool = False
    ) -> "alt.FacetChart":
        """Draw one panel a model."""
        import altair as alt

        lines = {series: name for series, (name, _) in self.series.items()}
        rows = [row | {"line": lines[str(row["series"])]} for row in curve_rows(data, self.curve)]
        ticks = self.ticks
        columns, _, _ = size = grid(len(data.models), width)
        base = alt.Chart().transform_filter("isValid(datum.estimate)")
        pad = (ticks[-1] - ticks[0]) / 25
        scale = alt.Scale(domain=[ticks[0] - pad, ticks[-1] + pad], nice=False, zero=False)
        x = alt.X("x:Q", scale=scale).title(self.x if columns == 1 else None)
        x = x.axis(values=list(ticks), grid=False)
        y = alt.Y("estimate:Q").title(self.y if columns == 1 else None).axis(tickCount=4)
        styles = dict(self.series.values())
        # Without a stroke: else a dashed line's legend has a dashed outline.
        shown = alt.Legend(symbolStrokeWidth=0) if len(styles) > 1 else None
        legend: dict[str, Any] = {"legend": shown}
        colour, shape = styled("line:N", styles, **legend)
        dash = alt.StrokeDash("line:N", title=None, **legend)
        dash = dash.scale(domain=list(styles), range=[[*style.dash] for style in styles.values()])
        layers = [
            *([place_rule(self.marked, scale)] if self.marked is not None else []),
            zero_rule(),
            base.mark_area(opacity=0.22).encode(
                x=x, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colour
            ),
            base.mark_line(strokeWidth=1.6).encode(x=x, y=y, color=colour, strokeDash=dash),
            base.mark_point(filled=True, size=26, opacity=1).encode(
                x=x, y=y, color=colour, shape=shape, tooltip=tooltips(interactive, self.x)
            ),
        ]
        found = panelled(layers, data, rows, size)
        return words.titled(found, self.title, self.x, self.y, panels=columns)
