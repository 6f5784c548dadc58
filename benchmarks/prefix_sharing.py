"""Prefix sharing over a whole suite, beside plain batches and lm-eval's loglikelihood_rolling.

One checkpoint of random weights, the same sequences for all, one process; every repetition goes
through all ways in turn. Each way starts with a model just loaded, which is not timed. Scores are
compared, and the tokens that each way reads are counted.

    python benchmarks/prefix_sharing.py                      # 10,388 sequences, 5 M parameters
    python benchmarks/prefix_sharing.py --n 5 --cpu-time     # a smaller design, on a busy machine
    python benchmarks/prefix_sharing.py --context 0          # without the flank

lm-eval reads flank and sequence as one text, so the flank's own score is subtracted. It is timed
where it is installed.
"""

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from neural_checkpoints import Shape, write_causal
from neural_methods import Setting, installed, lm_eval, load
from neural_throughput import machine
from transformers.utils.logging import disable_progress_bar

from mit_harness.claims.registry import everything
from mit_harness.models.base import Floats
from mit_harness.models.neural.flanks import flanks
from mit_harness.models.neural.handles import hf_handle
from mit_harness.models.neural.model import NeuralModel
from mit_harness.models.spec import parse
from mit_harness.promoter.core import DesignSpec
from mit_harness.scoring.engine import LazyModel, score

USUAL = 32
"""Rows of lm-eval's batch."""


class Run(NamedTuple):
    """What one way made of the suite.

    Attributes
    ----------
    seconds
        Loading aside.
    scores
        float64, shape (n,), in nats.
    tokens
        That the network read.
    """

    seconds: float
    scores: Floats
    tokens: int


def suite(n: int) -> list[str]:
    """Return the distinct sequences of all claims, each class of n; of 100 the default suite."""
    return list(dict.fromkeys(item.sequence for item in everything(DesignSpec(n=n))))


def ours(
    folder: Path, sequences: list[str], context: int, share: str, clock: Callable[[], float]
) -> Run:
    """Score by this package's engine, without a store."""
    handle = hf_handle(parse(f"hf:{folder}?context={context}&share={share}"), offline=True)
    with LazyModel(handle) as lazy:
        model: Any = lazy.get()
        made: NeuralModel = model
        begun = clock()
        scores = score(lazy, sequences).values(sequences)
        seconds = clock() - begun
        sharing = made.sharing
        if share == "on" and (sharing is None or sharing.off):
            raise RuntimeError(f"nothing was shared: {'' if sharing is None else sharing.off}")
        read = int(made.lengths(sequences).sum()) if sharing is None else sharing.tokens
    return Run(seconds, scores, read)


def theirs(setting: Setting, context: int, clock: Callable[[], float]) -> Run:
    """Score by lm-eval, the flank as text before every sequence."""
    left, _ = flanks("causal", context)
    alone = float(np.sum(_rolling(setting, [left])())) if left else 0.0
    run = _rolling(setting, [left + text for text in setting.sequences])
    begun = clock()
    scores = np.asarray(run(), dtype=np.float64) - alone
    seconds = clock() - begun
    return Run(seconds, scores, sum(1 + context + len(text) for text in setting.sequences))


def _rolling(setting: Setting, texts: list[str]) -> Callable[[], Any]:
    longest = setting.tokenizer([max(texts, key=len)], return_tensors="pt")["input_ids"]
    asked = Setting(setting.folder, "causal", setting.network, setting.tokenizer, texts, longest)
    return lm_eval(asked, USUAL).prepare()


def table(found: dict[str, list[Run]]) -> str:
    """Return the table in Markdown; ratios are to the first way, by repetition."""
    base = next(iter(found.values()))
    rows = [
        ["way", "seconds", "of plain (min to max)", "tokens", "largest difference, nats"],
        ["---"] * 5,
    ]
    for name, runs in found.items():
        ratios = [b.seconds / one.seconds for b, one in zip(base, runs, strict=True)]
        off = max(float(np.abs(one.scores - base[0].scores).max()) for one in runs)
        rows.append(
            [
                name,
                f"{statistics.median(one.seconds for one in runs):.1f}",
                f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                f"{runs[0].tokens:,}",
                f"{off:.1e}",
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def measure(folder: Path, sequences: list[str], args: argparse.Namespace) -> dict[str, list[Run]]:
    """Return the runs of every way; each repetition goes through all."""
    clock = time.process_time if args.cpu_time else time.perf_counter
    ways: dict[str, Callable[[], Run]] = {
        "mit-harness, share=off": lambda: ours(folder, sequences, args.context, "off", clock),
        "mit-harness, share=on": lambda: ours(folder, sequences, args.context, "on", clock),
    }
    if installed("lm_eval"):
        shortest = min(sequences, key=len)
        made = load(folder, "causal", [shortest], "cpu", "float32")
        setting = Setting(folder, "causal", made.network, made.tokenizer, sequences, made.ids)
        ways[f"lm-eval, batch {USUAL}"] = lambda: theirs(setting, args.context, clock)
    found: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(args.repetitions):
        for name, way in ways.items():
            found[name].append(way())
    return found


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=100, help="sequences of each class")
    parser.add_argument("--context", type=int, default=96, help="bp of flank")
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--layers", type=int, default=Shape().layers)
    parser.add_argument("--width", type=int, default=Shape().width)
    parser.add_argument("--heads", type=int, default=Shape().heads)
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="seconds of this process's threads, not of the wall: for a busy machine, one thread",
    )
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    args = arguments(given)
    warnings.simplefilter("ignore")  # of the package compared with
    disable_progress_bar()
    print(machine("cpu", "float32"))
    sequences = suite(args.n)
    with tempfile.TemporaryDirectory() as scratch:
        shape = Shape(args.layers, args.width, args.heads, 4 * args.width)
        found = measure(write_causal(Path(scratch) / "model", shape), sequences, args)
        size = sum(p.numel() for p in _weights(Path(scratch) / "model")) / 1e6
    print(
        f"\n{size:.1f} M parameters, {len(sequences):,} sequences, {args.context} bp of flank, "
        f"{args.repetitions} repetitions, {'CPU' if args.cpu_time else 'wall'} seconds\n"
    )
    print(table(found))


def _weights(folder: Path) -> list[torch.Tensor]:
    from safetensors.torch import load_file

    return [*load_file(folder / "model.safetensors").values()]


if __name__ == "__main__":
    sys.exit(main())
