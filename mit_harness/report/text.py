"""How numbers and names are written, in every table and every medium."""

import html
import math
import re

from mit_harness.errors import printable
from mit_harness.report.schema import ClaimRecord, MetricRecord, ModelRecord

ALPHA = 0.025
ABSENT = "\N{EN DASH}"


def number(value: float | None) -> str:
    """Return two decimals, three digits of what is large, an infinity sign, a dash for null."""
    if value is None:
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= 10_000:
        return f"{value:.3g}"
    return f"{value:.2f}".replace("-0.00", "0.00")


def interval(metric: MetricRecord | None) -> str:
    """Return ``0.63 [0.53, 0.72]``, or a dash; places, in bp, without decimals."""
    if metric is None or metric.value is None:
        return ABSENT
    write = (lambda x: f"{x:.0f}") if metric.unit.startswith("bp") else number
    if metric.ci_low is None or metric.ci_high is None:
        return write(metric.value)
    return f"{write(metric.value)} [{write(metric.ci_low)}, {write(metric.ci_high)}]"


def fit(name: str, width: int) -> str:
    """Return a name in at most `width` columns: its two ends, where it is longer."""
    if len(name) <= width:
        return name
    tail = (width - 1) // 2
    return f"{name[: width - 1 - tail]}…{name[len(name) - tail :]}"


def find_metric(model: ModelRecord, name: str) -> MetricRecord | None:
    """Return the first metric of that name among a model's claims."""
    for claim in model.claims:
        if name in claim.metrics:
            return claim.metrics[name]
    return None


def verdict(claim: ClaimRecord) -> str:
    """Return the verdict; ``holds*`` where it does not survive the correction for multiplicity."""
    adjusted = [p for p in (claim.p_bh, claim.p_holm) if p is not None]
    if claim.verdict == "holds" and any(p >= ALPHA for p in adjusted):
        return "holds*"
    return claim.verdict


def held(model: ModelRecord) -> int:
    """Return how many claims hold."""
    return sum(claim.verdict == "holds" for claim in model.claims)


def held_of(model: ModelRecord) -> str:
    """Return how many claims hold of those with a verdict, such as ``7/12``."""
    return f"{held(model)}/{sum(claim.verdict != 'measured' for claim in model.claims)}"


def markdown(text: str) -> str:
    """Return `text` so that no markdown or HTML in it takes effect."""
    escaped = html.escape(printable(text), quote=False)
    return re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", escaped)
