"""Figure 2c: score by the length of the spacer between the two boxes."""

from mit_harness.report.charts.lines import LineChart
from mit_harness.report.charts.theme import FIRST

CHART = LineChart(
    figure="2c",
    name="spacing",
    title="Spacing: score by the length of the spacer",
    curve="spacing",
    points="Points: mean over backgrounds of a spacing's score less the same background's mean "
    "over all spacings drawn (the horizontal line), so that the -10 box moves and nothing else "
    "differs; composition is the same at every spacing. The dashed line marks the 17 bp of the "
    "consensus. The claim judges 16 to 18 bp against 10 to 12 and 22 to 24 bp.",
    x="bp between the boxes",
    y="score - background's mean (SD)",
    ticks=(10, 13, 17, 21, 25),
    series={"spacing": ("spacing", FIRST)},
    marked=17,
)
