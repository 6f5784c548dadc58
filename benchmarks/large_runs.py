"""What runs of 10^3 to 10^6 sequences take: CPU seconds, peak memory, and the size of what is kept.

Two ways, each in a process of its own: ``pytest evals`` over all claims, and the command line from
`design` over `score` to `import-scores`. CPU seconds, because other work may run on the machine.
Run ``python benchmarks/large_runs.py`` in an environment that holds the package.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

MB = 1e6


class Cost(NamedTuple):
    """What one process took: CPU seconds and peak resident memory in bytes.

    The peak is at least that of the process that started it, which here is small.
    """

    seconds: float
    peak: float


def run(command: Sequence[str], folder: Path) -> Cost:
    """Run a command in a folder and return its cost, children included.

    Raises
    ------
    RuntimeError
        With the end of what it said, if it fails.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # else it would be waited for again
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}:\n{said.read().decode()[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024.0)


def evals(n: int, folder: Path, model: str, options: Sequence[str]) -> tuple[Cost, dict[str, int]]:
    """Return the cost of an eval run of n backgrounds, and the bytes of what it keeps."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--pyargs", "mit_harness.evals", "--mit-model", model, "--mit-n", str(n)]
    command += ["--mit-store", "store.sqlite", "--mit-report", "report", *options]
    cost = run(command, folder)
    kept = ("store.sqlite", "report/scores.parquet", "report/results.json")
    sizes = {name: (folder / name).stat().st_size for name in kept}
    return cost, sizes | {"sequences": _scored(folder / "store.sqlite")}


def _scored(store: Path) -> int:
    import sqlite3

    with sqlite3.connect(store) as opened:
        return int(opened.execute("SELECT count(*) FROM score").fetchone()[0])


def command_line(n: int, folder: Path, model: str) -> Iterator[tuple[str, Cost, int]]:
    """Yield each step of the command line: its name, its cost and the bytes that it wrote."""
    start = [sys.executable, "-c", "from mit_harness.cli import main; main()"]
    steps = {
        "design all": ["design", "all", "--n", str(n), "--out", "designed.tsv"],
        "score": ["score", model, "--sequences", "designed.tsv", "--store", "own.sqlite"],
        "import-scores": ["import-scores", "scored.tsv", "--sequences", "designed.tsv"],
    }
    steps["score"] += ["--out", "scored.tsv"]
    steps["import-scores"] += ["--out", "imported.tsv"]
    for name, options in steps.items():
        cost = run([*start, *options], folder)
        yield name, cost, (folder / options[-1]).stat().st_size


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the least-squares slope of log cost on log size: 1 where cost grows linearly."""
    x, y = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - mean_x) ** 2 for a in x)


def main() -> None:
    """Print one row a run, and the exponents."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--model", default="pa-pwm")
    parser.add_argument("--only", choices=("evals", "cli"), help="default: both")
    parser.add_argument("options", nargs="*", help="further options of pytest, after --")
    given = parser.parse_args()
    sizes: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}

    def told(what: str, n: int, size: float, cost: Cost, *kept: float) -> None:
        sizes.setdefault(what, []).append(size)
        costs.setdefault(what, []).append(cost.seconds)
        told = " ".join(f"{bytes_ / MB:9.2f}" for bytes_ in kept)
        line = f"{what:14} n {n:7} size {size:9.0f} cpu {cost.seconds:8.1f} s"
        print(f"{line} peak {cost.peak / MB:6.0f} MB kept {told} MB", flush=True)

    for n in given.n:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if given.only != "cli":
                cost, kept = evals(n, folder, given.model, given.options)
                count = kept.pop("sequences")
                told("evals", n, count, cost, *kept.values())
            if given.only != "evals":
                for step, cost, written in command_line(n, folder, given.model):
                    told(step, n, n, cost, written)
    for what, found in costs.items():
        if len(found) > 1:
            start = min(len(found) - 2, 1)  # the smallest run is all start
            slope = exponent(sizes[what][start:], found[start:])
            print(f"{what:14} CPU seconds grow as size ^ {slope:.2f}, from the second size on")


if __name__ == "__main__":
    main()
