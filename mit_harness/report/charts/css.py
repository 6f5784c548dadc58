"""Figure 1b: CSS, the share of broken promoters that the compensating elements lift."""

from mit_harness.report.charts.proportion import Proportion, Share

CHART = Proportion(
    figure="1b",
    name="css",
    title="CSS: compensated scores above broken",
    claims=("compensation",),
    shares={
        "css": Share(
            axis="CSS = P(E > D)",
            what="CSS, the share of pairs in which the compensated promoter (E) scores above the "
            "broken one (D)",
            note=" Anything that counts A+T has a high CSS: read it with SCR.",
        )
    },
)
