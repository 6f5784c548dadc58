"""Figure 2c: score by the length of the spacer between the two boxes."""

from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.lines import banded
from mit_harness.report.charts.theme import FIRST

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME, CURVE = "2c", "spacing", "spacing"
TITLE = "Spacing: score by the length of the spacer"
X, Y = "bp between the boxes", "score - background's mean (SD)"
CONSENSUS = 17


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return words.without(data, CURVE)


def caption(data: FigureData) -> str:
    """Return what points and bands are."""
    return words.caption(
        data,
        CURVE,
        "Points: mean over backgrounds of a spacing's score less the same background's mean over "
        "all spacings drawn (the horizontal line), so that the -10 box moves and nothing else "
        "differs; composition is the same at every spacing. The dashed line marks the 17 bp of "
        "the consensus. The claim judges 16 to 18 bp against 10 to 12 and 22 to 24 bp.",
        "Bands: 95 % CI of the mean",
    )


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.FacetChart":
    """Draw one panel a model."""
    found, columns = banded(
        data,
        CURVE,
        {"spacing": ("spacing", FIRST)},
        x_title=X,
        y_title=Y,
        ticks=(10, 13, 17, 21, 25),
        width=width,
        interactive=interactive,
        marked=CONSENSUS,
    )
    return words.titled(found, TITLE, X, Y, panels=columns)
