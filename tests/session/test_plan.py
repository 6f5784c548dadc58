"""``--mit-plan`` says what would be scored and how long it would take, and loads nothing."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from mit_harness.models.base import ModelHandle
from mit_harness.scoring.rate import Rate, keep_rate, known_rate
from mit_harness.scoring.store import Store
from mit_harness.session import plan

UNKNOWN = "24 sequences, 24 to score; time unknown (never scored here)"


def planned(result):
    """Return the lines of a plan."""
    text = result.outlines
    begin = next(k for k, line in enumerate(text) if line.startswith(("toys-", "claims:", "kmer")))
    end = next(k for k, line in enumerate(text) if line.startswith("store: "))
    return text[begin:end]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_of_models_that_were_never_scored(project, workers):
    before = project.toys().files()
    result = project.run("--mit-plan", "-n", workers, models=["at", "gc"])
    assert result.ret == 0
    project.said(result, f"store: {project.store}", "no tests ran")
    assert planned(result) == [
        f"toys-at: {UNKNOWN}",
        f"toys-gc: {UNKNOWN}",
        "claims: first, second, third",
        "in all: 2 models, 24 distinct sequences, 48 scores, 48 to make; time unknown",
    ]
    assert "ERROR" not in result.stdout.str()
    assert project.files() == before


def test_by_environment(project, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_PLAN", "yes")
    result = project.toys().run("-n", "2", "-k", "second", models=["at"])
    assert result.ret == 0
    assert f"toys-at: {UNKNOWN}" in planned(result)
    assert "claims: second" in planned(result)
    assert project.loads == []


def test_of_nothing(project):
    result = project.toys().run("--mit-plan", "-k", "nothing", models=["at"])
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    project.said(result, "no eval is selected, so nothing would be scored")


def test_bad_input_is_refused_too(project):
    result = project.toys().run("--mit-plan", models=["no-such-model"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def rates(project, seconds=None):
    """Return what is remembered by model, or let all have taken so many seconds a sequence."""
    with closing(sqlite3.connect(project.store)) as db, db:
        found = dict(db.execute("SELECT key, text FROM memo WHERE kind = 'rate'"))
        if seconds is not None:
            text = json.dumps({"sequences": 10, "seconds": seconds * 10, "load_s": 30})
            db.execute("UPDATE memo SET text = ? WHERE kind = 'rate'", (text,))
    return {key.splitlines()[0]: json.loads(text) for key, text in found.items()}


def test_by_the_rate_of_an_earlier_run(project):
    project.toys().run("--mit-n", "2", models=["at"])
    (known,) = rates(project, seconds=5).values()
    assert known["sequences"] == 4
    assert known["seconds"] > 0
    project.loads.clear()
    result = project.run("--mit-plan", models=["at", "gc"])
    assert planned(result) == [
        "toys-at: 24 sequences, 20 to score; about 2 min",  # 30 s and 20 times 5 s
        f"toys-gc: {UNKNOWN}",
        "claims: first, second, third",
        "in all: 2 models, 24 distinct sequences, 48 scores, 44 to make; about 2 min in",
        "    one process, unknown for 1 of the models",
    ]
    assert project.loads == ["at"]


def test_of_what_is_all_in_the_store(project):
    project.toys().run(models=["at"])
    result = project.run("--mit-plan", models=["at"])
    assert planned(result)[0] == "toys-at: 24 sequences, 0 to score"
    assert planned(result)[-1].endswith("24 scores, 0 to make")
    with closing(sqlite3.connect(project.store)) as db, db:
        db.execute("DELETE FROM memo WHERE kind = 'noise'")
    result = project.run("--mit-plan", models=["at"])
    assert planned(result)[0] == "toys-at: 24 sequences, 0 to score, its noise floor to measure"


def test_lines_fit_eighty_columns_and_claims_that_differ_stand_by_their_model(project):
    project.shipped("compensation", "scrambled_control", "motif_effect", "robustness", "spacing")
    result = project.run("--mit-plan", models=["kmer", "markov"])
    told = planned(result)
    assert max(map(len, told)) <= 80
    assert " ".join(line.strip() for line in told).count("compensation") == 1
    result = project.run("--mit-plan", "-k", "kmer or spacing", models=["kmer", "markov"])
    assert "    claims: spacing" in planned(result)


def test_recorded_scores_take_no_time(project):
    file = project.suite("own.tsv", "DE")
    scores = project.path / "scores.tsv"
    rows = [line.split("\t") for line in file.read_text().splitlines()[1:]]
    scores.write_text("sequence\tm\n" + "".join(f"{row[3]}\t1.5\n" for row in rows))
    args = ("--mit-suite", str(file), "--mit-plan")
    result = project.toys().run(*args, models=[f"scores:{scores}#m"])
    assert " ".join(planned(result)).startswith("scores-m: 16 sequences, recorded scores") or any(
        "16 sequences, recorded scores" in line for line in result.outlines
    )


HANDLE = ModelHandle("m", "m", "user", "fp", load=lambda: None)


@pytest.mark.parametrize(
    ("have", "gpu", "told"),
    [
        (64.0, [], "; needs about 5.0 GB of memory, this machine has 64.0"),
        (4.0, [], "; needs about 5.0 GB of memory, this machine has 4.0 (TOO LITTLE)"),
        (4.0, ["0"], "; needs about 5.0 GB of memory"),
        (None, [], "; needs about 5.0 GB of memory"),
    ],
)
def test_the_memory_that_a_model_needs(monkeypatch, have, gpu, told):
    from types import SimpleNamespace

    monkeypatch.setattr(plan, "machine_memory_gb", lambda: have)
    monkeypatch.setattr(plan, "gpus", lambda: gpu)
    run = SimpleNamespace(settings=SimpleNamespace(dtype=None))
    assert plan._memory(run, replace(HANDLE, parameters=1_000_000_000)) == told
    assert plan._memory(run, HANDLE) == ""


def test_a_rate_is_of_one_model_on_one_device_and_of_enough_sequences(tmp_path):
    first, few, many = Rate(100, 10.0, 1.0), Rate(3, 9.0, 1.0), Rate(50, 1.0, 0.0)
    with Store(tmp_path / "s.sqlite") as store:
        keep_rate(HANDLE, None, store, first)
        assert known_rate(HANDLE, None, store) == first
        assert known_rate(HANDLE, "cuda", store) is None
        assert known_rate(replace(HANDLE, method="other"), None, store) is None
        keep_rate(HANDLE, None, store, few)
        assert known_rate(HANDLE, None, store) == first
        keep_rate(HANDLE, None, store, many)
        assert known_rate(HANDLE, None, store) == many
        named = replace(HANDLE, options={"device": "cpu"})
        keep_rate(named, "cuda", store, few)
        assert known_rate(HANDLE, "cpu", store) == few
    assert first.estimate(1000) == 101.0
