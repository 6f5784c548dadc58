"""A proportion of pairs won, model by model: figures 1b and 1c."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mit_harness.report.charts import words
from mit_harness.report.charts.base import WIDTH, MetricChart
from mit_harness.report.charts.data import FigureData, Row, metric_row
from mit_harness.report.charts.ranked import ranked
from mit_harness.report.text import ALPHA

if TYPE_CHECKING:
    import altair as alt

CHANCE = 0.5


class Share(NamedTuple):
    """What one metric is: on its axis, in a caption, and what else to know."""

    axis: str
    what: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Proportion(MetricChart):
    """One row a model, best first.

    Attributes
    ----------
    shares
        By metric: of each model the first that it has is drawn, and of all models the first that
        one has is described.
    """

    shares: Mapping[str, Share]

    def rows(self, data: FigureData) -> list[Row]:
        """Return a row for each model with one of the metrics, the first that it has; best first.

        An asterisk stands in `text` where the claim's test, adjusted over the models of the run,
        has p below `alpha`.
        """
        (claim,) = self.claims
        made = []
        for model in data.models:
            record = data.claim(model, claim)
            held = [data.metric(model, claim, name) for name in self.shares]
            found = next((metric for metric in held if metric is not None), None)
            if record is None or found is None or found.value is None:
                continue
            significant = record.p_bh is not None and record.p_bh < alpha(data)
            made.append(metric_row(data, model, found) | ({"text": "*"} if significant else {}))
        rank = {label: place for place, label in enumerate(data.labels.values())}
        return sorted(made, key=lambda row: (-float(row["estimate"] or 0), rank[str(row["model"])]))

    def share(self, data: FigureData) -> Share:
        """Return what is drawn: the first metric that any model has."""
        (claim,) = self.claims
        *first, last = self.shares
        held = (name for name in first if any(data.metric(m, claim, name) for m in data.models))
        return self.shares[next(held, last)]

    def caption(self, data: FigureData) -> str:
        """Return what points and bars are."""
        rows, share = self.rows(data), self.share(data)
        test = "t-test of the 0/1 outcomes" if data.published else "exact sign test"
        said = [
            f"Points: {share.what}; {words.counted(int(row['n'] or 0) for row in rows)} pairs; "
            f"a tie {'loses' if data.published else 'counts one half'}.{share.note} Bars: 95 % CI, "
            f"{words.bootstrap(data)}"
            f"{'' if data.published else '; Clopper-Pearson where all pairs agree'}. The dashed "
            f"line is chance, {CHANCE}. Asterisk: the claim's one-sided test ({test}; of a claim "
            "with two deciding numbers the larger p), Benjamini-Hochberg over the models of the "
            f"run, p < {alpha(data)}. Models stand by the value; colour and shape are the kind of "
            "model.",
            *self.left_out(data, rows),
        ]
        return " ".join(said)

    def chart(
        self, data: FigureData, *, width: int = WIDTH, interactive: bool = False
    ) -> "alt.LayerChart":
        """Draw one row a model."""
        import altair as alt

        rows = self.rows(data)
        found = ranked(
            rows,
            [str(row["model"]) for row in rows],
            title=self.share(data).axis,
            scale=alt.Scale(domain=[-0.02, 1.02], nice=False),
            ticks=(0, 0.25, 0.5, 0.75, 1),
            line=CHANCE,
            width=min(width, 620),
            interactive=interactive,
        )
        return found.properties(title=alt.Title(self.title, offset=8))


def alpha(data: FigureData) -> float:
    """Return the adjusted p below which an asterisk stands: the paper's under its protocol."""
    return 0.05 if data.published else ALPHA
