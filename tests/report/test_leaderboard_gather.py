"""A leaderboard trusts no number: every row is recomputed, or there is none."""

import json
import sys

import numpy as np
import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.errors import ReportError
from mit_harness.models.base import Scores
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.build import claim_record, model_records
from mit_harness.report.folder import RESULTS, ReportFolder, sealed, to_json
from mit_harness.report.items import ItemScores
from mit_harness.report.leaderboard.as_csv import to_csv
from mit_harness.report.leaderboard.as_markdown import board_markdown
from mit_harness.report.leaderboard.gather import gather
from mit_harness.report.schema import Results
from mit_harness.report.text import ABSENT

N = 20


@pytest.fixture(scope="module")
def judged(make):
    """Records and scores of models for claims, as a run makes them."""

    def run(models, claims, **facts):
        designs = {claim: get_claim(claim).design(DesignSpec(n=N)) for claim in claims}
        handles = Registry().resolve_all(models)
        scores, records = {}, {}
        for handle in handles:
            model = handle.load()
            for claim_id, sequences in designs.items():
                claim = get_claim(claim_id)
                values = np.asarray(model.score([item.sequence for item in sequences]))
                counts = np.full(len(values), 100, dtype=np.int64)
                scores.setdefault(handle.name, {})[claim_id] = Scores(values, counts, counts)
                result = claim.judge(
                    ItemScores(designs, scores).scored(handle.name, claim_id),
                    protocol="matched",
                    seed=42,
                    tolerance=handle.tolerance,
                )
                record = claim_record(result, claim.threshold, None)
                records.setdefault(handle.name, []).append(record)
        made = model_records(handles, records)
        return make.results(*made, design=make.design(n=N), **facts), ItemScores(designs, scores)

    return run


@pytest.fixture(scope="module")
def one(judged):
    return judged(["pa-pwm"], ["compensation"], created="2026-11-20T10:00:00+00:00")


@pytest.fixture(scope="module")
def two(judged):
    return judged(
        ["pa-pwm", "markov"], ["motif_effect"], created="2026-11-22T10:00:00+00:00", harness="0.0.9"
    )


def write(folder, results, items=None):
    made = ReportFolder(folder)
    made.write(results, items=items)
    made.release()
    return folder


def forge(folder, change):
    """Change results.json and give it a checksum that fits, as a forger would."""
    content = json.loads((folder / RESULTS).read_text())
    change(content["models"])
    forged = sealed(Results.model_validate_json(json.dumps(content)))
    (folder / RESULTS).write_text(to_json(forged))


def refusal(*folders):
    with pytest.raises(ReportError) as caught:
        gather(folders)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_runs_are_joined_and_each_row_keeps_its_own(one, two, tmp_path):
    said = []
    board = gather([write(tmp_path / "2", *two), write(tmp_path / "1", *one)], said.append)
    assert [model.name for model in board.models] == ["pa-pwm", "markov"]
    both, single = board.models
    assert [claim.id for claim in both.claims] == ["compensation", "motif_effect"]
    assert [run.created[:10] for run in board.runs["pa-pwm"]] == ["2026-11-20", "2026-11-22"]
    assert [run.harness for run in board.runs[single.name]] == ["0.0.9"]
    text = board_markdown(board)
    assert "| 2026-11-20, 2026-11-22 | 0.1.0, 0.0.9 |" in text
    assert "2026-11-20 2026-11-22,0.1.0 0.0.9" in to_csv(board)
    assert len(said) == 2
    assert "(2 models; run 1 of 2)" in said[0]
    assert "(1 model; run 2 of 2)" in said[1]


def test_the_same_run_twice_is_the_run(one, tmp_path):
    folder = write(tmp_path, *one)
    assert board_markdown(gather([folder, folder])) == board_markdown(gather([folder]))


def test_a_run_without_scores_is_refused(one, tmp_path):
    assert "no per-item scores" in refusal(write(tmp_path, one[0]))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "refuted"),
        (("n",), 19),
        (("version",), 7),
        (("metrics", "css", "value"), 0.25),
        (("metrics", "css", "ci_low"), 0.999),
    ],
)
def test_a_number_that_does_not_come_out_is_refused(one, tmp_path, path, value):
    def change(models):
        place = models[0]["claims"][0]
        for key in path[:-1]:
            place = place[key]
        assert place[path[-1]] != value
        place[path[-1]] = value

    forge(write(tmp_path, *one), change)
    assert "of compensation" in refusal(tmp_path)


def test_a_claim_or_a_model_that_stands_twice_is_refused(one, tmp_path):
    forge(write(tmp_path, *one), lambda models: models[0]["claims"].append(models[0]["claims"][0]))
    assert "a claim of 'pa-pwm' twice" in refusal(tmp_path)
    forge(write(tmp_path, *one), lambda models: models.append(models[0]))
    assert "a model twice" in refusal(tmp_path)


def test_words_and_declarations_are_this_versions(one, tmp_path):
    def change(models):
        claim = models[0]["claims"][0]
        claim["explanation"] = "holds: best of all models"
        claim["declared"] = ["refuted"]

    forge(write(tmp_path, *one), change)
    (model,) = gather([tmp_path]).models
    assert "best of all" not in model.claims[0].explanation
    assert not model.claims[0].drifted
    assert "css" in model.claims[0].explanation


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("spec", "my-own", "pa-pwm (my-own) is no control"),
        ("spec", "thermo", "pa-pwm is not the control thermo of this version"),
        ("spec", "py:antigravity:fly", "is no control"),
        ("spec", "?", "pa-pwm (?) is no control"),
        ("fingerprint", "mine", "pa-pwm is not the control pa-pwm of this version"),
        ("kind", "user", "pa-pwm (pa-pwm) is no user"),
        ("tolerance", 5.0, "the tolerance of pa-pwm is 5, and that of pa-pwm 1e-09"),
    ],
)
def test_a_model_has_to_be_what_it_says(one, tmp_path, key, value, said):
    forge(write(tmp_path, *one), lambda models: models[0].update({key: value}))
    assert said in refusal(tmp_path)
    assert "antigravity" not in sys.modules


def test_what_was_scored_cannot_be_left_out(judged, tmp_path):
    made = judged(["pa-pwm", "markov"], ["compensation", "motif_effect"])
    forge(write(tmp_path, *made), lambda models: models[1]["claims"].pop())
    assert "does not list motif_effect of markov, which was scored" in refusal(tmp_path)
    forge(write(tmp_path, *made), lambda models: models.pop())
    assert "does not list markov, which was scored" in refusal(tmp_path)


def test_what_was_judged_cannot_be_called_an_error(one, tmp_path):
    def change(models):
        models[0]["claims"][0]["verdict"] = "error"

    forge(write(tmp_path, *one), change)
    assert "error for compensation of 'pa-pwm', and scores that it was" in refusal(tmp_path)


def test_an_error_brings_no_numbers(one, make, tmp_path):
    (model,) = one[0].models
    model = model.model_copy(update={"claims": [make.claim("compensation", "error")]})
    results = one[0].model_copy(update={"models": [model]})
    write(tmp_path, results, ItemScores(one[1].sequences, {}))
    board = gather([tmp_path])
    assert board.models == []
    assert board.absent == ("pa-pwm",)
    assert "Models left out: pa-pwm; no claim" in board_markdown(board)


def test_a_claim_that_broke_beside_one_that_did_not_keeps_its_row(judged, make, tmp_path):
    results, items = judged(["pa-pwm"], ["compensation"])
    broken = make.claim("motif_effect", "error", metrics={"mes_synthetic": make.metric(99.0)})
    model = results.models[0]
    model = model.model_copy(update={"claims": [*model.claims, broken]})
    write(tmp_path, results.model_copy(update={"models": [model]}), items)
    board = gather([tmp_path])
    assert [claim.verdict for claim in board.models[0].claims] == ["holds", "error"]
    assert "99" not in to_csv(board)


def test_a_projects_own_claims_have_no_column_and_it_is_said(judged, make, tmp_path):
    results, items = judged(["pa-pwm"], ["compensation"])
    model = results.models[0]
    own = make.claim("my_claim", metrics={"scr_decoy": make.metric(1.0)})
    model = model.model_copy(update={"claims": [*model.claims, own]})
    write(tmp_path, results.model_copy(update={"models": [model]}), items)
    board = gather([tmp_path])
    assert board.left_out == ("my_claim",)
    text = board_markdown(board)
    assert "| my" not in text
    assert "Claims left out: my\\_claim; a project's own claims" in text
    assert "verdict:my_claim" not in to_csv(board)
    assert f"| pa-pwm  | control | 1/1           | {ABSENT}           |" in text
