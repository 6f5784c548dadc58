"""Fit the noise of the Urtecho assay: the SD of ln activity between replicates, by its level.

    python benchmarks/measured_noise.py urtecho2019_designed_sigma70.tsv.gz

The table is that of the paper's repository with one column for each replicate: rep1.1 and rep1.2
are two measurements of the first biological replicate and are averaged. Each replicate is centred
on its median, promoters are put into twenty equally large bins by activity, and in each bin the
variance of ln activity between the three biological replicates (2 degrees of freedom a promoter)
is pooled. Printed is what mit_harness/measured/data/urtecho_noise.json holds.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BINS = 20
REPLICATES = ("rep1.1", "rep1.2", "rep2", "rep3")


def replicates(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return ln activity of the three biological replicates, centred; NaN where one is not > 0."""
    values = table[list(REPLICATES)].to_numpy(dtype=np.float64)
    three = np.column_stack([values[:, :2].mean(axis=1), values[:, 2:]])
    logs = np.log(np.where((three > 0).all(axis=1, keepdims=True), three, np.nan))
    return logs - np.nanmedian(logs - logs.mean(axis=1, keepdims=True), axis=0)


def noise(table: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """Return mean ln activity, standard error of the mean of three, and promoters, a row a bin."""
    spread = replicates(table).var(axis=1, ddof=1)
    level = np.log(table["expression"].to_numpy(dtype=np.float64))
    frame = pd.DataFrame({"ln_activity": level, "variance": spread / 3}).dropna()
    grouped = frame.groupby(pd.qcut(frame["ln_activity"], bins), observed=True)
    found = grouped.mean()
    found["sd"] = np.sqrt(found.pop("variance"))
    found["n"] = grouped.size()
    return found.reset_index(drop=True)


def main(path: Path) -> None:
    found = noise(pd.read_csv(path, sep="\t"))
    print(found.round(4).to_string(), file=sys.stderr)
    facts = {
        "source": "benchmarks/measured_noise.py on the replicates of Urtecho et al. 2019, "
        f"{int(found['n'].sum())} promoters whose replicates are all above 0",
        "unit": "standard error of ln activity, mean of three biological replicates",
        "ln_activity": found["ln_activity"].round(4).tolist(),
        "sd": found["sd"].round(4).tolist(),
    }
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
