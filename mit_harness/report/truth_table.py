"""The truth table as README and docs show it."""

import pandas as pd

from mit_harness.claims.declared import truth_table
from mit_harness.claims.registry import CLAIMS
from mit_harness.stats.verdict import Verdict

LEGEND = "● holds   ○ must not hold   ◐ may hold or stay undecided"


def judged_claims() -> list[str]:
    """Return the claims that have a verdict: all but the diagnostics."""
    (row, *_) = truth_table().values()
    return [claim for claim in CLAIMS if row[claim] != {Verdict.MEASURED}]


def compact() -> str:
    """Return the declared verdicts as markdown, one sign per cell; see `LEGEND`."""

    def sign(allowed: frozenset[Verdict]) -> str:
        if allowed == {Verdict.HOLDS}:
            return "●"
        return "◐" if Verdict.HOLDS in allowed else "○"

    claims = judged_claims()
    rows = [
        {"control": name, **{claim: sign(row[claim]) for claim in claims}}
        for name, row in truth_table().items()
    ]
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)


def in_words() -> str:
    """Return the declared verdicts as markdown, every allowed verdict in words."""
    rows = [
        {"control": name, **{claim: ", ".join(sorted(row[claim])) for claim in judged_claims()}}
        for name, row in truth_table().items()
    ]
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
