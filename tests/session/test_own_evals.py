"""Evals in a folder of the user's own: shipped and own claims, own models, selection."""

import pytest

from mit_harness.claims.registry import DESIGNED, ON_MEASURED

MIXED = """
import pytest

from mit_harness.claims.compensation import Compensation
from toy_claims import First


@pytest.mark.mit_claim("compensation")
def test_by_id(mit_verdict):
    mit_verdict()


@pytest.mark.mit_claim(Compensation())
def test_by_instance(mit_verdict):
    mit_verdict()


class TestOwn:
    pytestmark = pytest.mark.mit_claim(First())

    def test_own(self, mit_verdict, mit_result, mit_claim, mit_sequences, mit_model):
        assert mit_result.claim == mit_claim.id == "first"
        assert mit_sequences.groups == ("E", "D")
        assert mit_model.handle.name == "mine"
        mit_verdict()

    @pytest.mark.parametrize("much", [1, 2])
    def test_with_parameters(self, mit_verdict, much):
        mit_verdict()
"""

REGISTERS = """
import toys


def pytest_mit_register_models(registry):
    registry.add("mine", toys.at, fingerprint="1")
"""


@pytest.fixture
def own(project):
    project.toys().write(test_toy=MIXED, conftest=REGISTERS)
    return project


@pytest.mark.parametrize("workers", ["0", "1"])
def test_marks_and_models(own, workers):
    result = own.run("-n", workers, "--mit-n", "16", "--mit-model", "mine")
    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 5})
    assert own.verdicts() == {"mine": {"compensation": "holds", "first": "holds"}}
    assert own.loads == ["at"]


def test_a_registered_name_that_is_taken(own):
    own.write(conftest=REGISTERS.replace("mine", "pa-pwm"))
    result = own.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    own.said(result, "ERROR: mit-harness: a model called 'pa-pwm' is registered already")


def test_an_unknown_name_lists_registered_ones(own):
    result = own.run("--mit-model", "minr")
    own.said(result, "ERROR: mit-harness: no model 'minr'; did you mean 'mine'?")


def test_selection_by_name_and_by_claim(own):
    assert own.run("-k", "with_parameters", models=["mine"]).parseoutcomes()["passed"] == 2
    result = own.run("--mit-claim", "compensation", "--mit-n", "16", models=["mine"])
    assert result.parseoutcomes() == {"passed": 2, "deselected": 3}


def test_only_what_is_selected_is_scored(own):
    own.run("-k", "test_own", models=["mine"])
    assert own.stored() == {"mine": 24}


def test_evals_of_the_package_beside_ones_own(own):
    own.write(test_more="from mit_harness.evals.test_compensation import test_compensation\n")
    result = own.run("-n", "1", "--mit-n", "16", models=["mine"])
    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 6})


def test_the_shipped_evals_by_package_name(project, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_N", "40")  # fewer would be tested exactly, which is slow
    args = ("--pyargs", "mit_harness.evals", "--import-mode=importlib", "--mit-model=pa-pwm")
    result = project.run(*args, "-n", "1")
    assert (result.ret, result.parseoutcomes()) == (
        0,
        {"passed": len(DESIGNED), "skipped": len(ON_MEASURED)},
    )
    assert set(project.verdicts()["pa-pwm"]) == set(DESIGNED)


def test_a_verdict_without_a_claim(project):
    project.toys().write(test_toy="def test_a(mit_verdict): mit_verdict()\n")
    result = project.run(models=["at"])
    assert (result.ret, result.parseoutcomes()) == (1, {"errors": 1})
    project.said(result, "InputError: test_toy.py::test_a[toys-at] needs @pytest.mark.mit_claim(")


def test_scores_without_a_claim(project):
    evals = "def test_a(mit_model):\n    assert list(mit_model.get().score(['AAC'])) == [2]\n"
    project.toys().write(test_toy=evals)
    assert project.run("-k", "test_a").ret == 1  # the shipped models count nothing
    result = project.run(models=["at"])
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 1})
    project.said(result, "ERROR: no eval was run, so nothing was shown")


CLUMSY = """
import pytest

import toy_claims


class Clumsy(toy_claims.First):
    id = "clumsy"

    def design(self, spec):
        raise ZeroDivisionError("clumsy")


class Loud(toy_claims.First):
    id = "loud"

    def judge(self, *args, **options):
        return self.failed("red \\x1b[31m, and\\nmore")


@pytest.mark.mit_claim(Clumsy())
def test_clumsy(mit_verdict):
    mit_verdict()


@pytest.mark.mit_claim(Loud())
def test_loud(mit_verdict):
    mit_verdict()
"""


def test_a_claim_that_breaks_leaves_the_others_alone(project):
    project.toys().write(test_clumsy=CLUMSY)
    result = project.run(models=["at"])
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 3, "failed": 1, "errors": 1})
    assert project.verdicts()["toys-at"] == {
        "clumsy": "error",
        "first": "holds",
        "loud": "error",
        "second": "holds",
        "third": "holds",
    }
    assert "\x1b" not in result.stdout.str()


def test_what_was_normalised_is_noted(project):
    suite = project.toys().suite("suite.tsv", "DE")
    suite.write_bytes(suite.read_bytes().lower().replace(b"\n", b"\r\n"))
    suite.write_bytes(suite.read_bytes().replace(b"d_", b"D_").replace(b"e_", b"E_"))
    suite.write_bytes(suite.read_bytes().replace(b"\td\t", b"\tD\t").replace(b"\te\t", b"\tE\t"))
    result = project.run("--mit-suite", suite, "--mit-measure-only", models=["at"])
    assert result.ret == 0
    project.said(result, "note: suite.tsv: 16 sequence(s) in lower case, read as upper case")
    project.said(result, "note: suite.tsv: 17 line(s) ending in a carriage return")
