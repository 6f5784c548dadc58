"""Figure 3a: the effect-size ladder, from what changes composition to what changes only place."""

from mit_harness.report.charts.rows import RowChart
from mit_harness.report.charts.theme import FIRST, SECOND, THIRD
from mit_harness.report.ladder import BOTH, COMPOSITION, PLACE, RUNGS

CHART = RowChart(
    figure="3a",
    name="effect_ladder",
    title="Effect-size ladder: from composition to place",
    curve="ladder",
    points="Points: Cohen's d of each contrast, signed (the paper draws absolute values), in "
    "fixed order from what changes composition to what changes nothing but place. Spacing is the "
    "mean at 16 to 18 bp less that at 10 to 12 and 22 to 24 bp, not the paper's range, which "
    "noise makes positive; the place of the UP element is the correct place less the mean of six "
    "wrong ones. The horizontal axis is linear within 1 SD and logarithmic beyond. A contrast "
    "whose two sides have no spread has no d: a difference is then an infinity sign on the edge, "
    "and none is left out.",
    bars="Bars: 95 % CI of d",
    unit="Unit: the SD within the two sides of the contrast, pooled; its sampling error is in the "
    "interval.",
    x="Cohen's d",
    styles={COMPOSITION: SECOND, BOTH: THIRD, PLACE: FIRST},
    names=tuple(rung.label for rung in RUNGS),
)
