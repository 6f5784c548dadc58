"""Figure 3b: MES, intact against broken boxes, in natural and in synthetic promoters."""

import math
from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.base import WIDTH, MetricChart
from mit_harness.report.charts.data import FigureData, Row, metric_row
from mit_harness.report.charts.ranked import ranked
from mit_harness.report.charts.rows import symlog
from mit_harness.report.charts.theme import FIRST, SECOND, styled

if TYPE_CHECKING:
    import altair as alt

_SERIES = {"mes_natural": "natural (A, B)", "mes_synthetic": "synthetic (C, D)"}
_STYLES = dict(zip(_SERIES.values(), (FIRST, SECOND), strict=True))


class MotifChart(MetricChart):
    """Two points a model."""

    def rows(self, data: FigureData) -> list[Row]:
        """Return a row for each model and series."""
        (claim,) = self.claims
        made: list[Row] = []
        for model in data.models:
            for name, series in _SERIES.items():
                found = data.metric(model, claim, name)
                if found is not None:
                    row = metric_row(data, model, found)
                    what = row["sign"] or ("no spread" if found.value is None else "")
                    made.append(row | {"series": series} | ({"text": what} if what else {}))
        return made

    def caption(self, data: FigureData) -> str:
        """Return what points and bars are."""
        rows = self.rows(data)
        unpaired = "classes A and B are resampled each by itself"
        said = [
            "Points: MES, Cohen's d (pooled SD) of intact against broken -10 boxes, "
            f"{words.counted(int(row['n'] or 0) for row in rows)} sequences of each class. "
            "Natural: classes A and B, unmatched windows of the genome that differ in more than "
            "the box. Synthetic: C and D, the same background with and without the break; the "
            f"break also removes an A. Bars: 95 % CI, {words.bootstrap(data)}; {unpaired}. Nothing "
            "is tested. The dashed line is no effect; the axis is linear within 1 SD and "
            "logarithmic beyond. An infinity sign: a difference without any spread; 'no spread': "
            "neither.",
            *self.left_out(data, rows),
        ]
        return " ".join(said)

    def chart(
        self, data: FigureData, *, width: int = WIDTH, interactive: bool = False
    ) -> "alt.LayerChart":
        """Draw two points a model."""
        import altair as alt

        rows = self.rows(data)
        held = {str(row["model"]) for row in rows}
        bounds = [float(row[k] or 0) for row in rows for k in ("estimate", "ci_low", "ci_high")]
        domain, ticks = symlog(max(map(math.fabs, bounds), default=1.0), width)
        found = ranked(
            rows,
            [label for label in data.labels.values() if label in held],
            title="MES (Cohen's d)",
            scale=alt.Scale(type="symlog", constant=1, domain=domain, nice=False),
            ticks=ticks,
            line=0,
            width=min(width, 620),
            interactive=interactive,
            series=styled("series:N", _STYLES),
            spread=True,
        )
        return found.properties(title=alt.Title(self.title, offset=8))


CHART = MotifChart(
    figure="3b",
    name="mes",
    title="MES: intact against broken -10 boxes",
    claims=("motif_effect",),
)
