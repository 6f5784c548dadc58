"""``mit-harness figures``: files that are the same each time, captions, and what is left out."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from mit_harness.claims.registry import get_claim
from mit_harness.cli import app
from mit_harness.errors import InputError, MitHarnessError, ReportError
from mit_harness.models.base import Scores
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.build import claim_record
from mit_harness.report.charts import NAMES
from mit_harness.report.folder import RESULTS, ReportFolder, sealed, to_json
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import DesignRecord, ModelRecord, Results, RunRecord

N = 8
CLAIMS = ("compensation", "scrambled_control", "spacing")
HOSTILE = "<b>*up*</b>`x`"


def model_of(name, claims):
    return ModelRecord(
        name=name, spec=name, kind="user", fingerprint=None, method="score", tolerance=0.0,
        parameters=None, claims=claims,
    )  # fmt: skip


def write(folder, names, *, items=True):
    """Write a run of models that weigh A and T by place, by hand."""
    spec = DesignSpec(n=N)
    designs = {claim: get_claim(claim).design(spec) for claim in CLAIMS}
    scores, models = {}, []
    for weight, name in enumerate(names, 1):
        records = []
        for claim_id, sequences in designs.items():
            values = np.array(
                [
                    float(sum((k * weight) % 11 for k, b in enumerate(item.sequence) if b in "AT"))
                    for item in sequences
                ]
            )
            counts = np.full(len(values), 100)
            scores.setdefault(name, {})[claim_id] = Scores(values, counts, counts)
            claim = get_claim(claim_id)
            scored = ItemScores(designs, scores).scored(name, claim_id)
            result = claim.judge(scored, protocol="matched", seed=42, tolerance=0.0)
            records.append(claim_record(result, claim.threshold, None))
        models.append(model_of(name, records))
    run = RunRecord(
        created="2026-11-21T00:00:00+00:00", duration_s=1.0, harness="0.1.0", python="3.11",
        pytest="9", platform="Linux", complete=True, skipped={}, faults={},
    )  # fmt: skip
    design = DesignRecord(protocol="matched", n=N, seed=42, split="test", break_form="TGTAAT")
    written = ReportFolder(folder)
    written.write(
        Results(run=run, design=design, models=models),
        items=ItemScores(designs, scores) if items else None,
    )
    written.release()
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return write(tmp_path_factory.mktemp("run"), ["one", HOSTILE])


def figures(*arguments):
    result = CliRunner().invoke(app, ["figures", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def drawn(finished, tmp_path_factory):
    out = tmp_path_factory.mktemp("figures")
    return out, figures(finished, "--out", out)


DRAWN = ("fig1b_css", "fig1c_scr", "fig1d_css_scr", "fig2c_spacing", "fig3a_effect_ladder")


def test_every_figure_that_the_run_allows_is_there_in_three_formats(drawn):
    out, result = drawn
    wanted = {f"{name}.{form}" for name in DRAWN for form in ("svg", "pdf", "png")}
    assert {file.name for file in out.iterdir()} == wanted | {"captions.md"}
    assert all(str(out / name) in result.stdout for name in wanted)
    for name in DRAWN:
        assert (out / f"{name}.pdf").read_bytes().startswith(b"%PDF-")
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_claim_that_was_not_run_is_one_sentence(drawn):
    out, result = drawn
    said = " ".join(result.stderr.split())
    assert "figure 2a: not drawn: at_titration was not scored." in said
    assert said.count("not drawn") == len(NAMES) - len(DRAWN)
    assert "Not drawn: at\\_titration was not scored." in (out / "captions.md").read_text()


def test_captions_say_what_bars_are_and_what_is_resampled(drawn):
    captions = (drawn[0] / "captions.md").read_text()
    parts = [part for part in captions.split("\n## ")[1:] if "Not drawn" not in part]
    assert len(parts) == len(DRAWN)
    for part in parts:
        assert "95 % CI" in part
        assert "unit of resampling" in part
        assert re.search(r"n = \d", part)
    assert "fig" in captions
    assert "<b>" not in captions


def test_an_svg_carries_its_caption_and_nothing_that_runs_or_is_fetched(drawn):
    for name in DRAWN:
        svg = (drawn[0] / f"{name}.svg").read_text()
        assert re.match(r'<svg [^>]*role="img"><title>figure \d\w: ', svg)
        assert "<desc>" in svg
        assert "95 % CI" in svg
        assert "<b>" not in svg
        assert not re.search(r"<script|<image|@import|@font-face|url\(http|href", svg)
        addresses = set(re.findall(r"https?://[^\"' )]+", svg))
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_same_run_gives_the_same_bytes(finished, drawn, tmp_path):
    figures(finished, "--out", tmp_path, "--format", "svg,png")
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (drawn[0] / file.name).read_bytes(), file.name


def test_models_and_formats_can_be_chosen(finished, tmp_path):
    figures(finished, "--out", tmp_path / "new" / "folder", "--model", "one", "--format", "svg")
    made = sorted(file.name for file in (tmp_path / "new" / "folder").iterdir())
    assert made == sorted(["captions.md", *(f"{name}.svg" for name in DRAWN)])
    svg = (tmp_path / "new" / "folder" / "fig1b_css.svg").read_text()
    assert ">one<" in svg
    assert "*up*" not in svg
    assert "*up*" in (finished / "results.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (["--model", "on"], ReportError, "no model 'on'; did you mean 'one'"),
        (["--format", "svg,jpeg"], InputError, "no format 'jpeg'"),
        (["--format", " , "], InputError, "names no format"),
    ],
)
def test_what_it_does_not_know_is_refused(finished, tmp_path, arguments, error, said):
    with pytest.raises(error, match=re.escape(said)):
        figures(finished, "--out", tmp_path / "out", *arguments)
    assert not (tmp_path / "out").exists()


def test_a_run_without_scores_or_models_is_refused(tmp_path):
    without = write(tmp_path / "without", ["one"], items=False)
    with pytest.raises(MitHarnessError, match="no per-item scores"):
        figures(without, "--out", tmp_path / "out")
    nobody = write(tmp_path / "nobody", [])
    with pytest.raises(ReportError, match="no figures without models"):
        figures(nobody, "--out", tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_one_line(finished, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be made"):
        figures(finished, "--out", tmp_path / "file")


def test_a_number_that_the_scores_do_not_give_is_refused(tmp_path):
    folder = write(tmp_path / "run", ["one"])
    held = json.loads((folder / RESULTS).read_text())
    held["models"][0]["claims"][0]["metrics"]["css"]["value"] = 0.99
    forged = sealed(Results.model_validate_json(json.dumps(held)))  # with a checksum that fits
    (folder / RESULTS).write_text(to_json(forged))
    with pytest.raises(ReportError, match=r"css value of compensation for one is 0\.99 there"):
        figures(folder, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
