"""Figure 1c: SCR, the share of pairs in which elements in place beat the same ones elsewhere."""

from typing import TYPE_CHECKING

from mit_harness.report.charts.data import FigureData
from mit_harness.report.charts.proportion import described, drawn, without

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME = "1c", "scr"
TITLE = "SCR: elements in place score above the same ones elsewhere"
CLAIM, METRICS = "scrambled_control", ("scr_decoy", "scr")


def _decoy(data: FigureData) -> bool:
    return any(data.metric(model, CLAIM, "scr_decoy") for model in data.models)


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    return without(data, CLAIM, METRICS)


def caption(data: FigureData) -> str:
    """Return what points and bars are."""
    if _decoy(data):
        what = (
            "SCR of the decoy pair, the share of pairs in which E' (both elements in place) scores "
            "above H' (both elsewhere), which hold the same bases and k-mers"
        )
        note = (
            " The paper's plain SCR (E against H) rewards the junction of element and box; it is "
            "in results.json."
        )
    else:
        what, note = "SCR, the share of pairs in which E scores above H, as in the paper", ""
    return described(data, CLAIM, METRICS, what, note)


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.LayerChart":
    """Draw one row a model."""
    return drawn(
        data,
        CLAIM,
        METRICS,
        axis="SCR (decoy) = P(E' > H')" if _decoy(data) else "SCR = P(E > H)",
        title=TITLE,
        width=width,
        interactive=interactive,
    )
