"""Figure 2d: what is lost when boxes, or the whole promoter, stand on the other strand."""

from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.rows import rowed
from mit_harness.report.charts.theme import FIRST, SECOND
from mit_harness.report.curves import FORMS

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME, CURVE = "2d", "strand", "strand"
TITLE = "Strand: forward less the other forms"
X = "forward - form (SD)"

_MARKS = {"judged": FIRST, "reported": SECOND}


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return words.without(data, CURVE)


def caption(data: FigureData) -> str:
    """Return what points and bars are."""
    return words.caption(
        data,
        CURVE,
        "Points: mean over backgrounds of the forward promoter's score less that of another form; "
        "right of the line, forward scores higher. The first row is what the claim judges: the "
        "-10 box in place and its reverse complement displaced, less the two exchanged, which "
        "hold the same k-mers. The others are less the intact promoter (C) and have no verdict: "
        "turning or scrambling boxes changes what the sequence holds, and an equivariant model "
        "should score the whole reverse complement alike. The horizontal axis is linear within "
        "1 SD and logarithmic beyond.",
        "Bars: 95 % CI of the mean",
    )


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.FacetChart":
    """Draw one panel a model."""
    found = rowed(
        data, CURVE, _MARKS, list(FORMS.values()), x_title=X, width=width, interactive=interactive
    )
    return words.titled(found, TITLE, X, panels=len(data.models))
