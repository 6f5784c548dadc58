"""A store of a million scores: how fast it is saved, opened and asked, and what a kill loses.

Run ``python benchmarks/store_scale.py`` in an environment that holds the package. It takes about
400 MB of disk. Goals are for a file that the system still has in memory; "cold" is one that it was
told to forget. Exit status 1: a goal was missed, or something was lost.
"""

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mit_harness.models.base import ModelHandle, as_scores
from mit_harness.scoring.merge import merge_stores
from mit_harness.scoring.store import Store

HANDLE = ModelHandle("m", "m", "user", "fp", load=lambda: None)  # type: ignore[arg-type, return-value]
BATCH, WANTED = 2_621, 10_000
OPEN_S, LOOKUP_S = 0.2, 0.5
ROWS = 50
"""Rows of a batch that a writer saves before it says so."""
WRITER = """
import sys
from pathlib import Path
from mit_harness.models.base import ModelHandle, as_scores
from mit_harness.scoring.store import Store

handle = ModelHandle("m", "m", "user", "fp", load=lambda: None)
name, path, first, rows, batches = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
with Store(Path(path)) as store:
    for k in range(first, first + batches):
        batch = [f"{name}-{k}-{row}" for row in range(rows)]
        store.save(handle, batch, as_scores([float(k)] * rows, batch, "m"))
        print(k, flush=True)
"""


def sequences(n: int, seed: int = 0) -> list[str]:
    """Return n random sequences of 100 bp, in no order, as stores get them."""
    drawn = np.random.default_rng(seed).integers(0, 4, (n, 100), dtype=np.uint8)
    text = np.frombuffer(b"ACGT", dtype=np.uint8)[drawn].tobytes().decode()
    return [text[k : k + 100] for k in range(0, len(text), 100)]


def fill(path: Path, wanted: list[str]) -> list[float]:
    """Save sequences batch by batch; return the rate of each tenth, per second of CPU."""
    rates, batches = [], range(0, len(wanted), BATCH)
    with Store(path) as store:
        for tenth in np.array_split(np.array(batches), 10):
            began, done = time.process_time(), 0
            for start in tenth:
                part = wanted[start : start + BATCH]
                values = np.full(len(part), 0.1) * (start + 1)
                store.save(HANDLE, part, as_scores(values, part, "m"))
                done += len(part)
            rates.append(done / (time.process_time() - began) if done else 0.0)
    return rates


def cold(path: Path) -> None:
    """Take a file out of the system's memory, where the system lets us."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
        os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Asked(NamedTuple):
    """Seconds that opening a store and looking up sequences take; `cpu_s` of the latter."""

    open_s: float
    lookup_s: float
    cpu_s: float


def asked(path: Path, wanted: list[str], before: Callable[[Path], object]) -> Asked:
    """Open a store and look sequences up."""
    before(path)
    began = time.perf_counter()
    with Store(path) as store:
        opened, used = time.perf_counter(), time.process_time()
        found = store.lookup(HANDLE, wanted)
        done, all_used = time.perf_counter(), time.process_time()
    if len(found) != len(wanted):
        raise SystemExit("a stored score was not found")
    return Asked(opened - began, done - opened, all_used - used)


def writer(name: str, path: Path, first: int, batches: int = 1_000_000) -> subprocess.Popen[str]:
    """Start a process that saves batches and says the number of each that it has saved."""
    words = [name, str(path), str(first), str(ROWS), str(batches)]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *words], stdout=subprocess.PIPE, text=True
    )


def batch(name: str, k: int) -> list[str]:
    """Return the sequences of one writer's batch."""
    return [f"{name}-{k}-{row}" for row in range(ROWS)]


def kill_writers(path: Path, repeats: int, seed: int = 0, longest_s: float = 0.3) -> int:
    """Kill two writers at random moments, again and again; return how many batches they saved.

    Raises
    ------
    AssertionError
        If a batch that was said to be saved is not there, one is there in part, or a value
        changed.
    """
    moments = random.Random(seed)  # noqa: S311 - moments, not secrets
    following = dict.fromkeys("ab", 0)
    for _ in range(repeats):
        running = {name: writer(name, path, first) for name, first in following.items()}
        for process in running.values():
            assert process.stdout is not None
            process.stdout.readline()  # its imports are done: the kill comes while it saves
        time.sleep(moments.uniform(0, longest_s))
        for process in running.values():
            process.send_signal(signal.SIGKILL)
        for name, process in running.items():
            said = process.communicate()[0].split()
            last = int(said[-1]) if said else following[name]
            following[name] = check(path, name, following[name], last)
    with Store(path) as store:
        assert store.count(HANDLE) == sum(following.values()) * ROWS
    return sum(following.values())


def check(path: Path, name: str, first: int, last: int) -> int:
    """Check a killed writer's batches; return the number of the first that is not there."""
    with Store(path) as store:
        for k in range(first, last + 1):
            found = store.lookup(HANDLE, batch(name, k))
            assert [row.value for row in found.values()] == [float(k)] * ROWS, (name, k)
        in_flight = len(store.lookup(HANDLE, batch(name, last + 1)))
        assert in_flight in (0, ROWS), (name, last + 1, in_flight)
    return last + 1 + (in_flight > 0)


def write_at_once(path: Path, batches: int) -> int:
    """Let two processes save at once; return how many of their rows are there."""
    running = [writer(name, path, 0, batches) for name in "ab"]
    assert [process.communicate() and process.returncode for process in running] == [0, 0]
    with Store(path) as store:
        return sum(len(store.lookup(HANDLE, batch(name, k)))
                   for name in "ab" for k in range(batches))  # fmt: skip


def scale(folder: Path, n: int) -> bool:
    """Print what a store of n scores takes; return whether the goals were reached."""
    path, every = folder / "large.sqlite", sequences(n)
    began = time.perf_counter()
    rates = fill(path, every)
    print(f"saved per second: {n / (time.perf_counter() - began):,.0f}; of CPU: first tenth "
          f"{rates[0]:,.0f}, last {rates[-1]:,.0f} (ratio {rates[-1] / rates[0]:.2f})")  # fmt: skip
    print(f"{n:,} scores: {path.stat().st_size / 1e6:.0f} MB, "
          f"{path.stat().st_size / n:.0f} bytes each")  # fmt: skip
    rng, good = np.random.default_rng(1), True
    for name, before in (("warm", lambda _: None), ("cold", cold)):
        times = [asked(path, [every[k] for k in rng.choice(n, min(WANTED, n), replace=False)],
                       before) for _ in range(5)]  # fmt: skip
        middle = Asked(*(statistics.median(values) for values in zip(*times, strict=True)))
        good &= name == "cold" or (middle.open_s < OPEN_S and middle.lookup_s < LOOKUP_S)
        print(f"{name}: open {middle.open_s:.4f} s, lookup of {WANTED:,} {middle.lookup_s:.3f} s "
              f"(slowest {max(t.lookup_s for t in times):.3f}; CPU {middle.cpu_s:.3f})",
              flush=True)  # fmt: skip
    half = n // 2
    for k, part in enumerate((every[:half], every[half:])):
        fill(folder / f"{k}.sqlite", part)
    began, used = time.perf_counter(), time.process_time()
    merged = merge_stores(folder / "m.sqlite", [folder / "0.sqlite", folder / "1.sqlite"])
    took, used = time.perf_counter() - began, time.process_time() - used
    size = (folder / "m.sqlite").stat().st_size
    print(f"two halves merged: {merged.scores / took:,.0f} scores per second, "
          f"{merged.scores / used:,.0f} of CPU, {size / path.stat().st_size:.2f} of the size",
          flush=True)  # fmt: skip
    return good and merged.scores == n


def main() -> None:
    """Measure, kill, and say what was lost."""
    parser = argparse.ArgumentParser(description="What a large score store takes, and survives.")
    parser.add_argument("--n", type=int, default=1_000_000, help="scores")
    parser.add_argument("--kills", type=int, default=50, help="kills of two writers")
    parser.add_argument("--batches", type=int, default=400, help="of each of two writers at once")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good = scale(folder, given.n) if given.n else True
        rows = write_at_once(folder / "two.sqlite", given.batches)
        expected = 2 * given.batches * ROWS
        print(f"two writers at once: {rows:,} of {expected:,} rows are there")
        saved = kill_writers(folder / "killed.sqlite", given.kills)
        print(f"{given.kills} kills of two writers: {saved:,} batches saved, none lost")
    if not good or rows != expected:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
