"""The command line: what it writes, the same bytes each time, and one line for bad input."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app
from mit_harness.errors import MitHarnessError
from mit_harness.promoter.grammar import SIGMA70


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    """Return our own error's text; typer's own usage errors have exit status 2 by themselves."""
    with pytest.raises(MitHarnessError) as caught:
        CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.fixture
def core(tmp_path: Path) -> Path:
    run("design", "core", "--out", tmp_path / "core.tsv")
    return tmp_path / "core.tsv"


def test_design_core_is_650_sequences_and_the_same_bytes_each_time(core: Path, tmp_path: Path):
    found = rows(core)
    assert len(found) == 650
    assert list(found[0])[:4] == ["id", "class", "index", "sequence"]
    assert {len(row["sequence"]) for row in found} == {SIGMA70.length}
    run("design", "core", "--out", tmp_path / "again.tsv")
    assert core.read_bytes() == (tmp_path / "again.tsv").read_bytes()


def test_design_families_adds_every_control_family_and_the_decoy_pair(core: Path, tmp_path: Path):
    run("design", "core", "--families", "--out", tmp_path / "all.tsv")
    found = rows(tmp_path / "all.tsv")
    assert found[:650] == rows(core)
    assert {row["class"] for row in found[650:]} == {
        "displaced",
        "up_displaced",
        "extended_displaced",
        "shuffled",
        "dinucleotide",
        "E_decoy",
        "H_decoy",
    }
    assert len(found) == 650 + 7 * 100


@pytest.mark.parametrize("form", ["tsv", "csv", "fasta", "jsonl", "parquet"])
def test_every_format_of_a_design_scores_alike(form: str, tmp_path: Path):
    suffix = "fa" if form == "fasta" else form
    file = tmp_path / f"claim.{suffix}"
    run("design", "compensation", "--n", 7, "--format", form, "--out", file)
    run("score", "pa-pwm", "--sequences", file, "--out", tmp_path / "scores.tsv")
    found = rows(tmp_path / "scores.tsv")
    assert [row["id"] for row in found[:2]] == ["E_000", "E_001"]
    assert len(found) == 21
    assert all(float(row["score"]) > 0 for row in found)


def test_scores_made_elsewhere_come_back_unchanged(core: Path, tmp_path: Path):
    scores, checked = tmp_path / "scores.tsv", tmp_path / "checked.tsv"
    run("score", "thermo", "--sequences", core, "--out", scores)
    run("import-scores", scores, "--sequences", core, "--out", checked)
    assert scores.read_bytes() == checked.read_bytes()


def test_scoring_through_a_store_is_the_same(core: Path, tmp_path: Path):
    for name in ("first", "second"):
        run(
            "score", "rpa-pwm", "--sequences", core,
            "--store", tmp_path / "s.sqlite", "--out", tmp_path / name,
        )  # fmt: skip
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_models_and_claims_list_what_can_be_named():
    assert "rpa-pwm" in run("models")
    listed = run("claims")
    assert "scrambled_control" in listed
    assert "CI low > 0.50" in listed


def test_audit_writes_a_table_of_the_benchmark(tmp_path: Path):
    run("audit", "--n", 12, "--out", tmp_path / "audit.md")
    assert "E_decoy" in (tmp_path / "audit.md").read_text().replace("\\", "")


def test_bad_input_is_one_line(core: Path, tmp_path: Path):
    assert "did you mean 'pa-pwm'" in refused("score", "pa-pvm", "--sequences", core)
    assert "no claim 'spacin'" in refused("design", "spacin")
    assert "TATATA" in refused("design", "core", "--break", "TATATA")
    assert "--families" in refused("design", "compensation", "--families")
    assert "cannot be written" in refused("design", "core", "--out", tmp_path / "no" / "where.tsv")
    empty = tmp_path / "empty.tsv"
    empty.touch()
    assert "0 bytes" in refused("score", "pwm", "--sequences", empty)
    assert "cannot be read" in refused("report", tmp_path / "nowhere")


def test_a_short_sequence_is_refused_by_a_model_with_places(tmp_path: Path):
    (tmp_path / "short.tsv").write_text("id\tsequence\na\tACGT\n")
    assert "at least 59 bp" in refused("score", "pwm", "--sequences", tmp_path / "short.tsv")


def test_the_installed_command_says_one_line_and_status_2(tmp_path: Path):
    program = "from mit_harness.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", program, "design", "nothing"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.startswith("mit-harness: no claim 'nothing'")
    assert found.stderr.count("\n") == 1
