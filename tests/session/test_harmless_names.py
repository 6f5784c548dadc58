"""Names and files with markdown, HTML, ANSI codes or newlines do no harm in any report."""

import pytest

RED, LINE, MARKUP = "\x1b[31m", "\n", "<b>|*[x](y)`"
WILD = f"{MARKUP}{RED}{LINE}"


def harmless(project, result):
    """Check the terminal, the leaderboard and results.json."""
    for text in (result.stdout.str(), result.stderr.str()):
        assert "\x1b" not in text
    board = (project.report / "leaderboard.md").read_text()
    assert "\x1b" not in board
    for raw in ("<b>", "[x](y)", "|*"):
        assert raw not in board
    rows = [line for line in board.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows[:3]} == {8}
    return project.results()


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_model_with_wild_options(project, workers):
    spec = f"py:toys:at?x={WILD}"
    result = project.toys().run("-n", workers, "-v", models=[spec])
    assert result.ret == 0
    assert harmless(project, result)["models"][0]["spec"] == spec.strip()


def test_two_models_whose_names_become_one(project):
    specs = ["py:toys:at?x=<", "py:toys:at?x=>", "py:toys:at"]
    project.toys().run(models=specs).assert_outcomes(passed=9)
    assert [model["name"] for model in project.results()["models"]] == [
        "toys-at-x",
        "toys-at-x-2",
        "toys-at",
    ]


def test_a_suite_with_a_wild_name(project):
    suite = project.toys().suite(f"su{RED}{LINE}<b>.tsv", "DE")
    result = project.run("--mit-suite", suite, "--mit-measure-only", models=["at"])
    assert result.ret == 0
    assert harmless(project, result)["design"]["suite_sha256"]


def test_a_suite_that_is_not_there(project):
    result = project.toys().run("--mit-suite", f"su{RED}{LINE}<b>.tsv", models=["at"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "su\\x1b[31m\\n<b>.tsv" in result.stderr.str()
    assert "\x1b" not in result.stderr.str()


def test_a_report_folder_with_a_wild_name(project, monkeypatch):
    project.report = project.path / f"re{RED}{LINE}port"
    monkeypatch.setenv("MIT_HARNESS_REPORT", str(project.report))
    result = project.toys().run(models=["at"])
    assert result.ret == 0
    harmless(project, result)
    project.said(result, "re\\x1b[31m\\nport")


def test_a_model_that_fails_in_wild_words(project):
    text = f"def wild():\n    raise ValueError({WILD!r})\nwild.fingerprint = '1'\n"
    project.toys().write(wild=text)
    result = project.run(models=["py:wild:wild"])
    assert result.ret == 1
    claim = harmless(project, result)["models"][0]["claims"][0]
    assert claim["verdict"] == "error"
    assert claim["explanation"].isprintable()


def test_an_eval_that_skips_in_wild_words(project):
    mark = "import pytest, toy_claims\n@pytest.mark.mit_claim(toy_claims.First())\n"
    wild = f"def test_wild(mit_verdict):\n    pytest.skip({WILD!r})\n"
    project.toys().write(test_wild=mark + wild)
    result = project.run("--mit-measure-only", models=["at"])
    assert result.ret == 0
    assert "\x1b" not in result.stdout.str()
    assert project.results()["run"]["skipped"]["first"].isprintable()
