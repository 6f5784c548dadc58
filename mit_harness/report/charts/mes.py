"""Figure 3b: MES, intact against broken boxes, in natural and in synthetic promoters."""

import math
from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData, Row, metric_row
from mit_harness.report.charts.ranked import ranked
from mit_harness.report.charts.rows import symlog
from mit_harness.report.charts.theme import FIRST, SECOND

if TYPE_CHECKING:
    import altair as alt

FIGURE, NAME = "3b", "mes"
TITLE = "MES: intact against broken -10 boxes"
CLAIM = "motif_effect"
_SERIES = {"mes_natural": ("natural (A, B)", FIRST), "mes_synthetic": ("synthetic (C, D)", SECOND)}


def _rows(data: FigureData) -> list[Row]:
    made: list[Row] = []
    for model in data.models:
        for name, (series, _) in _SERIES.items():
            found = data.metric(model, CLAIM, name)
            if found is not None:
                row = metric_row(data, model, found)
                what = row["sign"] or ("no spread" if found.value is None else "")
                made.append(row | {"series": series} | ({"text": what} if what else {}))
    return made


def missing(data: FigureData) -> str:
    """Return why it cannot be drawn; empty if it can."""
    if not data.models:
        return "the run holds no model"
    return "" if _rows(data) else f"{CLAIM} was not run"


def caption(data: FigureData) -> str:
    """Return what points and bars are."""
    rows = _rows(data)
    drawn = {row["model"] for row in rows}
    lacking = [m.name for m in data.models if data.labels[m.name] not in drawn]
    unpaired = "classes A and B are resampled each by itself"
    said = [
        "Points: MES, Cohen's d (pooled SD) of intact against broken -10 boxes, "
        f"{words.counted(int(row['n'] or 0) for row in rows)} sequences of each class. Natural: "
        "classes A and B, unmatched windows of the genome that differ in more than the box. "
        "Synthetic: C and D, the same background with and without the break; the break also "
        f"removes an A. Bars: 95 % CI, {words.bootstrap(data)}; {unpaired}. Nothing is tested. "
        "The dashed line is no effect; the axis is linear within 1 SD and logarithmic beyond. "
        "An infinity sign: a difference without any spread; 'no spread': neither.",
    ]
    if lacking:
        said.append(f"Left out, as not scored: {words.listed(lacking)}.")
    return " ".join(said)


def chart(data: FigureData, *, width: int = 760, interactive: bool = False) -> "alt.LayerChart":
    """Draw two points a model."""
    import altair as alt

    rows = _rows(data)
    held = {str(row["model"]) for row in rows}
    bounds = [float(row[k] or 0) for row in rows for k in ("estimate", "ci_low", "ci_high")]
    domain, ticks = symlog(max(map(math.fabs, bounds), default=1.0), width)
    names = [name for name, _ in _SERIES.values()]
    styles = [style for _, style in _SERIES.values()]
    colour = alt.Color("series:N", title=None)
    shape = alt.Shape("series:N", title=None)
    found = ranked(
        rows,
        [label for label in data.labels.values() if label in held],
        title="MES (Cohen's d)",
        scale=alt.Scale(type="symlog", constant=1, domain=domain, nice=False),
        ticks=ticks,
        line=0,
        width=min(width, 620),
        interactive=interactive,
        series=(
            colour.scale(domain=names, range=[style.colour for style in styles]),
            shape.scale(domain=names, range=[style.shape for style in styles]),
        ),
        spread=True,
    )
    return found.properties(title=alt.Title(TITLE, offset=8))
