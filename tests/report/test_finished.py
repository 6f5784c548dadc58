"""A finished run is recomputed from its per-item scores; whatever was changed is found."""

import json

import numpy as np
import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.errors import ReportError
from mit_harness.models.base import Scores
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.build import claim_record, model_records
from mit_harness.report.finished import known_claims, read_run, recomputed, verify
from mit_harness.report.folder import RESULTS, ReportFolder, read_results, sealed, to_json
from mit_harness.report.items import SCORES, ItemScores

CLAIMS = ("compensation", "motif_effect")
N = 20


@pytest.fixture(scope="module")
def made(make):
    """A run of two controls and two claims, and its per-item scores."""
    spec = DesignSpec(n=N)
    designs = {claim: get_claim(claim).design(spec) for claim in CLAIMS}
    handles = Registry().resolve_all(["pa-pwm", "markov"])
    scores, records = {}, {}
    for handle in handles:
        model = handle.load()
        for claim_id, sequences in designs.items():
            values = np.asarray(model.score([item.sequence for item in sequences]))
            counts = np.full(len(values), 100, dtype=np.int64)
            scores.setdefault(handle.name, {})[claim_id] = Scores(values, counts, counts)
        for claim_id in CLAIMS:
            claim = get_claim(claim_id)
            result = claim.judge(
                ItemScores(designs, scores).scored(handle.name, claim_id),
                protocol="matched",
                seed=42,
                tolerance=handle.tolerance,
            )
            record = claim_record(result, claim.threshold, None)
            records.setdefault(handle.name, []).append(record)
    results = make.results(*model_records(handles, records), design=make.design(n=N))
    return results, ItemScores(designs, scores)


@pytest.fixture
def folder(made, tmp_path):
    written = ReportFolder(tmp_path)
    written.write(made[0], items=made[1])
    written.release()
    return tmp_path


def rewrite(folder, change):
    """Change results.json and give it a checksum that fits, as a forger would."""
    from mit_harness.report.schema import Results

    content = json.loads((folder / RESULTS).read_text())
    change(content)
    forged = sealed(Results.model_validate_json(json.dumps(content)))
    (folder / RESULTS).write_text(to_json(forged))


def test_a_run_comes_out_as_it_was_written(folder, made):
    run = read_run(folder)
    verify(run)
    assert run.results.models == made[0].models
    assert read_run(folder / RESULTS).results == run.results
    model = run.results.models[0]
    assert [claim.id for claim in known_claims(model)] == list(CLAIMS)
    again = recomputed(run, model, "compensation")
    assert again.metrics == model.claims[0].metrics


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"verdict": "holds"', '"verdict": "refuted"', 1),
        lambda text: text.replace('"n": 20', '"n": 21', 1),
        lambda text: text.replace('"complete": true', '"complete": false'),
        lambda text: text.replace("pa-pwm", "pa-pwn", 1),
        lambda text: text.replace('"split": "test"', '"split": "dev"'),
    ],
)
def test_results_that_were_changed_are_refused(folder, change):
    file = folder / RESULTS
    text = file.read_text()
    assert change(text) != text
    file.write_text(change(text))
    with pytest.raises(ReportError, match="was changed since its run wrote it"):
        read_results(folder)


def forge(path, value):
    def change(content):
        place = content
        for key in path[:-1]:
            place = place[key]
        assert place[path[-1]] != value
        place[path[-1]] = value

    return change


CLAIM = ("models", 0, "claims", 0)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ((*CLAIM, "verdict"), "absent", "verdict of compensation for pa-pwm is absent"),
        ((*CLAIM, "metrics", "css", "value"), 0.25, "css value of compensation"),
        ((*CLAIM, "metrics", "css", "ci_low"), 0.99, "css ci_low of compensation"),
        ((*CLAIM, "metrics", "css", "p"), 1e-9, "css p of compensation"),
        ((*CLAIM, "metrics", "css", "threshold"), 0.1, "css threshold of compensation"),
        ((*CLAIM, "n"), 19, "n of compensation for pa-pwm is 19"),
        ((*CLAIM, "version"), 7, "holds version 7 of compensation"),
        (("models", 0, "tolerance"), 100.0, "of compensation for pa-pwm is"),
        (("design", "seed"), 7, "are not those that this version designs"),
        (("design", "n"), 30, "are not those that this version designs"),
        (("models", 0, "name"), "mine", "no scores of 'mine'"),
    ],
)
def test_a_forged_number_is_recomputed(folder, path, value, said):
    rewrite(folder, forge(path, value))
    with pytest.raises(ReportError, match=said):
        verify(read_run(folder))


def test_a_missing_or_added_number_is_found(folder):
    rewrite(folder, lambda content: content["models"][0]["claims"][0]["metrics"].pop("css"))
    with pytest.raises(ReportError, match="css of compensation for pa-pwm is absent there"):
        verify(read_run(folder))


def test_scores_of_another_run_are_refused(folder, made, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    written = ReportFolder(other)
    written.write(made[0], items=ItemScores(made[1].sequences, {}))
    written.release()
    (folder / SCORES).write_bytes((other / SCORES).read_bytes())
    with pytest.raises(ReportError, match="copy both from one run"):
        read_run(folder)


def test_a_run_without_scores_is_refused(folder, made):
    written = ReportFolder(folder)
    written.write(made[0])
    written.release()
    assert not (folder / SCORES).exists()
    with pytest.raises(ReportError, match="no per-item scores"):
        read_run(folder)


def test_a_claim_of_a_projects_own_is_passed_over(made, make, tmp_path):
    own = make.model("pa-pwm", [make.claim("my_claim")])
    written = ReportFolder(tmp_path)
    written.write(make.results(own, design=make.design(n=N)), items=made[1])
    written.release()
    run = read_run(tmp_path)
    verify(run)
    assert known_claims(run.results.models[0]) == []
