"""The rules of a gate, each turned into a check; whatever is missing or unclear blocks."""

import math
from collections.abc import Iterator, Sequence

from mit_harness.errors import MitHarnessError
from mit_harness.report.gate.checks import Check, Outcome, digits, finite
from mit_harness.report.gate.evidence import Evidence, Missing, find_model
from mit_harness.report.gate.noise import Band, floor_of, noise_band
from mit_harness.report.gate.schema import EVERY, MetricRule
from mit_harness.report.schema import MetricRecord
from mit_harness.report.text import ALPHA
from mit_harness.stats.paired import SIGN_TEST, WILCOXON
from mit_harness.stats.power import detectable
from mit_harness.stats.published import T_TEST, T_TEST_DIFFERENCE

POWER_AT = 0.65
"""Proportion whose detection is asked where `power_at` is not given: what 100 pairs detect."""
_Z = 1.959963984540054
"""Half-width of a 95 % interval in standard errors."""


def rule_checks(evidence: Evidence, models: Sequence[str]) -> Iterator[Check]:
    """Yield the check of every rule for every gated model, in the gate file's order."""
    gate = evidence.gate
    for name in models:
        for claim_id in gate.require_ran:
            yield _guarded(_require_ran, evidence, "require_ran", (name, claim_id, ""))
        for claim_id, metric, rule in gate.metric_rules():
            yield from _metric_checks(evidence, (name, claim_id, metric), rule)
        for claim_id in gate.expected.get(EVERY, {}):
            yield _expected(evidence, EVERY, name, claim_id)
    for name, claims in gate.expected.items():
        if name != EVERY:
            for claim_id in claims:
                yield _expected(evidence, name, name, claim_id)


Place = tuple[str, str, str]
"""Model, claim and metric."""


def _guarded(judge, evidence: Evidence, rule: str, place: Place, *rest: object) -> Check:  # type: ignore[no-untyped-def] # noqa: ANN001
    """Return a rule's check; what is missing, or cannot be computed, is never a pass."""
    try:
        passes, reason = judge(evidence, place, *rest)
    except Missing as missing:
        return Check(missing.outcome, rule, missing.reason, *place)
    except MitHarnessError as error:
        return Check("block", rule, str(error), *place)
    return Check("pass" if passes else "block", rule, reason, *place)


def _require_ran(evidence: Evidence, place: Place) -> tuple[bool, str]:
    record = evidence.claim(*place[:2])
    return record.n > 0, f"{record.verdict}, n = {record.n}"


def _metric_checks(evidence: Evidence, place: Place, rule: MetricRule) -> Iterator[Check]:
    if rule.min_ci_low is not None:
        yield _guarded(_min_ci_low, evidence, "min_ci_low", place, rule.min_ci_low)
    if rule.max_regression is not None:
        yield _guarded(_max_regression, evidence, "max_regression", place, rule.max_regression)
    if rule.min_power is not None:
        yield _guarded(_min_power, evidence, "min_power", place, rule.min_power, rule.power_at)


def _min_ci_low(evidence: Evidence, place: Place, least: float) -> tuple[bool, str]:
    """Pass where the CI low, less what noise can do to it, is at or above the threshold."""
    name, claim_id, metric = place
    low = evidence.metric(*place).ci_low
    assert low is not None
    band = noise_band(evidence.run, evidence.model(name), claim_id, metric)
    clear = low - band.at_least
    sign = ">=" if clear >= least else "<"
    shown = digits(clear, least) if band.at_least else digits(low, least)
    what = f"CI low {digits(low)} - band {digits(band.at_least)} =" if band.at_least else "CI low"
    return clear >= least, f"{what} {shown} {sign} {digits(least)}{_known(band)}"


def _max_regression(evidence: Evidence, place: Place, most: float) -> tuple[bool, str]:
    """Pass where the CI low of candidate less baseline is no more than the margin below 0."""
    evidence.metric(*place)
    found = evidence.difference(*place)
    low, high, value = found.ci_low, found.ci_high, found.difference
    if low is None or high is None or value is None or not finite(low, high, value):
        note = f" ({found.note})" if found.note else ""
        raise Missing(f"difference {value}, 95 % CI [{low}, {high}]: undefined or not finite{note}")
    band = _wider_band(evidence, place)
    if math.isinf(band.at_least):
        raise Missing("noise within the floor can leave the metric undefined")
    margin = max(most, band.at_least)
    passes = low >= -margin
    shown = f"{digits(value)} [{digits(low, -margin)}, {digits(high)}]"
    against = f"-{digits(margin)}"
    if margin > most:
        against += f" (noise band, wider than max_regression {digits(most)})"
    sign = ">=" if passes else "<"
    return passes, f"difference {shown}: CI low {sign} {against}{_known(band)}"


def _wider_band(evidence: Evidence, place: Place) -> Band:
    """Return the wider of the two models' bands; unknown only where both are."""
    name, claim_id, metric = place
    bands = [noise_band(evidence.run, evidence.model(name), claim_id, metric)]
    if evidence.baseline is not None:
        other = find_model(evidence.baseline, evidence.baseline_name(name))
        bands.append(noise_band(evidence.baseline, other, claim_id, metric))
    return max(bands, key=lambda band: -1.0 if band.width is None else band.width)


def _known(band: Band) -> str:
    return "" if band.width is not None else "; noise floor unknown"


def _min_power(
    evidence: Evidence, place: Place, power: float, power_at: float | None
) -> tuple[bool, str]:
    """Pass where the smallest effect detected with this power is at most the one asked for."""
    record = evidence.metric(*place)
    if record.test in (SIGN_TEST, T_TEST):
        wanted, least = _of_proportion(record, power, power_at)
    elif record.test in (WILCOXON, T_TEST_DIFFERENCE):
        wanted, least = _of_difference(record, power, power_at)
    else:
        raise Missing(f"nothing is known of the power of {record.test or 'an untested metric'!r}")
    ties = f", {record.ties} tied" if record.ties else ""
    at = f"at n = {record.n}{ties}"
    if least is None:
        return False, f"no effect is detected with power {digits(power)} {at}"
    sign = "<=" if least <= wanted else ">"
    return (
        least <= wanted,
        f"detects {digits(least, wanted)} {sign} {digits(wanted)} with power {digits(power)} {at}",
    )


def _of_proportion(
    record: MetricRecord, power: float, power_at: float | None
) -> tuple[float, float | None]:
    """Return the proportion asked for, and the smallest that the untied pairs detect.

    As for the exact one-sided sign test; the paper's t-test has a little more. Each tie costs a
    pair, and where a pair is a set of comparisons each tied comparison a whole set.
    """
    wanted = POWER_AT if power_at is None else power_at
    if not 0.5 < wanted <= 1:
        raise Missing(f"power_at = {digits(wanted)} is no proportion above 0.5")
    return wanted, detectable("proportion", max(0, record.n - (record.ties or 0)), power=power)


def _of_difference(
    record: MetricRecord, power: float, power_at: float | None
) -> tuple[float, float | None]:
    """Return the mean asked for, and the smallest that is detected at the spread found.

    The spread of the differences is that of their mean's 95 % interval.
    """
    if power_at is None:
        raise Missing(f"the power of a difference needs power_at, in {record.unit}")
    assert record.ci_high is not None
    assert record.ci_low is not None
    spread = (record.ci_high - record.ci_low) / (2 * _Z) * math.sqrt(record.n)
    if spread <= 0:
        raise Missing("its interval has no width, so its power is undefined")
    dz = detectable("difference", max(0, record.n - (record.ties or 0)), power=power)
    return power_at, None if dz is None else dz * spread


def _expected(evidence: Evidence, who: str, name: str, claim_id: str) -> Check:
    rule = f"expected.{who}"
    return _guarded(_verdict, evidence, rule, (name, claim_id, ""), who)


def _verdict(evidence: Evidence, place: Place, who: str) -> tuple[bool, str]:
    """Pass where the verdict is allowed; a `holds` has to survive the gate's family too.

    One that does not counts as undecided.
    """
    name, claim_id, _ = place
    allowed = evidence.gate.expected[who][claim_id]
    verdict = evidence.claim(name, claim_id).verdict
    words = " or ".join(allowed)
    if verdict not in allowed:
        return False, f"{verdict}, expected {words}"
    if verdict != "holds":
        return True, f"{verdict}, as expected"
    p, family = evidence.adjusted_p(name, claim_id), evidence.gate.multiplicity
    named = "p" if family == "none" else f"{family} p"
    if p is not None and p < ALPHA:
        return True, f"holds, {named} = {p:.2g} < {ALPHA:g}"
    shown = "there is no p" if p is None else f"{named} = {digits(p, ALPHA)} >= {ALPHA:g}"
    return "undecided" in allowed, f"holds, but {shown}; expected {words}"


def noise_checks(evidence: Evidence, models: Sequence[str]) -> Iterator[Check]:
    """Yield, for every gated model, whether its noise floor is known, where it has to be.

    That of the baseline's model too, where regressions are measured against it.
    """
    if evidence.gate.noise_floor != "required":
        return
    runs = [(evidence.run, name) for name in models]
    if evidence.baseline is not None:
        runs += [(evidence.baseline, evidence.baseline_name(name)) for name in models]
    for run, name in runs:
        where = "" if run is evidence.run else "baseline: "
        for model in run.results.models:
            if model.name == name:
                floor, reason = floor_of(model)
                outcome: Outcome = "block" if floor is None else "pass"
                yield Check(outcome, "noise_floor", where + reason, name)
