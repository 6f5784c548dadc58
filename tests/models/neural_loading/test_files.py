import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural import files


def old(path: Path, seconds: float = 100) -> Path:
    """Let a file be old enough for its checksum to be kept."""
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - int(seconds * 1e9)))
    return path


def test_what_belongs_to_a_checkpoint() -> None:
    names = [
        *("README.md", "config.json", "generation_config.json", "tokenizer.json", "vocab.txt"),
        *("model.safetensors", "model.fp16.safetensors", "adapter_model.safetensors"),
        *("pytorch_model.bin", "modeling_x.py", "sub/other.py", "spiece.model"),
    ]
    assert files.belonging(names) == [
        *("config.json", "model.safetensors", "spiece.model", "tokenizer.json", "vocab.txt")
    ]
    assert set(files.belonging(names, code=True)) - set(files.belonging(names)) == {
        *("modeling_x.py", "sub/other.py")
    }
    assert "model.safetensors" not in files.belonging(names, weights=False)


def test_shards_belong_only_without_a_single_file() -> None:
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", files.INDEX]
    assert files.belonging(["config.json", *shards]) == sorted(["config.json", *shards])
    assert files.belonging(["config.json", *shards, files.WEIGHTS]) == [
        *("config.json", files.WEIGHTS)
    ]


def test_parameters_are_counted_from_headers_alone(tiny: Any) -> None:
    folder, network = tiny.save("llama", shard="6KB")
    headers = files.read_headers(files.weight_files(folder))
    assert files.count_parameters(headers) == sum(p.numel() for p in network.parameters())
    folder, network = tiny.save("llama", "tied", tie_word_embeddings=True)
    headers = files.read_headers(files.weight_files(folder))
    assert files.count_parameters(headers) == sum(p.numel() for p in network.parameters())


def test_a_checksum_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    old(path)
    expected = hashlib.sha256(b"abc").hexdigest()
    assert files.sha256(path) == expected
    monkeypatch.setattr(files.hashlib, "file_digest", None)
    assert files.sha256(path) == expected


@pytest.mark.parametrize("change", ["bytes", "size", "replaced"])
def test_a_changed_file_has_another_checksum(tmp_path: Path, change: str) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    old(path)
    before = files.sha256(path)
    if change == "replaced":
        stat = path.stat()
        other = tmp_path / "other"
        other.write_bytes(b"abd")
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.replace(path)
    else:
        path.write_bytes(b"abd" if change == "bytes" else b"abcd")
        old(path, 50)
    assert files.sha256(path) != before


def test_a_file_that_may_still_change_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    stat = path.stat()
    before = files.sha256(path)
    path.write_bytes(b"abd")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # the same size and the same time
    assert files.sha256(path) != before


def test_a_cache_that_cannot_be_used_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    old(path)
    expected = files.sha256(path)
    for kept in (files.cache_folder() / "sha256").iterdir():
        kept.write_text("{half")
    assert files.sha256(path) == expected
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(files, "cache_folder", lambda: blocked / "below")
    assert files.sha256(path) == expected


def test_names_and_contents_decide_a_digest() -> None:
    one = files.digest({"a": "1", "b": "2"})
    assert one == files.digest({"b": "2", "a": "1"})
    assert len({one, files.digest({"a": "2", "b": "1"}), files.digest({"a": "1"})}) == 3


def test_what_is_no_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(ModelError, match=r"config.json cannot be read \(No such file"):
        files.read_json(path)
    path.write_text("{half")
    with pytest.raises(ModelError, match="is no JSON"):
        files.read_json(path)
    path.write_text("[1]")
    with pytest.raises(ModelError, match="holds a list, not an object"):
        files.read_json(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="is no JSON"):
        files.read_json(path)


def test_an_index_that_names_nothing(tmp_path: Path) -> None:
    (tmp_path / files.INDEX).write_text('{"weight_map": ["x"]}')
    with pytest.raises(ModelError, match="names no shards"):
        files.weight_files(tmp_path)
