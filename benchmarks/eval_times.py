"""Wall time of a whole `pytest evals` in a new store, and again with everything scored.

Run ``python benchmarks/eval_times.py`` in an environment that holds the package.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(folder: Path, *options: str) -> float:
    """Return the wall time in seconds of one run that must be green."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--pyargs", "mit_harness.evals", "--mit-store", str(folder / "scores.sqlite")]
    command += ["--mit-report", str(folder / "report"), *options]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Time one cold run and several warm ones, and print their ratio."""
    parser = argparse.ArgumentParser(description="Wall time of a cold and of warm eval runs.")
    parser.add_argument("--runs", type=int, default=5, help="pairs of a cold and a warm run")
    parser.add_argument("options", nargs="*", help="further options of pytest, after --")
    given = parser.parse_args()
    cold, warm = [], []
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(seconds(Path(folder), *given.options))
            warm.append(seconds(Path(folder), *given.options))
    ratios = [a / b for a, b in zip(cold, warm, strict=True)]
    for name, values in (("cold s", cold), ("warm s", warm), ("cold / warm", ratios)):
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{name:12} min {low:.2f}  median {middle:.2f}  max {high:.2f}")


if __name__ == "__main__":
    main()
