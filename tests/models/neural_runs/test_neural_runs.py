"""Whole runs of a small checkpoint: loaded once, resumed after a kill, refused in one sentence."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

torch = pytest.importorskip("torch", reason="neural models need torch")
transformers = pytest.importorskip("transformers", reason="neural models need transformers")

LOGS = """
import gc
import os
import time
import weakref

import mit_harness.models.neural.loading as loading
import mit_harness.models.neural.model as model

plain = loading.load_hf
networks = []


def load_hf(folder, **options):
    gc.collect()
    alive = sum(network() is not None for network in networks)
    with open("loads.txt", "a") as file:
        file.write(options["name"] + "\\n")
    with open("alive.txt", "a") as file:
        file.write(f"{alive} ")
    loaded = plain(folder, **options)
    networks.append(weakref.ref(loaded.network))
    return loaded


loading.load_hf = load_hf
if os.environ.get("SLOW"):
    score = model.NeuralModel.score

    def slow(self, sequences):
        time.sleep(0.5)
        return score(self, sequences)

    model.NeuralModel.score = slow
"""


def write_llama(folder, seed=0):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    words = {token: k for k, token in enumerate(["<unk>", "A", "C", "G", "T"])}
    bases = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    bases.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    bases.decoder = decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=bases, unk_token="<unk>")
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=5, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=512,
        bos_token_id=None, eos_token_id=None, pad_token_id=None,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    return [write_llama(tmp_path_factory.mktemp(f"llama{seed}"), seed) for seed in range(2)]


class Runs:
    def __init__(self, folder, checkpoints):
        self.folder, self.checkpoints = folder, checkpoints
        (folder / "logs.py").write_text(LOGS)

    def command(self, *args):
        named = (f"--mit-model=hf:{path}" for path in self.checkpoints)
        options = ("--mit-store=s.sqlite", "--mit-report=r", "--mit-measure-only", "--mit-n=40")
        claims = ("--mit-claim=compensation", "--mit-claim=strand")
        return [
            *(sys.executable, "-m", "pytest", "--pyargs", "mit_harness.evals", "-p"),
            *("no:cacheprovider", "--import-mode=importlib", "-c", os.devnull),
            *(f"--rootdir={self.folder}", f"--confcutdir={self.folder}", *named, *options),
            *(*claims, "-p", "logs", *args),
        ]

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MIT_HARNESS_")}
        return {**kept, "PYTHONPATH": str(self.folder), "HF_HUB_OFFLINE": "1", **more}

    def run(self, *args, **more):
        return subprocess.run(
            self.command(*args), cwd=self.folder, env=self.environment(**more),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def loads(self):
        file = self.folder / "loads.txt"
        return len(file.read_text().split()) if file.exists() else 0

    def scored(self):
        if not (self.folder / "s.sqlite").exists():
            return 0
        with closing(sqlite3.connect(self.folder / "s.sqlite")) as store:
            try:
                return store.execute("select count(*) from score").fetchone()[0]
            except sqlite3.OperationalError:  # its tables are being made
                return 0


@pytest.fixture
def runs(tmp_path, checkpoints):
    return Runs(tmp_path, checkpoints)


@pytest.mark.parametrize(
    "how",
    [("-n", "0", "--mit-max-memory", "1.5GB"), ("-n", "3")],  # the limit is for the largest model
)
def test_each_model_is_loaded_once_and_a_second_run_scores_nothing(runs, how):
    first = runs.run(*how)
    assert first.returncode == 0, first.stdout
    assert runs.loads() == 2
    assert runs.scored() == 2 * 40 * (3 + 7)  # C stands in both claims
    if how[:2] == ("-n", "0"):  # networks alive at each load: the first was released
        assert (runs.folder / "alive.txt").read_text() == "0 0 "
    second = runs.run(*how)
    assert (second.returncode, runs.loads()) == (0, 2)
    table = re.search(r"model .*?\n\n", first.stdout, re.S).group(0)
    assert table in second.stdout


def test_a_worker_killed_while_scoring_ends_the_run_and_loses_only_its_batch(runs):
    began = time.monotonic()
    with subprocess.Popen(
        runs.command("-n", "1", "--mit-batch-tokens", "4000"), cwd=runs.folder,
        env=runs.environment(SLOW="1"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        while runs.scored() < 80 and time.monotonic() - began < 60:
            time.sleep(0.1)
        children = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True
        )
        os.kill(int(children.stdout.split()[0]), 9)
        killed = time.monotonic()
        output, _ = process.communicate(timeout=60)
    assert process.returncode != 0, output
    assert time.monotonic() - killed < 30
    kept = runs.scored()
    assert 80 <= kept < 800
    again = runs.run("-n", "1")
    assert again.returncode == 0, again.stdout
    assert runs.scored() == 800


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("hf:./nowhere", "ERROR: mit-harness: .*nowhere"),
        ("hf:NoOrg", "ERROR: mit-harness: 'hf:NoOrg': a model of the hub is hf:ORG/NAME@REVISION"),
        ("hyenadna", "ERROR: mit-harness: .*hyenadna"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(runs, spec, line):
    done = runs.run("--mit-offline", f"--mit-model={spec}")
    assert done.returncode == 4
    assert re.search(line, done.stdout + done.stderr)
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("-n", "0"),
            r"about 1\.0 GB of memory at once .* allows 0\.5 GB: llama0\S* 1\.0 GB \(one",
        ),
        (("-n", "2"), r"about 2\.0 GB .*: llama0\S* 1\.0 GB \+ llama1\S* 1\.0 GB \(2 workers hold"),
        (("--tx", "3*popen", "--dist", "load"), r"about 3\.0 GB .*: llama0.*\(3 workers hold one"),
    ],
)
def test_too_much_memory_is_refused_with_the_sum(runs, options, said):
    limit = "500MB" if options == ("-n", "0") else "1.5GB"
    done = runs.run("--mit-device=cpu", "--mit-max-memory", limit, *options)
    assert done.returncode == 4
    assert re.search(said, done.stdout + done.stderr), done.stdout + done.stderr
    assert runs.loads() == 0
