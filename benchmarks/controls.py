"""Verdicts of every embedded control and null model over many seeds; writes docs/controls.md.

Run ``python benchmarks/controls.py --seeds 100 --methods docs/methods.md``.
"""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

from null_models import NULLS
from tabulate import tabulate

from mit_harness.claims.base import Scored
from mit_harness.claims.declared import truth_table
from mit_harness.claims.registry import DESIGNED, get_claim
from mit_harness.models.base import Model
from mit_harness.models.embedded import EMBEDDED
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.seeds import Seeds
from mit_harness.report.truth_table import in_words
from mit_harness.report.truth_table import judged_claims as every_judged

FIRST_SEED = 1000
"""Not the shipped seed 42: declarations must come true on benchmarks that they never saw."""

_BEGIN, _END = "<!-- null models: begin -->", "<!-- null models: end -->"
"""Between these stands the same table of null models in docs/methods.md."""

Verdicts = dict[tuple[str, str], str]
"""(model, claim) -> verdict, of one seed."""


@lru_cache(maxsize=64)
def _kept(kind: int, name: str) -> Model:
    return NULLS[name](0) if kind else EMBEDDED[name].build({})


def judged_claims() -> list[str]:
    """Return the claims on designed sequences: measured promoters have no seeds to draw again."""
    return [claim for claim in every_judged() if claim in DESIGNED]


def _model(kind: int, name: str, seed: int) -> Model:
    """Return a control (kind 0) or null; only the noisy depend on the seed, the rest are kept."""
    if name not in ("random", "AT + noise"):
        return _kept(kind, name)
    return NULLS[name](seed) if kind else EMBEDDED[name].build({"seed": str(seed)})


def one_seed(seed: int) -> tuple[Verdicts, Verdicts]:
    """Return the verdicts of the controls and of the nulls on one benchmark."""
    spec = DesignSpec(seeds=Seeds(seed))
    found: tuple[Verdicts, Verdicts] = ({}, {})
    for claim_id in judged_claims():
        claim = get_claim(claim_id)
        sequences = claim.design(spec)
        texts = [item.sequence for item in sequences]
        for kind, names in enumerate((EMBEDDED, NULLS)):
            for name in names:
                scored = Scored(sequences, _model(kind, name, seed).score(texts))  # type: ignore[arg-type]
                result = claim.judge(scored, protocol="matched", seed=seed, tolerance=1e-9)
                found[kind][name, claim_id] = result.verdict.value
    return found


def _cell(counts: Counter[str]) -> str:
    return ", ".join(f"{verdict} {count}" for verdict, count in counts.most_common())


def _count(rows: list[Verdicts], name: str, claim: str) -> Counter[str]:
    return Counter(row[name, claim] for row in rows)


def controls_table(rows: list[Verdicts]) -> tuple[str, str]:
    """Return the controls' table and, in words, how many verdicts came out as declared."""
    lines, right, total, chance, at_chance = [], 0, 0, 0, 0
    for name in EMBEDDED:
        line = [name]
        for claim in judged_claims():
            counts = _count(rows, name, claim)
            allowed = truth_table().get(name, {}).get(claim, frozenset())
            agreed = sum(counts[v.value] for v in allowed)
            right, total = right + agreed, total + len(rows)
            if "holds" not in allowed and len(allowed) > 1:
                chance, at_chance = chance + counts["holds"], at_chance + len(rows)
            mark = "" if agreed == len(rows) else f" **(as declared {agreed})**"
            line.append(_cell(counts) + mark)
        lines.append(line)
    said = (
        f"{right} of {total} verdicts came out as declared. Where a control is at chance, it holds "
        f"a claim at the level of the test (2.5 %): {chance} of {at_chance} times here "
        f"({chance / max(at_chance, 1):.1%}), which accounts for {chance} of the "
        f"{total - right} deviations."
    )
    return tabulate(lines, ("control", *judged_claims()), tablefmt="pipe"), said


def nulls_table(rows: list[Verdicts]) -> str:
    """Return how often each null model holds each claim."""
    lines = [
        [
            name,
            *(f"{_count(rows, name, claim)['holds'] / len(rows):.1%}" for claim in judged_claims()),
        ]
        for name in NULLS
    ]
    return tabulate(lines, ("null model", *judged_claims()), tablefmt="pipe", disable_numparse=True)


def main() -> None:
    """Run all seeds in two processes and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("docs/controls.md"))
    parser.add_argument("--methods", type=Path, help="page whose table of null models is renewed")
    given = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(one_seed, range(FIRST_SEED, FIRST_SEED + given.seeds)))
    table, said = controls_table([row[0] for row in rows])
    text = f"""# Controls and null models

Written by `python benchmarks/controls.py --seeds {given.seeds}`: benchmark seeds {FIRST_SEED} to
{FIRST_SEED + given.seeds - 1}, n = 100, protocol matched. The shipped seed, 42, is not among them.

## Declared verdicts

What each embedded control may get (`mit_harness/claims/truth_table.toml`); every plain run checks
it.

{in_words()}

## Verdicts over {given.seeds} seeds

{said} `random` draws anew for every seed.

{table}

## False positives

How often a model without positional knowledge holds a claim. `compensation` is held by anything
that counts A+T, which is why it is never read alone.

{nulls_table([row[1] for row in rows])}
"""
    given.out.write_text(text, encoding="utf-8")
    if given.methods is not None:
        page = given.methods.read_text(encoding="utf-8")
        before, _, rest = page.partition(_BEGIN)
        after = rest.partition(_END)[2]
        table = nulls_table([row[1] for row in rows])
        made = f"{before}{_BEGIN}\n{table}\n{_END}{after}"
        given.methods.write_text(made, encoding="utf-8")
    print(f"{said}\nwrote {given.out}")


if __name__ == "__main__":
    main()
