"""Colours, shapes and sizes that all charts share; for white and for dark pages alike.

The colours are of Okabe and Ito's palette, which every kind of colour vision tells apart, and a
middle grey; each stands out from white and from near-black by at least 3 : 1 (WCAG). Shape or dash
always says the same as colour. Text, axes and rules name no colour: a page sets them by `config`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import altair as alt

GREY, BLUE, VERMILLION, GREEN = "#767676", "#0072B2", "#D55E00", "#009E73"

KINDS = {"control": GREY, "reference": BLUE, "user": VERMILLION, "published": GREEN}
KIND_SHAPES = {
    "control": "circle",
    "reference": "square",
    "user": "diamond",
    "published": "triangle-up",
}
"""Kinds of models; the paper's own rows are drawn hollow."""

LIGHT, DARK = "#1b1b1b", "#e8e8e8"
"""Text on white, and on a dark page."""


def config(*, dark: bool = False) -> dict[str, Any]:
    """Return the Vega-Lite config of a page: put it into a spec as ``spec["config"]``."""
    ink = DARK if dark else LIGHT
    text = {"labelColor": ink, "titleColor": ink}
    return {
        "font": "sans-serif",
        "padding": 8,
        "background": None,
        "view": {"stroke": GREY, "strokeOpacity": 0.35},
        "axis": {
            **text,
            "labelFontSize": 10,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "domainColor": GREY,
            "tickColor": GREY,
            "gridColor": GREY,
            "gridOpacity": 0.22,
            "labelOverlap": False,  # charts choose ticks that fit
        },
        "axisY": {"minExtent": 28},  # so that panels stand in line
        "legend": {
            **text,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "labelLimit": 0,
            "orient": "top",
            "titleOrient": "left",
            "offset": 4,
            "symbolOpacity": 1,
        },
        "header": {**text, "labelFontSize": 10, "labelFontWeight": "bold", "title": None},
        "title": {
            "color": ink,
            "subtitleColor": ink,
            "anchor": "start",
            "fontSize": 14,
            "subtitleFontSize": 11,
        },
        "text": {"color": ink},
        "rule": {"color": GREY},
    }


class Style(NamedTuple):
    """A series' colour, the shape of its points and the dash of its line."""

    colour: str
    shape: str
    dash: tuple[int, int] = (1, 0)


FIRST = Style(BLUE, "circle", (1, 0))
SECOND = Style(VERMILLION, "square", (5, 3))
THIRD = Style(GREEN, "triangle-up", (2, 2))


def styled(
    field: str,
    styles: Mapping[str, Style],
    *,
    title: str | None = None,
    **legend: Any,  # noqa: ANN401 - as altair has it
) -> tuple["alt.Color", "alt.Shape"]:
    """Return the colour and the shape that tell series apart, in the order of `styles`.

    Parameters
    ----------
    field
        Of the rows, with its type: ``mark:N``.
    styles
        By value of the field.
    title, legend
        Of the legend; ``legend=None`` leaves it out.
    """
    import altair as alt

    domain = list(styles)
    colour = alt.Color(field, title=title, **legend)
    shape = alt.Shape(field, title=title, **legend)
    return (
        colour.scale(domain=domain, range=[style.colour for style in styles.values()]),
        shape.scale(domain=domain, range=[style.shape for style in styles.values()]),
    )
