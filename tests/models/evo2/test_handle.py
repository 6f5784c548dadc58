"""From an ``evo2:`` spec to a handle: what is said before anything is loaded or downloaded."""

import hashlib
from pathlib import Path

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural import evo2, evo2_weights
from mit_harness.models.neural.evo2 import CHECKPOINTS, evo2_handle, read_evo2_options
from mit_harness.models.neural.hub import Checkpoint
from mit_harness.models.neural.options import Source
from mit_harness.models.neural.presets import PRESETS
from mit_harness.models.spec import parse

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.pt"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def hub(machine, monkeypatch, tmp_path: Path) -> Path:
    """A repository with one file of weights; nothing of it is fetched but by name."""
    folder = tmp_path / "snapshot"
    folder.mkdir()
    data = b"weights of the hub"
    (folder / "evo2_1b_base.pt").write_bytes(data)
    (folder / "config.json").write_text("{}")

    def find(source: Source, *, offline: bool = False) -> Checkpoint:
        name = "evo2_1b_base.pt"
        return Checkpoint(
            source,
            commit=COMMIT,
            names=("config.json", name),
            checksums={"config.json": "0" * 40, name: hashlib.sha256(data).hexdigest()},
        )

    monkeypatch.setattr(evo2_weights, "find_checkpoint", find)
    monkeypatch.setattr(evo2_weights, "_joined", lambda name: None)
    monkeypatch.setattr(Checkpoint, "_here", lambda self, wanted: folder)
    return folder


def test_on_this_machine_it_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(evo2_weights, "find_checkpoint", lambda *a, **k: pytest.fail("asked hub"))
    monkeypatch.setattr(evo2.checks, "_is_there", lambda module: False)
    with pytest.raises(ModelError) as caught:
        evo2_handle(parse("evo2:evo2_1b_base"))
    said = str(caught.value)
    assert "the package evo2 (pip install 'mit-harness[evo2]')" in said
    assert "flash_attn" in said
    assert "transformer_engine" in said
    assert "an NVIDIA GPU" in said


def test_the_7b_needs_no_transformer_engine(monkeypatch):
    monkeypatch.setattr(evo2.checks, "_is_there", lambda module: False)
    with pytest.raises(ModelError) as caught:
        evo2_handle(parse("evo2:evo2_7b"))
    assert "transformer_engine" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "capability", "engine", "said"),
    [
        ("evo2_1b_base", (8, 0), "fp8", "Hopper or newer"),
        ("evo2_40b", (8, 9), "fp8", "Hopper or newer"),
        ("evo2_7b", (8, 0), "fp8", "or no package transformer_engine"),
    ],
)
def test_the_wrong_gpu_is_named(monkeypatch, name, capability, engine, said):
    monkeypatch.setattr(evo2.checks, "_is_there", lambda module: True)
    monkeypatch.setattr(evo2.checks, "_capability", lambda: capability)
    monkeypatch.setattr(evo2, "_capability", lambda: capability)
    monkeypatch.setattr(evo2, "_PYTHON", (99,))
    monkeypatch.setattr(evo2, "projections", lambda: engine)
    with pytest.raises(ModelError, match=said):
        evo2.refuse_missing(name, f"evo2:{name}")


def test_the_7b_runs_in_bfloat16_on_an_older_gpu(monkeypatch):
    monkeypatch.setattr(evo2.checks, "_is_there", lambda module: True)
    monkeypatch.setattr(evo2.checks, "_capability", lambda: (8, 0))
    monkeypatch.setattr(evo2, "_PYTHON", (99,))
    monkeypatch.setattr(evo2, "projections", lambda: "bfloat16")
    evo2.refuse_missing("evo2_7b", "evo2:evo2_7b")


def test_python_is_checked(machine, monkeypatch, file):
    monkeypatch.setattr(evo2, "_PYTHON", (3, 0))
    with pytest.raises(ModelError, match=r"a Python before 3\.0"):
        evo2_handle(parse(f"evo2:evo2_7b?local_path={file}"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("evo2:evo2_8b", "did you mean 'evo2_7b'"),
        ("evo2:evo2_7b?frames=6", "no option 'frames'"),
        ("evo2:evo2_7b?local=x", "did you mean 'local_path'"),
        ("evo2:evo2_7b?batch=0", "batch is a whole number"),
        ("evo2:evo2_7b?batch=many", "batch is a whole number"),
        ("evo2:evo2_7b?context=-1", "context is a whole number"),
        ("evo2:evo2_7b?strand=both", "strand is forward or reverse or mean"),
        ("evo2:evo2_7b?local_path=", "local_path names no file"),
        ("evo2:evo2_7b?local_path=/nowhere/x.pt", "there is no file /nowhere/x.pt"),
        ("evo2:evo2_7b@", "names no revision"),
    ],
)
def test_what_cannot_be_used_is_said(machine, text, said):
    with pytest.raises(ModelError) as caught:
        evo2_handle(parse(text))
    assert said in str(caught.value)


@pytest.mark.parametrize("device", ["cpu", "mps", "cuda:1"])
def test_a_device_that_it_cannot_have_is_refused(machine, file, device):
    with pytest.raises(ModelError, match="CUDA_VISIBLE_DEVICES"):
        evo2_handle(parse(f"evo2:evo2_7b?local_path={file}"), device=device)


def test_options_have_defaults_and_the_run_may_set_the_context():
    assert read_evo2_options(parse("evo2:evo2_7b")) == evo2.Evo2Options("forward", 96, 16, None)
    assert read_evo2_options(parse("evo2:evo2_7b"), context=0).context == 0
    given = parse("evo2:evo2_7b?context=48&strand=mean&batch=4&local_path=a.pt")
    assert read_evo2_options(given, context=0) == evo2.Evo2Options("mean", 48, 4, Path("a.pt"))


def test_a_handle_of_a_local_file(machine, file):
    handle = evo2_handle(parse(f"evo2:evo2_7b?local_path={file}&strand=mean"))
    assert handle.name == "evo2_7b-local_path-mine-strand-mean"
    assert (handle.kind, handle.method) == ("user", "log-likelihood")
    assert handle.tolerance == 0.1
    assert handle.parameters == 7_000_000_000
    assert handle.options["dtype"] == handle.options["projections"] == "bfloat16"
    assert hashlib.sha256(b"weights").hexdigest() in handle.fingerprint
    assert str(file.parent) not in handle.fingerprint


def test_the_fingerprint_changes_with_whatever_changes_a_score(machine, file, monkeypatch):
    def fingerprint(options: str = "") -> str:
        return evo2_handle(parse(f"evo2:evo2_7b?local_path={file}{options}")).fingerprint

    plain = fingerprint()
    assert plain == fingerprint("&batch=3")
    assert "strand=forward context=96:" in plain
    others = {fingerprint("&context=0"), fingerprint("&strand=mean")}
    monkeypatch.setattr(evo2, "package_version", lambda name: "9.9" if name == "evo2" else "")
    others.add(fingerprint())
    file.write_bytes(b"other weights")
    others.add(fingerprint())
    assert len(others | {plain}) == 5


def test_it_loads_and_scores_without_a_word_on_standard_output(machine, file, monkeypatch, capsys):
    monkeypatch.setattr(evo2, "refuse_untrained", lambda model, text: None)
    handle = evo2_handle(parse(f"evo2:evo2_7b?local_path={file}"))
    model = handle.load()
    scores = model.score(["ACGT" * 25, "TTGACA"])
    assert scores.bases.tolist() == [100, 6]
    assert capsys.readouterr().out == ""
    model.close()


def test_random_weights_do_not_pass(machine, file):
    with pytest.raises(ModelError, match="not those of a trained model"):
        evo2_handle(parse(f"evo2:evo2_7b?local_path={file}")).load()


def test_a_file_that_changed_since_is_refused(machine, file):
    handle = evo2_handle(parse(f"evo2:evo2_7b?local_path={file}"))
    file.write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the file that it was"):
        handle.load()


def test_what_the_package_raises_is_one_sentence(machine, file, monkeypatch):
    def broken(*args, **kwargs):
        raise ImportError("no kernel\nfor this GPU")

    monkeypatch.setattr(machine, "Evo2", broken)
    with pytest.raises(ModelError, match=r"could not load .*mine.pt: ImportError: no kernel$"):
        evo2_handle(parse(f"evo2:evo2_7b?local_path={file}")).load()


def test_weights_of_the_hub_are_known_by_its_checksum(hub, monkeypatch):
    monkeypatch.setattr(evo2, "refuse_untrained", lambda model, text: None)
    handle = evo2_handle(parse("evo2:evo2_1b_base"))
    assert f"weights={hashlib.sha256(b'weights of the hub').hexdigest()}" in handle.fingerprint
    assert handle.load().score(["ACGT"]).bases.tolist() == [4]


def test_a_broken_download_is_refused(hub):
    handle = evo2_handle(parse("evo2:evo2_1b_base"))
    (hub / "evo2_1b_base.pt").write_bytes(b"weights of")
    with pytest.raises(ModelError, match="broken download"):
        handle.load()


def test_the_joined_file_of_the_package_comes_first(machine, monkeypatch, tmp_path):
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "evo2_7b.pt").write_bytes(b"joined")
    handle = evo2_handle(parse("evo2:evo2_7b"))
    assert hashlib.sha256(b"joined").hexdigest() in handle.fingerprint


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("config.json", "evo2_40b.pt.part0", "evo2_40b.pt.part1"), "weights in 2 parts"),
        (("config.json",), "holds no evo2_40b.pt"),
    ],
)
def test_parts_and_no_weights_are_said(hub, monkeypatch, names, said):
    monkeypatch.setattr(
        evo2_weights, "find_checkpoint", lambda source, offline: Checkpoint(source, COMMIT, names)
    )
    with pytest.raises(ModelError, match=said):
        evo2_handle(parse("evo2:evo2_40b"))


def test_pickle_without_limits_needs_trust_at_a_commit(hub, monkeypatch):
    monkeypatch.setattr(evo2, "projections", lambda: "fp8")
    pinned = f"evo2:evo2_1b_base@{COMMIT}"
    for text, trusted in (
        ("evo2:evo2_1b_base", ()),
        ("evo2:evo2_1b_base", ("evo2:evo2_1b_base",)),
        (pinned, ()),
        (pinned, ("evo2:evo2_7b",)),
    ):
        with pytest.raises(ModelError, match=f"add --mit-trust-remote-code '{pinned}'"):
            evo2_handle(parse(text), trusted=trusted)
    assert "fp8" in evo2_handle(parse(pinned), trusted=(pinned,)).fingerprint
    assert evo2_handle(parse(pinned), trusted=("evo2:evo2_1b_base",)).name == "evo2_1b_base"


def test_a_local_file_is_trusted_as_it_is(machine, file, monkeypatch):
    monkeypatch.setattr(evo2, "projections", lambda: "fp8")
    text = f"evo2:evo2_1b_base?local_path={file}"
    with pytest.raises(ModelError, match=r"add --mit-trust-remote-code 'evo2:evo2_1b_base'$"):
        evo2_handle(parse(text))
    assert evo2_handle(parse(text), trusted=("evo2:evo2_1b_base",)).options["projections"] == "fp8"


def test_a_preset_is_named_as_the_user_names_it(hub):
    handle = evo2_handle(parse("evo2-1b?context=0"))
    assert (handle.name, handle.kind) == ("evo2-1b-context-0", "user")
    assert handle.fingerprint.startswith("evo2:evo2_1b_base ")


def test_every_evo2_preset_is_a_checkpoint_with_the_same_needs():
    for preset in PRESETS.values():
        if preset.loader == "evo2":
            assert CHECKPOINTS[preset.id].fp8 == preset.requires.hopper
            assert CHECKPOINTS[preset.id].parameters == preset.parameters
