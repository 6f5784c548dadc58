"""A proportion of pairs won, model by model: figures 1b and 1c."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mit_harness.errors import printable
from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData, Row, metric_row
from mit_harness.report.charts.ranked import ranked
from mit_harness.report.text import ALPHA

if TYPE_CHECKING:
    import altair as alt

CHANCE = 0.5


def rows_of(data: FigureData, claim: str, names: Sequence[str]) -> list[Row]:
    """Return a row for each model with one of the metrics, the first that it has; best first.

    An asterisk stands in `text` where the claim's test, adjusted over the models of the run,
    has p below `alpha`.
    """
    made = []
    for model in data.models:
        record = data.claim(model, claim)
        held = [data.metric(model, claim, name) for name in names]
        found = next((metric for metric in held if metric is not None), None)
        if record is None or found is None or found.value is None:
            continue
        significant = record.p_bh is not None and record.p_bh < alpha(data)
        made.append(metric_row(data, model, found) | ({"text": "*"} if significant else {}))
    rank = {label: place for place, label in enumerate(data.labels.values())}
    return sorted(made, key=lambda row: (-float(row["estimate"] or 0), rank[str(row["model"])]))


def without(data: FigureData, claim: str, names: Sequence[str]) -> str:
    """Return why it cannot be drawn; empty if it can."""
    if not data.models:
        return "the run holds no model"
    return "" if rows_of(data, claim, names) else f"{claim} was not run"


def alpha(data: FigureData) -> float:
    """Return the adjusted p below which an asterisk stands: the paper's under its protocol."""
    return 0.05 if data.published else ALPHA


def described(data: FigureData, claim: str, names: Sequence[str], what: str, note: str = "") -> str:
    """Return a whole caption."""
    rows = rows_of(data, claim, names)
    drawn = {str(row["model"]) for row in rows}
    lacking = [m.name for m in data.models if data.labels[m.name] not in drawn]
    said = [
        f"Points: {what}; {words.counted(int(row['n'] or 0) for row in rows)} pairs; a tie "
        f"{'loses' if data.published else 'counts one half'}.{note} Bars: 95 % CI, "
        f"{words.bootstrap(data)}"
        f"{'' if data.published else '; Clopper-Pearson where all pairs agree'}. The dashed line "
        f"is chance, {CHANCE}. Asterisk: the claim's one-sided test "
        f"({'t-test of the 0/1 outcomes' if data.published else 'exact sign test'}; of a claim "
        "with two deciding numbers the larger p), Benjamini-Hochberg over the models of the run, "
        f"p < {alpha(data)}. Models stand by the value; colour and shape are the kind of model.",
    ]
    if lacking:
        said.append(f"Left out, as not scored: {words.listed([printable(n) for n in lacking])}.")
    return " ".join(said)


def drawn(
    data: FigureData,
    claim: str,
    names: Sequence[str],
    *,
    axis: str,
    title: str,
    width: int,
    interactive: bool,
) -> "alt.LayerChart":
    """Draw one row a model."""
    import altair as alt

    rows = rows_of(data, claim, names)
    found = ranked(
        rows,
        [str(row["model"]) for row in rows],
        title=axis,
        scale=alt.Scale(domain=[-0.02, 1.02], nice=False),
        ticks=(0, 0.25, 0.5, 0.75, 1),
        line=CHANCE,
        width=min(width, 620),
        interactive=interactive,
    )
    return found.properties(title=alt.Title(title, offset=8))
