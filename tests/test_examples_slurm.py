"""The Slurm scripts do, for one task of an array, what their README says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SLURM = Path(__file__).parents[1] / "examples" / "slurm"
SCRIPTS = sorted(SLURM.glob("*.sbatch"))
SEQUENCES = "id\tsequence\n" + "".join(
    f"s_{k}\t{format(k, '06b').replace('0', 'AT').replace('1', 'CG') * 8}\n" for k in range(24)
)


def bash(folder: Path, script: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script as Slurm does: a copy, in the folder that it was sent from."""
    copy = folder / "slurm_script"
    shutil.copy(script, copy)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    cleared = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "MIT_SHARDS"))}
    return subprocess.run(
        ["bash", copy, *words],
        cwd=folder,
        env={**cleared, "PATH": path, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sequences.tsv").write_text(SEQUENCES)
    return tmp_path


def test_each_task_scores_its_shard_and_scored_again_nothing(folder: Path):
    words = ("pa-pwm", "sequences.tsv", "shards of mine")
    said = [
        bash(folder, SLURM / "shards.sbatch", *words, SLURM_ARRAY_TASK_ID=k, MIT_SHARDS="2")
        for k in ("1", "2", "2")
    ]
    assert [done.returncode for done in said] == [0, 0, 0], said
    counts = [int(re.match(r"(\d+) scores of shard \d/2 in", d.stderr)[1]) for d in said]
    assert counts[0] + counts[1] == 24
    assert counts[1] == counts[2]
    stores = {p.name for p in (folder / "shards of mine").iterdir()}
    assert stores == {"shard-1.sqlite", "shard-2.sqlite"}


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (("pa-pwm", "sequences.tsv", "out"), {}, "run this by sbatch, as an array"),
        (("pa-pwm", "sequences.tsv"), {"SLURM_ARRAY_TASK_ID": "1"}, "name a folder"),
        (("pa-pwm", "sequences.tsv", "out"), {"SLURM_ARRAY_TASK_ID": "17"}, "'17/16' is not"),
    ],
)
def test_a_wrong_call_is_said_to_be(folder: Path, words, env, said):
    done = bash(folder, SLURM / "shards.sbatch", *words, **env)
    assert done.returncode != 0
    assert said in done.stderr


def test_judging_joins_the_shards_and_scores_nothing(folder: Path):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for words in (
        "design compensation --n 12 --out sequences.tsv",
        "score pa-pwm --sequences sequences.tsv --store shards/shard-1.sqlite --out out.tsv",
    ):
        command = ["mit-harness", *words.split()]
        subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, check=True)
    chosen = ("--mit-claim", "compensation", "--mit-n", "12", "--mit-plan", "-q")
    done = bash(folder, SLURM / "judge.sbatch", "pa-pwm", "shards", *chosen, MIT_SHARDS="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "36 scores of 1 model in shards/merged.sqlite" in done.stderr
    assert "pa-pwm: 36 sequences, 0 to score" in done.stdout


def test_judging_without_one_of_the_shards_is_refused(folder: Path):
    (folder / "shards").mkdir()
    done = bash(folder, SLURM / "judge.sbatch", "pa-pwm", "shards", MIT_SHARDS="2")
    assert done.returncode == 2
    assert "shards/shard-1.sqlite: no such file" in done.stderr
    assert not (folder / "shards" / "merged.sqlite").exists()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_finds_nothing(script: Path):
    checker = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if checker is None:
        pytest.skip("shellcheck is not installed")
    subprocess.run([checker, script], check=True)


def test_the_readme_names_every_script_and_the_number_of_shards():
    readme = (SLURM / "README.md").read_text(encoding="utf-8")
    assert all(script.name in readme for script in SCRIPTS)
    shards = (SLURM / "shards.sbatch").read_text(encoding="utf-8")
    (last,) = re.findall(r"^#SBATCH --array=1-(\d+)$", shards, re.MULTILINE)
    texts = [shards, (SLURM / "judge.sbatch").read_text(encoding="utf-8")]
    assert all(f"shards=${{MIT_SHARDS:-{last}}}" in text for text in texts)
