"""Figure 1b: CSS, the share of broken promoters that the compensating elements lift."""

from typing import TYPE_CHECKING

from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.proportion import described, drawn, without

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME = "1b", "css"
TITLE = "CSS: compensated scores above broken"
CLAIM, METRICS = "compensation", ("css",)


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return without(data, CLAIM, METRICS)


def caption(data: FigureData) -> str:
    """Return what points and bars are."""
    what = "CSS, the share of pairs in which the compensated promoter (E) scores above the broken"
    note = " Anything that counts A+T has a high CSS: read it with SCR."
    return described(data, CLAIM, METRICS, f"{what} one (D)", note)


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.LayerChart":
    """Draw one row a model."""
    return drawn(
        data,
        CLAIM,
        METRICS,
        axis="CSS = P(E > D)",
        title=TITLE,
        width=width,
        interactive=interactive,
    )
