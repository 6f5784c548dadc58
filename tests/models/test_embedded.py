"""The table of embedded models: options, fingerprints, and what importing it costs."""

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from mit_harness.errors import ModelError
from mit_harness.models import embedded
from mit_harness.models.base import Model
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.pwm import published

NAMES = (
    *("pwm", "pa-pwm", "pa-pwm-nocomp", "pa-pwm-nopos", "thermo", "scan", "scan-aligned"),
    *("rpa-pwm", "random", "kmer", "markov", "at-content", "orientation-blind", "any-gap"),
    "end-anchored",
)
GENOMIC = ("kmer", "markov")
SEQUENCE = (
    "GAAATGTACAAGAAGAAAAAAGAGTATGCATTGACAGTCGTGTGGAACATTGTATAATACCAATGGATACTGGG"
    "TTAACAATTCGCTCAAGAGTCATGA"
)

PINNED = {
    "pwm": (1, 8.9),
    "pa-pwm": (1, 17.05),
    "pa-pwm-nocomp": (1, 8.6),
    "pa-pwm-nopos": (1, 23.65),
    "orientation-blind": (1, 21.85),
    "end-anchored": (1, 8.0),
    "thermo": (1, 21.5),
    "scan": (1, 16.99),
    "scan-aligned": (1, 18.79),
    "rpa-pwm": (1, 25.38888888888889),
    "any-gap": (1, 25.88888888888889),
    "random": (1, 0.29481085008434815),
    "at-content": (1, 0.6363636363636364),
    "kmer": (1, -795.2265137609633),
    "markov": (1, -140.67298504686823),
}
"""Scorer version, and the score of SEQUENCE under it."""


def test_names():
    assert sorted(EMBEDDED) == sorted(NAMES)
    assert all(name == model.name for name, model in EMBEDDED.items())
    assert all("\n" not in model.summary and len(model.summary) < 90 for model in EMBEDDED.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_model_scores(name):
    model = EMBEDDED[name].build({})
    assert isinstance(model, Model)
    # A changed score needs a new scorer version: without one, stored scores would be stale.
    version, score = PINNED[name]
    assert EMBEDDED[name].version == version
    assert model.score([SEQUENCE])[0] == pytest.approx(score, abs=1e-9)


def test_options_reach_the_model():
    assert EMBEDDED["random"].build({"seed": "7"}).score([SEQUENCE])[0] != PINNED["random"][1]
    aligned = EMBEDDED["scan"].build({"aligned": "1"}).score([SEQUENCE])[0]
    assert aligned == EMBEDDED["scan-aligned"].build({}).score([SEQUENCE])[0]
    assert EMBEDDED["scan"].build({"aligned": "0"}).score([SEQUENCE])[0] == pytest.approx(
        PINNED["scan"][1], abs=1e-9
    )


def test_markov_order_reaches_the_model():
    assert EMBEDDED["markov"].build({"order": "2"}).min_length == 2


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("random", {"sed": "1"}, "no option 'sed'; known options: seed"),
        ("pwm", {"seed": "1"}, "no option 'seed'; it takes no options"),
        ("random", {"seed": "x1"}, "'seed' of model 'random' takes an integer, not 'x1'"),
        ("random", {"seed": ""}, "takes an integer, not ''"),
        ("random", {"seed": "1_0"}, "takes an integer"),
        ("random", {"seed": "-1"}, "must be 0 or more, not -1"),
        ("markov", {"order": "11"}, "must be 0 to 10, not 11"),
        ("scan", {"aligned": "2"}, "must be 0 to 1, not 2"),
    ],
)
def test_bad_options_are_named(name, options, message):
    for use in (EMBEDDED[name].build, EMBEDDED[name].fingerprint):
        with pytest.raises(ModelError) as caught:
            use(options)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


def test_fingerprints_tell_models_and_options_apart():
    prints = {model.fingerprint({}) for model in EMBEDDED.values()}
    prints |= {EMBEDDED["random"].fingerprint({"seed": str(seed)}) for seed in range(1, 6)}
    prints |= {EMBEDDED["markov"].fingerprint({"order": str(order)}) for order in range(5)}
    prints.add(EMBEDDED["scan"].fingerprint({"aligned": "1"}))
    assert len(prints) == len(EMBEDDED) + 11
    assert all(len(p) == 64 and set(p) <= set("0123456789abcdef") for p in prints)


def test_a_default_spelled_out_is_the_same_model():
    seed = str(embedded.RANDOM_SEED)
    for text in (seed, "0" + seed):
        assert EMBEDDED["random"].fingerprint({"seed": text}) == EMBEDDED["random"].fingerprint({})
    assert EMBEDDED["markov"].fingerprint({"order": "5"}) == EMBEDDED["markov"].fingerprint({})


def test_fingerprint_follows_version_weights_and_genome(monkeypatch):
    before = {name: model.fingerprint({}) for name, model in EMBEDDED.items()}
    for name, model in EMBEDDED.items():
        newer = dataclasses.replace(model, version=model.version + 1)
        assert newer.fingerprint({}) != before[name]
    monkeypatch.setattr(embedded, "weights_sha256", lambda: "other")
    changed = {name for name, model in EMBEDDED.items() if model.fingerprint({}) != before[name]}
    assert changed == set(NAMES) - {"random", "at-content", *GENOMIC}
    monkeypatch.setattr(embedded, "GENOME_MD5", "other")
    changed = {name for name, model in EMBEDDED.items() if model.fingerprint({}) != before[name]}
    assert changed == set(NAMES) - {"random", "at-content"}


def test_fingerprint_is_stable_and_of_the_file_that_is_read():
    # Pinned: it must not depend on the machine, the process or the order of options.
    facts = (
        '{"genome": null, "name": "random", "options": {"seed": 3}, "version": 1, "weights": null}'
    )
    expected = hashlib.sha256(facts.encode()).hexdigest()
    assert EMBEDDED["random"].fingerprint({"seed": "3"}) == expected
    weights = (Path(embedded.__file__).parent / "data" / "published_weights.json").read_bytes()
    assert embedded.weights_sha256() == hashlib.sha256(weights).hexdigest()
    assert "2604.06549" in published()["source"]


def test_the_table_and_its_fingerprints_import_nothing_heavy():
    code = (
        "import sys\n"
        "from mit_harness.models.embedded import EMBEDDED\n"
        "[model.fingerprint({}) for model in EMBEDDED.values()]\n"
        "heavy = {'numpy', 'scipy', 'pandas', 'Bio'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
