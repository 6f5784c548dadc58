"""Where the weights of an Evo 2 checkpoint lie, and their checksum, before any is downloaded."""

import re
from dataclasses import dataclass
from pathlib import Path

from mit_harness.errors import ModelError
from mit_harness.models.neural import files
from mit_harness.models.neural.hub import Checkpoint, find_checkpoint
from mit_harness.models.neural.options import Source

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Weights:
    """The one file that the package evo2 is given.

    Attributes
    ----------
    checksum
        Its SHA-256: computed from a file of this machine, stated by the hub otherwise.
    path
        Where it lies on this machine; None if it is the hub's.
    checkpoint
        The hub's repository at one commit; None if it is a file of this machine.
    name
        Of the file in that repository.
    """

    checksum: str
    path: Path | None = None
    checkpoint: Checkpoint | None = None
    name: str = ""

    @property
    def commit(self) -> str:
        """The commit of the repository; empty for a file of this machine."""
        return "" if self.checkpoint is None else self.checkpoint.commit

    def fetch(self) -> Path:
        """Return the file, downloading it if need be.

        Raises
        ------
        ModelError
            One sentence: offline, no space, broken download, or another file than it was.
        """
        path = self.path
        if self.checkpoint is not None:
            # The one place where weights are downloaded: space, errors and the cache are hub's.
            path = self.checkpoint._here([files.CONFIG, self.name]) / self.name
        assert path is not None
        if _SHA256.fullmatch(self.checksum) and files.sha256(path) != self.checksum:
            raise ModelError(
                f"{path} is not the file that it was when this run began, or a broken download; "
                "remove it if it is the latter, and run again"
            )
        return path


def find_weights(
    checkpoint: str,
    repo: str,
    *,
    revision: str | None = None,
    local_path: Path | None = None,
    offline: bool = False,
) -> Weights:
    """Return where a checkpoint's weights lie; only a listing is downloaded.

    Parameters
    ----------
    checkpoint
        As the package calls it; its file is ``CHECKPOINT.pt``.
    repo
        On the hub.
    revision
        A commit, tag or branch; None for main.
    local_path
        A file of this machine, which comes first.
    offline
        Ask nothing of the network.

    Raises
    ------
    ModelError
        One sentence: not found, no access, offline, or in parts that have to be joined first.
    """
    name = f"{checkpoint}.pt"
    path = local_path
    if path is None and revision is None:
        path = _joined(name)
    if path is not None:
        if not path.is_file():
            raise ModelError(f"{checkpoint}: there is no file {path.absolute()}")
        return Weights(files.sha256(path), path=path.absolute())
    found = find_checkpoint(Source(repo, revision), offline=offline)
    if name in found.checksums:
        return Weights(found.checksums[name], checkpoint=found, name=name)
    parts = [n for n in found.names if n.startswith(f"{name}.part")]
    if parts:
        raise ModelError(
            f"{checkpoint}: {found} holds its weights in {len(parts)} parts; join them once by "
            f"`python -c \"import evo2; evo2.Evo2('{checkpoint}')\"`, or download and concatenate "
            f"them and name the file with ?local_path=FILE"
        )
    raise ModelError(f"{checkpoint}: {found} holds no {name}, so there are no weights")


def _joined(name: str) -> Path | None:
    """Return the file that the package joins parts into, and takes before anything else."""
    from huggingface_hub.constants import HF_HUB_CACHE

    path = Path(HF_HUB_CACHE).parent / name
    return path if path.is_file() else None
