"""The charts of `mit_harness.report.charts` that the page shows, with the numbers behind them."""

from collections.abc import Iterator
from typing import Any

from mit_harness.errors import printable
from mit_harness.report.charts import NAMES, get_chart
from mit_harness.report.charts.base import Chart
from mit_harness.report.charts.data import FigureData, Row
from mit_harness.report.html.figures import Cell, Figure
from mit_harness.report.items import ItemScores
from mit_harness.report.leaderboard import ranked
from mit_harness.report.schema import Results

FIRST = ("css_scr", "ladder")
"""Charts that the page begins with; the others follow in the order of the paper's figures."""
WIDTH = 1_100
"""Pixels of a chart; where there are fewer, it scrolls."""

_COLUMNS = {
    "model": "model",
    "kind": "kind",
    "series": "series",
    "label": "at",
    "css_estimate": "CSS",
    "css_ci_low": "CSS, CI low",
    "css_ci_high": "CSS, CI high",
    "scr_estimate": "SCR",
    "scr_ci_low": "SCR, CI low",
    "scr_ci_high": "SCR, CI high",
    "estimate": "value",
    "ci_low": "CI low",
    "ci_high": "CI high",
    "raw": "own unit",
    "n": "n",
    "mark": "what",
    "note": "note",
}
"""Columns of a figure's table, where its rows have them."""


def figures(results: Results, items: ItemScores | None) -> list[Figure]:
    """Return every figure that a run has the numbers for."""
    if not results.models:
        return []
    order = tuple(model.name for model in ranked(results.models))
    return list(_made(FigureData(results, items or ItemScores(), order)))


def _made(data: FigureData) -> Iterator[Figure]:
    for name in dict.fromkeys((*FIRST, *NAMES)):
        chart = get_chart(name)
        if not chart.missing(data):
            yield _figure(chart, data)


def _figure(chart: Chart, data: FigureData) -> Figure:
    # What is drawn is not checked value by value: that takes most of the time.
    spec = chart.chart(data, width=WIDTH, interactive=True).to_dict(validate=False)
    # The page has a heading of its own; what the axes are goes before the caption.
    title = spec.pop("title", {})
    axes = title.get("subtitle", ()) if isinstance(title, dict) else ()
    rows = max(_tables(spec), key=len, default=[])
    header = [name for name in _COLUMNS if any(row.get(name) not in (None, "") for row in rows)]
    return Figure(
        title=chart.title,
        caption=" ".join((*((axes,) if isinstance(axes, str) else axes), chart.caption(data))),
        alt=f"{chart.title}; its numbers stand in the table below it.",
        spec=spec,
        header=tuple(_COLUMNS[name] for name in header),
        rows=tuple(tuple(_cell(row.get(name)) for name in header) for row in rows),
    )


def _tables(spec: dict[str, Any]) -> Iterator[list[Row]]:
    """Yield the tables of models that a specification draws from."""
    for rows in spec.get("datasets", {}).values():
        if rows and all("model" in row for row in rows):
            yield rows


def _cell(value: Cell) -> Cell:
    return printable(value) if isinstance(value, str) else value
