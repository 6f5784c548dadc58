"""``--regulondb FILE``: the natural classes of a design come from the user's file."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app
from mit_harness.errors import InputError, MitHarnessError
from mit_harness.promoter.regulondb import read_promoter_set


def invoke(*arguments: object) -> tuple[str, str]:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def test_a_design_holds_the_promoters_of_the_file(promoter_set, tmp_path: Path):
    file, out = promoter_set(), tmp_path / "core.tsv"
    _, said = invoke("design", "core", "--regulondb", file, "--out", out)
    assert "note: natural promoters of PromoterSet.tsv: A " in said
    with out.open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    for name, promoters in read_promoter_set(file).table.classes.items():
        own = [(row["promoter"], row["sequence"]) for row in rows if row["class"] == name]
        assert own == [(p.name, p.sequence) for p in promoters]
    _, plain = invoke("design", "core", "--out", out)
    assert said.splitlines()[-1] != plain.splitlines()[-1]  # the checksum


def test_the_audit_takes_the_file(promoter_set):
    out, _ = invoke("audit", "--n", 6, "--regulondb", promoter_set(), "--format", "tsv")
    plain, _ = invoke("audit", "--n", 6, "--format", "tsv")
    assert out != plain


@pytest.mark.parametrize("command", [["design", "core"], ["audit"]])
def test_a_bad_file_is_one_sentence(command, tmp_path):
    (tmp_path / "bad.tsv").write_text("nothing\n")
    with pytest.raises(MitHarnessError, match="lacks pmName"):
        invoke(*command, "--regulondb", tmp_path / "bad.tsv")


def test_an_audit_of_a_file_takes_no_promoters(promoter_set, tmp_path):
    invoke("design", "core", "--n", 4, "--out", tmp_path / "core.tsv")
    with pytest.raises(InputError, match="not with a file"):
        invoke("audit", tmp_path / "core.tsv", "--regulondb", promoter_set())
