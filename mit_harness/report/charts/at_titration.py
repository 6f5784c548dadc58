"""Figure 2a: score against the background's A+T: intact, broken and compensated."""

from typing import TYPE_CHECKING

from mit_harness.claims.at_titration import LEVELS
from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.lines import banded
from mit_harness.report.charts.theme import FIRST, SECOND, THIRD

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME, CURVE = "2a", "at_titration", "at_titration"
TITLE = "AT titration: score against the background's A+T"
X, Y = "A+T of the background (%)", "score - mean of broken (SD)"

_SERIES = {"C": ("intact (C)", FIRST), "D": ("broken (D)", SECOND), "E": ("compensated (E)", THIRD)}


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return words.without(data, CURVE)


def caption(data: FigureData) -> str:
    """Return what points and bands are."""
    return words.caption(
        data,
        CURVE,
        "Points: condition means of intact (C), broken (D) and compensated (E) promoters at six "
        "A+T contents of the background (before the redraw rule mends it), less the mean of the "
        "broken ones over all levels (the horizontal line); backgrounds are matched across levels "
        "and conditions by common random numbers.",
        "Bands: 95 % CI of the mean",
    )


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.FacetChart":
    """Draw one panel a model."""
    found, columns = banded(
        data,
        CURVE,
        _SERIES,
        x_title=X,
        y_title=Y,
        ticks=LEVELS,
        width=width,
        interactive=interactive,
    )
    return words.titled(found, TITLE, X, Y, panels=columns)
