"""Figure 2b: what an UP element adds, by where it stands."""

from typing import TYPE_CHECKING

from mit_harness.claims.up_position import WRONG
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.report.charts import words
from mit_harness.report.charts.base import WIDTH, CurveChart
from mit_harness.report.charts.data import FigureData, curve_rows
from mit_harness.report.charts.panels import grid, panelled, place_rule, tooltips, zero_rule
from mit_harness.report.charts.theme import BLUE, GREEN, GREY, VERMILLION, Style, styled

if TYPE_CHECKING:
    import altair as alt

_Y = "score - score without (SD)"
_OVER = "over a box"
_STYLES = {
    "correct": Style(VERMILLION, "diamond"),
    "elsewhere": Style(BLUE, "circle"),
    "near, not judged": Style(GREEN, "triangle-up"),
    _OVER: Style(GREY, "cross"),
}


_UP = SIGMA70["up"].start
_PLACES = [0, _UP, *(_UP + offset for offset in (*WRONG[:2], WRONG[-1]))]
"""bp: where the axis has labels: the upstream end, the right place, and some of the wrong ones."""


class PlaceChart(CurveChart):
    """A point and its bar for each place; those over a box on the lower edge."""

    def chart(
        self, data: FigureData, *, width: int = WIDTH, interactive: bool = False
    ) -> "alt.FacetChart":
        """Draw one panel a model."""
        import altair as alt

        rows = curve_rows(data, self.curve)
        columns, _, high = size = grid(len(data.models), width)
        known = alt.Chart().transform_filter("isValid(datum.estimate)")
        over = f"datum.mark === '{_OVER}'"
        base = known.transform_filter(f"!({over})")
        scale = alt.Scale(domain=[_PLACES[0] - 3, _PLACES[-1] + 3], nice=False)
        x = alt.X("x:Q", scale=scale).title(self.x if columns == 1 else None)
        x = x.axis(values=_PLACES, grid=False)
        y = alt.Y("estimate:Q").title(_Y if columns == 1 else None).axis(tickCount=4)
        colour, shape = styled("mark:N", _STYLES, title="UP element")
        tips = tooltips(interactive, "first base")
        edge = known.transform_filter(over).mark_point(filled=True, size=34, opacity=1)
        layers = [
            zero_rule(),
            place_rule(_UP, scale),
            base.mark_rule(strokeWidth=1.3).encode(
                x=x, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colour
            ),
            base.mark_point(filled=True, size=36, opacity=1).encode(
                x=x, y=y, color=colour, shape=shape, tooltip=tips
            ),
            edge.encode(x=x, y=alt.value(high - 5), color=colour, shape=shape, tooltip=tips),
        ]
        found = panelled(layers, data, rows, size)
        return words.titled(found, self.title, self.x, _Y, panels=columns)


CHART = PlaceChart(
    figure="2b",
    name="up_position",
    title="What an UP element adds, by where it stands",
    curve="up_position",
    points="Points: mean over backgrounds of score with the UP element at a place less score of "
    "the same background without one (the horizontal line); composition is the same at every "
    f"place. The dashed line marks the correct place, {SIGMA70['up'].start}. 'Elsewhere': the six "
    "wrong places that the claim judges. 'Near': not judged, as the distal subsite makes them "
    "ambiguous. Crosses on the lower edge: places 25 and 45 overlap the -35 and the -10 box and "
    "are confounded, so their values are not drawn.",
    x="first base of the UP element (bp)",
)
