"""Figure 3a: the effect-size ladder, from what changes composition to what changes only place."""

from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.rows import rowed
from mit_harness.report.charts.theme import FIRST, SECOND, THIRD
from mit_harness.report.ladder import BOTH, COMPOSITION, PLACE, RUNGS

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME, CURVE = "3a", "effect_ladder", "ladder"
TITLE = "Effect-size ladder: from composition to place"
X = "Cohen's d"

_MARKS = {COMPOSITION: SECOND, BOTH: THIRD, PLACE: FIRST}


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return words.without(data, CURVE)


def caption(data: FigureData) -> str:
    """Return what points and bars are."""
    return words.caption(
        data,
        CURVE,
        "Points: Cohen's d of each contrast, signed (the paper draws absolute values), in fixed "
        "order from what changes composition to what changes nothing but place. Spacing is the "
        "mean at 16 to 18 bp less that at 10 to 12 and 22 to 24 bp, not the paper's range, which "
        "noise makes positive; the place of the UP element is the correct place less the mean of "
        "six wrong ones. The horizontal axis is linear within 1 SD and logarithmic beyond. A "
        "contrast whose two sides have no spread has no d and is left out.",
        "Bars: 95 % CI of d",
        "Unit: the SD within the two sides of the contrast, pooled; its sampling error is in the "
        "interval.",
    )


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.FacetChart":
    """Draw one panel a model."""
    found = rowed(
        data,
        CURVE,
        _MARKS,
        [rung.label for rung in RUNGS],
        x_title=X,
        width=width,
        interactive=interactive,
    )
    return words.titled(found, TITLE, X, panels=len(data.models))
