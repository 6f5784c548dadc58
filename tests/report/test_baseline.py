"""A run becomes a baseline only whole, checked, and when told to."""

import shutil

import pytest

from mit_harness.errors import ReportError
from mit_harness.report.baseline import promote
from mit_harness.report.finished import read_run
from mit_harness.report.folder import RESULTS, sealed, to_json
from mit_harness.report.items import SCORES


@pytest.fixture
def run(finished_run):
    return read_run(finished_run("pa-pwm", "markov"))


def test_both_files_are_there_and_readable(run, tmp_path):
    to = tmp_path / "deep" / "baseline"
    assert promote(run, to) == to / RESULTS
    assert {file.name for file in to.iterdir()} == {RESULTS, SCORES}
    for name in (RESULTS, SCORES):
        assert (to / name).read_bytes() == (run.file.parent / name).read_bytes()
    assert read_run(to).results == run.results


def test_an_existing_baseline_is_replaced_only_when_told(run, finished_run, tmp_path):
    promote(run, tmp_path)
    other = read_run(finished_run("kmer"))
    with pytest.raises(ReportError, match="is there already; name another folder"):
        promote(other, tmp_path)
    assert read_run(tmp_path).results == run.results
    promote(other, tmp_path, replace=True)
    assert read_run(tmp_path).results == other.results


def test_a_run_that_broke_off_is_none(finished_run, tmp_path):
    with pytest.raises(ReportError, match="broke off, so no baseline"):
        promote(read_run(finished_run("pa-pwm", complete=False)), tmp_path / "to")
    assert not (tmp_path / "to").exists()


def forge(run, tmp_path, **facts):
    """Write a run with something else in its first claim, and a checksum that fits."""
    folder = tmp_path / "forged"
    shutil.copytree(run.file.parent, folder)
    model = run.results.models[0]
    claims = [model.claims[0].model_copy(update=facts), *model.claims[1:]]
    models = [model.model_copy(update={"claims": claims}), *run.results.models[1:]]
    forged = sealed(run.results.model_copy(update={"models": models}))
    (folder / RESULTS).write_text(to_json(forged))
    return read_run(folder)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"verdict": "error"}, "has the verdict error for compensation of pa-pwm"),
        ({"verdict": "absent"}, "when recomputed from its per-item scores"),
        ({"version": 9}, "holds version 9 of compensation"),
    ],
)
def test_what_does_not_come_out_is_none(run, tmp_path, facts, said):
    forged = forge(run, tmp_path, **facts)
    with pytest.raises(ReportError, match=said):
        promote(forged, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_scores_that_changed_since_they_were_read(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run.file.parent, folder)
    found = read_run(folder)
    (folder / SCORES).write_bytes(b"other")
    with pytest.raises(ReportError, match="was changed since its run was read"):
        promote(found, tmp_path / "to")
    (folder / SCORES).unlink()
    with pytest.raises(ReportError, match="cannot be read"):
        promote(found, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_folder_that_cannot_be_made(run, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="cannot be"):
        promote(run, tmp_path / "file")


def test_a_copy_that_breaks_off_is_refused_by_its_readers(run, finished_run, tmp_path, monkeypatch):
    """The scores come first: results.json of the old baseline does not fit them."""
    promote(run, tmp_path)

    def no_space(results):
        raise ReportError("no space")

    monkeypatch.setattr("mit_harness.report.baseline.to_json", no_space)
    with pytest.raises(ReportError, match="no space"):
        promote(read_run(finished_run("kmer")), tmp_path, replace=True)
    with pytest.raises(ReportError, match="copy both from one run"):
        read_run(tmp_path)
