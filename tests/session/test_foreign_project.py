"""A project without eval cases in the same environment does not notice the plugin."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "pandas", "scipy", "pydantic", "torch", "statsmodels", "pyarrow", "tabulate"}

TESTS = """
import pytest

TEXT = "a string that says mit_verdict, mit_claim and mit_model is no eval"


@pytest.fixture
def model():
    return "mine"


def test_passes(model):
    assert model == "mine"


@pytest.mark.parametrize("name", ["pa-pwm", "random"])
def test_named_like_a_model(name):
    pass


def test_fails():
    assert 0


@pytest.mark.skip(reason="all of them may be")
def test_skipped():
    pass
"""

CONFTEST = f"""
import sys


def pytest_sessionfinish(session):
    config = session.config
    where = "worker" if hasattr(config, "workerinput") else "main"
    heavy = sorted({HEAVY!r} & set(sys.modules))
    ours = sorted(name for name in sys.modules if name.startswith("mit_harness.report"))
    restarts = getattr(config.option, "maxworkerrestart", None)
    print("\\nSEEN", where, heavy, ours, restarts, file=sys.__stderr__)
"""


def pytest_runs(project, *args):
    """Return the runs with and without the plugin."""
    return [
        project.run("-v", *args, apart=True),
        project.run("-v", "-p", "no:mit_harness", *args, apart=True),
    ]


def essence(result, status):
    """Return what a person or a CI job sees, without times and worker numbers."""
    lines = [line for line in result.outlines if "PASSED" in line or "FAILED" in line]
    counts = result.parseoutcomes()
    assert result.ret == status
    return counts, sorted(line.split("]")[-1][:60] for line in lines)


@pytest.fixture
def foreign(project):
    project.write(test_theirs=TESTS, conftest=CONFTEST)
    return project


def test_untouched(foreign):
    ours, plain = pytest_runs(foreign)
    assert essence(ours, 1) == essence(plain, 1)
    assert foreign.files() == {"test_theirs.py", "conftest.py"}
    foreign.said(ours, "SEEN main [] [] ")
    assert "mit-harness" not in "".join(line for line in ours.outlines if "plugins:" not in line)


def test_untouched_by_workers(foreign):
    ours, plain = pytest_runs(foreign, "-n", "2")
    assert essence(ours, 1) == essence(plain, 1)
    assert foreign.files() == {"test_theirs.py", "conftest.py"}
    foreign.said(ours, "SEEN main [] [] None", "scheduling tests via LoadScheduling")


def test_all_skipped_is_green_as_ever(project):
    project.write(test_theirs="import pytest\npytestmark = pytest.mark.skip\ndef test_a(): pass\n")
    assert project.run().ret == 0
    assert project.run("--collect-only").ret == 0


def test_evals_of_an_environment_in_the_tree_are_not_theirs(foreign):
    packages = foreign.path / "env" / "lib"
    packages.mkdir(parents=True)
    (foreign.path / "env" / "pyvenv.cfg").touch()
    (packages / "test_eval.py").write_text("def test_a(mit_verdict): mit_verdict()\n")
    result = foreign.run("-n", "2", "-v", apart=True)
    foreign.said(result, "scheduling tests via LoadScheduling", "SEEN main [] [] None")
    assert not foreign.report.exists()


def test_environment_variables_do_not_reach_it(foreign, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_PLAN", "perhaps")
    monkeypatch.setenv("MIT_HARNESS_MODEL", "no such model")
    assert foreign.run("-n", "2").ret == 1
    assert foreign.run().parseoutcomes() == {"passed": 3, "failed": 1, "skipped": 1}


def test_plain_tests_beside_evals_run_alone(project):
    project.toys().write(test_plain="def test_plain(): pass\n")
    result = project.run("-k", "plain", models=[])
    assert (result.ret, result.parseoutcomes()["passed"]) == (0, 1)
    assert not project.report.exists()


def test_importing_the_plugin_loads_no_library(tmp_path):
    code = (
        "import sys, pytest; before = set(sys.modules); import mit_harness.plugin; "
        "import mit_harness.fixtures.models, mit_harness.fixtures.verdicts; "
        "print(*sorted(set(sys.modules) - before))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = found.stdout.split()
    assert "mit_harness.plugin" in loaded
    assert [name for name in loaded if not name.startswith("mit_harness")] == []
    assert not any("report" in name or "claims" in name or "models." in name for name in loaded[:3])


def test_a_clone_finds_its_own_evals_and_fixtures(tmp_path):
    """`python -m pytest` puts the sources before the installed package."""
    root = Path(__file__).parents[2]
    code = (
        "import mit_harness.evals, mit_harness.fixtures.verdicts as v; "
        "print(v.__file__, mit_harness.evals.__file__)"
    )
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == [
        str(root / "fixtures" / "verdicts.py"),
        str(root / "evals" / "__init__.py"),
    ]
