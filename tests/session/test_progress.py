"""Progress reaches the terminal: past pytest's capturing, and out of workers by the store."""

import io
import os
import pty
import re
import sqlite3
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest

from mit_harness import progress as core
from mit_harness.errors import StoreError
from mit_harness.progress import Step
from mit_harness.scoring.store import Store
from mit_harness.scoring.watch import ScoringWatch
from mit_harness.session import progress
from mit_harness.session.progress import StoreSink, WorkerWatch, ticker_of

SLOW = """
import time


def slow():
    time.sleep({load})

    def score(sequences):
        time.sleep({score} * (len(sequences) > 1))
        return [s.count("A") for s in sequences]

    return score


slow.fingerprint = "1"


def other():
    return slow()


other.fingerprint = "2"
"""

QUICK = """
from mit_harness import progress  # in a process of its own
from mit_harness.session import progress as of_session

progress.PATIENCE_S = 0.2
progress.LIVE_EVERY_S = progress.LOG_EVERY_S = 0.05
of_session.StoreSink.every_s = 0.1
"""


@pytest.fixture
def slow(project, monkeypatch):
    """A project with slow models, in which two seconds are a fifth of one."""
    monkeypatch.setattr(core, "PATIENCE_S", 0.2)
    monkeypatch.setattr(core, "LOG_EVERY_S", 0.05)
    project.toys().write(slow=SLOW.format(load=0.6, score=0.2), conftest=QUICK)
    return project


def lines(result):
    return [line for line in result.outlines if re.match(r"(gw\d )?(loading|scoring) ", line)]


def notes(project):
    with closing(sqlite3.connect(project.store)) as db:
        return db.execute("SELECT key, text FROM memo WHERE kind = 'progress'").fetchall()


def test_a_log_says_what_is_loaded_and_how_far_scoring_is(slow):
    result = slow.run("-q", "--mit-batch-tokens", "500", models=["py:slow:slow"])
    assert result.ret == 0
    said = lines(result)
    assert said[0] == "loading slow-slow (0 s)"
    counts = [re.match(r"scoring slow-slow: (\d+) of 24 sequences", line) for line in said]
    counts = [int(found[1]) for found in counts if found]
    assert counts
    assert counts == sorted(counts)
    assert any(re.search(r"sequences, \d+/s, \d+ s left \(\d+ s\)$", line) for line in said)
    assert notes(slow) == []
    slow.said(result, "measuring the noise floor of slow-slow (0 s)")


def test_two_workers_share_the_line(slow):
    models = ["py:slow:slow", "py:slow:other"]
    result = slow.run("-n", "2", "--mit-batch-tokens", "500", models=models)
    assert result.ret == 0
    text = " ".join(result.outlines)
    assert re.search(r"gw0 (load|scor)ing slow-\w+[^;]*;\s+gw1 (load|scor)ing slow-\w+", text)
    assert re.search(r"scoring slow-\w+: \d+ of 24 sequences", text)
    assert notes(slow) == []


@pytest.mark.parametrize("workers", ["0", "1"])
def test_qq_is_silent(slow, workers):
    result = slow.run("-qq", "-n", workers, models=["py:slow:slow"])
    assert result.ret == 0
    assert lines(result) == []


def test_quick_models_are_silent(project):
    result = project.toys().run(models=["at"])
    assert result.ret == 0
    for word in ("scoring ", "loading ", "designing "):
        assert word not in result.stdout.str()
    assert notes(project) == []


def test_a_worker_that_is_killed_leaves_no_note(slow):
    slow.write(
        dies=SLOW.format(load=0.5, score=0) + "\n\nslow = lambda: __import__('os').kill(0, 0)"
    )
    slow.write(
        dies="""
        import os
        import time


        def dies():
            time.sleep(0.6)
            os.kill(os.getpid(), 9)


        dies.fingerprint = "1"
        """
    )
    result = slow.run("-n", "1", models=["py:dies:dies"])
    assert result.ret == 1
    assert "loading dies-dies (0 s)" in result.outlines
    assert notes(slow) == []


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_terminal_is_left_as_it_was(slow, workers):
    """What a terminal shows in the end holds results, and nothing of the progress."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "-n", workers]
    process = slow.pytester.popen(
        [*words, "--mit-model", "py:slow:slow"], stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            found = os.read(ours, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            break
        if not found:
            break
        written += found
    os.close(ours)
    assert process.wait(timeout=60) == 0
    text = written.decode()
    assert "\rloading slow-slow (0 s)" in text
    shown = [screen(line) for line in text.replace("\r\n", "\n").split("\n")]
    assert not [line for line in shown if "loading" in line or "scoring " in line]
    assert any("3 passed" in line for line in shown)


def screen(line):
    """Return what a terminal shows of one line, of which parts are written over."""
    cells = []
    for part in line.split("\r"):
        cells[: len(part)] = part
    return "".join(cells).rstrip()


def test_the_plan_says_that_it_is_designing(slow):
    slow.write(
        test_toy="""
        import time

        import pytest
        import toy_claims


        class Slow(toy_claims.First):
            def design(self, spec):
                time.sleep(0.5)
                return super().design(spec)


        @pytest.mark.mit_claim(Slow())
        def test_first(mit_verdict):
            mit_verdict()
        """
    )
    result = slow.run("--mit-plan", models=["at"])
    assert "designing what would be scored (0 s)" in result.outlines


def test_without_a_terminal_there_is_nobody_to_tell(pytester):
    config = pytester.parseconfig("-p", "no:terminal")
    with ticker_of(config).doing("a"):
        pass


def test_a_worker_leaves_one_note_and_takes_it_away(tmp_path):
    path = tmp_path / "s.sqlite"
    sink = StoreSink(path, "1234", "gw0")
    sink.show("a")
    sink.show("b")
    with Store(path) as store:
        assert store.recall_all("progress", "run:1234:") == {"run:1234:gw0": "b"}
        assert store.recall_all("progress", "run:12345:") == {}
        sink.clear()
        assert store.recall_all("progress", "run:") == {}


def test_the_controller_reads_notes_of_its_own_run_and_of_living_workers(pytester, tmp_path):
    path = tmp_path / "s.sqlite"
    config = pytester.parseconfig()
    watch = WorkerWatch(config, SimpleNamespace(store=path, run_id="1"))
    assert watch.line() == ""
    for run, worker in (("1", "gw1"), ("1", "gw0"), ("2", "gw0")):
        StoreSink(path, run, worker).show(f"{worker} of {run}")
    assert watch.line() == "gw0 gw0 of 1; gw1 gw1 of 1"
    watch.pytest_testnodedown(SimpleNamespace(gateway=SimpleNamespace(id="gw0")))
    assert watch.line() == "gw1 of 1"
    with Store(path) as store:
        store.close()
    path.write_bytes(b"no store any more" * 1000)
    with pytest.raises(StoreError):  # what a ticker takes for its end
        watch.line()


def test_how_far_scoring_is_and_how_fast(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(core.time, "monotonic", lambda: now[0])
    step = Step("")
    watch = ScoringWatch(step)
    watch.loading(SimpleNamespace(name="m", parameters=500_000_000, options={"dtype": "bfloat16"}))
    assert step.text == "loading m, 1.0 GB"
    now[0] += 3
    watch("m", 0, 100)
    assert step.line() == "scoring m: 0 of 100 sequences (0 s)"
    now[0] += 10
    watch("m", 20, 100)
    assert step.line() == "scoring m: 20 of 100 sequences, 2/s, 40 s left (10 s)"
    assert watch.rate is None
    now[0] += 40
    watch("m", 100, 100)
    assert (watch.rate.sequences, watch.rate.seconds, watch.rate.load_s) == (100, 50.0, 3.0)


def test_a_stream_of_its_own_writes_past_what_replaces_the_first(tmp_path):
    with (tmp_path / "log").open("w") as file:
        file.write("first ")
        own = progress._own(file)
        assert own is not file
        own.write("second")
        own.close()
        assert not file.closed
    assert (tmp_path / "log").read_text() == "first second"
    text = io.StringIO()
    assert progress._own(text) is text
