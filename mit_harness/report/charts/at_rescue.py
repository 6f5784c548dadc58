"""Figure 2a, below: what the elements are worth where they belong, by the background's A+T."""

from typing import TYPE_CHECKING

from mit_harness.claims.at_titration import LEVELS
from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.lines import banded
from mit_harness.report.charts.theme import FIRST

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME, CURVE = "2a-rescue", "at_rescue", "at_rescue"
TITLE = "Rescue in place by the background's A+T"
X, Y = "A+T of the background (%)", "E' - H' (SD)"


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return words.without(data, CURVE)


def caption(data: FigureData) -> str:
    """Return what points and bands are."""
    return words.caption(
        data,
        CURVE,
        "Points: mean difference of the decoy pair E' - H', which holds the same bases and k-mers "
        "and differs only in where the UP element and the extended -10 stand, at six A+T contents "
        "of the background. What the claim at_titration judges is the mean over 40 to 70 %. The "
        "paper has no counterpart.",
        "Bands: 95 % CI of the mean",
    )


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.FacetChart":
    """Draw one panel a model."""
    found, columns = banded(
        data,
        CURVE,
        {"E' - H'": ("E' - H'", FIRST)},
        x_title=X,
        y_title=Y,
        ticks=LEVELS,
        width=width,
        interactive=interactive,
    )
    return words.titled(found, TITLE, X, Y, panels=columns)
