"""Checkpoints: which files, with which checksums, before a single weight is downloaded."""

import errno
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import Any

from mit_harness.errors import ModelError
from mit_harness.models.neural import files
from mit_harness.models.neural.checks import CONVERT, free_disk_gb
from mit_harness.models.neural.options import Source, is_commit

_TRUE = ("1", "ON", "YES", "TRUE")
_SHA256 = re.compile("[0-9a-f]{64}")
_SHA1 = re.compile("[0-9a-f]{40}")
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows has no quota error
_SPARE_BYTES = 100_000_000
"""Left free on the disk beside a download."""


@dataclass(frozen=True)
class Checkpoint:
    """A model's files; on the hub, none of them needs to be downloaded yet.

    Attributes
    ----------
    source
        As it was named.
    commit
        Of a repository; empty for a folder.
    names
        Its files.
    checksums, sizes
        Of a repository: by name, as the hub states them.
    parameters
        As the hub counts them; None if it does not.
    is_offline
        Whether nothing may be asked of the network.
    """

    source: Source
    commit: str
    names: tuple[str, ...]
    checksums: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    parameters: int | None = None
    is_offline: bool = False

    def __str__(self) -> str:
        """Return the spec that names just these files."""
        return str(Source(self.source.repo, self.commit, self.source.folder))

    def check_safe(self) -> None:
        """Raise unless its weights are safetensors.

        Raises
        ------
        ModelError
            With what to do about pickle, which is never opened.
        """
        if files.has_weights(self.names):
            return
        found = files.pickles(self.names)
        if found:
            raise ModelError(
                f"{self}: its weights are saved as pickle ({found[0]}), which may run any code "
                f"when opened and is refused; {CONVERT}"
            )
        raise ModelError(f"{self}: no {files.WEIGHTS} among its files, so there are no weights")

    def json(self, name: str) -> dict[str, Any]:
        """Return a small JSON file, downloading it if need be; empty if there is none."""
        if name not in self.names:
            return {}
        return files.read_json(self._here([name]) / name)

    def folder(self, *, code: bool, weights: bool = True) -> Path:
        """Return the folder that holds all of its files, downloading what is missing.

        Parameters
        ----------
        code
            Whether its Python files are wanted; never where they are not trusted.
        weights
            Whether its tensors are.

        Raises
        ------
        ModelError
            One sentence: offline, not found, no access, broken download, or no space.
        """
        wanted = files.belonging(self.names, code=code, weights=weights)
        folder = self._here(wanted)
        for name in wanted if self.source.folder is None else ():
            if not _is_intact(folder / name, self.checksums.get(name, "")):
                raise ModelError(
                    f"{self}: {name} in {folder} is not what the hub holds, a broken download; "
                    "remove it there and run again"
                )
        return folder

    def held(self) -> Path | None:
        """Return the folder of its weights if they are on this machine already."""
        if self.source.folder is not None:
            return self.source.folder
        cached = _cached_folder(self.source.repo, self.commit)
        wanted = files.belonging(self.names)
        if cached is None or not all((cached / name).is_file() for name in wanted):
            return None
        return cached

    def digest(self, *, code: bool, weights: bool = True) -> str:
        """Return one checksum of the files that decide its scores; downloads no weights."""
        wanted = files.belonging(self.names, code=code, weights=weights)
        if self.source.folder is not None:
            return files.digest({n: files.sha256(self.source.folder / n) for n in wanted})
        return files.digest({name: self.checksums[name] for name in wanted})

    def _here(self, wanted: list[str]) -> Path:
        if self.source.folder is not None:
            return self.source.folder
        cached = _cached_folder(self.source.repo, self.commit)
        absent = [n for n in wanted if cached is None or not (cached / n).is_file()]
        if cached is not None and not absent:
            return cached
        if self.is_offline:
            raise _offline(str(self), absent)
        return _download(self, absent, wanted)


def find_checkpoint(source: Source, *, offline: bool = False) -> Checkpoint:
    """Return what is known of the checkpoint at `source`; only a listing is downloaded.

    Parameters
    ----------
    source
        A folder, or a repository at a revision.
    offline
        Ask nothing of the network, as with ``HF_HUB_OFFLINE=1``.

    Raises
    ------
    ModelError
        One sentence: not found, no access, or offline and not on this machine.
    """
    if source.folder is not None:
        return _local(source)
    offline = is_offline(offline)
    revision = source.revision or "main"
    kept = files.cache_folder() / "hub" / f"{source.repo.replace('/', '--')}@{revision}.json"
    # A commit never changes, so neither does its listing.
    known = files.recall(kept) if is_commit(revision) else {}
    if not known:
        known = _cached_listing(source, revision) if offline else _listing(source, revision)
        if is_commit(revision) and not offline:
            files.remember(kept, known)
    try:
        return Checkpoint(
            source,
            commit=str(known["commit"]),
            names=tuple(known["files"]),
            checksums={name: str(entry[0]) for name, entry in known["files"].items()},
            sizes={name: int(entry[1]) for name, entry in known["files"].items()},
            parameters=known.get("parameters"),
            is_offline=offline,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{kept} is damaged; remove it and run again") from error


def is_offline(asked: bool) -> bool:
    """Tell whether the network must not be used: asked for, or said by the environment."""
    said = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return asked or any(value.upper() in _TRUE for value in said)


def _local(source: Source) -> Checkpoint:
    folder = source.folder
    assert folder is not None
    if not folder.is_dir():
        raise ModelError(
            f"{source}: no folder {folder.absolute()}; a model of the hub is hf:ORG/NAME@REVISION"
        )
    names = files.listed(folder)
    if files.CONFIG not in names:
        hint = "it holds an adapter, not a model" if "adapter_config.json" in names else "no model"
        raise ModelError(f"{source}: {hint}; there is no {files.CONFIG} in {folder.absolute()}")
    # Absolute, so that a later change of folder changes nothing.
    return Checkpoint(Source(folder=folder.absolute()), "", tuple(names))


def _listing(source: Source, revision: str) -> dict[str, Any]:
    """Return commit, files and their checksums as the hub states them."""
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(source.repo, revision=revision, files_metadata=True)
    except Exception as error:
        unreachable = not _status(error) or _status(error) >= 500
        if unreachable and _cached_folder(source.repo, revision) is not None:
            return _cached_listing(source, revision)
        raise _explained(error, source) from error
    found = {}
    for entry in info.siblings or ():
        large = entry.lfs.sha256 if entry.lfs is not None else None
        found[entry.rfilename] = [large or entry.blob_id, entry.size or 0]
    counted = getattr(info, "safetensors", None)
    total = getattr(counted, "total", None)
    return {"commit": info.sha, "files": found, "parameters": total}


def _cached_listing(source: Source, revision: str) -> dict[str, Any]:
    """Return the same of what earlier downloads left on this machine."""
    folder = _cached_folder(source.repo, revision)
    names = [] if folder is None else files.listed(folder)
    if folder is None or files.CONFIG not in names:
        raise _offline(str(source), [files.CONFIG])
    found = {name: [_checksum(folder / name), (folder / name).stat().st_size] for name in names}
    return {"commit": folder.name, "files": found}


def _cached_folder(repo: str, revision: str) -> Path | None:
    """Return the folder in the hub's cache that holds files of a revision, if any are there."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, files.CONFIG, revision=revision)
    return Path(found).parent if isinstance(found, str) else None


def _checksum(path: Path) -> str:
    """Return a cached file's checksum: its blob's name, or where links are not used, its own."""
    blob = path.resolve().name
    if _SHA256.fullmatch(blob) or _SHA1.fullmatch(blob):
        return blob
    return files.sha256(path) if path.suffix == ".safetensors" else files.git_blob(path)


def _is_intact(path: Path, stated: str) -> bool:
    try:
        if _SHA256.fullmatch(stated):
            return files.sha256(path) == stated
        return not _SHA1.fullmatch(stated) or files.git_blob(path) == stated
    except OSError:
        return False


def _download(checkpoint: Checkpoint, absent: list[str], wanted: list[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.constants import HF_HUB_CACHE

    need = (sum(checkpoint.sizes.get(n, 0) for n in absent) + _SPARE_BYTES) / 1e9
    free = free_disk_gb(Path(HF_HUB_CACHE))
    if free is not None and free < need:
        raise ModelError(
            f"{checkpoint}: the download needs {need:.1f} GB and {free:.1f} GB are free in "
            f"{HF_HUB_CACHE}; free some space, or set HF_HOME to another disk"
        )
    repo, commit = checkpoint.source.repo, checkpoint.commit
    try:
        exact = [escape(name) for name in wanted]
        folder = Path(snapshot_download(repo, revision=commit, allow_patterns=exact))
    except Exception as error:
        raise _explained(error, checkpoint.source) from error
    lost = [name for name in wanted if not (folder / name).is_file()]
    if lost:
        raise ModelError(f"{checkpoint}: {lost[0]} was not downloaded; run again")
    return folder


def _offline(named: str, absent: list[str]) -> ModelError:
    return ModelError(
        f"{named}: {absent[0]} is not on this machine and the network is off (--mit-offline or "
        "HF_HUB_OFFLINE); run once with the network, or name a folder: hf:./FOLDER"
    )


def _explained(error: Exception, source: Source) -> ModelError:
    """Return what went wrong with the hub, in one sentence for people."""
    from huggingface_hub import errors

    named = str(source)
    if isinstance(error, errors.GatedRepoError) or _status(error) == 403:
        return ModelError(
            f"{named}: its authors give access on request; ask for it on the model's page, then "
            "log in with `hf auth login` or set HF_TOKEN"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelError(f"{named}: the hub has no revision {source.revision!r} of {source.repo}")
    if isinstance(error, errors.RepositoryNotFoundError) or _status(error) in (401, 404):
        hint = f"; the folder is hf:./{source.repo}" if Path(source.repo).is_dir() else ""
        return ModelError(
            f"{named}: the hub has no such model, or it is private; check the name, or log in with "
            f"`hf auth login` or HF_TOKEN{hint}"
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        free = shutil.disk_usage(Path.home()).free / 1e9
        return ModelError(
            f"{named}: the disk is full ({free:.1f} GB free); free some space, or set HF_HOME to "
            "another disk"
        )
    if isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
        cause = error.__cause__
        detail = f" ({type(cause).__name__})" if cause is not None else ""
        return ModelError(
            f"{named}: the hub cannot be reached{detail} and the files are not on this machine; "
            "check the network, or name a folder: hf:./FOLDER"
        )
    first = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return ModelError(
        f"{named}: the download broke off ({type(error).__name__}: {first}); run again, what is "
        "there already is kept"
    )


def _status(error: BaseException) -> int:
    """Return the HTTP status of an error of the hub's client; 0 if it has none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)
