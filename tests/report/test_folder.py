"""The report folder: one run at a time, whole files or the old ones."""

import os
import subprocess
import sys

import pytest

from mit_harness.errors import ReportError
from mit_harness.promoter.audit import audit
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.report import audit as audit_module
from mit_harness.report import folder as module
from mit_harness.report.audit import AuditReport
from mit_harness.report.folder import (
    AUDIT,
    AUDIT_FIGURE,
    LEADERBOARD,
    PAGE,
    RESULTS,
    ReportFolder,
    read_results,
    sealed,
    to_json,
)
from mit_harness.report.leaderboard import to_markdown


@pytest.fixture
def folder(tmp_path):
    made = ReportFolder(tmp_path / "reports" / "latest")
    yield made
    made.release()


def files(path):
    return sorted(p.name for p in path.iterdir() if p.name != ".lock")


def refusal(path):
    with pytest.raises(ReportError) as caught:
        ReportFolder(path)
    text = str(caught.value)
    assert str(path) in text
    assert "--mit-report" in text
    assert "\n" not in text
    return text


def test_a_run_writes_results_leaderboard_and_page(make, folder):
    run = make.small_run()
    assert folder.write(run) == sealed(run)
    assert files(folder.path) == [LEADERBOARD, PAGE, RESULTS]
    assert read_results(folder.path) == sealed(run)
    text = (folder.path / LEADERBOARD).read_text(encoding="utf-8")
    assert text == to_markdown(run.design, run.models, run.run.harness)


def test_the_date_stands_in_no_other_place_than_the_run(make, folder):
    folder.write(make.results(make.model("m", [make.claim()]), created="2001-01-01"))
    first = (folder.path / LEADERBOARD).read_bytes()
    folder.write(make.results(make.model("m", [make.claim()]), created="2002-02-02"))
    assert (folder.path / LEADERBOARD).read_bytes() == first
    assert read_results(folder.path).run.created == "2002-02-02"


def test_the_leaderboard_of_an_incomplete_run_says_so(make, folder):
    folder.write(make.results(make.model("m", [make.claim()]), complete=False))
    assert "**This run is incomplete" in (folder.path / LEADERBOARD).read_text(encoding="utf-8")


def test_one_run_at_a_time(tmp_path):
    first = ReportFolder(tmp_path)
    assert "another run is writing to" in refusal(tmp_path)
    first.release()
    ReportFolder(tmp_path).release()


def test_a_run_in_another_process_holds_the_folder_until_it_ends(tmp_path):
    program = (
        "import sys; from pathlib import Path; from mit_harness.report.folder import ReportFolder;"
        "held = ReportFolder(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        assert "another run is writing to" in refusal(tmp_path)
        process.kill()
    ReportFolder(tmp_path).release()  # a killed run leaves no lock behind


@pytest.mark.parametrize("place", ["file", "file/folder", "file/folder/deeper"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path, place):
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in refusal(tmp_path / place)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(module.os, "access", lambda path, mode: False)  # root may write anywhere
    assert "cannot be written: Permission denied" in refusal(tmp_path)


def test_a_failing_write_leaves_the_old_files_and_nothing_else(make, folder, monkeypatch):
    folder.write(make.results(make.model("old", [make.claim()])))
    before = {name: (folder.path / name).read_bytes() for name in files(folder.path)}

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReportError, match=r"results\.json cannot be written \(No space left"):
        folder.write(make.results(make.model("new", [make.claim()])))
    assert {name: (folder.path / name).read_bytes() for name in files(folder.path)} == before


def test_a_leaderboard_that_fails_leaves_the_new_results(make, folder, monkeypatch):
    folder.write(make.results(make.model("old", [make.claim()])))
    monkeypatch.setattr(module, "to_markdown", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        folder.write(make.results(make.model("new", [make.claim()])))
    assert read_results(folder.path).models[0].name == "new"
    assert "old" in (folder.path / LEADERBOARD).read_text()
    assert files(folder.path) == [LEADERBOARD, PAGE, RESULTS]


def test_something_else_in_the_files_place_is_refused(make, folder):
    (folder.path / RESULTS).mkdir()
    with pytest.raises(ReportError, match=r"results\.json cannot be written"):
        folder.write(make.small_run())


def test_a_folder_that_vanished_is_refused_not_made_again(make, folder):
    (folder.path / ".lock").unlink()
    folder.path.rmdir()
    with pytest.raises(ReportError, match="cannot be written"):
        folder.write(make.small_run())


def test_names_with_spaces_and_control_characters_work(make, tmp_path):
    folder = ReportFolder(tmp_path / "my report\n\x1b[31m é")
    folder.write(make.small_run())
    folder.release()
    assert to_json(read_results(folder.path)) == to_json(sealed(make.small_run()))
    with pytest.raises(ReportError) as caught:
        read_results(folder.path / "x")
    assert str(caught.value).isprintable()


@pytest.fixture(scope="module")
def audited():
    return AuditReport(tuple(audit(build(DesignSpec(n=3), ["D", "E", "H"]))), ("X: no",))


@pytest.fixture
def drawings(monkeypatch):
    """What was drawn; drawing itself is tested elsewhere, and slow."""
    drawn = []

    def draw(audits):
        drawn.append(len(audits))
        return f"<svg/>\n{audit_module.digest(audits)}"

    monkeypatch.setattr(audit_module, "audit_svg", draw)
    return drawn


def test_a_run_with_an_audit_writes_it_and_links_to_it(make, folder, audited, drawings):
    folder.write(make.small_run(), lambda: audited)
    assert files(folder.path) == sorted([AUDIT, AUDIT_FIGURE, LEADERBOARD, PAGE, RESULTS])
    assert (folder.path / AUDIT).read_text(encoding="utf-8") == audited.markdown
    line = f"[Control audit](audit.md) of the sequences: {audited.headline}\n"
    assert line in (folder.path / LEADERBOARD).read_text(encoding="utf-8")
    assert audited.headline not in (folder.path / RESULTS).read_text(encoding="utf-8")


def test_the_figure_is_drawn_again_only_if_the_numbers_are_others(make, folder, audited, drawings):
    for _ in range(2):
        folder.write(make.small_run(), lambda: audited)
    assert drawings == [2]
    folder.write(make.small_run(), lambda: AuditReport(audited.audits[:1]))
    assert drawings == [2, 1]
    whole = (folder.path / AUDIT_FIGURE).read_bytes()
    for broken in (b"", whole[:-1], whole + b"x", b"x" * 10_000):
        (folder.path / AUDIT_FIGURE).write_bytes(broken)
        folder.write(make.small_run(), lambda: AuditReport(audited.audits[:1]))
        assert (folder.path / AUDIT_FIGURE).read_bytes() == whole
    assert drawings == [2, 1, 1, 1, 1, 1]


def test_without_a_pair_no_old_figure_is_left(make, folder, audited, drawings):
    folder.write(make.small_run(), lambda: audited)
    folder.write(make.small_run(), lambda: AuditReport(()))
    assert files(folder.path) == sorted([AUDIT, LEADERBOARD, PAGE, RESULTS])
    assert "there is no pair to compare" in (folder.path / LEADERBOARD).read_text()
    (folder.path / AUDIT_FIGURE).mkdir()
    with pytest.raises(ReportError, match=r"audit\.svg cannot be removed"):
        folder.write(make.small_run(), lambda: AuditReport(()))


@pytest.mark.parametrize("name", [AUDIT, AUDIT_FIGURE])
def test_an_audit_that_cannot_be_written_leaves_results_and_leaderboard(
    make, folder, audited, drawings, name
):
    (folder.path / name).mkdir()
    with pytest.raises(ReportError, match=f"{name.replace('.', '[.]')} cannot be written"):
        folder.write(make.small_run(), lambda: audited)
    assert read_results(folder.path) == sealed(make.small_run())
    assert "Control audit" not in (folder.path / LEADERBOARD).read_text(encoding="utf-8")


def test_an_audit_that_cannot_be_made_leaves_results_and_leaderboard(make, folder):
    def broken():
        raise ReportError("the control audit cannot be made (x)")

    with pytest.raises(ReportError, match="cannot be made"):
        folder.write(make.small_run(), broken)
    assert files(folder.path) == [LEADERBOARD, PAGE, RESULTS]
