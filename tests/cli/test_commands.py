"""The command line: what it writes, the same bytes each time, and one line for bad input."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app
from mit_harness.errors import MitHarnessError
from mit_harness.promoter.files import read_sequences
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
    said = run("score", "pa-pwm", "--sequences", file, "--out", tmp_path / "scores.tsv")
    assert said.endswith(f"21 scores in {tmp_path / 'scores.tsv'}\n")
    found = rows(tmp_path / "scores.tsv")
    assert [row["id"] for row in found[:2]] == ["E_000", "E_001"]
    assert len(found) == 21
    assert all(float(row["score"]) > 0 for row in found)


def test_scores_made_elsewhere_come_back_unchanged(core: Path, tmp_path: Path):
    scores, checked = tmp_path / "scores.tsv", tmp_path / "checked.tsv"
    run("score", "thermo", "--sequences", core, "--out", scores)
    run("import-scores", scores, "--sequences", core, "--out", checked)
    assert scores.read_bytes() == checked.read_bytes()


def test_a_design_says_a_checksum_that_import_scores_verifies(core: Path, tmp_path: Path):
    scores, ids, out = tmp_path / "scores.tsv", tmp_path / "ids.tsv", tmp_path / "checked.tsv"
    run("score", "thermo", "--sequences", core, "--out", scores)
    found = rows(scores)
    ids.write_text("id\tscore\n" + "".join(f"{row['id']}\t{row['score']}\n" for row in found))
    said = CliRunner().invoke(app, ["design", "core", "--format", "fasta"]).stderr
    count, _, checksum = said.strip().rpartition(" ")
    assert count == "650 sequences, sha256"
    command = ("import-scores", ids, "--out", out, "--sequences")
    assert "holds ids and no sequences, so nothing shows" in run(*command, core)
    assert "note" not in run(*command, core, "--sequences-sha256", checksum.upper())
    assert "note" not in run("import-scores", scores, "--out", out, "--sequences", core)
    # Of another seed, the ids are the same and the sequences are not.
    other = tmp_path / "other.fa"
    run("design", "core", "--seed", 7, "--format", "fasta", "--out", other)
    out.unlink()
    assert "not those that were scored" in refused(*command, other, "--sequences-sha256", checksum)
    mixed = refused("import-scores", scores, "--out", out, "--sequences", other)
    assert "scores 400 sequences that were not asked for" in mixed
    assert not out.exists()


def test_the_checksum_is_the_same_whatever_the_format(tmp_path: Path):
    said = set()
    for form in ("tsv", "fasta", "jsonl"):
        done = CliRunner().invoke(app, ["design", "spacing", "--n", "3", "--format", form])
        said.add(done.stderr)
        (tmp_path / f"x.{form}").write_text(done.stdout)
        assert f"sha256 {read_sequences(tmp_path / f'x.{form}')[0].sha256}\n" in done.stderr
    assert len(said) == 1


def test_score_has_a_limit_of_memory(core: Path, tmp_path: Path):
    command = ("score", "pa-pwm", "--sequences", core, "--out", tmp_path / "s.tsv")
    assert "note" not in run(*command, "--max-memory", "1MB", "--dtype", "bfloat16")
    assert "--max-memory takes a size such as 8GB" in refused(*command, "--max-memory", "much")


def test_scoring_through_a_store_is_the_same(core: Path, tmp_path: Path):
    for name in ("first", "second"):
        run(
            "score", "rpa-pwm", "--sequences", core,
            "--store", tmp_path / "s.sqlite", "--out", tmp_path / name,
        )  # fmt: skip
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_models_and_claims_list_what_can_be_named():
    models = run("models")
    assert "rpa-pwm" in models
    assert "promoter-calculator" in models
    listed = run("claims")
    assert "scrambled_control" in listed
    assert "CI low > 0.50" in listed


@pytest.mark.parametrize("command", ["models", "claims", "claims --power"])
def test_what_is_printed_for_people_fits_80_columns(command: str):
    printed = run(*command.split()).splitlines()
    assert max(map(len, printed)) <= 80
    assert all(line == line.rstrip() for line in printed)


def test_wrapping_loses_no_words():
    from mit_harness.claims.registry import CLAIMS, get_claim
    from mit_harness.models.embedded import EMBEDDED

    claims, models = (" ".join(run(what).split()) for what in ("claims", "models"))
    for claim in map(get_claim, CLAIMS):
        assert f"{claim.id} (version {claim.version}): {claim.title} compares" in claims
        assert f"compares {claim.compares}; holds when {claim.threshold_text}" in claims
    for entry in EMBEDDED.values():
        assert f"{entry.name} {entry.method} {entry.summary}" in models


def test_claims_power_shows_every_judged_claim():
    from mit_harness.claims.registry import DESIGNED

    printed = run("claims", "--power")
    table = [line.split(maxsplit=3) for line in printed.partition("\n\n")[0].splitlines()[1:]]
    assert ["compensation", "css", "100", "P = 0.65"] in table
    assert ["natural_motif", "sham_over_broken", "56", "P = 0.69"] in table
    assert {row[0] for row in table} == set(DESIGNED) - {"composition", "dinucleotide"}
    assert "none at this n" not in printed
    assert "here 6)" in run("claims", "--power", "--n", 6)
    assert "none at this n" in run("claims", "--power", "--n", 6)
    assert "--n goes with" in refused("claims", "--n", 6)


def test_measured_promoters_are_designed_where_their_file_is_named(tmp_path: Path, workbooks):
    assert "no measured expression was given" in refused("design", "measured_rescue")
    assert "cannot be read from" in refused("design", "all", "--measured", "absent.xlsx")
    out = tmp_path / "a.tsv"
    run("design", "measured_rescue", "--measured", workbooks.small, "--out", out)
    rows = out.read_text().splitlines()
    assert len(rows) == 1 + len(list(workbooks.promoters()))
    run("design", "all", "--n", 2, "--measured", workbooks.small, "--out", out)
    assert set(rows[1:]) <= set(out.read_text().splitlines())


def test_audit_writes_a_table_and_a_figure_of_the_benchmark(tmp_path: Path):
    out, figure = tmp_path / "audit.md", tmp_path / "audit.svg"
    run("audit", "--n", 12, "--out", out, "--figure", figure)
    text = out.read_text().replace("\\", "")
    for pair in ("| H_decoy ", "| up_at_39 ", "| length_150_H ", "| minus10_A2G "):
        assert pair in text
    drawn = figure.read_text()
    assert "up_at_39 against up_at_15" in drawn
    assert run("audit", "--n", 12) == out.read_text()
    run("audit", "--n", 12, "--out", out, "--figure", figure)
    assert figure.read_text() == drawn


def test_audit_as_tsv_has_every_pair(tmp_path: Path):
    run("audit", "--n", 12, "--format", "tsv", "--out", tmp_path / "audit.tsv")
    found = rows(tmp_path / "audit.tsv")
    assert {row["family"] for row in found} > {"D", "H_decoy", "spacing_10", "at_matched"}
    decoy = next(row for row in found if row["family"] == "H_decoy")
    assert decoy["claims"] == "scrambled_control,robustness"
    assert decoy["equal_composition"] == decoy["pairs"] == "12"


def test_audit_takes_any_file_as_far_as_it_holds_pairs(tmp_path: Path):
    file = tmp_path / "mine.tsv"
    run("design", "robustness", "--n", 7, "--out", file)  # of 100, 150 and 200 bp
    text = run("audit", file).replace("\\", "")
    assert "| length_200_H " in text
    assert "| spacing_10 " not in text
    lines = [line for line in file.read_text().splitlines() if not line.startswith("length_150_H")]
    file.write_text("\n".join(lines) + "\nlength_150_H_0\tlength_150_H\t0\tACGT\t\n")
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("mit_harness.cli.analyses.say", said.append)
        text = run("audit", file)
    assert "## Not audited" in text
    assert "| length_200_H " in text.replace("\\", "")
    (note,) = said
    assert note.startswith("note: not audited: length_150_H against length_150_E: sequence")


def test_audit_refuses_a_file_without_pairs(tmp_path: Path):
    file, figure = tmp_path / "mine.tsv", tmp_path / "figure.svg"
    file.write_text("id\tclass\tsequence\nE_1\tE\t" + "ACGT" * 25 + "\n")
    said = refused("audit", file, "--figure", figure)
    assert said == (
        f"{file}: it holds none of the pairs to audit, such as H with E or H_decoy with E_decoy; "
        "its groups are 'E'"
    )
    assert not figure.exists()
    file.write_text("id\tclass\tsequence\nE_1\tE\tACGT\nH_1\tH\tACGT\n")
    assert "none of its pairs can be audited: H against E: sequence 'H_1' has 4 bp" in refused(
        "audit", file
    )
    away = tmp_path / "no" / "where.svg"
    assert "cannot be written" in refused("audit", "--n", 2, "--figure", away)


RELEASE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "published"


@pytest.mark.skipif(
    not (RELEASE / "sequences.tsv").is_file(),
    reason="the paper's released sequences do not lie beside this checkout",
)
def test_audit_of_the_released_sequences_fails_as_listed():
    text = run("audit", RELEASE / "sequences.tsv").replace("\\", "")
    flaws = text.split("### Flaws")[1].split("### Known limits")[0]
    assert flaws.count("the backgrounds are not matched") == 4
    assert "H against E: 0 of 50 pairs have equal base composition" in flaws
    assert "H against E: 23 of 50 still read TGT at the place of extended [50,53)." in flaws
    assert "in 27 of 50 pairs E holds the 6-mer GTTGTA" in text.split("### Known limits")[1]


def test_errors_says_which_pairs_are_wrong_and_how_far_models_agree(tmp_path: Path):
    out = tmp_path / "errors.md"
    run("errors", "pa-pwm-nopos", "markov", "--n", 40, "--out", out)
    text = out.read_text()
    assert text.startswith("# Error analysis\n")
    for title in ("## pa-pwm-nopos", "## markov", "## Agreement between models"):
        assert f"\n{title}\n" in text
    assert "E\\_decoy over H\\_decoy (scrambled\\_control)" in text
    assert "(compensation)" in text
    assert run("errors", "pa-pwm-nopos", "markov", "--n", 40) == text


def test_errors_as_tsv_has_every_pair(tmp_path: Path):
    out = tmp_path / "errors.tsv"
    run("errors", "at-content", "--claim", "natural_motif", "--format", "tsv", "--out", out)
    found = rows(out)
    assert len(found) == 56
    assert {row["outcome"] for row in found} == {"tie"}
    assert found[0]["winner"].startswith("A_sham_")
    assert found[0]["loser"] == found[0]["winner"].replace("sham", "broken")


def test_errors_scores_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "counting.py").write_text(
        "from pathlib import Path\n"
        "def load():\n"
        "    def score(sequences):\n"
        "        with Path('scored').open('a') as log:\n"
        "            log.writelines(s + '\\n' for s in sequences)\n"
        "        return [s.count('A') for s in sequences]\n"
        "    return score\n"
        "load.fingerprint = 'counting 1'\n"
    )
    monkeypatch.chdir(tmp_path)
    store = ("--n", 9, "--store", tmp_path / "s.sqlite")
    first = run("errors", "py:counting:load", *store)
    assert run("errors", "py:counting:load", *store) == first
    run("errors", "py:counting:load", "--claim", "compensation", *store)
    scored = (tmp_path / "scored").read_text().split()
    assert len(scored) == len(set(scored)) == 5 * 9


def test_errors_refuses_what_it_cannot_analyse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "nans.py").write_text("def load():\n    return lambda s: [float('nan')] * len(s)\n")
    monkeypatch.chdir(tmp_path)
    assert "E_000 the score nan" in refused("errors", "py:nans:load", "--n", 7)
    assert "no claim 'spacin'" in refused("errors", "pwm", "--claim", "spacin")
    assert "did you mean 'pa-pwm'" in refused("errors", "pa-pvm")
    away = tmp_path / "no" / "where.md"
    assert "cannot be written" in refused("errors", "pwm", "--n", 7, "--out", away)


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
