"""Extra figure: what the elements are worth where they belong, by how much of them stands."""

from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.lines import banded
from mit_harness.report.charts.theme import FIRST, SECOND

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME, CURVE = "S1", "dose_response", "dose_response"
TITLE = "Dose response: rescue by the number of bases in place"
X, Y = "bases of the element", "E' - H' (SD)"

_SERIES = {"up_grade": ("UP element", FIRST), "box_grade": ("-10 box", SECOND)}


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return words.without(data, CURVE)


def caption(data: FigureData) -> str:
    """Return what points and bands are."""
    return words.caption(
        data,
        CURVE,
        "Points: mean difference of the decoy pair E' - H' with 0 to 9 bases of the UP element, "
        "and with 0 to 6 matches of both -10 boxes to the consensus. The claim judges the slope "
        "on the UP element's bases; no sign is expected of that on the box. The paper has no "
        "counterpart.",
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
        ticks=(0, 3, 6, 9),
        width=width,
        interactive=interactive,
    )
    return words.titled(found, TITLE, X, Y, panels=columns)
