"""``--mit-engine ray`` in a session, with actors in this process: no Ray is needed here."""

import subprocess
import sys
from collections import deque
from contextlib import contextmanager

import pytest

from mit_harness.scoring.remote import cluster, engine
from mit_harness.scoring.remote.work import Scorer

RAY = ("--mit-engine", "ray")


class NearActor:
    """Does at once what it is asked."""

    def __init__(self, folder):
        self.scorer = Scorer(folder, [])
        self.asked = deque()

    def ready(self):
        return self._done(None)

    def work(self, recipe, batch):
        return self._done(self.scorer.work(recipe, batch))

    def stop(self):
        self.scorer.close()

    def _done(self, reply):
        self.asked.append(reply)
        return self


class NearPool:
    size = 2

    def __init__(self, folder):
        self.folder = folder

    def start(self):
        return NearActor(self.folder)

    def wait(self, tickets, timeout_s):
        return tickets

    def answer(self, ticket):
        return ticket.asked.popleft()


@pytest.fixture
def near(project, monkeypatch):
    """Sessions whose actors are not far."""

    @contextmanager
    def found(device, cpus):
        assert (device, cpus) == (None, 3)
        yield NearPool(str(project.path))

    monkeypatch.setenv("MIT_HARNESS_RAY_CPUS", "3")
    monkeypatch.setattr(engine, "cluster", found)
    monkeypatch.setattr(engine, "check_installed", lambda: None)
    return project.toys()


def test_all_models_are_scored_before_the_first_eval_and_loaded_once(near):
    result = near.run(*RAY, models=["at", "gc", "pa-pwm"])
    assert near.loads == ["at", "gc"]
    assert near.verdicts()["toys-at"] == dict.fromkeys(("first", "second", "third"), "holds")
    scored = near.results()["models"]
    assert all(model["noise"]["nats"] == 0 for model in scored)
    assert sum(near.stored().values()) == 3 * near.stored()["toys-at"]
    near.said(result)
    here = near.run("--mit-report", "here", models=["at", "gc", "pa-pwm"])
    assert near.loads == ["at", "gc"]  # all is in the store
    assert here.ret == result.ret


def test_one_model_that_fails_is_its_own_evals_error_and_is_not_tried_here(near):
    result = near.run(*RAY, models=["missing_file", "nan", "at"])
    assert near.verdicts() == {
        "toys-missing_file": dict.fromkeys(("first", "second", "third"), "error"),
        "toys-nan": dict.fromkeys(("first", "second", "third"), "error"),
        "toys-at": dict.fromkeys(("first", "second", "third"), "holds"),
    }
    near.said(result, "no weights", "nan")
    assert near.loads == ["at"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_model_without_a_fingerprint_is_scored_for_this_run(near):
    near.run(*RAY, models=["unstated"])
    assert near.loads == ["at"]
    assert near.verdicts()["toys-unstated"]["first"] == "holds"
    assert near.stored() == {}


def test_a_model_that_only_the_conftest_knows_is_refused(near):
    near.write(conftest="def pytest_mit_register_models(registry):\n"
                        "    registry.add('mine', lambda: None)\n")  # fmt: skip
    result = near.run(*RAY, models=["mine"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    near.said(result, "model 'mine' is registered by a conftest.py", "py:package.module:factory")


def test_without_ray_one_sentence_says_how_to_install_it(project, monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    result = project.toys().run(*RAY, models=["at"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    project.said(result, "the engine 'ray' needs Ray: pip install 'mit-harness[ray]'")
    assert project.loads == []


def test_workers_beside_it_are_refused(project):
    result = project.toys().run(*RAY, "-n2", models=["at"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    project.said(result, "--mit-engine ray spreads the work itself; leave out -n, or give -n0")


def test_another_engine_is_refused(project, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_ENGINE", "dask")
    result = project.toys().run(models=["at"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    project.said(result, "MIT_HARNESS_ENGINE takes local or ray, not 'dask'")


@pytest.mark.usefixtures("near")
def test_a_plan_or_a_look_starts_nothing(project, monkeypatch):
    monkeypatch.delattr(engine, "cluster")
    for words in (("--mit-plan",), ("--collect-only",)):
        assert project.run(*RAY, *words, models=["at"]).ret == pytest.ExitCode.OK


def test_nothing_of_ray_is_imported_without_it(project):
    words = ["-p", "no:cacheprovider", "-q", "--mit-model", "pa-pwm"]
    code = f"import pytest, sys\npytest.main({words})\n"
    code += "from mit_harness.cli import main\nsys.argv = ['mit-harness', 'score', '--help']\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    code += (
        "found = [m for m in sys.modules if m.startswith(('ray.', 'mit_harness.scoring.remote'))]\n"
    )
    code += "assert not found, found"
    project.toys()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
