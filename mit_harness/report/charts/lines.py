"""Lines with bands in small multiples, which several figures are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mit_harness.report.charts.data import FigureData, curve_rows
from mit_harness.report.charts.panels import grid, panelled, place_rule, tooltips, zero_rule
from mit_harness.report.charts.theme import Style

if TYPE_CHECKING:
    import altair as alt


def banded(
    data: FigureData,
    curve: str,
    styles: Mapping[str, tuple[str, Style]],
    *,
    x_title: str,
    y_title: str,
    ticks: Sequence[int],
    width: int,
    interactive: bool,
    marked: float | None = None,
) -> tuple["alt.FacetChart", int]:
    """Return one panel a model with a line, points and a band for each series, and the columns.

    Parameters
    ----------
    styles
        By series: its name in the legend, and its style. One series has no legend.
    ticks
        Of the horizontal axis, which ends with them.
    marked
        Where a dashed vertical line stands.
    """
    import altair as alt

    rows = [row | {"line": styles[str(row["series"])][0]} for row in curve_rows(data, curve)]
    columns, _, _ = size = grid(len(data.models), width)
    base = alt.Chart().transform_filter("isValid(datum.estimate)")
    pad = (ticks[-1] - ticks[0]) / 25
    scale = alt.Scale(domain=[ticks[0] - pad, ticks[-1] + pad], nice=False, zero=False)
    x = alt.X("x:Q", scale=scale).title(x_title if columns == 1 else None)
    x = x.axis(values=list(ticks), grid=False)
    y = alt.Y("estimate:Q").title(y_title if columns == 1 else None).axis(tickCount=4)
    names = [name for name, _ in styles.values()]
    of = [style for _, style in styles.values()]
    # Without a stroke: else a dashed line's legend has a dashed outline.
    shown = alt.Legend(symbolStrokeWidth=0) if len(names) > 1 else None
    legend: dict[str, Any] = {"legend": shown}
    colour = alt.Color("line:N", title=None, **legend)
    colour = colour.scale(domain=names, range=[style.colour for style in of])
    shape = alt.Shape("line:N", title=None, **legend)
    shape = shape.scale(domain=names, range=[style.shape for style in of])
    dash = alt.StrokeDash("line:N", title=None, **legend)
    dash = dash.scale(domain=names, range=[style.dash for style in of])
    layers = [
        *([place_rule(marked, scale)] if marked is not None else []),
        zero_rule(),
        base.mark_area(opacity=0.22).encode(x=x, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colour),
        base.mark_line(strokeWidth=1.6).encode(x=x, y=y, color=colour, strokeDash=dash),
        base.mark_point(filled=True, size=26, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape, tooltip=tooltips(interactive, x_title)
        ),
    ]
    return panelled(layers, data, rows, size), columns
