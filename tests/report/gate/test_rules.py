"""Each rule passes where it should, and broken by itself blocks, with the numbers said."""

import pytest

FULL = {
    "require_ran": ["compensation", "scrambled_control"],
    "noise_floor": "required",
    "baseline": {"max_age_days": 180.0},
    "claims": {
        "compensation": {"css": {"min_ci_low": 0.5, "max_regression": 0.05}},
        "scrambled_control": {
            "scr_decoy": {
                "min_ci_low": 0.8, "max_regression": 0.0, "min_power": 0.8, "power_at": 0.85,
            }
        },
    },
    "expected": {"mine": {"scrambled_control": ["holds"]}, "*": {"compensation": ["holds"]}},
}  # fmt: skip

CSS = ("claims", "compensation", "css")


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796000000")  # 2026-11-30


def changed(path, value):
    """The full gate with one value changed."""
    content = _copy(FULL)
    place = content
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    return content


def _copy(table):
    return {k: _copy(v) if isinstance(v, dict) else v for k, v in table.items()}


def test_a_run_that_keeps_every_rule_is_promoted(gates, good, again):
    decision = gates.ask(good, FULL, again)
    assert gates.stopped(decision) == []
    assert (decision.word, decision.status) == ("promote", 0)
    rules = {check.rule for check in decision.checks}
    assert rules >= {"require_ran", "min_ci_low", "max_regression", "min_power", "noise_floor"}
    assert rules >= {"expected.mine", "expected.*", "baseline", "run"}


@pytest.mark.parametrize(
    ("path", "value", "rule", "said"),
    [
        (("require_ran",), ["spacing"], "require_ran", "was not judged in the run"),
        (("require_ran",), ["spacign"], "require_ran", "did you mean 'spacing'?"),
        (("models",), ["yours"], "models", "there is no model 'yours'"),
        (CSS, {"min_ci_low": 0.9}, "min_ci_low", "CI low 0.8316 < 0.9"),
        ((*CSS[:2], "ccs"), {"min_ci_low": 0.5}, "min_ci_low", "did you mean 'css'?"),
        (("claims", "compensatoin"), {"css": {"min_ci_low": 0.5}}, "min_ci_low", "did you mean"),
        (("claims", "spacing"), {"x": {"min_ci_low": 0.0}}, "min_ci_low", "was not judged"),
        (CSS, {"min_power": 0.9, "power_at": 0.6}, "min_power", "> 0.6"),
        (CSS, {"min_power": 0.8, "power_at": 0.3}, "min_power", "no pro"),
        ((*CSS[:2], "rescue"), {"min_power": 0.8}, "min_power", "needs power_at, in"),
        ((*CSS[:2], "cm"), {"min_power": 0.8}, "min_power", "nothing is known of the"),
        (("expected", "mine", "motif_effect"), ["absent"], "expected.mine", "holds, expected"),
        (("expected", "*", "motif_effect"), ["refuted"], "expected.*", "holds, expected refuted"),
        (("expected", "other"), {"spacing": ["holds"]}, "expected.other", "no model 'other'"),
        (("baseline", "models"), {"mine": "its"}, "baseline", "no model 'its'"),
    ],
)  # fmt: skip
def test_one_broken_rule_blocks(gates, good, again, path, value, rule, said):
    decision = gates.ask(good, changed(path, value), again)
    assert (decision.word, decision.status) == ("block", 1)
    assert any(r == rule and said in why for _, r, why in gates.stopped(decision)), gates.stopped(
        decision
    )


def test_a_regression_blocks_and_its_reverse_does_not(gates, good, poor):
    rules = {"claims": {"scrambled_control": {"scr_decoy": {"max_regression": 0.05}}}}
    decision = gates.ask(poor, rules, good)
    assert decision.word == "block"
    ((_, rule, why),) = gates.stopped(decision)
    assert rule == "max_regression"
    assert why.startswith("difference -0.5 [-0.")
    assert why.endswith("]: CI low < -0.05")
    assert gates.ask(good, rules, poor).word == "promote"


def test_no_loss_at_all_is_allowed_to_the_same_scores(gates, good, again):
    rules = {"claims": {"scrambled_control": {"scr_decoy": {"max_regression": 0.0}}}}
    assert gates.ask(good, rules, again).word == "promote"


def test_an_undefined_number_blocks(gates, good, runs, tmp_path):
    folder = runs.write(tmp_path, {"mine": "rpa-pwm"})  # scores intact and broken boxes alike
    rules = {"claims": {"compensation": {"cm": {"min_ci_low": -1e9, "max_regression": 1e9}}}}
    found = gates.stopped(gates.ask(folder, rules, good))
    assert [rule for _, rule, _ in found] == ["min_ci_low", "max_regression"]
    assert all("value None, 95 % CI [None, None]: undefined" in why for *_, why in found)
    other = gates.stopped(gates.ask(good, rules, folder))  # undefined in the baseline only
    assert [(o, r) for o, r, _ in other] == [("block", "max_regression")]
    assert "difference None" in other[0][2]


def test_too_few_pairs_block(gates, runs, tmp_path):
    folder = runs.write(tmp_path, {"mine": "pa-pwm"}, n=5, noise=0.0)
    rules = {"claims": {"compensation": {"css": {"min_ci_low": 0.0}}}}
    assert "fewer than 6 pairs" in gates.stopped(gates.ask(folder, rules))[0][2]


def test_ties_cost_power(gates, poor):
    rules = {"claims": {"scrambled_control": {"scr_decoy": {"min_power": 0.8}}}}
    ((_, rule, why),) = gates.stopped(gates.ask(poor, rules))
    assert rule == "min_power"
    assert why == "no effect is detected with power 0.8 at n = 20, 20 tied"


def test_power_of_a_difference_is_in_its_unit(gates, runs, tmp_path):
    folder = runs.write(tmp_path, {"mine": "pa-pwm"}, wobble=2.0)

    def word(power_at):
        rule = {"min_power": 0.8, "power_at": power_at}
        return gates.ask(folder, {"claims": {"compensation": {"rescue": rule}}}).word

    assert word(0.1) == "block"
    assert word(50.0) == "promote"


def test_holds_that_does_not_survive_the_family_is_undecided(gates, runs, tmp_path):
    folder = runs.write(tmp_path, {"mine": "pa-pwm"}, n=6)  # p = 1/64 = 0.016 for each claim
    one = {"expected": {"mine": {"compensation": ["holds"]}}}
    assert gates.ask(folder, one).word == "promote"
    two = {**one, "require_ran": ["motif_effect"]}
    ((_, rule, why),) = gates.stopped(gates.ask(folder, two))
    assert rule == "expected.mine"
    assert why == "holds, but holm p = 0.03125 >= 0.025; expected holds"
    assert gates.ask(folder, {**two, "multiplicity": "none"}).word == "promote"
    assert gates.ask(folder, {**two, "multiplicity": "bh"}).word == "promote"
    both = {**two, "expected": {"mine": {"compensation": ["holds", "undecided"]}}}
    assert gates.ask(folder, both).word == "promote"


def test_bh_is_over_the_models_of_the_run(gates, runs, tmp_path):
    folder = runs.write(tmp_path, {"mine": "pa-pwm", "other": "pwm"}, n=6)
    rules = {
        "models": ["mine"],
        "multiplicity": "bh",
        "expected": {"mine": {"compensation": ["holds"]}},
    }
    ((_, _, why),) = gates.stopped(gates.ask(folder, rules))
    assert why == "holds, but bh p = 0.03125 >= 0.025; expected holds"


def test_a_required_noise_floor(gates, runs, tmp_path, good):
    folder = runs.write(tmp_path, {"mine": "pa-pwm"})
    rules = {"require_ran": ["compensation"]}
    assert gates.ask(folder, rules).word == "promote"
    ((_, rule, why),) = gates.stopped(gates.ask(folder, {**rules, "noise_floor": "required"}))
    assert (rule, why) == ("noise_floor", "its noise floor was not measured")
    base = {**rules, "noise_floor": "required", "baseline": {}}
    ((_, _, why),) = gates.stopped(gates.ask(good, base, folder))
    assert why == "baseline: its noise floor was not measured"


def test_the_defaults_of_a_gate_judge_the_users_models_only(gates, good):
    decision = gates.ask(good, {"require_ran": ["compensation"]})
    assert decision.models == ("mine",)
    assert gates.ask(good, {"models": ["pwm"], "require_ran": ["compensation"]}).models == ("pwm",)


def test_nobody_to_judge_is_no_promotion(gates, runs, tmp_path):
    folder = runs.write(tmp_path, {}, controls={"pwm": "pwm"})
    decision = gates.ask(folder, {"require_ran": ["compensation"]})
    assert (decision.word, decision.status) == ("could not judge", 2)
    assert "the run has no model of kind user" in gates.stopped(decision)[0][2]
    only = {"expected": {"pwm": {"compensation": ["undecided", "refuted", "absent"]}}}
    assert gates.ask(folder, only).word == "promote"
