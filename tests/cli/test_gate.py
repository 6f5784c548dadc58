"""``mit-harness gate``: the exit status, what is written, and when a run becomes the baseline."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app
from mit_harness.errors import MitHarnessError

HEAD = 'schema = "mit-harness/gate/1"\n'


def gate(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["gate", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a user's model, made as a user makes it."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "mine.py").write_text(
        "def load():\n    return lambda seqs: [s.count('A') for s in seqs]\n"
    )
    evals = Path(__file__).parents[2] / "evals" / "test_compensation.py"
    command = [
        sys.executable, "-m", "pytest", str(evals), "-q", "-p", "no:cacheprovider",
        "--mit-model", "py:mine:load", "--mit-n", "12", "--mit-report", "report",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "report"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "gate.toml"
    file.write_text(HEAD + "[claims.compensation.css]\nmin_ci_low = 0.5\n")
    return file


def test_a_mistyped_run_leaves_nothing_behind(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    status, said = gate("nowhere", rules)
    assert status == 2
    assert "nowhere cannot be read" in said
    assert list(tmp_path.iterdir()) == [rules]


def test_promote_and_block(run: Path, rules: Path, tmp_path: Path):
    status, said = gate(run, rules, "--out", tmp_path)
    assert (status, said.splitlines()[0]) == (0, "gate: promote (2 of 2 checks pass)")
    assert (tmp_path / "gate.md").read_text().startswith("# Gate: promote")
    rules.write_text(HEAD + "[claims.compensation.css]\nmin_ci_low = 0.99\n")
    status, said = gate(run / "results.json", rules)
    assert (status, said.splitlines()[0]) == (1, "gate: block (1 of 2 checks block)")
    assert '"decision": "block"' in (run / "gate.json").read_text()


def test_a_run_becomes_the_baseline_only_where_it_is_promoted(
    run: Path, rules: Path, tmp_path: Path
):
    base = tmp_path / "base"
    status, said = gate(run, rules, "--promote", base)
    assert (status, (base / "scores.parquet").exists()) == (0, True)
    assert f"promoted: {base}" in said
    before = (base / "results.json").read_bytes()
    assert gate(run, rules, "--promote", base)[0] == 0  # may be replaced
    status, said = gate(run, rules, "--baseline", base)
    assert (status, "baseline: it is the very run that is judged" in said) == (1, True)
    (base / "results.json").write_bytes(b"{}")
    rules.write_text(HEAD + "[claims.compensation.css]\nmin_ci_low = 0.99\n")
    status, said = gate(run, rules, "--promote", base)
    assert (status, (base / "results.json").read_bytes()) == (1, b"{}")
    assert "not promoted" in said
    assert before != b"{}"


def test_what_cannot_be_read_is_2(run: Path, rules: Path, tmp_path: Path):
    status, said = gate(tmp_path / "none", rules)
    assert status == 2
    assert "gate: could not judge" in said
    for arguments in ((run, tmp_path / "none.toml"), (run,), ()):
        with pytest.raises(MitHarnessError):
            gate(*arguments)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mit_harness.cli import main; main()",
            "gate",
            run,
            "none.toml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "mit-harness: gate file none.toml cannot be read: No such file or directory\n"
    )


def test_a_crash_is_no_verdict(run: Path, rules: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("mit_harness.report.gate.decision.decide", broken)
    status, said = gate(run, rules)
    assert status == 2
    assert "the gate broke, so nothing was judged" in said


def test_a_starter_that_can_be_used(run: Path, tmp_path: Path):
    file = tmp_path / "gate.toml"
    assert gate("--init", file)[0] == 0
    status, said = gate(run, file, "--out", tmp_path)
    assert status == 1  # this run was asked one claim only
    assert "scrambled_control require_ran: was not judged in the run" in " ".join(said.split())
    with pytest.raises(MitHarnessError, match="exists already"):
        gate("--init", file)
    with pytest.raises(MitHarnessError, match="takes nothing but"):
        gate("--init", file, file)
