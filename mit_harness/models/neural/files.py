"""Files of a checkpoint: which belong to it, their checksums, and the headers of their tensors."""

import hashlib
import json
import math
import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mit_harness.atomic import atomic
from mit_harness.errors import MitHarnessError, ModelError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZER_CONFIG = "tokenizer_config.json"

_SHARD = "model-*-of-*.safetensors"
_TOKENIZER = (
    *("tokenizer.json", TOKENIZER_CONFIG, "special_tokens_map.json", "added_tokens.json"),
    *("vocab.txt", "vocab.json", "vocab.*.json", "merges.txt", "*.model", "*.tiktoken"),
)
_PICKLES = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_CODE = "*.py"

_LARGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U64": 8, "I32": 4, "U32": 4}
_BYTES |= {"I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_SETTLED_SECONDS = 2.0
"""A file that changed this recently may change again within its time stamp's resolution."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """What a header says of one tensor.

    Attributes
    ----------
    file
        That holds it.
    dtype
        As the format spells it, such as ``"BF16"``.
    shape
        Its sizes.
    """

    file: Path
    dtype: str
    shape: tuple[int, ...]


def belonging(names: Iterable[str], *, code: bool = False, weights: bool = True) -> list[str]:
    """Return the names that make up a checkpoint, sorted: config, tokenizer, safetensors.

    Parameters
    ----------
    names
        Files of a folder or repository.
    code
        Whether its Python files belong to it.
    weights
        Whether its tensors do.
    """
    every = sorted(names)
    wanted = {CONFIG, *(n for n in every if any(fnmatchcase(n, p) for p in _TOKENIZER))}
    if weights:
        # Of a repository that holds both, transformers too reads the single file.
        whole = WEIGHTS in every
        wanted |= {WEIGHTS} if whole else {INDEX, *(n for n in every if fnmatchcase(n, _SHARD))}
    if code:
        wanted |= {n for n in every if fnmatchcase(n, _CODE)}
    return [name for name in every if name in wanted]


def has_weights(names: Iterable[str]) -> bool:
    """Tell whether safetensors that can be loaded are among the names."""
    return not {WEIGHTS, INDEX}.isdisjoint(names)


def pickles(names: Iterable[str]) -> list[str]:
    """Return the names that are pickle by their endings."""
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in _PICKLES)]


def listed(folder: Path) -> list[str]:
    """Return the files of a folder: its own, and Python files of any depth.

    Raises
    ------
    ModelError
        If it cannot be read.
    """
    try:
        own = [path.name for path in folder.iterdir() if path.is_file()]
        deeper = [path.relative_to(folder).as_posix() for path in folder.glob("*/**/*.py")]
    except OSError as error:
        raise ModelError(f"{folder} cannot be read ({error.strerror or error})") from error
    return sorted({*own, *deeper})


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises
    ------
    ModelError
        If it is missing, or something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise ModelError(f"{path} is no JSON: {error}; download it again") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds a {type(found).__name__}, not an object")
    return found


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a checkpoint, in order.

    Raises
    ------
    ModelError
        If there are none, or one that the index names is missing or outside of the folder.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    index = folder / INDEX
    if not index.is_file():
        raise ModelError(f"{folder} holds neither {WEIGHTS} nor {INDEX}")
    named = read_json(index).get("weight_map")
    if not isinstance(named, dict) or not all(isinstance(n, str) for n in named.values()):
        raise ModelError(f"{index} names no shards; download it again")
    files = [folder / name for name in sorted(set(named.values()))]
    for path in files:
        if path.parent != folder or not path.is_file():
            raise ModelError(f"{index} names {path.name}, which is not in {folder}; download it")
    return files


def read_headers(files: Iterable[Path]) -> dict[str, TensorInfo]:
    """Return what the headers of safetensors files say; no tensor is read.

    Raises
    ------
    ModelError
        If a file is cut short, has bytes left over or is something else, or a name is there twice.
    """
    found: dict[str, TensorInfo] = {}
    for path in files:
        for name, info in _header(path).items():
            if name in found:
                raise ModelError(f"tensor {name!r} is in {found[name].file.name} and {path.name}")
            found[name] = info
    return found


def count_parameters(headers: Mapping[str, TensorInfo]) -> int:
    """Return the number of floating-point values in a checkpoint."""
    return sum(math.prod(i.shape) for i in headers.values() if i.dtype.startswith(("F", "BF")))


def _header(path: Path) -> dict[str, TensorInfo]:
    damaged = f"{path} is damaged or no safetensors file"
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            if not 2 <= length <= min(_LARGEST_HEADER, size - 8):
                raise ModelError(f"{damaged} (its header does not fit); download it again")
            table = json.loads(handle.read(length))
        tensors = {name: entry for name, entry in table.items() if name != "__metadata__"}
        infos = {
            name: TensorInfo(path, str(entry["dtype"]), tuple(map(int, entry["shape"])))
            for name, entry in tensors.items()
        }
        ends = [entry["data_offsets"] for entry in tensors.values()]
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error})") from error
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{damaged} ({error}); download it again") from error
    held = size - 8 - length
    if held != max((end for _, end in ends), default=0):
        raise ModelError(f"{damaged} (it is cut short or has bytes left over); download it again")
    for (begin, end), (name, info) in zip(ends, infos.items(), strict=True):
        width = _BYTES.get(info.dtype)
        if width is not None and end - begin != math.prod(info.shape) * width:
            raise ModelError(f"{damaged} (tensor {name!r} has another size than its shape)")
    return infos


def cache_folder() -> Path:
    """Return where checksums and listings are kept; it may be deleted at any time."""
    from platformdirs import user_cache_path

    return user_cache_path("mit-harness") / "models"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, from the cache where its path, size and time are unchanged.

    Raises
    ------
    ModelError
        If it cannot be read.
    """
    try:
        real = path.resolve(strict=True)
        stat = real.stat()
        key = [str(real), stat.st_size, stat.st_mtime_ns, stat.st_ino]
        kept = cache_folder() / "sha256" / f"{_text_sha256(str(real))[:32]}.json"
        known = recall(kept)
        if known.get("key") == key:
            return str(known["sha256"])
        with real.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        changed = real.stat()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error})") from error
    unchanged = (changed.st_size, changed.st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    if unchanged and time.time() - stat.st_mtime > _SETTLED_SECONDS:
        remember(kept, {"key": key, "sha256": found})
    return found


def git_blob(path: Path) -> str:
    """Return the checksum by which git, and so the hub, names a small file."""
    data = path.read_bytes()
    # Not for security: it is what the hub calls these files.
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def recall(path: Path) -> dict[str, Any]:
    """Return what `remember` wrote, or nothing if it is not there or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(path: Path, value: Mapping[str, Any]) -> None:
    """Write a small JSON file whole; a cache that cannot be written is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as handle:
            json.dump(value, handle, sort_keys=True)
    except (OSError, MitHarnessError):
        return


def digest(checksums: Mapping[str, str]) -> str:
    """Return one SHA-256 over names and checksums, whatever their order."""
    return _text_sha256("".join(f"{name}\n{checksums[name]}\n" for name in sorted(checksums)))


def text_checksum(text: str) -> str:
    """Return the first 16 digits of a text's SHA-256."""
    return _text_sha256(text)[:16]


def _text_sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
