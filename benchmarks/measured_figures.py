"""Draw what measured promoters say: ``python benchmarks/measured_figures.py RUN FOLDER``.

RUN is the report folder of a run with ``--mit-measured``. Writes ``measured_raised.svg``, the share
of pairs in which an UP element raised expression, by -10 box (a fact of the measurements), and
``measured_models.svg``, what both measured claims rest on, by model.
"""

import argparse
from pathlib import Path

import altair as alt
import pandas as pd

from mit_harness.report.finished import read_run
from mit_harness.report.schema import MetricRecord, ModelRecord

RAISED = "raised_"


def metrics(model: ModelRecord) -> dict[str, MetricRecord]:
    """Return every metric of a model by its name."""
    return {name: metric for claim in model.claims for name, metric in claim.metrics.items()}


def raised(model: ModelRecord) -> alt.LayerChart:
    """Return the share raised by -10 box; every model has the same."""
    found = metrics(model)
    rows = pd.DataFrame(
        {"box": name.removeprefix(RAISED), "value": m.value, "low": m.ci_low, "high": m.ci_high}
        for name, m in found.items()
        if name.startswith(RAISED)
    ).sort_values("value", ascending=False)
    y = alt.Y("box", sort=list(rows["box"]), title="-10 box")
    x = alt.X("value", title="share of pairs that an UP element raised").scale(domain=(0.5, 1))
    points = alt.Chart(rows).mark_point(filled=True, size=50, opacity=1).encode(x, y)
    bars = alt.Chart(rows).mark_rule().encode(alt.X("low"), y, alt.X2("high"))
    every = pd.DataFrame({"value": [found["raised"].value]})
    rule = alt.Chart(every).mark_rule(strokeDash=[4, 4], color="#777").encode(x)
    title = alt.Title("An UP element helps where a box is left", subtitle="dashed: all pairs")
    return (rule + bars + points).properties(width=330, height=190, title=title)


def by_model(models: list[ModelRecord], name: str, label: str, null: float) -> alt.LayerChart:
    """Return one deciding metric by model, best first."""
    rows = pd.DataFrame(
        {
            "model": model.name,
            "kind": model.kind,
            "value": found.value,
            "low": found.ci_low,
            "high": found.ci_high,
        }
        for model in models
        if (found := metrics(model).get(name)) is not None
    ).sort_values("value", ascending=False)
    y = alt.Y("model", sort=list(rows["model"]), title=None)
    color = alt.Color("kind", title=None).legend(orient="bottom")
    x = alt.X("value", title=label).scale(zero=False)
    points = alt.Chart(rows).mark_point(filled=True, size=45, opacity=1).encode(x, y, color)
    bars = alt.Chart(rows).mark_rule().encode(alt.X("low"), y, alt.X2("high"), color)
    rule = alt.Chart(pd.DataFrame({"value": [null]})).mark_rule(strokeDash=[4, 4], color="#777")
    return (rule.encode(x) + bars + points).properties(width=250)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    models = list(read_run(args.run).results.models)
    raised(models[0]).save(args.out / "measured_raised.svg")
    both = by_model(models, "partial_urtecho", "partial Spearman (expression)", 0.0)
    both = both | by_model(models, "rescue_auroc", "rescue AUROC", 0.5)
    title = "Most models rank expression; none knows where an UP element helps"
    both.properties(title=title).save(args.out / "measured_models.svg")


if __name__ == "__main__":
    main()
