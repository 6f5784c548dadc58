"""The scripts that train the reference models: what is held out, what is drawn, what is told."""

import itertools
import json
import math
import struct
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from mit_harness.models.thermo import Thermo
from mit_harness.promoter.core import DesignSpec, core
from mit_harness.promoter.genome import genome
from mit_harness.promoter.grammar import SIGMA70

SCRIPTS = Path(__file__).resolve().parents[2] / "benchmarks" / "reference_models"
CONFIG = tomllib.loads((SCRIPTS / "config.toml").read_text())
MODELS = ("ecoli-causal", "ecoli-masked", "promoter-causal")


@pytest.fixture(scope="module", autouse=True)
def scripts():
    """Let the scripts find each other, as when one of them is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield
    for name in ("corpus", "markov", "promoters"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def corpus(scripts):
    from corpus import split

    return split(CONFIG["corpus"]["stretches"])


def test_a_tenth_is_held_out_and_nothing_is_both(corpus):
    held = sum(map(len, corpus.held_out))
    assert held + sum(map(len, corpus.training)) == len(genome())
    assert held == pytest.approx(len(genome()) / 10, abs=10)
    in_order = itertools.chain.from_iterable(zip(corpus.training, corpus.held_out, strict=True))
    bases = "".join("ACGT"[k] for stretch in in_order for k in stretch[:40])
    assert all(bases[k : k + 40] in genome() for k in range(0, len(bases), 40))


def test_training_windows_come_from_training_stretches_of_both_strands(corpus):
    from corpus import complement

    rows = corpus.windows(np.random.default_rng(3), 60, 80)
    stretches = [bytes(stretch.astype(np.uint8)) for stretch in corpus.training]
    forward = [any(bytes(row.astype(np.uint8)) in s for s in stretches) for row in rows]
    reverse = [any(bytes(complement(row).astype(np.uint8)) in s for s in stretches) for row in rows]
    assert all(a or b for a, b in zip(forward, reverse, strict=True))
    assert sum(forward) > 10
    assert sum(reverse) > 10
    again = corpus.windows(np.random.default_rng(3), 60, 80)
    assert np.array_equal(rows, again)


def test_test_windows_score_each_held_out_base_at_most_once_per_strand(corpus):
    rows = corpus.tests(256, 160)
    assert rows.shape[1] == 256
    held = sum(map(len, corpus.held_out))
    assert 0.98 * 2 * held < len(rows) * 160 <= 2 * held
    assert np.array_equal(rows[0][160:], rows[1][:96])  # the next context is what was scored


def test_a_chain_of_order_0_gives_the_entropy_of_the_bases(corpus):
    from markov import causal_bits, log2_transitions

    assert np.exp2(log2_transitions(corpus, 2)).reshape(-1, 4).sum(axis=1) == pytest.approx(1)
    rows = corpus.tests(256, 160)[::50]
    shares = np.exp2(log2_transitions(corpus, 0))
    expected = -np.log2(shares)[rows[:, 96:]].mean()
    assert causal_bits(corpus, 0, rows, 96) == pytest.approx(expected)


def test_a_masked_base_is_weighed_by_the_whole_window_under_the_chain(corpus):
    from markov import log2_transitions, masked_bits

    order, size = 1, 7
    rows = np.random.default_rng(1).integers(0, 4, size=(9, size))
    log2 = log2_transitions(corpus, order)

    def whole(row):
        return sum(log2[4 * a + b] for a, b in itertools.pairwise(row))

    bits = []
    for row in rows:
        odds = []
        for base in range(4):
            other = row.copy()
            other[size // 2] = base
            odds.append(2 ** whole(other))
        bits.append(-math.log2(odds[row[size // 2]] / sum(odds)))
    assert masked_bits(corpus, order, rows) == pytest.approx(np.mean(bits))


def test_promoters_are_functional_varied_and_not_the_benchmarks():
    from corpus import BASES
    from promoters import DOWNSTREAM, SPACERS, Promoters

    settings = CONFIG["promoter-causal"]
    source = Promoters(settings)
    rows = source.windows(np.random.default_rng(5), 400)
    assert rows.shape == (400, settings["window"])
    assert np.array_equal(rows, source.windows(np.random.default_rng(5), 400))
    models = [Thermo(SIGMA70.moved(DOWNSTREAM, by=s - 17)) for s in SPACERS]
    best, offsets = np.full(400, -np.inf), set()
    found = np.zeros(400, dtype=int)
    for offset in range(settings["first"], settings["last"] + 1):
        layout = rows[:, offset : offset + 100]
        for k, model in enumerate(models):
            energy = model.score_block(layout)
            found[energy > best] = k
            offsets.add(offset)
            best = np.maximum(best, energy)
    # At `least` half are functional, four spreads below 2 %.
    assert np.quantile(best, 0.05) > settings["least"] - 3 * settings["spread"]
    assert set(found) == set(range(len(SPACERS)))
    texts = {"".join(BASES[k] for k in row) for row in rows}
    assert len(texts) == 400
    benchmark = {item.sequence[59:] for item in core(DesignSpec(n=100)) if item.group == "C"}
    assert not any(end[:30] in text for end in benchmark for text in texts)


def _log(name):
    lines = (SCRIPTS / "logs" / f"{name}.tsv").read_text().splitlines()
    head = [line for line in lines if line.startswith("# ")]
    chains = dict(part.strip().split(": ") for part in head[1].rpartition("bases: ")[2].split(","))
    last = float(lines[-1].split()[-4])
    return head[0], {int(order): float(bits) for order, bits in chains.items()}, last


@pytest.mark.parametrize("name", ["ecoli-causal", "ecoli-masked"])
def test_held_out_bits_are_below_any_markov_chains(name):
    _, chains, last = _log(name)
    assert {3, 5, 7} <= set(chains)
    assert last < min(chains.values())
    assert last < chains[5] - 0.02


@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_weights_are_small_and_those_of_the_log(name):
    path = files("mit_harness.models") / "checkpoints" / name / "model.safetensors"
    data = path.read_bytes()
    assert len(data) < 4e6
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    sizes = {key: math.prod(entry["shape"]) for key, entry in header.items()}
    parameters = sum(size for key, size in sizes.items() if not key.endswith("inv_freq"))
    assert parameters == int(_log(name)[0].split(", ")[1].split()[0])
    assert {entry["dtype"] for entry in header.values()} == {"F32"}


def test_the_training_curve_goes_from_chance_to_its_end():
    lines = (SCRIPTS / "logs" / "promoter-causal.tsv").read_text().splitlines()
    table = [line.split("\t") for line in lines if not line.startswith("# ")]
    assert table[0][:3] == ["step", "training_bits", "held_out_bits"]
    steps = [int(row[0]) for row in table[1:]]
    assert steps == [0, *CONFIG["promoter-causal"]["reports"]]
