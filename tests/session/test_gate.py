"""--mit-gate: the gate alone decides the exit status, and nothing but a promotion is 0."""

import json

import pytest

TWICE = pytest.mark.parametrize("workers", ["0", "2"])
HEAD = 'schema = "mit-harness/gate/1"\n'
HOLDS = HEAD + '[expected."*"]\ncompensation = ["holds"]\n'
FAILS = HEAD + "[claims.compensation.css]\nmin_ci_low = 1.0\n"
RAN = HEAD + 'require_ran = ["compensation"]\n'


@pytest.fixture
def gated(project):
    """Runs an eval of compensation behind a gate; returns pytest's result."""

    def run(gate, *args, models=("at",), **how):
        (project.path / "gate.toml").write_text(gate)
        return project.run("--mit-gate", "gate.toml", *args, models=models, **how)

    project.shipped("compensation")
    return run


def decided(project):
    return json.loads((project.report / "gate.json").read_text())


@TWICE
def test_a_promotion(project, gated, workers):
    result = gated(HOLDS, "-n", workers)
    assert result.ret == 0
    project.said(result, "gate: promote (2 of 2 checks pass)")
    assert decided(project)["decision"] == "promote"
    assert "# Gate: promote" in (project.report / "gate.md").read_text()


@TWICE
def test_a_block_though_every_test_passed(project, gated, workers):
    result = gated(FAILS, "-n", workers)
    assert (result.ret, result.parseoutcomes()["passed"]) == (1, 1)
    project.said(result, "gate: block (1 of 2 checks block)", "css min_ci_low: CI low")
    assert decided(project)["decision"] == "block"


def test_a_claim_that_does_not_hold_only_measures(project, gated):
    result = gated(RAN, models=["gc"])
    assert (result.ret, result.parseoutcomes()) == (0, {"xfailed": 1})
    project.said(result, "gate: promote")


def test_a_model_without_finite_scores(project, gated):
    result = gated(RAN, models=["nan"])
    assert result.ret == 2
    project.said(result, "gate: could not judge", "ended in error:")
    assert decided(project)["status"] == 2


def test_a_bug_in_an_eval(project, gated):
    project.write(test_bug="def test_bug(mit_model):\n    raise ValueError('boom')\n")
    result = gated(HOLDS)
    assert result.ret == 2
    project.said(result, "gate: could not judge", "ValueError: boom")


def test_a_failing_test_that_is_no_eval(project, gated):
    project.write(test_plain="def test_plain():\n    assert False\n")
    result = gated(HOLDS)
    assert result.ret == 2
    project.said(result, "gate: could not judge")


def test_a_killed_worker(project, gated):
    project.shipped("motif_effect")
    result = gated(HOLDS, "-n", "2", models=["killer", "at"], apart=True)
    assert result.ret == 2
    assert decided(project)["decision"] == "could not judge"


@TWICE
def test_no_tests(project, gated, workers):
    result = gated(HOLDS, "-n", workers, "-k", "nothing")
    assert result.ret == 2
    project.said(result, "ERROR: no eval was run, so nothing was shown")
    assert not (project.report / "gate.json").exists()


def test_no_evals_among_the_tests(project):
    project.write(test_plain="def test_plain(): pass\n")
    (project.path / "gate.toml").write_text(HOLDS)
    assert project.run("--mit-gate", "gate.toml", models=["pa-pwm"]).ret == 2


def test_every_eval_skipped(project, gated):
    suite = project.suite("suite.tsv", "AB")
    result = gated(RAN, "--mit-suite", suite)
    assert result.ret == 2
    project.said(result, "every eval was skipped, so nothing was shown")


@pytest.mark.parametrize(
    ("gate", "said", "workers"),
    [
        (HEAD + "requir_ran = []\n", "unknown key 'requir_ran'; did you mean 'require_ran'?", 0),
        (HEAD, "it holds no rule", 2),
        (RAN + "[baseline]\nresults = 'none.json'\n", "none.json cannot be read", 0),
        ("?", "is no TOML", 0),
    ],
)
def test_a_gate_that_cannot_be_used_is_refused_before_anything_is_scored(
    project, gated, gate, said, workers
):
    result = gated(gate, f"-n{workers}")
    assert result.ret == 2
    (line,) = [line for line in result.errlines if line.strip()]
    assert line.startswith("ERROR: mit-harness: ")
    assert said in line
    assert "the gate was not asked" not in result.stdout.str()
    assert not project.loads
    project.said(result)


@TWICE
def test_other_bad_usage_is_2_as_well(project, gated, workers):
    result = gated(HOLDS, "-n", workers, models=["pa-pmw"])
    assert result.ret == 2
    project.said(result, "ERROR: mit-harness: no model 'pa-pmw'; did you mean 'pa-pwm'")


def test_files_that_are_not_there(project, gated):
    assert gated(HOLDS, "no_such_file.py").ret == 2
    assert project.run("--mit-gate", "none.toml", models=["at"]).ret == 2


def test_a_gate_in_the_environment(project, gated, monkeypatch):
    (project.path / "gate.toml").write_text(FAILS)
    monkeypatch.setenv("MIT_HARNESS_GATE", str(project.path / "gate.toml"))
    assert project.run(models=["at"]).ret == 1
    assert project.run(models=["pa-pmw"]).ret == 2


def test_a_gate_in_the_environment_leaves_other_projects_alone(pytester, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_GATE", "none.toml")
    pytester.makepyfile("def test_plain():\n    pass\n")
    assert pytester.runpytest_inprocess("-p", "no:cacheprovider").ret == 0


@pytest.mark.parametrize("look", ["--mit-plan", "--collect-only"])
def test_looking_is_no_promotion(project, gated, look):
    assert gated(HOLDS, look).ret == 2


def test_an_interrupted_run(project, gated):
    result = gated(HOLDS, models=["interrupted"], apart=True)
    assert result.ret == 2


def test_a_crash_of_another_plugin(project, gated):
    project.pytester.makeconftest("def pytest_sessionfinish():\n    raise ValueError('boom')\n")
    result = gated(HOLDS, apart=True)
    assert result.ret == 2
    assert "ValueError: boom" in result.stderr.str() + result.stdout.str()


def test_another_plugin_cannot_make_a_block_green(project, gated):
    text = "import pytest\n@pytest.hookimpl(trylast=True)\n"
    text += "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
    project.pytester.makeconftest(text)
    assert gated(FAILS).ret == 1


def test_a_regression_against_the_baseline(project, gated):
    assert project.run("--mit-report", "base", models=["at"]).ret == 0
    text = HEAD + "[claims.compensation.css]\nmax_regression = 0.1\n"
    text += "[baseline]\nmodels = { toys-gc = 'toys-at' }\n"
    result = gated(text, "--mit-baseline", "base", models=["gc"])
    assert result.ret == 1
    project.said(result, "css max_regression: difference -")
    assert decided(project)["checks"][0]["rule"] == "max_regression"


def test_a_baseline_of_another_design_blocks(project, gated):
    assert project.run("--mit-measure-only", "--mit-report", "base", models=["at"]).ret == 0
    result = gated(HOLDS, "--mit-baseline", "base", "--mit-n", "13", models=["at"])
    assert result.ret == 1
    project.said(result, "n is 13")


def test_a_baseline_that_the_run_replaces_is_the_one_before_it(project, gated):
    assert project.run("--mit-measure-only", models=["at"]).ret == 0
    text = HEAD + "[claims.compensation.css]\nmax_regression = 0.1\n"
    text += "[baseline]\nresults = 'report'\nmodels = { toys-gc = 'toys-at' }\n"
    result = gated(text, models=["gc"])
    assert result.ret == 1
    project.said(result, "css max_regression: difference -")


def test_a_control_that_drifts_blocks(project, gated):
    conftest = """
        import mit_harness.claims.declared as declared
        from mit_harness.stats.verdict import Verdict

        declared.truth_table = lambda: {"pa-pwm": {"compensation": {Verdict.REFUTED}}}
    """
    project.pytester.makeconftest(conftest)
    result = gated(HOLDS, "--mit-n", "100", models=["at", "pa-pwm"], apart=True)
    assert result.ret == 1
    project.said(result, "pa-pwm compensation control: the control drifted: holds, declared")


@TWICE
def test_a_file_that_could_not_be_collected(project, gated, workers):
    project.write(test_broken="import no_such_module\n")
    result = gated(HOLDS, "--continue-on-collection-errors", "-n", workers)
    assert result.ret == 2
    assert "gate: could not judge" in result.stdout.str()
    assert not project.results()["run"]["complete"]
    assert "collection" in project.results()["run"]["faults"]


def test_a_model_that_was_asked_for_and_then_deselected_blocks(project, gated):
    result = gated(HOLDS, "-k", "not toys-gc", models=["at", "gc"])
    assert result.ret == 1
    project.said(result, "block: toys-gc models: there is no model 'toys-gc'")
    named = HEAD + "models = ['toys-at']\n" + HOLDS.removeprefix(HEAD)
    assert gated(named, "-k", "not toys-gc", models=["at", "gc"]).ret == 0


def test_a_model_whose_evals_were_skipped_cannot_be_left_out(project, gated):
    text = "import pytest\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
    text += "        if 'gc' in item.name:\n            item.add_marker(pytest.mark.skip)\n"
    project.pytester.makeconftest(text)
    result = gated(HOLDS, models=["at", "gc"])
    assert result.ret == 2
    said = [check["reason"] for check in decided(project)["checks"]]
    assert any("judged for some models and skipped for others" in why for why in said)
    assert "there is no model 'toys-gc'; did you mean 'toys-at'?" in said
