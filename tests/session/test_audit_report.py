"""The control audit of a run: beside results.json, of the sequences that its claims compare."""

import pytest

OWN = """
import pytest

from mit_harness.claims.base import Claim, Measured
from mit_harness.promoter.core import build
from mit_harness.promoter.sequence_set import SequenceSet, make_items
from mit_harness.stats.verdict import Verdict


class Mine(Claim):
    id = "mine"
    title = compares = "C with C backwards"
    meaning = {verdict: "" for verdict in Verdict}

    def pairs(self, protocol):
        return (("C", "backwards"),)

    def make(self, spec):
        made = build(spec, ["C"])
        turned = make_items("backwards", [item.sequence[::-1] for item in made])
        return made | SequenceSet.of(turned)

    def measure(self, scored, stats):
        return Measured([stats.proportion("forwards", *scored.matched("C", "backwards"))])


@pytest.mark.mit_claim(Mine())
def test_mine(mit_verdict):
    mit_verdict()
"""


def audit_of(project):
    """audit.md, unescaped."""
    return (project.report / "audit.md").read_text(encoding="utf-8").replace("\\", "")


def figure_of(project):
    return (project.report / "audit.svg").read_text(encoding="utf-8")


def rows_of(text):
    """Family and source of each row of the summary."""
    lines = text.split("## Summary\n\n")[1].split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip() for cell in line.split("|")[2:4]) for line in lines]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_audits_what_its_claims_compare(project, workers):
    run = project.shipped("scrambled_control", "motif_effect").run(
        "-n", workers, "--mit-measure-only", models=["at", "gc"]
    )
    assert run.ret == 0
    text = audit_of(project)
    assert rows_of(text)[:3] == [
        ("H_decoy", "E_decoy"),
        ("up_displaced", "E"),
        ("motif_exchanged", "motif_correct"),
    ]
    assert ("A_displaced", "A_compensated") not in rows_of(text)
    assert "H_decoy against E_decoy" in figure_of(project)
    board = (project.report / "leaderboard.md").read_text()
    assert f"[Control audit](audit.md) of the sequences: {text.splitlines()[2]}\n" in board


def test_the_same_bytes_each_time_and_at_any_number_of_workers(project):
    project.shipped("compensation", "motif_effect")
    found = []
    for words in ((), (), ("-n", "2")):
        project.run(*words, "--mit-measure-only", models=["at"])
        names = ("audit.md", "audit.svg", "leaderboard.md")
        found.append([(project.report / name).read_bytes() for name in names])
        (project.report / "audit.svg").unlink()
    assert found[0] == found[1] == found[2]


def test_only_the_claims_asked_for_are_audited(project):
    project.shipped("compensation", "motif_effect").run(
        "--mit-claim", "motif_effect", "--mit-measure-only", models=["at"]
    )
    assert rows_of(audit_of(project)) == [("motif_exchanged", "motif_correct"), ("D", "C")]


def test_a_claim_without_pairs_leaves_nothing_to_audit(project):
    project.shipped("composition", "compensation")
    project.run("--mit-measure-only", models=["at"])
    assert (project.report / "audit.svg").exists()
    assert project.run("--mit-claim", "composition", models=["at"]).ret == 0
    assert "No group here has the one beside it" in audit_of(project)
    assert not (project.report / "audit.svg").exists()


def test_a_suite_is_audited_in_the_place_of_the_design(project):
    suite = project.suite("mine.tsv", "DEH")
    project.shipped("compensation", "scrambled_control").run(
        "--mit-suite", suite, "--mit-measure-only", models=["at"]
    )
    text = audit_of(project)
    assert rows_of(text) == [("E", "D")]  # scrambled_control is skipped: it needs more groups
    assert "E against D: 8 of 8 pairs differ outside every element" in text
    board = (project.report / "leaderboard.md").read_text()
    assert "findings: unmatched backgrounds (1)" in board


def test_the_published_protocol_has_its_own_pairs(project):
    suite = project.suite("mine.tsv", "ABCDEH")
    project.shipped("compensation", "scrambled_control", "natural_motif").run(
        "--mit-suite", suite, "--mit-protocol", "published", "--mit-measure-only", models=["at"]
    )
    assert rows_of(audit_of(project)) == [("E", "D"), ("H", "E"), ("D", "C")]


def test_a_claim_of_ones_own_is_audited_where_it_is_known(project):
    project.toys().write(test_own=OWN)
    project.run("test_own.py", "--mit-measure-only", models=["at"])
    assert rows_of(audit_of(project)) == [("backwards", "C")]
    assert "backwards against C: 12 of 12 pairs differ outside every element" in audit_of(project)
    project.run("test_own.py", "-n", "2", "--mit-measure-only", models=["at"])
    said = "mine: a claim of the project's own is known to the workers only; run without -n."
    assert f"## Not audited\n\n- {said}" in audit_of(project)


def test_a_claim_whose_own_code_fails_does_not_lose_the_others(project):
    broken = OWN.replace('made = build(spec, ["C"])', 'raise ValueError("a <b>bug</b>")')
    project.shipped("compensation").write(test_own=broken)
    result = project.run(models=["at"])
    assert project.verdicts()["toys-at"] == {"compensation": "holds", "mine": "error"}
    assert rows_of(audit_of(project)) == [("E", "D"), ("D", "C")]
    assert "- mine: ValueError: a &lt;b&gt;bug&lt;/b&gt;." in audit_of(project)
    project.said(result, "a <b>bug</b>")


def test_a_figure_that_stands_already_is_not_drawn_again(project, monkeypatch):
    project.shipped("compensation").run(models=["at"])
    before = figure_of(project)

    def never(audits):
        raise AssertionError

    monkeypatch.setattr("mit_harness.report.audit.audit_svg", never)
    assert project.run(models=["at"]).ret == 0
    assert figure_of(project) == before


@pytest.mark.parametrize("name", ["audit.md", "audit.svg"])
def test_an_audit_that_cannot_be_written_is_a_red_run_and_one_sentence(project, name):
    project.shipped("compensation")
    (project.report / name).mkdir(parents=True)
    result = project.run(models=["at"])
    assert result.ret == 1
    project.said(result, f"{name} cannot be written (Is a directory)", "1 passed")
    assert project.verdicts() == {"toys-at": {"compensation": "holds"}}
    assert "Control audit" not in (project.report / "leaderboard.md").read_text()


def test_an_audit_that_breaks_is_a_red_run_and_one_sentence(project, monkeypatch):
    project.shipped("compensation")
    monkeypatch.setattr("mit_harness.report.audit.audit_what_can_be", lambda *_: 1 / 0)
    result = project.run(models=["at"])
    assert result.ret == 1
    project.said(result, "ERROR: the control audit cannot be made (ZeroDivisionError: division")
    assert project.verdicts() == {"toys-at": {"compensation": "holds"}}
