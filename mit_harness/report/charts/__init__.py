"""The figures: one module each, all from `FigureData`, for print and for report.html."""

from importlib import import_module
from typing import Any, cast

from mit_harness.report.charts.base import WIDTH, Chart
from mit_harness.report.charts.data import FigureData

NAMES = (
    "css",
    "scr",
    "css_scr",
    "at_titration",
    "at_rescue",
    "up_position",
    "spacing",
    "strand",
    "ladder",
    "mes",
    "dose_response",
    "position_share",
)
"""The modules of this package that hold a `CHART`, in the order of the paper's figures."""


def get_chart(name: str) -> Chart:
    """Return one of the charts called by `NAMES`."""
    return cast(Chart, import_module(f"{__name__}.{name}").CHART)


def spec(
    name: str,
    data: FigureData,
    *,
    width: int = WIDTH,
    interactive: bool = False,
    dark: bool = False,
    **more: Any,  # noqa: ANN401 - what one chart alone knows, such as `paper` of css_scr
) -> dict[str, Any]:
    """Return the Vega-Lite spec of a chart, with data, title, description and config.

    Parameters
    ----------
    name
        One of `NAMES`.
    data, width, interactive
        As in `Chart.chart`.
    dark
        Whether it stands on a dark page.
    more
        Options of this chart alone.
    """
    from mit_harness.report.charts.theme import config

    chart = get_chart(name)
    drawn: dict[str, Any] = chart.chart(
        data, width=width, interactive=interactive, **more
    ).to_dict()
    return drawn | {"description": chart.title, "config": config(dark=dark)}
