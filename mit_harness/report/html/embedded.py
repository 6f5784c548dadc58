"""The charts of `mit_harness.report.charts` that the page shows, with the numbers behind them."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from mit_harness.errors import printable
from mit_harness.report.charts.data import FigureData, Row
from mit_harness.report.html.figures import Cell, Figure
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import Results

SHOWN = ("css_scr", "ladder", "at_titration", "at_rescue", "up_position", "spacing", "strand")
"""Modules of `mit_harness.report.charts`, in the page's order."""
WIDTH = 1_100
"""Pixels of a chart; where there are fewer, it scrolls."""


def figures(results: Results, items: ItemScores | None) -> list[Figure]:
    """Return every figure that a run has the numbers for."""
    if not results.models:
        return []
    return list(_made(FigureData(results, items or ItemScores())))


def _made(data: FigureData) -> Iterator[Figure]:
    for name in SHOWN:
        module = import_module(f"mit_harness.report.charts.{name}")
        if module.missing(data):
            continue
        yield _figure(module, data)
