"""Extra figure: what the elements are worth where they belong, by how much of them stands."""

from mit_harness.report.charts.lines import LineChart
from mit_harness.report.charts.theme import FIRST, SECOND

CHART = LineChart(
    figure="S1",
    name="dose_response",
    title="Dose response: rescue by the number of bases in place",
    curve="dose_response",
    points="Points: mean difference of the decoy pair E' - H' with 0 to 9 bases of the UP "
    "element, and with 0 to 6 matches of both -10 boxes to the consensus. The claim judges the "
    "slope on the UP element's bases; no sign is expected of that on the box. The paper has no "
    "counterpart.",
    x="bases of the element",
    y="E' - H' (SD)",
    ticks=(0, 3, 6, 9),
    series={"up_grade": ("UP element", FIRST), "box_grade": ("-10 box", SECOND)},
)
