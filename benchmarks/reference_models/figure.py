"""Draw the training curve of promoter-causal from its log: ``python figure.py FILE.svg``."""

import sys
from pathlib import Path

import altair as alt
import pandas as pd

LOG = Path(__file__).parent / "logs" / "promoter-causal.tsv"
NAMES = {
    "css": "CSS",
    "scr": "SCR",
    "scr_decoy": "SCR, decoy",
    "positional_fraction": "positional fraction",
}


def main(out: str) -> None:
    table = pd.read_csv(LOG, sep="\t", comment="#").rename(columns=NAMES)
    # The first step has no place on a logarithmic axis: it stands at 5, and the axis says so.
    table["place"] = table["step"].clip(lower=5)
    rows = table.melt("place", list(NAMES.values()), "metric", "value")
    x = alt.X("place", title="training step").scale(type="log", domain=(4, 1700))
    x = x.axis(
        values=[5, 10, 20, 50, 100, 200, 500, 1000],
        labelExpr="datum.value == 5 ? 'start' : datum.label",
        grid=False,
    )
    y = alt.Y("value", title=None).scale(domain=(-0.1, 1))
    color = alt.Color("metric", sort=list(NAMES.values()), title=None)
    shape = alt.Shape("metric", sort=list(NAMES.values()), legend=None)
    lines = alt.Chart(rows).mark_line(point={"filled": True, "size": 45})
    chance = alt.Chart(pd.DataFrame({"value": [0.5]})).mark_rule(strokeDash=[4, 4], color="#777")
    chart = lines.encode(x, y, color, shape) + chance.encode(y="value")
    title = alt.Title(
        "Place is learned after composition",
        subtitle="promoter-causal in training, development split, n = 100; dashed: chance",
    )
    chart.properties(width=430, height=240, title=title).save(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
