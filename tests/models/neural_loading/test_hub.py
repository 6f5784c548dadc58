import json
import os
from pathlib import Path
from typing import Any

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural import files
from mit_harness.models.neural import hub as module
from mit_harness.models.neural.hub import find_checkpoint
from mit_harness.models.neural.options import Source

REPO = "lab/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def shared(hub: Any, tiny: Any) -> Any:
    hub.repositories[REPO] = tiny.save("llama")[0]
    return hub


def test_a_listing_downloads_no_weights(shared: Any) -> None:
    found = find_checkpoint(Source(REPO, COMMIT))
    assert found.commit == COMMIT
    assert found.parameters == 1234
    assert found.checksums["model.safetensors"] == files.sha256(
        shared.repositories[REPO] / "model.safetensors"
    )
    assert len(found.digest(code=False)) == 64
    assert shared.bodies() == []


def test_a_branch_is_resolved_to_its_commit(shared: Any) -> None:
    assert find_checkpoint(Source(REPO)).commit == COMMIT
    assert find_checkpoint(Source(REPO, "v1")).commit == COMMIT


def test_only_what_belongs_is_downloaded(shared: Any, tiny: Any) -> None:
    folder = shared.repositories[REPO]
    tiny.code(folder, "halves")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    (folder / "README.md").write_text("read me")
    here = find_checkpoint(Source(REPO, COMMIT)).folder(code=False)
    names = {path.name for path in here.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert not names & {"pytorch_model.bin", "README.md", "halves.py", "generation_config.json"}
    with_code = find_checkpoint(Source(REPO, COMMIT)).folder(code=True)
    assert (with_code / "halves.py").is_file()
    assert not (with_code / "pytorch_model.bin").exists()


def test_the_same_fingerprint_before_and_after_the_download_and_offline(
    shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_checkpoint(Source(REPO, COMMIT))
    before = first.digest(code=False)
    first.folder(code=False)
    shared.asked.clear()
    again = find_checkpoint(Source(REPO, COMMIT), offline=True)
    assert again.digest(code=False) == before
    again.folder(code=False)
    assert shared.asked == []  # a commit's listing never changes
    # Without our listing, what the hub's client left behind says the same.
    monkeypatch.setattr(files, "cache_folder", lambda: Path(os.devnull) / "no")
    assert find_checkpoint(Source(REPO, COMMIT), offline=True).digest(code=False) == before


def test_offline_and_not_here(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"^hf:lab/tiny@0123.*config.json is not on this machine"):
        find_checkpoint(Source(REPO, COMMIT), offline=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="the network is off"):
        find_checkpoint(Source(REPO, COMMIT))
    assert shared.asked == []


def test_offline_with_only_the_config_here(shared: Any) -> None:
    find_checkpoint(Source(REPO, COMMIT)).json("config.json")
    found = find_checkpoint(Source(REPO, COMMIT), offline=True)
    with pytest.raises(ModelError, match=r"model\.safetensors is not on this machine"):
        found.folder(code=False)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, "RepoNotFound", "no such model, or it is private"),
        (401, "RepoNotFound", "hf auth login"),
        (403, "GatedRepo", "give access on request"),
        (401, "GatedRepo", "give access on request"),
        (404, "RevisionNotFound", "no revision 'v1'"),
    ],
)
def test_what_the_hub_refuses(shared: Any, status: int, code: str, said: str) -> None:
    shared.refuse[REPO] = (status, code)
    with pytest.raises(ModelError, match=said) as caught:
        find_checkpoint(Source(REPO, "v1"))
    assert str(caught.value).startswith("hf:lab/tiny@v1: ")
    assert "\n" not in str(caught.value)


def test_an_unreachable_hub_falls_back_to_what_is_here(
    shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    find_checkpoint(Source(REPO)).folder(code=False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert find_checkpoint(Source(REPO, COMMIT)).commit == COMMIT
    with pytest.raises(ModelError, match=r"lab/other.*(broke off|cannot be reached)"):
        find_checkpoint(Source("lab/other", COMMIT))


def test_a_download_that_breaks_off(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    shared.cut.add("model.safetensors")
    with pytest.raises(ModelError, match=r"the download broke off \(.*run again"):
        find_checkpoint(Source(REPO, COMMIT)).folder(code=False)
    shared.cut.clear()
    assert (find_checkpoint(Source(REPO, COMMIT)).folder(code=False) / "config.json").is_file()


def test_what_arrives_is_what_the_hub_says(shared: Any) -> None:
    shared.tampered.add("model.safetensors")
    with pytest.raises(ModelError, match="not what the hub holds, a broken download; remove it"):
        find_checkpoint(Source(REPO, COMMIT)).folder(code=False)


def test_no_space(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mit_harness.models.neural.hub.free_disk_gb", lambda folder: 0.01)
    with pytest.raises(ModelError, match=r"needs 0.1 GB and 0.0 GB are free"):
        find_checkpoint(Source(REPO, COMMIT)).folder(code=False)


def test_a_full_disk_is_said(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(ModelError, match="the disk is full"):
        find_checkpoint(Source(REPO, COMMIT)).folder(code=False)


def test_pickle_only_is_refused_before_any_download(shared: Any) -> None:
    folder = shared.repositories[REPO]
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"saved as pickle \(pytorch_model.bin\).*save_pretrained"):
        find_checkpoint(Source(REPO, COMMIT)).check_safe()
    assert shared.bodies() == []


def test_a_folder(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = tiny.save("llama")
    monkeypatch.chdir(tmp_path)
    found = find_checkpoint(Source(folder=Path("tiny")))
    first = found.digest(code=False)
    assert first == find_checkpoint(Source(folder=folder)).digest(code=False)
    assert found.folder(code=False) == folder
    (folder / "README.md").write_text("changes nothing")
    assert find_checkpoint(Source(folder=folder)).digest(code=False) == first
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "rms_norm_eps": 1e-3}))
    assert find_checkpoint(Source(folder=folder)).digest(code=False) != first


def test_no_folder_and_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no folder .*nowhere"):
        find_checkpoint(Source(folder=tmp_path / "nowhere"))
    with pytest.raises(ModelError, match=r"no model; there is no config\.json"):
        find_checkpoint(Source(folder=tmp_path))
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="an adapter, not a model"):
        find_checkpoint(Source(folder=tmp_path))


def test_a_folder_is_hinted_at_where_the_hub_knows_none(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=r"the folder is hf:\./my/model"):
        find_checkpoint(Source("my/model"))


def test_a_damaged_listing_of_ours_is_named(shared: Any) -> None:
    find_checkpoint(Source(REPO, COMMIT))
    (kept,) = (files.cache_folder() / "hub").iterdir()
    kept.write_text('{"commit": "x", "files": [1]}')
    with pytest.raises(ModelError, match="is damaged; remove it"):
        find_checkpoint(Source(REPO, COMMIT))
    kept.write_text("{half")
    assert find_checkpoint(Source(REPO, COMMIT)).commit == COMMIT


def test_offline_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.is_offline(True)
    assert not module.is_offline(False)
    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "yes")
    assert module.is_offline(False)
