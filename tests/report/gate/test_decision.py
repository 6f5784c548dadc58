"""What cannot be judged, what drifted, and which baselines are refused."""

import json
from shutil import copytree

import numpy as np
import pytest

from mit_harness.models.base import Scores
from mit_harness.report.finished import read_run, recomputed
from mit_harness.report.folder import RESULTS, ReportFolder
from mit_harness.report.gate.decision import STATUS
from mit_harness.report.gate.text import (
    decision_json,
    decision_lines,
    decision_markdown,
    write_decision,
)
from mit_harness.report.items import SCORES, ItemScores

RAN = {"require_ran": ["compensation"]}


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796000000")  # 2026-11-30


def unjudged(gates, run, said, content=RAN, **more):
    decision = gates.ask(run, content, **more)
    assert (decision.word, decision.status) == ("could not judge", 2)
    assert any(said in why for o, _, why in gates.stopped(decision) if o == "could not judge"), (
        gates.stopped(decision)
    )


def test_a_run_that_cannot_be_read(gates, good, tmp_path):
    unjudged(gates, tmp_path, "cannot be read")
    for file in good.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / SCORES).unlink()
    unjudged(gates, tmp_path, "scores.parquet cannot be read")
    text = (good / RESULTS).read_text()
    (tmp_path / RESULTS).write_text(text.replace('"complete": true', '"complete": false'))
    unjudged(gates, tmp_path, "its checksum does not match")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["run"].update(complete=False), "the run is incomplete"),
        (lambda c: c["run"]["faults"].update({"test_x": "boom"}), "test_x broke: boom"),
        (lambda c: c["models"][0]["claims"][1].update(verdict="error"), "ended in"),
        (lambda c: c["models"].pop(0), "scores were kept of mine, which results.json does not"),
        (lambda c: c["models"].pop(1), "scores were kept of pwm, which results.json does not"),
        (lambda c: c["models"].append(c["models"][0]), "lists the model mine twice"),
        (lambda c: c["models"][0]["claims"].pop(2), "only the per-item scores has motif_effect of"),
        (
            lambda c: c["models"][0]["claims"].append(c["models"][0]["claims"][0]),
            "lists the claim of mine compensation twice",
        ),
        (lambda c: c["models"][0].update(kind="reference"), "mine (py:toys:mine) is no reference"),
        (lambda c: c["models"][0].update(kind="control"), "mine (py:toys:mine) is no control"),
        (lambda c: c["models"][1].update(kind="user"), "pwm (pwm) is no user"),
        (lambda c: c["models"][1].update(spec="thermo"), "is not the control thermo of this"),
        (lambda c: c["models"][1].update(fingerprint="2"), "is not the control pwm of this"),
        (lambda c: c["run"]["skipped"].update(compensation="x"), "and skipped for others: x"),
        (lambda c: c["models"][0].update(spec=" "), "spec is empty"),
        (lambda c: c["models"][0].update(tolerance=6.0), "is 6, and that of py:toys:mine 1e-09"),
        (
            lambda c: c["models"][0].update(tolerance=0.1, spec="hf:a/b?dtype=float32"),
            "is 0.1, and that of hf:a/b?dtype=float32 0.001",
        ),
        (
            lambda c: c["models"][0].update(tolerance=6.0, spec="dnabert2@x"),
            "is 6, and that of dnabert2@x 1e-09 or 0.001 or 0.02 or 0.1",
        ),
        (lambda c: c["models"][0]["noise"]["parts"].update(batch=0.5), "and its largest part 0.5"),
        (lambda c: c["models"][0]["noise"].update(nats=9.0), "is 9.0, and its largest part 0.0"),
        (lambda c: c["models"][0]["noise"].update(nats=None), "None, and its largest part 0.0"),
        (
            lambda c: c["models"][0]["claims"][0]["metrics"]["css"].update(ci_low=0.999),
            "when recomputed from its per-item scores",
        ),
    ],
)
def test_a_run_that_does_not_come_out(gates, good, tmp_path, change, said):
    unjudged(gates, gates.forge(good, tmp_path, change), said)


def test_what_else_went_wrong_is_a_reason_too(gates, good):
    unjudged(gates, good, "a worker died", troubles=["a worker died"])


def test_what_cannot_be_judged_outweighs_a_block_and_both_are_said(gates, good):
    decision = gates.ask(good, {"require_ran": ["spacing"]}, troubles=["a worker died"])
    assert decision.status == 2
    assert {o for o, *_ in gates.stopped(decision)} == {"block", "could not judge"}


def test_a_claim_that_only_others_were_asked(gates, good, tmp_path):
    def change(content):
        content["models"][1]["claims"] = content["models"][1]["claims"][:1]

    run = read_run(good)
    scores = {"mine": run.items.scores["mine"]}
    scores["pwm"] = {"compensation": run.items.scores["pwm"]["compensation"]}
    folder = ReportFolder(tmp_path)
    models = [run.results.models[0]]
    models.append(
        run.results.models[1].model_copy(update={"claims": run.results.models[1].claims[:1]})
    )
    results = run.results.model_copy(update={"models": models})
    folder.write(results, items=ItemScores(run.items.sequences, scores))
    folder.release()
    unjudged(gates, tmp_path, "pwm has no verdict on scrambled_control, which other models of")


def test_a_score_that_is_not_finite(gates, good, tmp_path):
    run = read_run(good)
    mine = dict(run.items.scores["mine"])
    values = mine["compensation"].values.copy()
    values[3] = np.nan
    mine["compensation"] = Scores(values, mine["compensation"].tokens, mine["compensation"].bases)
    folder = ReportFolder(tmp_path)
    folder.write(
        run.results,
        items=ItemScores(run.items.sequences, {**run.items.scores, "mine": mine}),
    )
    folder.release()
    unjudged(gates, tmp_path, "when recomputed from its per-item scores")


@pytest.fixture(scope="module")
def drifted(runs, tmp_path_factory):
    """A control at the default design that scores as another one does."""
    folder = tmp_path_factory.mktemp("drifted")
    claims = ("compensation",)
    controls = {"pwm": "pa-pwm"}
    return runs.write(folder, {"mine": "pa-pwm"}, claims=claims, n=100, controls=controls)


def test_a_control_that_drifts_blocks(gates, drifted, tmp_path):
    decision = gates.ask(drifted, RAN)
    assert decision.word == "block"
    ((_, rule, why),) = gates.stopped(decision)
    assert rule == "control"
    assert why.startswith("the control drifted: holds, declared ")

    def hide(content):
        for claim in content["models"][1]["claims"]:
            claim["declared"] = ["holds"]

    assert gates.ask(gates.forge(drifted, tmp_path, hide), RAN).word == "block"


def test_drift_is_not_hidden_behind_a_suite(gates, drifted, tmp_path):
    def hide(content):
        content["design"]["suite_sha256"] = "0" * 64

    assert gates.ask(gates.forge(drifted, tmp_path, hide), RAN).word == "block"


@pytest.mark.parametrize(
    ("how", "outcome", "said"),
    [
        ({"seed": 7}, "block", "foreign: its seed is 7, the run's is 42"),
        ({"n": 12}, "block", "foreign: its n is 12, the run's is 20"),
        ({"created": "2026-01-01T00:00:00+00:00"}, "block", "stale: 333.0 days old, and at most"),
        ({"created": "2026-12-25T00:00:00+00:00"}, "block", "stale: it was made in the future"),
        ({"created": "2026-11-20"}, "block", "does not tell when it was made"),
        ({"created": "lately"}, "block", "does not tell when it was made"),
        ({"complete": False}, "could not judge", "the run is incomplete"),
        ({"models": {"other": "pwm"}}, "block", "for mine: there is no model 'mine'"),
        ({"claims": ("motif_effect",)}, "block", "was not judged in the run"),
    ],
)
def test_a_baseline_that_is_not_one(gates, good, runs, tmp_path, how, outcome, said):
    models = how.pop("models", {"mine": "pa-pwm"})
    runs.write(tmp_path, models, **how)
    content = {
        "baseline": {"max_age_days": 180.0},
        "claims": {"compensation": {"css": {"max_regression": 0.05}}},
    }
    found = gates.stopped(gates.ask(good, content, tmp_path))
    assert any(o == outcome and said in why for o, _, why in found), found
    assert any(rule == "max_regression" and o == "block" for o, rule, _ in found)


def test_a_baseline_judged_on_other_measurements_is_foreign(gates, good, tmp_path):
    """The sequences may be the same ones, and only what was measured of them another."""

    def judged_on(name, letters):
        def change(content):
            content["run"]["measured_sha256"] = letters * 32
            content["models"][0]["claims"].append(
                {**content["models"][0]["claims"][0], "id": "measured_rescue"}
            )

        (tmp_path / name).mkdir()
        return gates.forge(good, tmp_path / name, change)

    run, baseline = judged_on("run", "ab"), judged_on("baseline", "cd")
    content = {"claims": {"compensation": {"css": {"max_regression": 0.05}}}}
    found = gates.stopped(gates.ask(run, content, baseline))
    said = f"foreign: its measured promoters have sha256 {'cd' * 32}, the run's {'ab' * 32}"
    assert any(o == "block" and said in why for o, _, why in found), found


@pytest.mark.parametrize(
    ("change", "word", "said"),
    [
        (
            lambda c: c["models"][0]["claims"][0].update(version=7),
            "block",
            "foreign: it judged compensation by version 7",
        ),
        (
            lambda c: c["models"][0]["claims"][0]["metrics"]["css"].update(value=0.1),
            "could not judge",
            "when recomputed",
        ),
    ],
)
def test_a_baseline_that_was_forged(gates, good, tmp_path, change, word, said):
    forged = gates.forge(good, tmp_path, change)
    decision = gates.ask(good, {**RAN, "baseline": {}}, forged)
    assert decision.word == word
    assert any(said in why for *_, why in gates.stopped(decision))


def test_a_baseline_without_its_file(gates, good, tmp_path):
    unjudged(gates, good, "cannot be read", {**RAN, "baseline": {}}, baseline=tmp_path)


def test_a_run_is_not_its_own_baseline(gates, good):
    ((outcome, rule, why),) = gates.stopped(gates.ask(good, {**RAN, "baseline": {}}, good))
    assert (outcome, rule, why) == ("block", "baseline", "it is the very run that is judged")


@pytest.mark.parametrize("how", ["copied", "linked"])
def test_nor_is_a_copy_or_a_link_of_it(gates, good, tmp_path, how):
    other = tmp_path / "other"
    if how == "copied":
        copytree(good, other)
    else:
        other.symlink_to(good)
    ((outcome, _, why),) = gates.stopped(gates.ask(good, {**RAN, "baseline": {}}, other))
    assert (outcome, why) == ("block", "it is the very run that is judged")


def test_ties_that_a_tolerance_invents_do_not_raise_an_interval(gates, runs, tmp_path):
    """Every number recomputed with the tolerance that is stated, and sealed: still no promotion."""
    poor, wide, forged = (tmp_path / name for name in ("poor", "wide", "forged"))
    wide.mkdir()
    forged.mkdir()
    runs.write(poor, {"mine": "at-content"}, claims=("compensation",), wobble=3.0)
    rules = {"claims": {"compensation": {"css": {"min_ci_low": 0.5}}}}
    assert gates.ask(poor, rules).word == "block"
    gates.forge(poor, wide, lambda c: c["models"][0].update(tolerance=6.0))
    run = read_run(wide)
    again = recomputed(run, run.results.models[0], "compensation")
    assert again.metrics["css"].ci_low == 0.5
    record = json.loads(again.model_dump_json())
    gates.forge(wide, forged, lambda c: c["models"][0].update(claims=[record]))
    unjudged(gates, forged, "the tolerance of mine is 6", rules)


def test_a_claim_of_a_projects_own_cannot_be_gated(gates, make, good, tmp_path):
    run = read_run(good)
    mine = run.results.models[0]
    mine = mine.model_copy(update={"claims": [*mine.claims, make.claim("my_own")]})
    folder = ReportFolder(tmp_path)
    models = [mine, *run.results.models[1:]]
    folder.write(run.results.model_copy(update={"models": models}), items=run.items)
    folder.release()
    assert gates.ask(tmp_path, RAN).word == "promote"
    ((outcome, _, why),) = gates.stopped(gates.ask(tmp_path, {"require_ran": ["my_own"]}))
    assert (outcome, "cannot be recomputed" in why) == ("block", True)


def test_the_decision_is_written_three_ways(gates, good, poor, tmp_path):
    content = {**RAN, "claims": {"scrambled_control": {"scr_decoy": {"min_ci_low": 0.5001}}}}
    decision = gates.ask(poor, content)
    lines = decision_lines(decision)
    assert lines[0] == "gate: block (1 of 3 checks block)"
    assert lines[1].startswith("  block: mine scrambled_control scr_decoy min_ci_low: CI low 0.5 <")
    assert max(map(len, lines)) <= 80
    write_decision(decision, tmp_path)
    assert (tmp_path / "gate.md").read_text() == decision_markdown(decision)
    found = json.loads((tmp_path / "gate.json").read_text())
    assert (found["decision"], found["status"]) == ("block", 1)
    assert found["run"]["sha256"] == read_run(poor).results.run.sha256
    assert found["checks"][0]["reason"] == gates.stopped(decision)[0][2]
    assert decision_json(decision) == decision_json(gates.ask(poor, content))
    assert STATUS == {"promote": 0, "block": 1, "could not judge": 2}


def test_names_cannot_write_into_the_report(gates, runs, tmp_path):
    content = {"models": ["a|b\n<b>*x*\x1b[31m"], **RAN}
    decision = gates.ask(runs.write(tmp_path, {"mine": "pwm"}), content)
    for text in (decision_markdown(decision), "\n".join(decision_lines(decision))):
        assert "\x1b" not in text
    assert "<b>" not in decision_markdown(decision)
    assert "a|b" not in decision_markdown(decision)


def test_another_run_in_the_folder_takes_the_decision_away(gates, runs, tmp_path):
    runs.write(tmp_path, {"mine": "pwm"})
    write_decision(gates.ask(tmp_path, RAN), tmp_path)
    runs.write(tmp_path, {"mine": "pwm"})
    assert not (tmp_path / "gate.json").exists()
    assert not (tmp_path / "gate.md").exists()
