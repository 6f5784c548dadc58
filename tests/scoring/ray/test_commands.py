"""``--engine ray`` and ``--mit-engine ray``: what comes out is what comes out without."""

import json
import os
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app
from mit_harness.promoter.core import DesignSpec, build

pytest.importorskip("ray", reason="needs the extra 'ray'")

EVAL = """
import pytest


@pytest.mark.mit_claim("compensation")
def test_compensation(mit_verdict):
    mit_verdict()
"""


def command(*words, **environment):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done, time.monotonic() - started


@pytest.fixture
def sequences(tmp_path):
    file = tmp_path / "sequences.tsv"
    lines = [f"{item.id}\t{item.sequence}\n" for item in build(DesignSpec(n=3), ("D", "E"))]
    file.write_text("id\tsequence\n" + "".join(lines))
    return file


def evals(folder, *words, **environment):
    return command(
        *("-m", "pytest", "-p", "no:cacheprovider", "test_own.py", "--mit-n", 12),
        *("--mit-model", "pa-pwm", "--mit-model", folder.spec("dies_once")),
        *words,
        **environment,
    )[0]


def test_evals_are_judged_from_what_ray_scored(folder, ray_cluster):
    (folder.path / "test_own.py").write_text(EVAL)
    words = ("--mit-store", folder.path / "s.sqlite", "--mit-report")
    done = evals(folder, "--mit-engine", "ray", "--mit-batch-tokens", 600, *words, "ray",
                 RAY_ADDRESS=ray_cluster.address)  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert "raylet" not in done.stdout + done.stderr
    loads = (folder.path / "loads.txt").read_text()
    assert len(folder.killed()) == 6

    again = evals(folder, *words, "local", OMP_NUM_THREADS="2")  # loading would fail
    assert "2 passed" in again.stdout, again.stdout + again.stderr
    assert (folder.path / "loads.txt").read_text() == loads
    both = [json.loads((folder.path / k / "results.json").read_text()) for k in ("ray", "local")]
    for results in both:
        del results["run"]
    assert both[0] == both[1]


@pytest.mark.usefixtures("ray_cluster")
def test_the_score_command_writes_the_same_bytes(folder, sequences):
    for models in (["pa-pwm"], ["pa-pwm", "markov"]):
        said = []
        for engine in ("local", "ray"):
            out = folder.path / f"{engine}.tsv"
            words = ["score", *models, "--sequences", str(sequences), "--engine", engine]
            done = CliRunner().invoke(app, [*words, "--out", str(out)])
            assert done.exit_code == 0, done.output
            said.append(out.read_bytes())
        assert said[0] == said[1]
        columns = "score\ttokens\tbases" if len(models) == 1 else "pa-pwm\tmarkov"
        assert said[0].startswith(f"id\tsequence\t{columns}\n".encode())


@pytest.mark.parametrize("address", ["127.0.0.1:1", "wrong"])
def test_a_cluster_that_is_not_there_is_one_line_soon(folder, sequences, address):
    (folder.path / "test_own.py").write_text(EVAL)
    line = f"mit-harness: no Ray cluster at RAY_ADDRESS={address} ("
    score = ("-c", "from mit_harness.cli import main; main()", "score", "pa-pwm", "--sequences")
    done, seconds = command(*score, sequences, "--engine", "ray", RAY_ADDRESS=address)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert seconds < 15
    run = evals(folder, "--mit-engine", "ray", RAY_ADDRESS=address)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert run.stderr.strip().startswith("ERROR: " + line)
    assert run.stderr.strip().count("\n") == 0
