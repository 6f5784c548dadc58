"""report.html as a file: whole, made anew only where something but the date is new."""

import pytest

from mit_harness.errors import ReportError
from mit_harness.report.html import written
from mit_harness.report.html.page import Run
from mit_harness.report.html.written import digest, write_page


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
