"""Figure 2b: what an UP element adds, by where it stands."""

from typing import TYPE_CHECKING

from mit_harness.promoter.grammar import SIGMA70
from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData, curve_rows
from mit_harness.report.charts.panels import grid, panelled, place_rule, tooltips, zero_rule
from mit_harness.report.charts.theme import BLUE, GREEN, GREY, VERMILLION

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME, CURVE = "2b", "up_position", "up_position"
TITLE = "What an UP element adds, by where it stands"
X, Y = "first base of the UP element (bp)", "score - score without (SD)"

OVER = "over a box"
_MARKS = {
    "correct": (VERMILLION, "diamond"),
    "elsewhere": (BLUE, "circle"),
    "near, not judged": (GREEN, "triangle-up"),
    OVER: (GREY, "cross"),
}


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return words.without(data, CURVE)


def caption(data: FigureData) -> str:
    """Return what points and bars are."""
    return words.caption(
        data,
        CURVE,
        "Points: mean over backgrounds of score with the UP element at a place less score of the "
        "same background without one (the horizontal line); composition is the same at every "
        f"place. The dashed line marks the correct place, {SIGMA70['up'].start}. 'Elsewhere': the "
        "six wrong places that the claim judges. 'Near': not judged, as the distal subsite makes "
        "them ambiguous. Crosses on the lower edge: places 25 and 45 overlap the -35 and the "
        "-10 box and are confounded, so their values are not drawn.",
        "Bars: 95 % CI of the mean",
    )


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.FacetChart":
    """Draw one panel a model."""
    import altair as alt

    rows = curve_rows(data, CURVE)
    columns, _, high = size = grid(len(data.models), width)
    known = alt.Chart().transform_filter("isValid(datum.estimate)")
    over = f"datum.mark === '{OVER}'"
    base = known.transform_filter(f"!({over})")
    scale = alt.Scale(domain=[-3, 90], nice=False)
    x = alt.X("x:Q", scale=scale).title(X if columns == 1 else None)
    x = x.axis(values=[0, 15, 39, 63, 87], grid=False)
    y = alt.Y("estimate:Q").title(Y if columns == 1 else None).axis(tickCount=4)
    domain = list(_MARKS)
    colours, shapes = ([_MARKS[name][k] for name in domain] for k in (0, 1))
    title = "UP element"
    colour = alt.Color("mark:N", title=title).scale(domain=domain, range=colours)
    shape = alt.Shape("mark:N", title=title).scale(domain=domain, range=shapes)
    tips = tooltips(interactive, "first base")
    edge = known.transform_filter(over).mark_point(filled=True, size=34, opacity=1)
    layers = [
        zero_rule(),
        place_rule(SIGMA70["up"].start, scale),
        base.mark_rule(strokeWidth=1.3).encode(
            x=x, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colour
        ),
        base.mark_point(filled=True, size=36, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape, tooltip=tips
        ),
        edge.encode(x=x, y=alt.value(high - 5), color=colour, shape=shape, tooltip=tips),
    ]
    found = panelled(layers, data, rows, size)
    return words.titled(found, TITLE, X, Y, panels=columns)
