"""Figure 2a, below: what the elements are worth where they belong, by the background's A+T."""

from mit_harness.claims.at_titration import LEVELS
from mit_harness.report.charts.lines import LineChart
from mit_harness.report.charts.theme import FIRST

CHART = LineChart(
    figure="2a-rescue",
    name="at_rescue",
    title="Rescue in place by the background's A+T",
    curve="at_rescue",
    points="Points: mean difference of the decoy pair E' - H', which holds the same bases and "
    "k-mers and differs only in where the UP element and the extended -10 stand, at six A+T "
    "contents of the background. What the claim at_titration judges is the mean over 40 to 70 %. "
    "The paper has no counterpart.",
    x="A+T of the background (%)",
    y="E' - H' (SD)",
    ticks=LEVELS,
    series={"E' - H'": ("E' - H'", FIRST)},
)
