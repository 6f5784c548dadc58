"""Several processes, and processes that are killed, lose nothing that was committed."""

import signal
import subprocess
import sys
from contextlib import ExitStack

from mit_harness.models.base import ModelHandle, as_scores
from mit_harness.scoring.store import Store

HANDLE = ModelHandle("m", "m", "user", "fp", load=lambda: None)
PREAMBLE = """
import sys
from pathlib import Path
from mit_harness.models.base import ModelHandle, as_scores
from mit_harness.scoring.store import Store

handle = ModelHandle("m", "m", "user", "fp", load=lambda: None)
name = sys.argv[1]

def save(store, batch, value):
    store.save(handle, batch, as_scores([value] * len(batch), batch, "m"))
"""
WRITER = """
with Store(Path(sys.argv[2])) as store:
    for k in range(100_000):
        save(store, [f"{name}-{k}-{row}" for row in range(20)], float(k))
        print(k, flush=True)
"""
OPENER = """
print("ready", flush=True)
for path in sys.stdin:
    try:
        with Store(Path(path.strip())) as store:
            for k in range(10):
                save(store, [f"shared-{k}", f"{name}-{k}"], 1.0)
        print("done", flush=True)
    except BaseException as error:
        print(repr(error), flush=True)
"""


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process, line):
    """Kill a writer that has said `line`; return the number of the last batch that it reported."""
    for said in process.stdout:
        if int(said) == line:
            break
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    return int(rest[-1]) if rest else line


def batch_of(name, k):
    return [f"{name}-{k}-{row}" for row in range(20)]


def test_a_killed_process_keeps_every_batch_that_it_committed(tmp_path):
    path = tmp_path / "s.sqlite"
    for name, line in (("a", 0), ("b", 3), ("c", 11), ("d", 40), ("e", 90)):
        with start(WRITER, name, path) as process:
            last = kill_after(process, line)
        with Store(path) as store:
            for k in range(last + 1):
                found = store.lookup(HANDLE, batch_of(name, k))
                assert [row.value for row in found.values()] == [float(k)] * 20
            # The batch in flight is there as a whole, or not at all.
            assert len(store.lookup(HANDLE, batch_of(name, last + 1))) in (0, 20)
            store.save(HANDLE, [name], as_scores([1.0], [name], "m"))


def test_two_processes_that_write_at_once_and_are_killed_lose_nothing(tmp_path):
    path = tmp_path / "s.sqlite"
    with start(WRITER, "a", path) as first, start(WRITER, "b", path) as second:
        last = [kill_after(first, 10), kill_after(second, 20)]
    with Store(path) as store:
        for name, k in zip("ab", last, strict=True):
            wanted = [s for batch in range(k + 1) for s in batch_of(name, batch)]
            assert len(store.lookup(HANDLE, wanted)) == len(wanted)


def test_processes_that_open_a_new_store_at_once_all_write(tmp_path):
    rounds, names = 15, "abc"
    with ExitStack() as stack:
        workers = [stack.enter_context(start(OPENER, name)) for name in names]
        assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * len(names)
        for attempt in range(rounds):
            path = tmp_path / f"{attempt}.sqlite"
            for worker in workers:
                worker.stdin.write(f"{path}\n")
                worker.stdin.flush()
            assert [worker.stdout.readline() for worker in workers] == ["done\n"] * len(names)
            with Store(path) as store:
                wanted = [f"{name}-{k}" for name in ("shared", *names) for k in range(10)]
                assert len(store.lookup(HANDLE, wanted)) == store.count(HANDLE) == len(wanted)
