"""One row a model: a metric with its interval, which several figures are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from mit_harness.report.charts.data import Row
from mit_harness.report.charts.theme import KIND_SHAPES, KINDS

if TYPE_CHECKING:
    import altair as alt

_STEP = 17
_LABELS = 200
_MARGIN = 60
"""Pixels right of the points, for the asterisk or the reason that there is no point."""


def present(rows: Sequence[Row]) -> list[str]:
    """Return the kinds of models among rows, in the order of the palette."""
    held = {row["kind"] for row in rows}
    return [kind for kind in KINDS if kind in held]


def kinds(held: Sequence[str]) -> tuple["alt.Color", "alt.Shape"]:
    """Return the colour and the shape that tell kinds of models apart; `held` are in the legend."""
    import altair as alt

    names = list(KINDS)
    legend = alt.Legend(title=None, values=list(held))
    return (
        alt.Color("kind:N", legend=legend).scale(domain=names, range=list(KINDS.values())),
        alt.Shape("kind:N", legend=legend).scale(
            domain=names, range=[KIND_SHAPES[name] for name in names]
        ),
    )


def tips(interactive: bool, name: str) -> list["alt.Tooltip"]:
    """Return what a point says under the pointer; nothing in print."""
    import altair as alt

    if not interactive:
        return []
    fields = (("model:N", "model"), ("kind:N", "kind"), ("estimate:Q", name))
    bounds = (("ci_low:Q", "95 % CI from"), ("ci_high:Q", "to"), ("n:Q", "n"), ("note:N", "note"))
    return [alt.Tooltip(field, title=title) for field, title in (*fields, *bounds)]


def _names(order: Sequence[str]) -> "alt.Y":
    import altair as alt

    y = alt.Y("model:N", sort=list(order), title=None).scale(domain=list(order))
    return y.axis(labelLimit=_LABELS, ticks=False, labelPadding=6, grid=False)


def ranked(
    rows: list[Row],
    order: Sequence[str],
    *,
    title: str,
    scale: "alt.Scale",
    ticks: Sequence[float],
    line: float,
    width: int,
    interactive: bool,
    series: "tuple[alt.Color, alt.Shape] | None" = None,
    spread: bool = False,
) -> "alt.LayerChart":
    """Return a point and a bar for each row, models from top to bottom in `order`.

    Parameters
    ----------
    rows
        Of `metric_row`; with `text`, it stands right of everything.
    line
        Where the vertical line stands: chance, or no effect.
    series
        Colour and shape where they say something else than the kind of model.
    spread
        Whether the points of one model stand side by side, by `series`.
    """
    import altair as alt

    colour, shape = series or kinds(present(rows))
    wide = max(width - _LABELS - _MARGIN, 160)
    base = alt.Chart().transform_filter("isValid(datum.estimate)")
    x = alt.X("estimate:Q", scale=scale, title=title)
    x = x.axis(values=list(ticks), labelExpr="datum.value", grid=True)
    y = _names(order)
    beside = alt.YOffset("series:N").scale(paddingOuter=0.35)
    offset: dict[str, Any] = {"yOffset": beside} if spread else {}
    tint: dict[str, Any] = {"color": colour} if spread else {}
    zero = alt.Chart(alt.InlineData(values=[{}])).mark_rule(strokeDash=[3, 3])
    words = alt.Chart().transform_filter("isValid(datum.text)").mark_text(align="left", fontSize=11)
    layers = [
        zero.encode(x=alt.XDatum(line, scale=scale)),
        base.mark_rule(strokeWidth=1.5).encode(
            x=alt.X("ci_low:Q"), x2="ci_high:Q", y=y, color=colour, **offset
        ),
        base.mark_point(filled=True, size=46, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape, tooltip=tips(interactive, title), **offset
        ),
        words.encode(text="text:N", y=y, x=alt.value(wide + 6), **offset, **tint),
    ]
    step: dict[str, Any] = {"for": "position"} if spread else {}
    chart = alt.layer(*layers, data=alt.InlineData(values=rows))
    return cast("alt.LayerChart", chart.properties(width=wide, height=alt.Step(_STEP, **step)))
