"""Figure 2a: score against the background's A+T: intact, broken and compensated."""

from mit_harness.claims.at_titration import LEVELS
from mit_harness.report.charts.lines import LineChart
from mit_harness.report.charts.theme import FIRST, SECOND, THIRD

CHART = LineChart(
    figure="2a",
    name="at_titration",
    title="AT titration: score against the background's A+T",
    curve="at_titration",
    points="Points: condition means of intact (C), broken (D) and compensated (E) promoters at "
    "six A+T contents of the background (before the redraw rule mends it), less the mean of the "
    "broken ones over all levels (the horizontal line, which is taken as known); backgrounds "
    "are matched across levels and conditions by common random numbers.",
    x="A+T of the background (%)",
    y="score - mean of broken (SD)",
    ticks=LEVELS,
    series={
        "C": ("intact (C)", FIRST),
        "D": ("broken (D)", SECOND),
        "E": ("compensated (E)", THIRD),
    },
)
