"""report.html as a file: whole, made anew only where something but the date is new."""

import numpy as np
import pytest
from typer.testing import CliRunner

from mit_harness.claims.registry import get_claim
from mit_harness.cli import app
from mit_harness.errors import ReportError
from mit_harness.models.base import Scores
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.build import claim_record, model_records
from mit_harness.report.folder import PAGE, ReportFolder
from mit_harness.report.html import written
from mit_harness.report.html.audited import finished_audit
from mit_harness.report.html.page import Run
from mit_harness.report.html.written import digest, finished_page, write_page
from mit_harness.report.items import ItemScores


def again(run, **update):
    results = run.results
    return Run(results.model_copy(update={"run": results.run.model_copy(update=update)}), run.items)


def test_a_page_of_the_same_inputs_gets_only_the_new_date(small, tmp_path, monkeypatch):
    file = tmp_path / "report.html"
    write_page(file, small)
    first = file.read_text()
    monkeypatch.setattr(written, "page", lambda run: pytest.fail("made again"))
    write_page(file, small)
    assert file.read_text() == first
    write_page(file, again(small, created="2031-02-03T00:00:00+00:00", sha256="ab" * 32))
    assert file.read_text().replace("2031-02-03", "2026-11-21").count("\n") == first.count("\n")
    assert "2031-02-03" in file.read_text()


@pytest.mark.parametrize("update", [{"complete": False}, {"harness": "9"}, {"skipped": {"a": "b"}}])
def test_anything_else_makes_it_anew(small, update):
    assert digest(again(small, **update)) != digest(small)


def test_scores_and_figures_count_too(small, make):
    assert digest(Run(small.results)) != digest(small)
    other = make.results(*small.results.models[:1])
    assert digest(Run(other, small.items)) != digest(small)


def test_a_page_cut_short_is_made_again(small, tmp_path):
    file = tmp_path / "report.html"
    write_page(file, small)
    whole = file.read_text()
    file.write_text(whole[:5000])
    write_page(file, small)
    assert file.read_text() == whole


def test_what_cannot_be_made_is_one_sentence_and_leaves_what_was_there(small, tmp_path):
    file = tmp_path / "report.html"
    file.write_text("before")

    def broken():
        raise ValueError("no\nfont")

    with pytest.raises(ReportError, match=r"cannot be made \(ValueError: no\\nfont\)"):
        write_page(file, Run(small.results, small.items, None, broken))
    assert file.read_text() == "before"


@pytest.fixture
def finished(make, tmp_path):
    """A folder of a run of one control on one claim, as its run wrote it."""
    spec, claim = DesignSpec(n=12), get_claim("compensation")
    (handle,) = Registry().resolve_all(["pa-pwm"])
    sequences = claim.design(spec)
    values = np.asarray(handle.load().score([item.sequence for item in sequences]))
    counts = np.full(len(values), 100, dtype=np.int64)
    scores = {claim.id: Scores(values, counts, counts)}
    items = ItemScores({claim.id: sequences}, {handle.name: scores})
    scored = items.scored(handle.name, claim.id)
    result = claim.judge(scored, protocol="matched", seed=42, tolerance=handle.tolerance)
    record = claim_record(result, claim.threshold, None)
    results = make.results(
        *model_records([handle], {handle.name: [record]}), design=make.design(n=12)
    )
    folder = ReportFolder(tmp_path / "run")
    folder.write(results, lambda: finished_audit(items, results.design), items)
    folder.release()
    return folder.path


def test_a_finished_run_gives_the_page_that_its_run_wrote(finished, tmp_path):
    finished_page(finished, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (finished / PAGE).read_bytes()


def test_a_page_of_a_run_that_was_changed_is_refused(finished, tmp_path):
    scores = finished / "scores.parquet"
    scores.write_bytes(scores.read_bytes()[:-1] + b"x")
    with pytest.raises(ReportError, match="SHA-256"):
        finished_page(finished, tmp_path / "again.html")
    assert not (tmp_path / "again.html").exists()


def test_a_run_without_scores_has_a_page_without_pairs(make, tmp_path):
    folder = ReportFolder(tmp_path / "run")
    folder.write(make.small_run())
    folder.release()
    first = (folder.path / PAGE).read_bytes()
    said = CliRunner().invoke(
        app, ["report", str(folder.path), "--html", str(tmp_path / "again.html")]
    )
    assert said.exit_code == 0
    assert (tmp_path / "again.html").read_bytes() == first


def test_a_page_that_cannot_be_made_leaves_results_and_leaderboard(make, tmp_path, monkeypatch):
    def broken(run):
        raise ZeroDivisionError

    monkeypatch.setattr(written, "page", broken)
    folder = ReportFolder(tmp_path / "run")
    with pytest.raises(ReportError, match=r"report\.html cannot be made \(ZeroDivisionError"):
        folder.write(make.small_run())
    folder.release()
    assert {"results.json", "leaderboard.md"} <= {p.name for p in folder.path.iterdir()}
