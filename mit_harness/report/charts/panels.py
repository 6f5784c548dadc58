"""Small multiples: one panel a model, all from one table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from mit_harness.report.charts.data import FigureData, Row

if TYPE_CHECKING:
    import altair as alt

_LEAST = 176
"""Pixels that a panel takes at least, with its axis."""
_AXIS = 46
"""Of these, for the axis and the gap."""


def grid(models: int, width: int, height: int = 130, least: int = _LEAST) -> tuple[int, int, int]:
    """Return columns, and the width and height of each panel, in pixels."""
    columns = max(1, min(models, width // least))
    each = min(width // columns, 460) - _AXIS
    return columns, each, height if models <= 2 * columns else round(height * 0.75)


def silent_rows(data: FigureData, rows: Sequence[Row]) -> list[Row]:
    """Return a row for each panel that has nothing to draw."""
    drawn = {row["model"] for row in rows if _drawn(row)}
    silent = dict.fromkeys(str(row["model"]) for row in rows if row["model"] not in drawn)
    return [{"model": model, "why": "no spread over\nbackgrounds: no SD"} for model in silent]


def panelled(
    layers: Sequence["alt.Chart | alt.LayerChart"],
    data: FigureData,
    rows: list[Row],
    size: tuple[int, int, int],
    *,
    shared_y: bool = False,
) -> "alt.FacetChart":
    """Return layers, which name no data, as one panel a model; panels without values say why."""
    import altair as alt

    columns, width, height = size
    silent = silent_rows(data, rows)
    # Rules stand once a panel: on the first of its rows that has something to draw.
    first = {str(row["model"]): k for k, row in reversed([*enumerate(rows)]) if _drawn(row)}
    once = {*first.values()}
    every = [*({**row, "once": k in once} for k, row in enumerate(rows)), *silent]
    why = (
        alt.Chart()
        .transform_filter("isValid(datum.why)")
        .mark_text(lineBreak="\n", lineHeight=12, fontSize=10, baseline="middle")
        .encode(text="why:N", x=alt.value(width / 2), y=alt.value(height / 2 - 18))
    )
    marks = [*layers, why] if silent else list(layers)
    chart = alt.layer(*marks, data=alt.InlineData(values=every)).properties(
        width=width, height=height
    )
    shown = {str(row["model"]) for row in rows}
    order = [data.labels[m.name] for m in data.models if data.labels[m.name] in shown]
    header = alt.Header(labelLimit=width + 10, labelPadding=3)
    found = chart.facet(
        facet=alt.Facet("model:N", sort=order, header=header, title=None),
        columns=columns,
        spacing={"row": 44, "column": 14 if shared_y else _AXIS},
        bounds="flush",  # else the length of a number on an axis moves its panel
    )
    across: Literal["shared", "independent"] = "shared" if shared_y else "independent"
    found = found.resolve_scale(y=across).resolve_axis(x="independent", y=across)
    return cast("alt.FacetChart", found)


def tooltips(interactive: bool, x_title: str) -> list["alt.Tooltip"]:
    """Return what a point says under the pointer; nothing in print."""
    import altair as alt

    if not interactive:
        return []
    fields = (
        ("model:N", "model", ""),
        ("label:N", x_title, ""),
        ("estimate:Q", "SDs", ".3f"),
        ("ci_low:Q", "95 % CI from", ".3f"),
        ("ci_high:Q", "to", ".3f"),
        ("raw:Q", "own unit", ".4g"),
        ("n:Q", "backgrounds", ""),
    )
    return [
        alt.Tooltip(name, title=title, format=form) if form else alt.Tooltip(name, title=title)
        for name, title, form in fields
    ]


ONCE = "datum.once === true"
"""One row of each panel that has something to draw."""


def _drawn(row: Row) -> bool:
    return row["estimate"] is not None


def zero_rule(value: float = 0) -> "alt.Chart":
    """Return a horizontal line, once a panel."""
    import altair as alt

    base = alt.Chart().transform_filter(ONCE)
    chart: alt.Chart = base.mark_rule(strokeWidth=1).encode(y=alt.datum(value))
    return chart


def place_rule(value: float, scale: "alt.Scale") -> "alt.Chart":
    """Return a dashed vertical line, once a panel, on the scale of its axis."""
    import altair as alt

    base = alt.Chart().transform_filter(ONCE)
    line = base.mark_rule(strokeDash=[3, 3], strokeWidth=1)
    chart: alt.Chart = line.encode(x=alt.XDatum(value, scale=scale))
    return chart
