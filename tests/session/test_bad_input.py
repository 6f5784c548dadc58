"""Bad input on the command line: one line on stderr, exit status 4, no traceback, nothing lost."""

import sqlite3

import pytest
from filelock import FileLock

TWICE = pytest.mark.parametrize("workers", ["0", "2"])


def refused(project, workers, *args, models=("pa-pwm",)):
    """Return the one line with which a run is refused."""
    result = project.run(f"-n{workers}", *args, models=models)  # ends before there are workers
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    project.said(result)
    lines = [line for line in result.errlines if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("ERROR: mit-harness: ")
    assert "mit-harness ==" not in result.stdout.str()
    assert "\x1b" not in lines[0]
    return lines[0].removeprefix("ERROR: mit-harness: ")


@TWICE
@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("pa-pmw", "no model 'pa-pmw'; did you mean 'pa-pwm'"),
        ("pa-pwm?speed=1", "model 'pa-pwm' has no option 'speed'"),
        ("random?seed=x", "option 'seed' of model 'random' takes an integer, not 'x'"),
        ("py:no_such_module:load", "'py:no_such_module:load': cannot import: No module named"),
        ("py:toys:no_such", "'py:toys:no_such': module 'toys' has no attribute 'no_such'"),
        ("toys:at", "'toys:at': no model scheme 'toys'; known: hf:, evo2:, py:"),
        ("", "a model's spec is empty"),
        ("\x1b[31mred\nline", "no model '\\x1b[31mred\\nline'"),
    ],
)
def test_a_model_that_cannot_be_named(project, workers, model, why):
    assert refused(project.toys(), workers, models=[model]).startswith(why)


@TWICE
def test_what_a_shell_sees(project, workers):
    result = project.toys().run("-n", workers, models=["pa-pmw"], apart=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[:1] == [
        "ERROR: mit-harness: no model 'pa-pmw'; did you mean 'pa-pwm' or 'rpa-pwm'?"
    ]
    assert result.errlines[1:] in ([], [""])


@TWICE
@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--mit-claim", "compensatoin"), "no claim 'compensatoin'; did you mean 'compensation'"),
        (("--mit-n", "0"), "--mit-n must be at least 1, not 0"),
        (("--mit-n", "1.5"), "--mit-n takes a whole number, not '1.5'"),
        (("--mit-seed", "-1"), "--mit-seed must be at least 0, not -1"),
        (("--mit-batch-tokens", "no"), "--mit-batch-tokens takes a whole number, not 'no'"),
        (("--mit-break", "TATAAX"), ""),
        (("--mit-suite", "no\nsuch.tsv"), "/"),
        (("--mit-suite", "."), "/"),
    ],
)
def test_an_option_that_cannot_be_used(project, workers, args, why):
    assert refused(project.toys(), workers, *args).startswith(why)


@TWICE
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the file is empty (0 bytes)"),
        ("id\tsequence\nE_0\t" + "ACGTN" * 20 + "\n", "N"),
        ("id\tsequence\nE_0\tACGT\n", "4 bp"),
    ],
)
def test_a_suite_that_cannot_be_used(project, workers, text, why):
    (project.toys().path / "suite.tsv").write_text(text)
    line = refused(project, workers, "--mit-suite", "suite.tsv")
    assert "suite.tsv" in line
    assert why in line


@TWICE
def test_a_file_where_the_report_should_be(project, workers):
    project.toys().report.write_text("mine")
    assert "cannot be written" in refused(project, workers)
    assert project.report.read_text() == "mine"


@TWICE
def test_a_report_folder_in_use(project, workers):
    project.toys().run(models=["at"])
    before = project.results_text()
    with FileLock(project.report / ".lock"):
        assert refused(project, workers, models=["at"]).startswith("another run is writing to ")
    assert project.results_text() == before
    assert project.run("-n", workers, models=["at"]).ret == 0


def stores():
    """Yield files that are no score store of ours, with a word of the reason."""
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE notes (text)")
        yield db.serialize(), "another program"
        db.execute("PRAGMA application_id = 0x4D495448")
        db.execute("PRAGMA user_version = 99")
        yield db.serialize(), "schema 99, newer than"
    yield b"SQLite format 3\0" + bytes(range(256)) * 20, "damaged"
    yield b"not a database at all\n" * 200, "damaged"


@TWICE
@pytest.mark.parametrize(("content", "why"), [*stores()], ids=["other", "newer", "corrupt", "text"])
def test_a_store_that_cannot_be_used(project, workers, content, why):
    project.toys().store.write_bytes(content)
    line = refused(project, workers)
    assert str(project.store) in line
    assert why in line
    assert project.store.read_bytes() == content


def test_a_folder_where_the_store_should_be(project):
    project.toys().store.mkdir()
    assert str(project.store) in refused(project, "0")


@TWICE
def test_a_date_that_is_none(project, workers, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert refused(project.toys(), workers).startswith("SOURCE_DATE_EPOCH is 'yesterday'")


@TWICE
def test_a_switch_that_is_neither_on_nor_off(project, workers, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_PLAN", "perhaps")
    assert (
        refused(project.toys(), workers) == "MIT_HARNESS_PLAN: 'perhaps' is neither true nor false"
    )


MARKS = {
    "'no_such_claim'": "no claim 'no_such_claim'; known: at_titration",
    "": "test_toy.py::test_a[pa-pwm]: write @pytest.mark.mit_claim('claim id')",
    "Odd()": "test_toy.py::test_a[pa-pwm]: Odd.id is '<b>|'",
    "Taken()": "test_toy.py::test_a[pa-pwm]: Taken has the id of the shipped claim 'compensation'",
}
MARKED = """
import pytest

from toy_claims import First


class Odd(First):
    id = "<b>|"


class Taken(First):
    id = "compensation"


@pytest.mark.mit_claim({})
def test_a(mit_verdict):
    mit_verdict()
"""


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_that_names_no_claim(project, mark):
    project.toys().write(test_toy=MARKED.format(mark))
    assert refused(project, "0").startswith(MARKS[mark])


def test_two_claims_of_one_id(project):
    project.toys().write(test_other=MARKED.format("Odd()").replace("<b>|", "first"))
    line = refused(project, "0")
    assert line == "Odd and First are two claims with one id, 'first'; give each its own"


def test_what_only_a_worker_can_see_is_said_by_its_evals(project):
    project.toys().write(test_toy=MARKED.format("'no_such_claim'"))
    result = project.run("-n", "1", models=["pa-pwm"])
    assert (result.ret, result.parseoutcomes()) == (1, {"errors": 1})
    project.said(result, "InputError: no claim 'no_such_claim'; known: at_titration")


def test_a_model_that_only_a_worker_does_not_know(project):
    text = "import os, toys\nif 'PYTEST_XDIST_WORKER' not in os.environ:\n"
    text += "    def pytest_mit_register_models(registry): registry.add('mine', toys.at)\n"
    project.toys().write(conftest=text)
    result = project.run("-n", "1", "--mit-model", "mine")
    assert (result.ret, result.parseoutcomes()) == (1, {"errors": 3})
    project.said(result, "ModelError: no model 'mine'; known: any-gap")
