"""gate.toml: what it may hold; every error names file and key, and what was perhaps meant."""

import re
import tomllib

import pytest

from mit_harness.errors import InputError
from mit_harness.report.gate.schema import BaselineTable, Gate, MetricRule, read_gate
from mit_harness.report.gate.template import STARTER

HEAD = 'schema = "mit-harness/gate/1"\n'
RULE = 'require_ran = ["compensation"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema = ", "is no TOML: Invalid value"),
        ("\xff", "is no TOML"),
        (RULE, "'schema' is missing; write schema = 'mit-harness/gate/1'"),
        ('schema = "mit-harness/gate/2"\n' + RULE, "schema: Input should be 'mit-harness/gate/1'"),
        (HEAD, "it holds no rule, and a gate without rules lets everything through"),
        (HEAD + "require_ran = []", "it holds no rule"),
        (HEAD + "claims = {}\nexpected = {}", "it holds no rule"),
        (HEAD + RULE + "multiplicty = 'holm'", "unknown key 'multiplicty'; did you mean 'multipli"),
        (HEAD + RULE + "multiplicity = 'fdr'", "multiplicity: Input should be 'none', 'holm' or"),
        (HEAD + RULE + "noise_floor = true", "noise_floor: "),
        (HEAD + RULE + "models = []", "models: List should have at least 1 item"),
        (HEAD + RULE + "models = 'mine'", "models: Input should be a valid list, not 'mine'"),
        (HEAD + RULE + "[baseline]\nmax_age = 3", "unknown key 'baseline.max_age'; did you mean"),
        (HEAD + RULE + "[baseline]\nmax_age_days = 0", "baseline.max_age_days: Input should be gr"),
        (HEAD + RULE + "[baseline]\nmax_age_days = 3", "[baseline] needs a baseline; name one"),
        (HEAD + "[claims.a]", "claims.a: Dictionary should have at least 1 item"),
        (HEAD + "[claims.a.b]", "claims.a.b: give it min_ci_low, max_regression or min_power"),
        (HEAD + "[claims.a.b]\nmin_ci = 1", "unknown key 'claims.a.b.min_ci'; did you mean 'min_"),
        (HEAD + "[claims.a.b]\nmin_ci_low = nan", "claims.a.b.min_ci_low: Input should be a fin"),
        (HEAD + "[claims.a.b]\nmin_ci_low = true", "claims.a.b.min_ci_low: Input should be a val"),
        (HEAD + "[claims.a.b]\nmin_ci_low = '1'", "claims.a.b.min_ci_low: Input should be a val"),
        (HEAD + "[claims.a.b]\nmax_regression = -0.1", "claims.a.b.max_regression: Input should "),
        (HEAD + "[claims.a.b]\nmax_regression = inf", "claims.a.b.max_regression: Input should "),
        (HEAD + "[claims.a.b]\nmax_regression = 0.1", "claims.a.b.max_regression needs a baseline"),
        (HEAD + "[claims.a.b]\nmin_power = 1.0", "claims.a.b.min_power: Input should be less than"),
        (HEAD + "[claims.a.b]\nmin_ci_low = 0\npower_at = 0.7", "power_at goes with min_power"),
        (HEAD + "[expected.m]", "expected.m: Dictionary should have at least 1 item"),
        (HEAD + "[expected.m]\na = []", "expected.m.a: List should have at least 1 item"),
        (HEAD + "[expected.m]\na = ['error']", "expected.m.a.0: Input should be 'holds', "),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used(tmp_path, text, said):
    file = tmp_path / "gate.toml"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(InputError) as caught:
        read_gate(file)
    assert str(caught.value).startswith(f"gate file {file}")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"no\.toml cannot be read: No such file"):
        read_gate(tmp_path / "no.toml")


def test_the_baseline_lies_beside_the_file_unless_another_is_named(tmp_path):
    file = tmp_path / "gate.toml"
    file.write_text(HEAD + RULE + "[baseline]\nresults = 'base/results.json'\n")
    assert read_gate(file).baseline == tmp_path / "base" / "results.json"
    assert read_gate(file, tmp_path / "other").baseline == tmp_path / "other"
    file.write_text(HEAD + RULE)
    assert read_gate(file).baseline is None
    assert read_gate(file, tmp_path / "other").baseline == tmp_path / "other"


def uncommented():
    """The starter with every key that it only shows put into effect."""
    return re.sub(r"^# (?=\[|[a-z_]+ = )", "", STARTER, flags=re.MULTILINE)


def test_the_starter_parses_and_so_does_all_that_it_only_shows(tmp_path):
    for text in (STARTER, uncommented()):
        file = tmp_path / "gate.toml"
        file.write_text(text)
        assert read_gate(file).gate.require_ran == ["compensation", "scrambled_control"]


def test_the_starter_shows_every_key_there_is():
    shown = tomllib.loads(uncommented())
    assert set(shown) == {f.alias or name for name, f in Gate.model_fields.items()}
    assert set(shown["baseline"]) == set(BaselineTable.model_fields)
    rules = [rule for metrics in shown["claims"].values() for rule in metrics.values()]
    assert {key for rule in rules for key in rule} == set(MetricRule.model_fields)


def test_the_starter_names_claims_and_metrics_that_there_are(gates, good):
    content = {k: v for k, v in tomllib.loads(STARTER).items() if k != "schema"}
    decision = gates.ask(good, content)
    assert not [why for *_, why in gates.stopped(decision) if "known" in why or "mean" in why]
