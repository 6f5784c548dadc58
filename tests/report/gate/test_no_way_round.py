"""Nothing that is done to a run or a gate turns a block into a promotion."""

import json
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mit_harness.report.folder import RESULTS, sealed, to_json
from mit_harness.report.schema import Results

SCR = {"scrambled_control": {"scr_decoy": {"min_ci_low": 0.6}}}
RULES = (
    {"claims": SCR},
    {"claims": {"scrambled_control": {"scr_decoy": {"max_regression": 0.05}}}},
    {"claims": {"scrambled_control": {"scr_decoy": {"min_power": 0.8}}}},
    {"expected": {"*": {"scrambled_control": ["holds"]}}},
    {"require_ran": ["spacing"]},
    {"models": ["mine", "yours"], "require_ran": ["compensation"]},
)
"""Each blocks the poor run by itself."""
ATTESTED = {
    "created", "duration_s", "harness", "python", "pytest", "platform", "revision", "parameters",
    "method", "noise",
}  # fmt: skip
"""What a run says of itself, and no score can confirm."""
NEW = (None, "", "holds", "user", "reference", "mine", "x", True, False, 0, 1, -1, 99, 0.999, 1e300)


def places(content, at=()):
    """Yield the place of every value in a JSON tree, containers too."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in pairs:
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from places(value, (*at, key))


def edited(content, place, value, *, drop=False):
    content = json.loads(json.dumps(content))
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    if drop:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return content


@pytest.fixture(scope="module")
def blocked(gates, poor, good, tmp_path_factory):
    """A run that is blocked, its results.json, a folder to forge it in, and the baseline."""
    folder = tmp_path_factory.mktemp("forged")
    gates.forge(poor, folder, lambda content: None)
    for rules in RULES:
        assert gates.ask(folder, rules, good).word == "block"
    content = json.loads((poor / RESULTS).read_text())
    return folder, content, good, [p for p in places(content) if p[-1] != "noise"]


def seal(content):
    """Give changed results a checksum that fits, as a forger would; None where no schema fits."""
    try:
        return to_json(sealed(Results.model_validate_json(json.dumps(content))))
    except ValidationError:
        return None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_change_that_is_sealed_again(gates, blocked, data):
    folder, content, good, every = blocked
    place = data.draw(st.sampled_from(every))
    drop, value = data.draw(st.booleans()), data.draw(st.sampled_from(NEW))
    rules = data.draw(st.sampled_from(RULES))
    text = seal(edited(content, place, value, drop=drop))
    if text is None:
        return
    (folder / RESULTS).write_text(text)
    assert gates.ask(folder, rules, good).word != "promote"


def test_every_removal_and_every_verdict(gates, blocked):
    folder, content, good, every = blocked
    rules = {"claims": SCR}
    deep = [place for place in every if len(place) <= 3 or place[-1] == "verdict"]
    for place in deep:
        for value, drop in ((None, True), ("holds", False)):
            text = seal(edited(content, place, value, drop=drop))
            if text is not None:
                (folder / RESULTS).write_text(text)
                assert gates.ask(folder, rules, good).word != "promote", (place, value)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_change_at_all_breaks_the_checksum_of_a_run_that_would_pass(gates, good, data):
    content = json.loads((good / RESULTS).read_text())
    place = data.draw(st.sampled_from(list(places(content))))
    value = data.draw(st.sampled_from(NEW))
    changed = edited(content, place, value)
    text = json.dumps(changed)
    try:
        if Results.model_validate_json(text) == Results.model_validate(content):
            return  # 0 for 0.0
    except ValidationError:
        pass
    folder = good.parent / "mutated"
    folder.mkdir(exist_ok=True)
    for file in good.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / RESULTS).write_text(text)
    decision = gates.ask(folder, {"require_ran": ["compensation"]})
    assert decision.word == "could not judge"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_one_change_of_the_baseline_that_is_sealed_again(gates, good, poor, data):
    """Sealed changes of the baseline's results: a regression stays one."""
    folder = good.parent / "forged-baseline"
    folder.mkdir(exist_ok=True)
    content = json.loads((good / RESULTS).read_text())
    every = [p for p in places(content) if not ATTESTED & set(map(str, p))]
    place = data.draw(st.sampled_from(every))
    value = data.draw(st.sampled_from(NEW))
    text = seal(edited(content, place, value))
    if text is None:
        return
    for file in good.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / RESULTS).write_text(text)
    rules = {"claims": {"scrambled_control": {"scr_decoy": {"max_regression": 0.05}}}}
    assert gates.ask(poor, rules, folder).word != "promote"


claims = st.sampled_from(
    ["compensation", "scrambled_control", "motif_effect", "spacing", "nonsense"]
)
metrics = st.sampled_from(["css", "rescue", "scr", "scr_decoy", "motif_in_place", "cm", "nonsense"])
verdicts = st.lists(
    st.sampled_from(["holds", "refuted", "absent", "undecided"]), min_size=1, max_size=2
)
numbers = st.floats(-1, 1)
rule = st.fixed_dictionaries(
    {"min_ci_low": numbers},
    optional={"max_regression": st.floats(0, 1), "min_power": st.floats(0.1, 0.9)},
)
content = st.fixed_dictionaries(
    {"multiplicity": st.sampled_from(["none", "holm", "bh"])},
    optional={
        "require_ran": st.lists(claims, min_size=1, max_size=2),
        "claims": st.dictionaries(
            claims, st.dictionaries(metrics, rule, min_size=1, max_size=2), min_size=1, max_size=2
        ),
        "expected": st.dictionaries(
            st.sampled_from(["mine", "*", "pwm"]),
            st.dictionaries(claims, verdicts, min_size=1, max_size=2),
            min_size=1,
            max_size=2,
        ),
    },
).filter(lambda made: len(made) > 1)


def united(one, more):
    """All rules of both; where both have one, the first's."""
    made = {**more, **one}
    ran = [*one.get("require_ran", ()), *more.get("require_ran", ())]
    made["require_ran"] = ran
    for table in ("claims", "expected"):
        made[table] = {
            key: {**more.get(table, {}).get(key, {}), **one.get(table, {}).get(key, {})}
            for key in {**one.get(table, {}), **more.get(table, {})}
        }
    return made


@settings(max_examples=12, deadline=None)
@given(st.data(), content, content)
def test_more_rules_never_turn_a_block_into_a_promotion(gates, good, again, poor, data, one, more):
    run = data.draw(st.sampled_from([good, poor]))
    if gates.ask(run, one, again).word != "promote":
        assert gates.ask(run, united(one, more), again).word != "promote"


@settings(max_examples=12, deadline=None)
@given(st.data(), content)
def test_stricter_thresholds_never_turn_a_block_into_a_promotion(
    gates, good, again, poor, data, one
):
    run = data.draw(st.sampled_from([good, poor]))
    stricter = json.loads(json.dumps(one))
    for table in stricter.get("claims", {}).values():
        for rules in table.values():
            rules["min_ci_low"] += data.draw(st.floats(0, 1))
            if "max_regression" in rules:
                rules["max_regression"] *= data.draw(st.floats(0, 1))
            if "min_power" in rules:
                rules["min_power"] = min(0.99, rules["min_power"] + data.draw(st.floats(0, 0.5)))
    for table in stricter.get("expected", {}).values():
        for claim, allowed in table.items():
            table[claim] = list(islice(allowed, 1))
    if gates.ask(run, one, again).word != "promote":
        assert gates.ask(run, stricter, again).word != "promote"
