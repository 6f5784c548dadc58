"""What an actor does, in this process: the same scores as the local engine's, errors returned."""

import pickle
import sys

import numpy as np
import pytest

from mit_harness.errors import MitHarnessError, ModelError
from mit_harness.models.base import Loading, Scores
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.scoring.engine import LazyModel, score
from mit_harness.scoring.noise import Noise, noise_floor
from mit_harness.scoring.remote.work import Recipe, Scorer

SEQUENCES = [item.sequence for item in build(DesignSpec(n=4), ("D", "E"))]


def recipe(spec, run_id="", **facts):
    return Recipe.of(Registry(run_id).resolve(spec), run_id, Loading(**facts))


@pytest.fixture
def scorer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # taken back at the end, as the path is
    monkeypatch.setattr(sys, "path", [*sys.path])
    return Scorer(str(tmp_path), sys.path)


@pytest.mark.parametrize("spec", ["pa-pwm", "random?seed=7", "markov"])
def test_scores_and_noise_are_the_local_engines(scorer, spec):
    made = pickle.loads(pickle.dumps(recipe(spec)))
    found = pickle.loads(pickle.dumps(scorer.work(made, SEQUENCES)))
    assert isinstance(found, Scores)
    model = LazyModel(Registry().resolve(spec))
    assert np.array_equal(found.values, score(model, SEQUENCES).values(SEQUENCES))
    noise = scorer.work(made, None)
    assert isinstance(noise, Noise)
    assert noise == noise_floor(model)


def test_a_model_is_loaded_once_and_released_for_the_next(scorer, tmp_path):
    (tmp_path / "counted_remotely.py").write_text(
        "said = []\n"
        "class Model:\n"
        "    def __init__(self, **options): said.append('load')\n"
        "    def score(self, sequences): return [0.0] * len(sequences)\n"
        "    def close(self): said.append('close')\n"
    )
    first, other = recipe("py:counted_remotely:Model", "run"), recipe("pa-pwm")
    for asked in (first, first, other, first):
        assert isinstance(scorer.work(asked, SEQUENCES), Scores)
    assert sys.modules.pop("counted_remotely").said == ["load", "close", "load"]


def test_errors_are_returned_as_one_sentence(scorer, tmp_path):
    (tmp_path / "failing_remotely.py").write_text(
        "def load():\n    return lambda sequences: 1 / 0\n"
    )
    found = pickle.loads(pickle.dumps(scorer.work(recipe("py:failing_remotely:load"), ["ACGT"])))
    del sys.modules["failing_remotely"]
    assert isinstance(found, ModelError)
    assert "failed on a batch of 1 sequences of 4 bp: ZeroDivisionError" in str(found)
    absent = scorer.work(Recipe("no-such", "x", "f", "score", "", Loading()), ["ACGT"])
    assert isinstance(absent, MitHarnessError)
    assert "no model 'no-such'" in str(absent)


def test_another_model_under_the_same_spec_is_refused(scorer):
    theirs = Recipe("pa-pwm", "pa-pwm", "of another version", "weight-sum", "", Loading())
    found = scorer.work(theirs, SEQUENCES)
    assert isinstance(found, ModelError)
    assert "pa-pwm is another model on" in str(found)
    assert "needs the same files and packages" in str(found)


def test_a_folder_that_is_not_here_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    scorer = Scorer(str(tmp_path / "elsewhere"), ["/elsewhere"])
    assert isinstance(scorer.work(recipe("pa-pwm"), SEQUENCES), Scores)
