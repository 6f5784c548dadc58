"""The figures: one module each, all from `FigureData`, for print and for report.html."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from mit_harness.report.charts.data import FigureData

if TYPE_CHECKING:
    import altair as alt

    Drawing = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart

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
"""The modules of this package that are charts, in the order of the paper's figures."""


class Chart(Protocol):
    """What each of these modules holds."""

    FIGURE: str
    """The paper's figure, such as ``1d``; ``S1`` where the paper has none."""
    NAME: str
    """Of its file."""
    TITLE: str

    def missing(self, data: FigureData) -> str:
        """Return why it cannot be drawn, in words; empty if it can."""

    def caption(self, data: FigureData) -> str:
        """Return what points, bars and bands are, n, test and unit of resampling."""

    def chart(self, data: FigureData, *, width: int, interactive: bool) -> "Drawing":
        """Return the chart; it names no colour of text or page, see `theme.config`.

        Parameters
        ----------
        data
            Of which `missing` says nothing.
        width
            Pixels that it takes at most, about.
        interactive
            Whether points say their numbers under the pointer.
        """


def get_chart(name: str) -> Chart:
    """Return one of the charts called by `NAMES`."""
    return cast(Chart, import_module(f"{__name__}.{name}"))


def spec(
    name: str,
    data: FigureData,
    *,
    width: int = 760,
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
    return drawn | {"description": chart.TITLE, "config": config(dark=dark)}
