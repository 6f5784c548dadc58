"""The noise floor: measured with any model, kept by fingerprint, and never the end of a run."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from mit_harness.models.base import PARTS, Variant
from mit_harness.models.registry import Registry
from mit_harness.scoring import noise
from mit_harness.scoring.engine import LazyModel
from mit_harness.scoring.noise import RECORDED, Noise, keep_noise, known_noise, noise_floor
from mit_harness.scoring.store import Store

NOTHING = "the model offers nothing to compare with"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "scores.sqlite") as opened:
        yield opened


@pytest.fixture
def floor(handle_of):
    return lambda model: noise_floor(LazyModel(handle_of(model)))


def counts(sequences):
    return [float(s.count("A")) for s in sequences]


def test_every_control_is_exact():
    for handle in Registry().resolve_all(["controls"]):
        with LazyModel(handle) as model:
            found = noise_floor(model)
        assert (found.nats, found.n, found.parts["batch"]) == (0.0, 32, 0.0), handle.name
        assert found.note == f"dtype, device: {NOTHING}"


def test_the_sequences_are_the_same_whatever_a_run_asks_for(counting, handle_of):
    first, others = noise._sequences()
    assert len({*first, *others}) == 64
    assert {len(s) for s in first} == {100}
    noise_floor(LazyModel(handle_of(counting)))
    assert counting.batches[0] == first
    assert sorted(map(len, counting.batches)) == [1] * 32 + [32, 64]


def test_a_score_that_depends_on_its_company_is_found(floor):
    found = floor(lambda sequences: [a + len(sequences) / 128 for a in counts(sequences)])
    assert found.parts["batch"] == 0.25  # 64 at once against 32; one against 32 is 0.242
    assert found.nats == 0.25


def test_a_score_that_depends_on_its_place_is_found(floor):
    found = floor(lambda sequences: [a + k for k, a in enumerate(counts(sequences))])
    assert found.nats == 62  # the last is first, and among others the first comes 63rd of 64


def test_three_digits_are_kept(floor):
    found = floor(
        lambda sequences: [a + math.pi * (len(sequences) == 1) for a in counts(sequences)]
    )
    assert found.nats == 3.14


class Varied:
    """A model with variants of its own."""

    def __init__(self, *offered):
        self.offered = offered

    def score(self, sequences):
        return np.array(counts(sequences))

    def variants(self):
        for one in self.offered:
            if isinstance(one, Exception):
                raise one
            yield one

    def close(self):
        pass


def off_by(spread):
    return lambda sequences: np.array(counts(sequences)) + spread


def test_the_model_says_what_else_can_be_varied(floor):
    device = Variant("device", None, "there is none")
    found = floor(Varied(Variant("batch", off_by(0.5)), Variant("dtype", off_by(-2)), device))
    assert found == Noise(
        2.0, 32, {"batch": 0.5, "dtype": 2.0, "device": None}, "device: there is none"
    )


def test_a_variant_that_fails_is_a_reason(floor):
    def broken(sequences):
        raise RuntimeError("not implemented for 'Half'\nmore \x1b[31m")

    offered = Variant("dtype", broken), Variant("device", lambda s: [math.nan] * len(s))
    found = floor(Varied(*offered))
    assert found.nats == found.parts["batch"] == 0.0
    assert found.note == (
        "dtype: RuntimeError: not implemented for 'Half'; device: a score is not finite"
    )


def test_variants_that_break_off_leave_what_was_measured(floor):
    found = floor(Varied(Variant("dtype", off_by(1)), OSError("gone")))
    assert found.parts == {"batch": 0.0, "dtype": 1.0, "device": None}
    assert found.note == "device: OSError: gone"


@pytest.mark.parametrize("offered", [["text"], [None], 7])
def test_an_attribute_of_that_name_that_is_something_else_does_no_harm(floor, offered):
    model = Varied()
    model.variants = offered if isinstance(offered, int) else lambda: offered
    found = floor(model)
    assert found.parts == {"batch": 0.0, "dtype": None, "device": None}
    assert found.note


@pytest.mark.parametrize(
    ("score", "note"),
    [
        (lambda s: [math.nan] * len(s), "not measured: a score is not finite"),
        (lambda s: 1 / 0, "not measured: ZeroDivisionError: division by zero"),
        (lambda s: "?", "not measured: my-model returned a str of shape () and dtype <U1; "),
    ],
)
def test_a_model_that_cannot_score_them_has_none_and_a_reason(floor, score, note):
    found = floor(score)
    assert found.nats is None
    assert found.n == 0
    assert found.parts == dict.fromkeys(PARTS)
    assert found.note.startswith(note)


def test_an_interruption_is_no_reason(floor):
    def interrupted(sequences):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        floor(interrupted)


def test_it_is_measured_once_and_kept(counting, handle_of, store):
    handle = handle_of(counting)
    assert known_noise(handle, store) is None
    with LazyModel(handle) as model:
        keep_noise(model, store)
    found = known_noise(handle, store)
    assert found == Noise(0.0, 32, {"batch": 0.0, "dtype": None, "device": None}, found.note)
    with LazyModel(handle) as model:
        keep_noise(model, store)
    assert counting.loads == 1
    json.loads(store.recall("noise", f"fp\nscore\nversion {noise.VERSION}"))


def test_it_is_another_models_by_fingerprint_method_or_version(
    counting, handle_of, store, monkeypatch
):
    keep_noise(LazyModel(handle_of(counting)), store)
    assert known_noise(handle_of(counting, fingerprint="other"), store) is None
    assert known_noise(handle_of(counting, method="other"), store) is None
    monkeypatch.setattr(noise, "VERSION", noise.VERSION + 1)
    assert known_noise(handle_of(counting), store) is None


def test_of_a_model_of_this_run_only_it_is_forgotten(counting, handle_of, store):
    handle = handle_of(counting, fingerprint="run:1234:py:x:y")
    keep_noise(LazyModel(handle), store)
    assert known_noise(handle, store) is not None
    store.forget("run:1234:")
    assert known_noise(handle, store) is None


def test_recorded_scores_have_none(counting, handle_of, store):
    handle = handle_of(counting, stored=False)
    keep_noise(LazyModel(handle), store)
    assert known_noise(handle, store) is RECORDED
    assert counting.loads == 0


def test_what_failed_is_tried_again_only_where_the_model_is_loaded_anyway(
    counting, handle_of, store
):
    handle = handle_of(counting)

    def refuse():
        counting.loads += 1
        raise OSError("no weights")

    broken = replace(handle, load=refuse)
    keep_noise(LazyModel(broken), store)
    keep_noise(LazyModel(broken), store)
    assert counting.loads == 1
    note = "not measured: my-model could not be loaded: OSError: no weights"
    assert known_noise(handle, store) == Noise(note=note)
    model = LazyModel(handle)
    keep_noise(model, store)
    assert known_noise(handle, store).nats is None
    model.get()
    keep_noise(model, store)
    assert known_noise(handle, store).nats == 0.0
