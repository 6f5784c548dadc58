"""Figure 1c: SCR, the share of pairs in which the elements score higher where they belong."""

from mit_harness.report.charts.proportion import Proportion, Share

CHART = Proportion(
    figure="1c",
    name="scr",
    title="SCR: elements in place score above the same ones elsewhere",
    claims=("scrambled_control",),
    shares={
        "scr_decoy": Share(
            axis="SCR (decoy) = P(E' > H')",
            what="SCR of the decoy pair, the share of pairs in which E' (both elements in place) "
            "scores above H' (both elsewhere), which hold the same bases and k-mers",
            note=" The paper's plain SCR (E against H) rewards the junction of element and box; "
            "it is in results.json.",
        ),
        "scr": Share(
            axis="SCR = P(E > H)",
            what="SCR, the share of pairs in which E scores above H, as in the paper",
        ),
    },
)
