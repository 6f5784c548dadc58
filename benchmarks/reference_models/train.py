"""Train a reference language model of the package.

python benchmarks/reference_models/train.py ecoli-causal --out FOLDER
python benchmarks/reference_models/train.py promoter-causal --start FOLDER --out OTHER

Writes the checkpoint and its log, ``FOLDER/training.tsv``, and compares the last line with the log
that is committed: exit status 1 if the bits per base differ by more than the tolerance.
"""

import argparse
import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from corpus import Codes, Corpus, split
from curve import METRICS, measure
from markov import causal_bits, masked_bits
from networks import build, load, save, tokenizer
from promoters import Promoters
from torch import nn
from training import bits, train

HERE = Path(__file__).parent
LOGS = HERE / "logs"
TOLERANCE = 0.005
"""Bits per base by which a second training may differ: other cores sum in another order."""
ORDERS = (1, 3, 5, 7, 8)
FEW = {"causal": 512, "masked": 4096}
"""Held-out windows of the log's lines; the last line takes all of them."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    config = tomllib.loads((HERE / "config.toml").read_text())
    parser.add_argument("model", choices=[name for name in config if name != "corpus"])
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--start", type=Path, help="checkpoint that promoter-causal begins with")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    settings = config[args.model]
    if ("start" in settings) != (args.start is not None):
        parser.error(f"{args.model} {'needs' if 'start' in settings else 'takes no'} --start")
    torch.set_num_threads(args.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(settings["seed"])
    corpus = split(config["corpus"]["stretches"])
    network = load(args.start) if args.start else build(settings)
    args.out.mkdir(parents=True, exist_ok=True)
    last = run(args.model, network, settings, corpus, config["corpus"], args.out)
    save(network, args.out)
    return compare(args.model, last)


def run(
    name: str,
    network: nn.Module,
    settings: Mapping[str, Any],
    corpus: Corpus,
    shape: Mapping[str, Any],
    out: Path,
) -> float:
    """Train, write the log, and return the bits per base over every test window."""
    kind, context = settings["kind"], shape["context"]
    if "start" in settings:
        source = Promoters(settings)
        draw: Callable[[np.random.Generator, int], Codes] = source.windows
        tests = source.windows(np.random.default_rng(settings["seed"] + 1), 4096)
        columns = tuple(METRICS)
    else:
        draw = lambda rng, n: corpus.windows(rng, n, settings["window"])  # noqa: E731
        tests = corpus.tests(shape["window"], shape["window"] - context)
        columns = ()
    few = tests[:: max(1, len(tests) // FEW[kind])]
    with (out / "training.tsv").open("w") as log:

        def write(*cells: object) -> None:
            line = "\t".join(map(str, cells))
            print(line, flush=True)
            print(line, file=log, flush=True)

        for line in about(name, network, kind, corpus, tests, context):
            write(f"# {line}")
        write("step", "training_bits", "held_out_bits", *columns, "seconds")

        def report(step: int, training: float, seconds: float) -> None:
            network.eval()
            curve = measure(network, tokenizer()) if columns else {}
            shown = ["" if v is None else f"{v:.3f}" for v in curve.values()]
            found = bits(network, kind, few, context)
            write(step, f"{training:.4f}", f"{found:.4f}", *shown, f"{seconds:.0f}")
            network.train()

        train(network, draw, settings, report)
        network.eval()
        last = bits(network, kind, tests, context)
        write(f"# held out, all {len(tests)} windows: {last:.4f} bits per base")
    return last


def about(
    name: str, network: nn.Module, kind: str, corpus: Corpus, tests: Codes, context: int
) -> list[str]:
    """Return the head of a log: what was trained on what, and what Markov chains give."""
    size = sum(parameter.numel() for parameter in network.parameters())
    chains = []
    for order in ORDERS:
        if kind == "causal":
            found = causal_bits(corpus, order, tests, context)
        else:
            found = masked_bits(corpus, order, tests)
        chains.append(f"{order}: {found:.4f}")
    return [
        f"{name}, {size} parameters, torch {torch.__version__}, {torch.get_num_threads()} threads",
        f"bits per base of the genome's Markov chains on the same bases: {', '.join(chains)}",
    ]


def compare(name: str, last: float) -> int:
    """Tell how far the committed log is; without one there is nothing to compare."""
    path = LOGS / f"{name}.tsv"
    if not path.exists():
        return 0
    told = float(path.read_text().splitlines()[-1].split()[-4])
    print(f"committed: {told:.4f}, here {last:.4f}; tolerance {TOLERANCE}")
    return int(abs(told - last) > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
