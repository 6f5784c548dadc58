"""The noise floor stands in results.json, whichever process measured it, at no second load."""

import sqlite3
from contextlib import closing

import pytest

EXACT = {
    "nats": 0.0,
    "n": 32,
    "parts": {"batch": 0.0, "dtype": None, "device": None},
    "note": "dtype, device: the model offers nothing to compare with",
}


def noises(project):
    return {model["name"]: model["noise"] for model in project.results()["models"]}


def kept(project):
    with closing(sqlite3.connect(project.store)) as db:
        return db.execute("SELECT count(*) FROM memo WHERE kind = 'noise'").fetchone()[0]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_it_is_measured_once_and_a_second_run_loads_nothing(project, workers):
    for _ in range(2):
        result = project.toys().run("-n", workers, "--mit-measure-only", models=["at", "gc"])
        assert result.ret == 0
        assert noises(project) == {"toys-at": EXACT, "toys-gc": EXACT}
        assert project.loads == ["at", "gc"]
    assert kept(project) == 2


def test_of_scores_that_are_there_it_takes_one_load_more(project):
    project.toys().run(models=["at"])
    with closing(sqlite3.connect(project.store)) as db, db:
        db.execute("DELETE FROM memo")
    for _ in range(2):
        project.run(models=["at"]).assert_outcomes(passed=3)
        assert noises(project) == {"toys-at": EXACT}
    assert project.loads == ["at", "at"]


@pytest.mark.parametrize("workers", ["0", "1"])
def test_without_a_fingerprint_it_goes_with_the_run(project, workers):
    project.toys().run("-n", workers, models=["unstated"]).assert_outcomes(passed=3)
    assert noises(project) == {"toys-unstated": EXACT}
    assert kept(project) == 0


def test_it_is_the_same_whatever_is_selected(project):
    project.toys().run("-k", "first", "--mit-n", "2", models=["at"])
    assert noises(project) == {"toys-at": EXACT}


FUSSY = """
def fussy():
    calls = []

    def score(sequences):
        calls.append(sequences)
        if len(calls) > 1:
            raise RuntimeError("once is enough")
        return [s.count("A") + s.count("T") for s in sequences]

    return score


def noisy():
    return lambda sequences: [s.count("A") + s.count("T") + len(sequences) for s in sequences]


fussy.fingerprint = noisy.fingerprint = "1"
"""


def test_a_model_that_cannot_be_measured_does_not_fail_the_run(project):
    project.toys().write(fussy=FUSSY)
    for _ in range(2):
        project.run(models=["py:fussy:fussy"]).assert_outcomes(passed=3)
        assert noises(project)["fussy-fussy"] == {
            "nats": None,
            "n": 0,
            "parts": dict.fromkeys(("batch", "dtype", "device")),
            "note": "not measured: RuntimeError: once is enough",
        }


def test_a_noisy_model_is_found(project):
    project.toys().write(fussy=FUSSY)
    project.run(models=["py:fussy:noisy"]).assert_outcomes(passed=3)
    assert noises(project)["fussy-noisy"]["nats"] == 32.0


def test_a_model_that_fails_was_not_measured(project):
    project.toys().run(models=["missing_file", "nan"])
    found = noises(project)
    assert found["toys-missing_file"]["nats"] is None
    assert found["toys-missing_file"]["note"] == (
        "not measured: the model's scoring did not come to its end"
    )
    assert found["toys-nan"]["note"] == "not measured: a score is not finite"


def test_recorded_scores_have_none_and_say_why(project):
    file = project.suite("own.tsv", "DE")
    scores = project.path / "scores.tsv"
    rows = [line.split("\t") for line in file.read_text().splitlines()[1:]]
    scores.write_text("sequence\tm\n" + "".join(f"{row[3]}\t1.5\n" for row in rows))
    project.toys().run(
        "--mit-suite", str(file), "--mit-measure-only", models=[f"scores:{scores}#m"]
    )
    (found,) = noises(project).values()
    assert found["nats"] is None
    assert found["note"].startswith("recorded scores: ")
