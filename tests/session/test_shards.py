"""Sixteen shards, scored apart and merged, are one run: the same results.json, nothing scored."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app

CLAIMS = ("compensation", "scrambled_control", "motif_effect")
SLOW = """
import pathlib, time

def load():
    def score(sequences):
        with pathlib.Path("batches.txt").open("a") as file:
            file.write(f"{len(sequences[0])}\\n")
        time.sleep(0.02)
        return [float(len(s)) for s in sequences]
    return score

load.fingerprint = "slow-1"
"""
NOISE_BP = 100
"""Length of the sequences that noise floors are measured on."""
MODELS = ("py:toys:at", "kmer")


def told(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def rows(file: Path) -> list[list[str]]:
    with file.open(newline="") as handle:
        return list(csv.reader(handle, delimiter="\t"))


def judged(project, store: Path) -> tuple[str, bytes]:
    """Run the evals from a store; return results.json beyond its run block, and the scores."""
    project.run("--mit-measure-only", "--mit-store", store, models=MODELS)
    before, design, after = project.results_text().partition('\n "design"')
    assert design
    assert before.count('\n "') == 2
    assert project.results()["run"]["complete"]
    return after, (project.report / "scores.parquet").read_bytes()


@pytest.fixture
def sharded(project, monkeypatch):
    """A project with the stores and tables of sixteen shards."""
    project.shipped(*CLAIMS)
    monkeypatch.syspath_prepend(project.path)
    monkeypatch.setenv("MIT_HARNESS_N", "4")
    told("design", "all", "--n", 4, "--out", project.path / "all.tsv")
    for model, spec in enumerate(MODELS):
        for k in range(1, 17):
            told("score", spec, "--sequences", "all.tsv", "--shard", f"{k}/16",
                 "--store", f"{k}.sqlite", "--out", f"{model}-{k}.tsv")  # fmt: skip
    return project


def test_sixteen_shards_merged_are_one_run(sharded):
    stores = [sharded.path / f"{k}.sqlite" for k in range(16, 0, -1)]
    merged = sharded.path / "merged.sqlite"
    assert "scores of 2 models in" in told("merge", merged, *stores)
    loads = len(sharded.loads)
    from_shards = judged(sharded, merged)
    assert len(sharded.loads) == loads  # nothing was scored, nor its noise measured
    assert judged(sharded, sharded.path / "one.sqlite") == from_shards
    assert len(sharded.loads) == loads + 1

    # The tables of the shards are that of one process, but for its order.
    told("merge", "merged.tsv", *(f"1-{k}.tsv" for k in range(1, 17)))
    told("score", "kmer", "--sequences", "all.tsv", "--out", "one.tsv")
    assert rows(Path("merged.tsv")) == [
        rows(Path("one.tsv"))[0],
        *sorted(rows(Path("one.tsv"))[1:]),
    ]
    assert all(len(rows(Path(f"1-{k}.tsv"))) > 1 for k in range(1, 17))


def test_a_shard_scored_again_scores_nothing_and_changes_nothing(project, monkeypatch):
    project.toys()
    monkeypatch.syspath_prepend(project.path)
    told("design", "compensation", "--n", 12, "--out", "s.tsv")
    words = ("score", "py:toys:at", "--sequences", "s.tsv", "--store", "s.sqlite", "--shard")
    assert told(*words, "2/3", "--out", "a.tsv").endswith(" scores of shard 2/3 in a.tsv\n")
    assert project.loads == ["at"]
    told(*words, "2/3", "--out", "b.tsv")
    assert project.loads == ["at"]
    assert Path("a.tsv").read_bytes() == Path("b.tsv").read_bytes()
    told(*words, "1/1", "--out", "c.tsv")  # the rest of it
    assert set(map(tuple, rows(Path("a.tsv")))) < set(map(tuple, rows(Path("c.tsv"))))


def test_a_shard_without_sequences_is_a_table_without_rows_and_loads_nothing(project, monkeypatch):
    project.toys()
    monkeypatch.syspath_prepend(project.path)
    Path("s.tsv").write_text("id\tsequence\na\tACGT\n")
    for k in range(1, 4):
        told("score", "py:toys:at", "--sequences", "s.tsv", "--shard", f"{k}/3",
             "--store", f"{k}.sqlite", "--out", f"{k}.tsv")  # fmt: skip
    assert sorted(len(rows(Path(f"{k}.tsv"))) for k in range(1, 4)) == [1, 1, 2]
    assert project.loads == ["at"]
    assert "1 scores of 1 model in" in told(
        "merge", "m.sqlite", *(f"{k}.sqlite" for k in (1, 2, 3))
    )


def test_a_killed_shard_goes_on_where_it_was(project, monkeypatch):
    """Each length is a batch of its own; the one in flight may be scored twice."""
    project.write(slow=SLOW)
    monkeypatch.syspath_prepend(project.path)
    lines = [f"s_{k}\t{'AC' * k}\n" for k in range(8, 208) if 2 * k != NOISE_BP]
    Path("s.tsv").write_text("id\tsequence\n" + "".join(lines))
    words = ["score", "py:slow:load", "--sequences", "s.tsv", "--store", "s.sqlite", "--shard"]
    words += ["1/2", "--out", "shard.tsv"]
    code = "from mit_harness.cli import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE)
    while not (batches := scored_lengths()) or len(batches) < 5:
        assert process.poll() is None
    process.kill()
    process.communicate()
    before = scored_lengths()
    assert not Path("shard.tsv").exists()
    told(*words)
    after = [bp for bp in scored_lengths()[len(before) :] if bp != NOISE_BP]
    found = [len(row[1]) for row in rows(Path("shard.tsv"))[1:]]
    assert 5 <= len(before) < len(found)
    assert {*before, *after} == {*found}
    assert len(before) + len(after) <= len(found) + 1
    told("score", "py:slow:load", "--sequences", "s.tsv", "--shard", "1/2", "--out", "one.tsv")
    assert Path("one.tsv").read_bytes() == Path("shard.tsv").read_bytes()


def scored_lengths() -> list[int]:
    """Lengths of the sequences of every batch that was begun."""
    file = Path("batches.txt")
    return [int(word) for word in file.read_text().split()] if file.exists() else []
