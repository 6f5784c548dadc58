"""Tokens per second of this package's neural scorers, beside bare forward passes and other ways.

One network, one set of tokens, one run: every repetition goes through all methods in turn, so a
busy machine slows them alike. Ratios are to bare passes at the batch size that was fastest here.
Scores are compared before anything is timed. Random weights, written to a temporary folder.

    python benchmarks/neural_throughput.py                        # causal and masked, on a CPU
    python benchmarks/neural_throughput.py --device cuda --precision bfloat16
    python benchmarks/neural_throughput.py --device cuda --esm-500m

lm-eval (0.4) and minicons are timed where they are installed.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from baseline_throughput import draw
from neural_checkpoints import ESM_500M, Shape, write_causal, write_masked
from neural_methods import (
    Method,
    Setting,
    bare,
    bare_cut,
    fresh,
    installed,
    lm_eval,
    load,
    minicons,
    one_by_one,
    ours_cold,
    ours_warm,
)
from transformers.utils.logging import disable_progress_bar

from mit_harness.models.base import Floats

SIZES = (1, 8, 16, 32, 64, 128, 256)
"""Rows of a bare batch."""
USUAL = 32
"""Rows of a batch of the other packages."""
TOLERANCE = 1e-3
"""Nats by which two ways may differ in float32."""

PEAKS = {  # dense TFLOP/s of the makers' data sheets: float32, TF32, bfloat16
    "A100": (19.5, 156.0, 312.0),
    "H100": (67.0, 494.7, 989.4),
    "H200": (67.0, 494.7, 989.4),
}
PRECISIONS = ("float32", "tf32", "bfloat16")


class Timed(NamedTuple):
    """A method's seconds, one for each repetition, and its largest difference to bare, in nats."""

    name: str
    seconds: list[float]
    off: float
    note: str = ""


def times(
    methods: Sequence[Method],
    repetitions: int,
    device: str,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Return seconds by method; each repetition runs all of them, one after the other."""
    found: dict[str, list[float]] = {method.name: [] for method in methods}
    for _ in range(repetitions):
        for method in methods:
            run = method.prepare()
            _settle(device)
            begun = clock()
            run()
            _settle(device)
            found[method.name].append(clock() - begun)
    return found


def _settle(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def differences(methods: Sequence[Method]) -> tuple[dict[str, float], dict[str, str]]:
    """Return by how much scores differ from the first method's at most, in nats, and what failed.

    Only another package may fail: it may be older than the transformers that is installed.
    """
    scores: dict[str, Floats] = {}
    failed = {method.name: method.note for method in methods if method.note}
    for method in methods:
        if method.name in failed:
            continue
        try:
            scores[method.name] = np.asarray(method.prepare()(), dtype=np.float64)
        except Exception as error:
            if not method.name.startswith(("lm-eval", "minicons")):
                raise
            failed[method.name] = f"fails: {type(error).__name__}: {error}".splitlines()[0][:90]
    first = scores[methods[0].name]
    return {name: float(np.abs(found - first).max()) for name, found in scores.items()}, failed


def all_methods(setting: Setting, sizes: Sequence[int], extra: int) -> list[Method]:
    """Return bare passes of every size, this package, and the others at `USUAL` and at `extra`."""
    made = [bare(setting, size) for size in sizes]
    if setting.kind == "masked":
        made += [bare_cut(setting, size) for size in sizes if size >= USUAL]
    made += [ours_cold(setting), ours_warm(setting, fresh(setting))]
    others = sorted({USUAL, extra})
    made += [lm_eval(setting, size) for size in others]
    made += [minicons(setting, size) for size in others]
    return [*made, one_by_one(setting)]


def measure(
    setting: Setting, sizes: Sequence[int], repetitions: int, clock: Callable[[], float]
) -> list[Timed]:
    """Return what all methods took, in the order of the table."""
    # One round finds the size that the other packages get besides their usual one.
    quick = times([bare(setting, size) for size in sizes], 2, setting.device, clock)
    extra = int(min(quick, key=lambda name: min(quick[name])).rpartition(" ")[2])
    made = all_methods(setting, sizes, extra)
    return timed(made, setting, repetitions, clock)


def timed(
    made: Sequence[Method],
    setting: Setting,
    repetitions: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Timed]:
    """Compare the scores of methods, which warms them up too, and time those that work."""
    off, failed = differences(made)
    able = [method for method in made if method.name not in failed]
    took = times(able, repetitions, setting.device, clock)
    return [
        Timed(m.name, took.get(m.name, []), off.get(m.name, np.nan), failed.get(m.name, ""))
        for m in made
    ]


def best_bare(found: Sequence[Timed]) -> Timed:
    """Return the fastest bare passes, the head seeing everything."""
    return min(
        (one for one in found if one.name.startswith("bare, batch")),
        key=lambda one: statistics.median(one.seconds),
    )


def ratios(one: Timed, base: Timed) -> list[float]:
    """Return how fast a method was, 1 being as fast as `base`, by repetition."""
    return [b / a for a, b in zip(one.seconds, base.seconds, strict=True)]


def table(found: Sequence[Timed], tokens: int, peak: tuple[float, float] | None = None) -> str:
    """Return the table in Markdown.

    Parameters
    ----------
    found
        Of one setting.
    tokens
        Read by a method in one repetition.
    peak
        FLOP of one repetition and the device's FLOP/s, if known.
    """
    base = best_bare(found)
    head = ["method", "tokens/s", "of the best bare (min to max)", "largest difference, nats"]
    head += ["share of peak"] if peak else []
    rows = [head, ["---"] * len(head)]
    for one in found:
        if not one.seconds:
            rows.append([one.name, one.note, *[""] * (len(head) - 2)])
            continue
        middle, r = statistics.median(one.seconds), ratios(one, base)
        row = [one.name, f"{tokens / middle:,.0f}"]
        row += [f"{statistics.median(r):.2f} ({min(r):.2f} to {max(r):.2f})", f"{one.off:.1e}"]
        rows.append(row + ([f"{peak[0] / middle / peak[1]:.1%}"] if peak else []))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def flops(setting: Setting) -> float:
    """Return the work of one repetition with the whole head: 2 a parameter, and attention."""
    config = setting.network.config
    body = sum(p.numel() for p in setting.network.parameters())
    body -= setting.network.get_input_embeddings().weight.numel()  # looked up, not multiplied
    if config.tie_word_embeddings:
        body += setting.network.get_output_embeddings().weight.numel()
    attention = 4 * config.num_hidden_layers * config.hidden_size * setting.ids.shape[1]
    return float(setting.tokens) * (2 * body + attention)


def peak_flops(precision: str, stated: float | None) -> float | None:
    """Return the device's FLOP/s, as stated in TFLOP/s or by its name; None if unknown."""
    if stated is not None:
        return stated * 1e12
    if not torch.cuda.is_available():
        return None
    name = torch.cuda.get_device_name()
    known = next((peaks for card, peaks in PEAKS.items() if card in name), None)
    return None if known is None else known[PRECISIONS.index(precision)] * 1e12


def machine(device: str, precision: str) -> str:
    """Return what this run was made with."""
    names = ("torch", "transformers", "lm_eval", "minicons")
    used: Mapping[str, str] = {name: installed(name) or "not installed" for name in names}
    on = torch.cuda.get_device_name() if device.startswith("cuda") else _processor()
    return (
        f"{on}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, {precision}; "
        f"{platform.python_implementation()} {platform.python_version()}, "
        + ", ".join(f"{name} {at}" for name, at in used.items())
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")


def compare(kind: str, args: argparse.Namespace, folder: Path) -> None:
    """Write, load, compare, time and print one kind of model."""
    shape = Shape(args.layers, args.width, args.heads, 4 * args.width)
    write = write_causal if kind == "causal" else write_masked
    setting = _load(write(folder / kind, shape), kind, args)
    found = measure(setting, args.sizes, args.repetitions, _clock(args))
    peak = peak_flops(args.precision, args.peak_tflops)
    size = sum(p.numel() for p in setting.network.parameters()) / 1e6
    print(
        f"\n{kind}, {size:.1f} M parameters, {len(setting.sequences)} sequences of "
        f"{args.length} bp, {setting.ids.shape[1]} tokens each; {args.repetitions} repetitions\n"
    )
    print(table(found, setting.tokens, (flops(setting), peak) if peak else None))
    limit = TOLERANCE if args.precision == "float32" else float("inf")
    off = [f"{one.name} by {one.off:.1e} nats" for one in found if one.off > limit]
    print(f"\ndiffer by more than {TOLERANCE:g}: {'; '.join(off) or 'none'}")


def esm_500m(args: argparse.Namespace, folder: Path) -> None:
    """Print the sequences per second of an Esm of 500 M parameters, every token masked in turn."""
    shape = ESM_500M
    if args.tiny:
        shape = Shape(args.layers, args.width, args.heads, 4 * args.width, ESM_500M.vocabulary)
    setting = _load(write_masked(folder / "esm", shape), "masked", args)
    sizes = [size for size in args.sizes if size >= USUAL] or args.sizes
    made = [bare(setting, size) for size in sizes]
    made += [ours_cold(setting), ours_warm(setting, fresh(setting))]
    found = timed(made, setting, args.repetitions, _clock(args))
    peak = peak_flops(args.precision, args.peak_tflops)
    size = sum(p.numel() for p in setting.network.parameters()) / 1e6
    print(
        f"\nEsm, {size:.1f} M parameters, {len(setting.sequences)} sequences of {args.length} bp\n"
    )
    print(table(found, setting.tokens, (flops(setting), peak) if peak else None))
    for one in found:
        rate = len(setting.sequences) / statistics.median(one.seconds)
        print(f"{one.name}: {rate:.1f} sequences/s")


def _clock(args: argparse.Namespace) -> Callable[[], float]:
    return time.process_time if args.cpu_time else time.perf_counter


def _load(folder: Path, kind: str, args: argparse.Namespace) -> Setting:
    sequences = draw(args.sequences, args.length, seed=0)
    dtype = "bfloat16" if args.precision == "bfloat16" else "float32"
    return load(folder, kind, sequences, args.device, dtype)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", default=["causal", "masked"])
    parser.add_argument("--sequences", type=int, default=650)
    parser.add_argument("--length", type=int, default=100, help="bp")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="rows of a batch")
    parser.add_argument("--layers", type=int, default=Shape().layers)
    parser.add_argument("--width", type=int, default=Shape().width)
    parser.add_argument("--heads", type=int, default=Shape().heads)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="seconds of this process's threads, not of the wall: for a busy machine, one thread",
    )
    parser.add_argument("--peak-tflops", type=float, help="of the device at this precision")
    parser.add_argument("--esm-500m", action="store_true", help="only an Esm of 500 M parameters")
    parser.add_argument(
        "--tiny", action="store_true", help="the same of --layers, --width, --heads"
    )
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    args = arguments(given)
    warnings.simplefilter("ignore")  # of the packages compared with
    disable_progress_bar()
    torch.set_float32_matmul_precision("high" if args.precision == "tf32" else "highest")
    print(machine(args.device, args.precision))
    with tempfile.TemporaryDirectory() as folder:
        if args.esm_500m:
            esm_500m(args, Path(folder))
            return
        for kind in args.kinds:
            compare(kind, args, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
