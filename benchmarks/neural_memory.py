"""Peak resident memory of a whole ``mit-harness score`` process, against what is stated of it.

Random weights of several sizes are written to a temporary folder and scored from there, each by a
process of its own: with few sequences, which is what loading takes, and with many, where batches
grow as large as they may.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from baseline_throughput import draw
from neural_checkpoints import Shape, write_causal, write_masked

from mit_harness.models.neural.files import count_parameters, read_headers, weight_files
from mit_harness.models.neural.presets import memory_gb

SHAPES = {
    "tiny": Shape(1, 32, 2, 128),
    "10M": Shape(6, 384, 6, 1536),
    "100M": Shape(14, 768, 12, 3072),
}
WRITE = {"causal": write_causal, "masked": write_masked}
FEW = 8
_ENTRY = "from mit_harness.cli import main; main()"


class Peak(NamedTuple):
    """What a process took.

    Attributes
    ----------
    parameters
        Of the checkpoint.
    gb
        Largest resident memory, in GB of 10^9 bytes; pages of files that it mapped count.
    stated_gb
        By `memory_gb`, in float32.
    """

    parameters: int
    gb: float
    stated_gb: float


def peak_gb(command: Sequence[str], folder: Path) -> float:
    """Return the largest resident memory of a command that must succeed."""
    log = folder / "log.txt"
    with log.open("w") as handle:
        child = subprocess.Popen(command, stdout=handle, stderr=handle, cwd=folder)
        # Of this child alone: RUSAGE_CHILDREN is the largest of all so far.
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {log.read_text()[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e9


def measure(kind: str, shape: Shape, sequences: int, length: int, folder: Path) -> Peak:
    """Return the peak of scoring random sequences with a checkpoint of random weights."""
    model = folder / "model"
    _write(kind, model, shape)
    table = folder / "sequences.tsv"
    rows = (f"s{k}\t{s}" for k, s in enumerate(draw(sequences, length, 0)))
    table.write_text("\n".join(["id\tsequence", *rows]) + "\n")
    command = [sys.executable, "-c", _ENTRY, "score", f"hf:{model}", "--offline"]
    command += ["--device", "cpu", "--sequences", str(table), "--out", str(folder / "scores.tsv")]
    parameters = count_parameters(read_headers(weight_files(model)))
    stated = memory_gb(parameters, "float32")
    if stated is None:
        raise RuntimeError("a checkpoint on this machine has a known size")
    found = Peak(parameters, peak_gb(command, folder), stated)
    scored = len((folder / "scores.tsv").read_text().splitlines()) - 1
    if scored != sequences:
        raise RuntimeError(f"{scored} of {sequences} sequences were scored")
    return found


def _write(kind: str, folder: Path, shape: Shape) -> None:
    """Write a checkpoint in a process of its own: a child's peak begins at its parent's size."""
    child = get_context("spawn").Process(target=WRITE[kind], args=(folder, shape))
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError(f"writing the {kind} checkpoint failed")


def main(given: Sequence[str] | None = None) -> None:
    """Print a table of peaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--kinds", nargs="+", choices=WRITE, default=list(WRITE))
    parser.add_argument("--sequences", type=int, default=400, help="besides a run of few")
    parser.add_argument("--length", type=int, default=100, help="bp")
    args = parser.parse_args(given)
    print(
        "| model | parameters | sequences | peak GB | stated GB |\n| --- | --- | --- | --- | --- |"
    )
    for name in args.shapes:
        for kind in args.kinds:
            for sequences in sorted({FEW, args.sequences}):
                with tempfile.TemporaryDirectory() as folder:
                    at = Path(folder)
                    found = measure(kind, SHAPES[name], sequences, args.length, at)
                size = f"{found.parameters / 1e6:.1f} M"
                row = [f"{kind} {name}", size, str(sequences)]
                row += [f"{found.gb:.2f}", f"{found.stated_gb:.2f}"]
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
