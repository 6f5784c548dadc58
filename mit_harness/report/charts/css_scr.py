"""Figure 1d: the CSS-SCR plane, compensation against its place."""

from typing import TYPE_CHECKING, Any, cast

from mit_harness.report import published
from mit_harness.report.charts import words
from mit_harness.report.charts.base import WIDTH, MetricChart
from mit_harness.report.charts.data import FigureData, Row, metric_row
from mit_harness.report.charts.labels import Box, placed, ranges
from mit_harness.report.charts.proportion import CHANCE
from mit_harness.report.charts.ranked import kinds, present
from mit_harness.report.schema import MetricRecord, ModelRecord

if TYPE_CHECKING:
    import altair as alt

_CLAIMS = ("compensation", "scrambled_control")
_LOW, _HIGH = -0.05, 1.05
_KEY, _STEP = 230, 14
"""Pixels of the key's width, and of one of its lines."""
_NAMED = 6
"""Models up to which points bear names, not numbers."""
_ALIKE = 2.0
"""Pixels within which two points share a label."""


def _axes(data: FigureData, model: ModelRecord) -> tuple[MetricRecord, MetricRecord] | None:
    css = data.metric(model, _CLAIMS[0], "css")
    scr = data.metric(model, _CLAIMS[1], "scr_decoy") or data.metric(model, _CLAIMS[1], "scr")
    if css is None or scr is None or css.value is None or scr.value is None:
        return None
    return css, scr


def _rows(data: FigureData, paper: bool) -> list[Row]:
    """Return a row for each model with both numbers, numbered from the upper right."""
    made: list[Row] = []
    for model in data.models:
        if (found := _axes(data, model)) is not None:
            css, scr = (metric_row(data, model, metric) for metric in found)
            names = ("estimate", "ci_low", "ci_high")
            made.append(
                {key: css[key] for key in ("model", "kind", "n")}
                | {"scr_n": scr["n"]}
                | {f"css_{name}": css[name] for name in names}
                | {f"scr_{name}": scr[name] for name in names}
            )
    made.sort(key=lambda row: (-float(row["scr_estimate"] or 0), -float(row["css_estimate"] or 0)))
    if paper:
        made += [
            {"model": f"{row.model} (paper)", "kind": "published", "n": None}
            | {"css_estimate": row.css, "scr_estimate": row.scr}
            for row in sorted(published.ROWS, key=lambda row: (-row.scr, -row.css))
        ]
    return [row | {"number": place} for place, row in enumerate(made, 1)]


class PlaneChart(MetricChart):
    """A plane, and beside it which number is which model."""

    def rows(self, data: FigureData) -> list[Row]:
        """Return a row for each model with both numbers."""
        return _rows(data, False)

    def caption(self, data: FigureData, *, paper: bool = False) -> str:
        """Return what points and bars are, with `paper` what its own rows are, too."""
        rows = self.rows(data)
        y = "plain SCR = P(E > H)" if data.published else "SCR of the decoy pair = P(E' > H')"
        pairs = words.counted(int(row[k] or 0) for row in rows for k in ("n", "scr_n"))
        said = [
            f"Points: one model each, CSS = P(E > D) across and {y} up, {pairs} pairs; a tie "
            f"{'loses' if data.published else 'counts one half'}. Bars: 95 % CI of each, "
            f"{words.bootstrap(data)}"
            f"{'' if data.published else '; Clopper-Pearson where all pairs agree'}. Dashed: "
            "chance, 0.5. Lower right: compensation wherever the elements stand, which counting "
            "A+T gives; upper right: only where they belong. Nothing is tested here; see 1b and "
            "1c. Points that coincide share a label; colour and shape are the kind of model.",
        ]
        if paper:
            said.append(f"Hollow: rows of the paper ({published.SOURCE}), without CI.")
            if not data.published:
                said.append(
                    "They cannot be compared with ours: plain SCR, unmatched backgrounds, ties "
                    "lose."
                )
        return " ".join([*said, *self.left_out(data, rows)])

    def chart(
        self,
        data: FigureData,
        *,
        width: int = WIDTH,
        interactive: bool = False,
        paper: bool = False,
    ) -> "alt.HConcatChart":
        """Draw the plane; with `paper`, the paper's own rows in it."""
        import altair as alt

        rows = _rows(data, paper)
        numbered = len(rows) > _NAMED
        side = max(220, min(width - (_KEY + 70 if numbered else 70), 460))
        y_title = "SCR = P(E > H)" if data.published else "SCR (decoy) = P(E' > H')"
        plane = _plane(rows, side, numbered, interactive, y_title)
        found = alt.hconcat(plane, *([_key(rows)] if numbered else []), spacing=24)
        titled: alt.HConcatChart = found.properties(title=alt.Title(self.title, offset=8))
        return titled


CHART = PlaneChart(
    figure="1d",
    name="css_scr",
    title="Compensation (CSS) against its place (SCR)",
    claims=_CLAIMS,
)


def _plane(
    rows: list[Row], side: int, numbered: bool, interactive: bool, y_title: str
) -> "alt.LayerChart":
    import altair as alt

    colour, shape = kinds(present(rows))
    scale = alt.Scale(domain=[_LOW, _HIGH], nice=False)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axis: dict[str, Any] = {"values": ticks, "labelExpr": "datum.value"}
    x = alt.X("css_estimate:Q", scale=scale, title="CSS = P(E > D)").axis(**axis)
    y = alt.Y("scr_estimate:Q", scale=scale, title=y_title).axis(**axis)
    fields = [("model:N", "model"), ("kind:N", "kind")]
    for name in ("css", "scr"):
        fields += [(f"{name}_{k}:Q", f"{name.upper()}{said}") for k, said in _PARTS.items()]
    tips = [alt.Tooltip(field, title=title) for field, title in fields] if interactive else []
    base = alt.Chart(alt.InlineData(values=rows))
    bars = base.transform_filter("isValid(datum.css_ci_low)").mark_rule(opacity=0.55)
    middle = alt.Chart(alt.InlineData(values=[{}])).mark_rule(strokeDash=[3, 3])
    points = base.transform_filter("datum.kind !== 'published'").mark_point(
        filled=True, size=60, opacity=1
    )
    hollow = base.transform_filter("datum.kind === 'published'").mark_point(filled=False, size=50)
    layers = [
        middle.encode(x=alt.XDatum(CHANCE, scale=scale)),
        middle.encode(y=alt.YDatum(CHANCE, scale=scale)),
        bars.encode(x=alt.X("css_ci_low:Q"), x2="css_ci_high:Q", y=y, color=colour),
        bars.transform_filter("isValid(datum.scr_ci_low)").encode(
            x=x, y=alt.Y("scr_ci_low:Q"), y2="scr_ci_high:Q", color=colour
        ),
        hollow.encode(x=x, y=y, color=colour, shape=shape, tooltip=tips),
        points.encode(x=x, y=y, color=colour, shape=shape, tooltip=tips),
        *_texts(rows, side, numbered, scale),
    ]
    chart = alt.layer(*layers).properties(width=side, height=side)
    return cast("alt.LayerChart", chart)


_PARTS = {"estimate": "", "ci_low": ", 95 % CI from", "ci_high": ", to"}


def _texts(rows: list[Row], side: int, numbered: bool, scale: "alt.Scale") -> list["alt.Chart"]:
    """Return the labels, and the lines that lead to those that stand far off."""
    import altair as alt

    together: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        at = [_pixel(float(row[f"{k}_estimate"] or 0), side) for k in ("css", "scr")]
        together.setdefault((round(at[0] / _ALIKE), round(at[1] / _ALIKE)), []).append(row)
    wanted = []
    for (across, up), alike in together.items():
        text = (
            ranges([int(row["number"] or 0) for row in alike])
            if numbered
            else ", ".join(str(row["model"]) for row in alike)
        )
        wanted.append((across * _ALIKE, side - up * _ALIKE, text))
    values = [
        {
            "text": label.text,
            "far": label.far,
            "x": _value(label.x, side),
            "y": _value(side - label.y, side),
            "from_x": _value(label.edge[0], side),
            "from_y": _value(side - label.edge[1], side),
            "at_x": _value(label.at_x, side),
            "at_y": _value(side - label.at_y, side),
        }
        for label in placed(wanted, side, side, _lines(rows, side))
    ]
    base = alt.Chart(alt.InlineData(values=values))
    lines = base.transform_filter("datum.far").mark_rule(strokeWidth=0.8)
    texts = base.mark_text(fontSize=11, baseline="middle")
    return [
        lines.encode(
            x=alt.X("from_x:Q", scale=scale),
            y=alt.Y("from_y:Q", scale=scale),
            x2="at_x:Q",
            y2="at_y:Q",
        ),
        texts.encode(x=alt.X("x:Q", scale=scale), y=alt.Y("y:Q", scale=scale), text="text:N"),
    ]


def _lines(rows: list[Row], side: int) -> list[Box]:
    """Return where bars and the lines of chance stand, in pixels from the upper left."""
    middle = _pixel(CHANCE, side)
    made: list[Box] = [
        (middle - 1, 0.0, middle + 1, side),
        (0.0, side - middle - 1, side, side - middle + 1),
    ]
    for row in rows:
        css, scr = (
            [row.get(f"{name}_{part}") for part in ("ci_low", "estimate", "ci_high")]
            for name in ("css", "scr")
        )
        left, x, right = (_pixel(float(v or 0), side) for v in css)
        below, y, above = (side - _pixel(float(v or 0), side) for v in scr)
        if css[0] is not None:
            made.append((left, y - 1, right, y + 1))
        if scr[0] is not None:
            made.append((x - 1, above, x + 1, below))
    return made


def _pixel(value: float, side: int) -> float:
    return (value - _LOW) / (_HIGH - _LOW) * side


def _value(pixel: float, side: int) -> float:
    return round(_LOW + pixel / side * (_HIGH - _LOW), 5)


def _key(rows: list[Row]) -> "alt.LayerChart":
    """Return which number is which model."""
    import altair as alt

    # The legend is the plane's: views side by side share it, and none may disagree on it.
    colour, shape = kinds(present(rows))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("number:O", axis=None).scale(padding=0)
    )
    points = base.mark_point(size=40, opacity=1).encode(x=alt.value(28), color=colour, shape=shape)
    words_ = base.mark_text(fontSize=11, limit=_KEY - 40)
    layers = [
        points.transform_filter("datum.kind !== 'published'").mark_point(
            filled=True, size=40, opacity=1
        ),
        points.transform_filter("datum.kind === 'published'"),
        words_.encode(text="number:Q", x=alt.value(18)).mark_text(align="right", fontSize=11),
        words_.encode(text="model:N", x=alt.value(38)).mark_text(
            align="left", fontSize=11, limit=_KEY - 40
        ),
    ]
    chart = alt.layer(*layers).properties(
        width=_KEY, height=alt.Step(_STEP), view=alt.ViewConfig(stroke=None)
    )
    return cast("alt.LayerChart", chart)
