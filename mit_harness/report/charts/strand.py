"""Figure 2d: what is lost when boxes, or the whole promoter, stand on the other strand."""

from mit_harness.report.charts.rows import RowChart
from mit_harness.report.charts.theme import FIRST, SECOND
from mit_harness.report.curves import FORMS

CHART = RowChart(
    figure="2d",
    name="strand",
    title="Strand: forward less the other forms",
    curve="strand",
    points="Points: mean over backgrounds of the forward promoter's score less that of another "
    "form; right of the line, forward scores higher. The first row is what the claim judges: the "
    "-10 box in place and its reverse complement displaced, less the two exchanged, which hold "
    "the same k-mers. The others are less the intact promoter (C) and have no verdict: turning or "
    "scrambling boxes changes what the sequence holds, and an equivariant model should score the "
    "whole reverse complement alike. The horizontal axis is linear within 1 SD and logarithmic "
    "beyond; an infinity sign on the edge is a difference without any spread.",
    x="forward - form (SD)",
    styles={"judged": FIRST, "reported": SECOND},
    names=tuple(FORMS.values()),
)
