"""A worker that dies ends the run by itself, without a hang, a green or a traceback."""

import pytest


@pytest.mark.parametrize("extra", [(), ("--mit-measure-only",)])
def test_a_killed_worker(project, extra):
    result = project.toys().run("-n", "2", *extra, models=["killer", "at"], apart=True)
    assert result.ret == 1
    project.said(
        result,
        "worker restarting disabled",
        "crashed while running 'test_toy.py::test_first[toys-killer]'",
        "tests were collected but never reported, first test_toy.py::test_second[toys-killer]",
    )
    run = project.results()["run"]
    assert not run["complete"]
    assert list(run["faults"]) == ["test_toy.py::test_first[toys-killer]"]


def test_batches_that_were_finished_are_kept(project):
    args = ("-n", "1", "--mit-batch-tokens", "500")
    result = project.toys().run(*args, models=["killer_on_second_call"], apart=True)
    assert result.ret == 1
    assert project.stored() == {"toys-killer_on_second_call": 5}


def test_the_only_worker_is_killed(project):
    result = project.toys().run("-n", "1", models=["killer"], apart=True)
    assert result.ret == 1
    project.said(result, "2 of 3 tests were collected but never reported")


DIES = """
import os

if os.environ.get("PYTEST_XDIST_WORKER") in {}:
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("who", [("gw0",), ("gw0", "gw1")])
def test_workers_killed_while_collecting(project, who):
    project.toys().write(test_dies=DIES.format(who))
    result = project.run("-n", "2", models=["at"], apart=True)
    assert result.ret not in (0, pytest.ExitCode.INTERNAL_ERROR)
    project.said(result, "worker restarting disabled", "ERROR: ")
