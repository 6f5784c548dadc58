"""What a session says of the reference language models that cannot run here."""

from importlib.util import find_spec

import pytest

LINE = "not run: 3 reference models need torch and transformers: pip install 'mit-harness[glm]'"


@pytest.fixture
def without(project, monkeypatch):
    """A project on a machine without torch and transformers."""
    from mit_harness.models import references

    absent = ("torch", "transformers")
    monkeypatch.setattr(references, "find_spec", lambda n: None if n in absent else find_spec(n))
    return project.shipped("scrambled_control")


def test_a_plain_run_leaves_them_out_and_says_so_in_one_line(without):
    result = without.run("--mit-model", "embedded")
    assert result.ret == 0
    assert result.outlines.count(f"note: {LINE}") == 1
    assert len(without.results()["models"]) == 15


def test_a_plan_says_it_too(without):
    result = without.run("--mit-plan", "--mit-model", "embedded")
    assert result.ret == 0
    assert LINE in " ".join(" ".join(result.outlines).split())


def test_nothing_is_said_where_they_were_not_asked_for(without):
    result = without.run("--mit-model", "controls")
    assert "not run" not in result.stdout.str()
