"""What a run says at its end, in 80 columns."""

import textwrap
from collections.abc import Sequence

from mit_harness.errors import printable
from mit_harness.models.references import REFERENCES
from mit_harness.report.leaderboard import notes, ranked
from mit_harness.report.schema import MetricRecord, ModelRecord, Results
from mit_harness.report.text import ABSENT, find_metric, fit, held_of, number, verdict

WIDTH = 80
_HEADER = ("model", "held", "SCR decoy", "CSS", "SCR", "MES")
_LEAST_NAME = 9


def _short(metric: MetricRecord | None) -> str:
    """Return ``0.63 [.53,.72]``."""
    if metric is None or metric.value is None:
        return ABSENT
    if metric.ci_low is None or metric.ci_high is None:
        return number(metric.value)
    bounds = [number(x).removesuffix(".00") for x in (metric.ci_low, metric.ci_high)]
    low, high = (bound.removeprefix("0") or "0" for bound in bounds)
    return f"{number(metric.value)} [{low},{high}]"


def leaderboard_lines(models: Sequence[ModelRecord]) -> list[str]:
    """Return the leaderboard: claims held, SCR decoy, CSS and SCR with 95 % CIs, MES.

    Names get what the numbers leave of the 80 columns.
    """
    rows: list[tuple[str, ...]] = [_HEADER]
    for model in ranked(models):
        mes = find_metric(model, "mes_synthetic")
        rows.append(
            (
                printable(model.name),
                held_of(model),
                *(_short(find_metric(model, m)) for m in ("scr_decoy", "css", "scr")),
                number(mes.value) if mes else ABSENT,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = WIDTH - sum(widths[1:]) - 2 * (len(widths) - 1)
    widths[0] = max(_LEAST_NAME, min(widths[0], left))
    lines = []
    for name, *cells in rows:
        texts = (fit(name, widths[0]), *cells)
        padded = (text.ljust(width) for text, width in zip(texts, widths, strict=True))
        lines.append("  ".join(padded).rstrip())
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(printable(text), WIDTH, subsequent_indent="    ")


def claim_lines(models: Sequence[ModelRecord]) -> list[str]:
    """Return one wrapped line per claim of every model but those of the package.

    Of these only what drifted or broke is said: every reason stands in leaderboard.md.
    """
    lines = []
    for model in ranked(models):
        for claim in model.claims:
            if _shipped(model) and not claim.drifted and claim.verdict != "error":
                continue
            text = f"{model.name} {claim.id} {verdict(claim)}: "
            text += claim.explanation.removeprefix(f"{claim.verdict}: ")
            if claim.drifted and claim.declared is not None:
                text += f" DRIFTED: declared {' or '.join(claim.declared)}."
            lines += _wrapped(text)
    return lines


def _shipped(model: ModelRecord) -> bool:
    return model.kind == "control" or (
        model.kind == "reference" and model.spec.partition("?")[0] in REFERENCES
    )


def control_line(results: Results) -> str | None:
    """Return how many control verdicts came out as declared, or why none was checked."""
    claims = [c for m in results.models if m.kind == "control" for c in m.claims]
    checked = [claim for claim in claims if claim.declared is not None]
    if not claims:
        return None
    if not checked:
        return (
            "controls: measured, not checked (verdicts are declared for shipped claims at the "
            "default n, seed, protocol and sequences, and on the published measurements)"
        )
    as_declared = sum(not claim.drifted for claim in checked)
    return f"controls: {as_declared} of {len(checked)} verdicts as declared"


def summary_lines(results: Results) -> list[str]:
    """Return the whole summary."""
    run = results.run
    lines = [*leaderboard_lines(results.models), "", *claim_lines(results.models)]
    said = [control_line(results) or "", *notes.of_seen(results.models)]
    by_reason: dict[str, list[str]] = {}
    for claim, why in run.skipped.items():
        by_reason.setdefault(why, []).append(claim)
    said += [f"skipped {', '.join(claims)}: {why}" for why, claims in by_reason.items()]
    said += [f"broke {test}: {why}" for test, why in run.faults.items()]
    if not run.complete and not run.faults:
        said.append("incomplete: not every test that was collected was reported")
    return lines + [line for text in said for line in _wrapped(text)]
