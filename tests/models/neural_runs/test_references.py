"""Runs of the reference language models, from load to leaderboard, at a small n."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mit_harness.models.references import FILES, REFERENCES

torch = pytest.importorskip("torch", reason="neural models need torch")
transformers = pytest.importorskip("transformers", reason="neural models need transformers")

SPECIAL = ("[UNK]", "[PAD]", "[MASK]")
STAND_IN = """
import os
import pathlib

from mit_harness.models import references

references.CHECKPOINTS = pathlib.Path(os.environ["STAND_IN"])
references.SHA256 = {
    name: references.checksum(model.folder) for name, model in references.REFERENCES.items()
}
"""
SHIPPED = all((model.folder / name).is_file() for model in REFERENCES.values() for name in FILES)


def write_checkpoint(folder, likelihood, seed):
    """Write a random network of the architecture, and the tokenizer, of the shipped ones."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    ids = {token: i for i, token in enumerate([*SPECIAL, *"ACGT"])}
    single = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    single.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "pad", "mask")}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=single, **names)
    sizes = {
        "vocab_size": len(ids), "hidden_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "intermediate_size": 24, "pad_token_id": 1,
        "max_position_embeddings": 512,
    }  # fmt: skip
    torch.manual_seed(seed)
    if likelihood == "causal":
        config = transformers.LlamaConfig(
            **sizes, num_key_value_heads=2, bos_token_id=None, eos_token_id=None
        )
        network = transformers.LlamaForCausalLM(config)
    else:
        config = transformers.EsmConfig(
            **sizes, mask_token_id=2, position_embedding_type="rotary", token_dropout=False
        )
        network = transformers.EsmForMaskedLM(config)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    for seed, model in enumerate(REFERENCES.values()):
        write_checkpoint(folder / model.name, model.likelihood, seed)
    return folder


class Runs:
    """Pytest over the shipped evals in a process and a folder of their own."""

    def __init__(self, folder: Path, checkpoints: Path | None) -> None:
        self.folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MIT_HARNESS_")}
        self.environment = {**kept, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        self.plugin = []
        if checkpoints is not None:
            (folder / "stand_in.py").write_text(STAND_IN)
            self.environment |= {"PYTHONPATH": str(folder), "STAND_IN": str(checkpoints)}
            self.plugin = ["-p", "stand_in"]

    def __call__(self, *args: str) -> subprocess.CompletedProcess:
        command = [
            *(sys.executable, "-m", "pytest", "--pyargs", "mit_harness.evals", *self.plugin),
            *("-p", "no:cacheprovider", "--import-mode=importlib", "-c", os.devnull),
            *(f"--rootdir={self.folder}", f"--confcutdir={self.folder}", "--mit-store=s.sqlite"),
            *("--mit-report=report", "--mit-n=6", "--mit-claim=scrambled_control", *args),
        ]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip

    def models(self) -> list[dict]:
        return json.loads((self.folder / "report" / "results.json").read_text())["models"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory, stand_ins):
    """A plain run of all that comes with the package, and what it printed."""
    runs = Runs(tmp_path_factory.mktemp("plain"), stand_ins)
    return runs, runs("-n", "0")


def test_a_plain_run_measures_them_after_the_controls(plain):
    runs, done = plain
    assert done.returncode == 0, done.stdout + done.stderr
    models = runs.models()
    assert [model["name"] for model in models[-3:]] == list(REFERENCES)
    assert {model["kind"] for model in models[:-3]} == {"control"}
    for model, reference in zip(models[-3:], REFERENCES.values(), strict=True):
        assert (model["kind"], model["seen"]) == ("reference", reference.seen)
        assert model["claims"][0]["declared"] is None
        assert model["claims"][0]["verdict"] != "error"
        assert model["noise"]["nats"] is not None
        assert f"{model['name']} scrambled_control" not in done.stdout  # a row, no paragraph
    assert models[-2]["method"] == "approximate pseudo-log-likelihood, masks=10"
    assert "seen" not in models[0]
    assert "not run" not in done.stdout


def test_its_report_is_recomputed_where_the_checkpoints_are_not(plain):
    from mit_harness.report.leaderboard.gather import gather

    runs, done = plain
    assert done.returncode == 0, done.stdout + done.stderr
    board = (runs.folder / "report" / "leaderboard.md").read_text()
    rows = {model.name: model for model in gather([runs.folder / "report"]).models}
    for name, reference in REFERENCES.items():
        assert f"| {name} " in board
        assert rows[name].seen == reference.seen


@pytest.mark.skipif(not SHIPPED, reason="the trained checkpoints are not in this package yet")
def test_the_shipped_ones_load_score_and_never_fail_a_run(tmp_path):
    runs = Runs(tmp_path, None)
    done = runs("--mit-model", "references")
    assert done.returncode == 0, done.stdout + done.stderr
    models = {model["name"]: model for model in runs.models()}
    assert list(models) == list(REFERENCES)
    assert all(100_000 < model["parameters"] < 1_000_000 for model in models.values())
    assert all(0 <= model["noise"]["nats"] < 1e-3 for model in models.values())
