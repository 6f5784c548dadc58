"""A model is loaded once per run, and not at all where its scores are stored."""

import pytest

TWO = ("at", "gc")


@pytest.mark.parametrize("workers", ["0", "3"])
def test_each_model_loads_once(project, workers):
    result = project.toys().run("-n", workers, "--mit-measure-only", models=TWO)
    assert project.loads == ["at", "gc"]
    assert result.parseoutcomes() == {"passed": 3, "xfailed": 3}
    assert project.verdicts() == {
        "toys-at": dict.fromkeys(("first", "second", "third"), "holds"),
        "toys-gc": dict.fromkeys(("first", "second", "third"), "refuted"),
    }


def test_models_named_one_inside_the_other_load_once(project):
    models = ("py:toys:at", "py:toys:at?x=1", "py:toys:at?x=1-2")
    project.toys().run("-n", "3", "-v", models=models).assert_outcomes(passed=9)
    assert project.loads == ["at", "at", "at"]


def test_models_stay_together_in_any_order_of_files(project):
    project.toys().write(test_z="from test_toy import test_first as test_again\n")
    result = project.run("-v", "--mit-measure-only", models=TWO)
    order = [line.rpartition("[")[0] for line in result.outlines if "::" in line]
    at = [line for line in result.outlines if "::" in line and "toys-at" in line]
    assert len(order) == 8
    assert [line for line in result.outlines if "::" in line][:4] == at
    assert project.loads == ["at", "gc"]


def test_dist_is_obeyed_with_a_warning(project):
    result = project.toys().run("-n", "1", "--dist", "load", "-v", models=["at"])
    assert result.ret == 0
    project.said(
        result,
        "scheduling tests via LoadScheduling",
        "warning: --dist was given, so each worker may load every model",
    )


def test_no_warning_where_dist_is_not_given(project):
    result = project.toys().run("-n", "1", "-v", "-W", "error", models=["unstated"])
    assert result.ret == 0
    assert project.loads == ["at"]
    project.said(
        result,
        "scheduling tests via ModelScheduling",
        "note: toys-unstated states no fingerprint, so its scores are kept for this run only",
    )
    assert "warning: " not in result.stdout.str()


def test_workers_of_another_kind(project):
    args = ("--dist", "loadfile", "--tx", "1*popen")
    assert project.toys().run(*args, models=["at"]).ret == 0
    assert project.verdicts()["toys-at"]["first"] == "holds"


def test_a_warm_run_loads_nothing(project):
    project.toys().run(models=["at"]).assert_outcomes(passed=3)
    first = project.results()["models"]
    for workers in ("0", "1"):
        project.run("-n", workers, models=["at"]).assert_outcomes(passed=3)
    assert project.loads == ["at"]
    assert project.results()["models"] == first


def test_another_n_takes_what_is_stored(project):
    project.toys().run("--mit-n", "8", models=["at"])
    assert project.stored() == {"toys-at": 16}
    result = project.run("--mit-n", "10", "--mit-plan", models=["at"])
    project.said(result, "toys-at: 20 sequences, 4 to score; under 1 s")
    project.run("--mit-n", "10", models=["at"])
    assert project.stored() == {"toys-at": 20}
    project.run("--mit-n", "8", models=["at"])
    assert project.loads == ["at", "at"]


@pytest.mark.parametrize("workers", ["0", "1"])
def test_scores_without_a_fingerprint_go_with_the_run(project, workers):
    project.toys().run("-n", workers, models=["at", "unstated"]).assert_outcomes(passed=6)
    assert project.stored() == {"toys-at": 24}
    project.run("-n", workers, models=["at", "unstated"]).assert_outcomes(passed=6)
    assert project.stored() == {"toys-at": 24}
    assert project.loads == ["at", "at", "at"]
    assert [bool(model["fingerprint"]) for model in project.results()["models"]] == [True, False]


def test_scores_made_before_a_failure_are_kept(project):
    project.toys().run("--mit-batch-tokens", "1000", models=["at", "missing_file"])
    assert project.stored() == {"toys-at": 24}
