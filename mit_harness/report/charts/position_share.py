"""Extra figure: how much of what an UP element adds is its place, and how much its bases."""

from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.base import WIDTH, MetricChart
from mit_harness.report.charts.data import FigureData, Row, metric_row
from mit_harness.report.charts.ranked import ranked

if TYPE_CHECKING:
    import altair as alt


class ShareChart(MetricChart):
    """One row a model."""

    def rows(self, data: FigureData) -> list[Row]:
        """Return a row for each model."""
        (claim,) = self.claims
        made: list[Row] = []
        for model in data.models:
            found = data.metric(model, claim, "positional_fraction")
            if found is not None:
                row = metric_row(data, model, found)
                made.append(row | ({"text": "undefined"} if row["estimate"] is None else {}))
        return made

    def caption(self, data: FigureData) -> str:
        """Return what points and bars are."""
        rows = self.rows(data)
        said = [
            "Points: positional fraction, (correct place - mean of wrong places) / (correct place "
            "- no UP element), a ratio of means over "
            f"{words.counted(int(row['n'] or 0) for row in rows)} backgrounds: 1 is all place, 0 "
            "all composition, below 0 inverted; above 1 is possible, because a wrong place also "
            f"damages what stood there. Bars: 95 % CI, {words.bootstrap(data)}. Nothing is "
            "tested. 'Undefined': the UP element adds nothing that could be divided by (the "
            "denominator's CI is not above 0). Dashed: 0. The paper has no counterpart.",
            *self.left_out(data, rows),
        ]
        return " ".join(said)

    def chart(
        self, data: FigureData, *, width: int = WIDTH, interactive: bool = False
    ) -> "alt.LayerChart":
        """Draw one row a model."""
        import altair as alt

        rows = self.rows(data)
        bounds = [float(row[k] or 0) for row in rows for k in ("ci_low", "ci_high")]
        low, high = min([-0.2, *bounds]), max([1.2, *bounds])
        found = ranked(
            rows,
            [str(row["model"]) for row in rows],
            title="positional fraction",
            scale=alt.Scale(domain=[low, high], nice=True),
            ticks=(0, 0.5, 1) if high - low < 3 else (round(low), 0, 1, round(high)),
            line=0,
            width=min(width, 620),
            interactive=interactive,
        )
        return found.properties(title=alt.Title(self.title, offset=8))


CHART = ShareChart(
    figure="S2",
    name="position_share",
    title="How much of what an UP element adds is its place",
    claims=("up_position",),
)
