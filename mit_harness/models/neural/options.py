"""The options of an ``hf:`` spec: what may follow the ``?``, and where a checkpoint lies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, get_args

from mit_harness.errors import ModelError, near
from mit_harness.models.neural.flanks import DEFAULT_CONTEXT, LikelihoodKind
from mit_harness.models.spec import Spec

Strand = Literal["forward", "reverse", "mean"]
Dtype = Literal["float32", "bfloat16", "float16", "float64"]
Chosen = TypeVar("Chosen")

KEYS = ("kind", "strand", "context", "frames", "masks", "dtype", "device", "tokenizer", "share")
"""Every option of an ``hf:`` spec or a preset."""

LARGEST_CONTEXT = 100_000
LARGEST_FRAMES = 32
LARGEST_MASKS = 100_000

_SHARE = {"on": True, "off": False}

_COMMIT = re.compile(r"[0-9a-f]{40}")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")
_LOCAL = re.compile(r"[.~]?[/\\]|[.]{1,2}$|[.]{2}[/\\]|[A-Za-z]:[/\\]|~$")
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:[0-9]{1,3})?")
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a checkpoint lies: a repository of the hub, or a folder of this machine.

    Attributes
    ----------
    repo
        ``ORG/NAME``; empty for a folder.
    revision
        As the user or a preset names it; None for the repository's main branch.
    folder
        None for a repository.
    """

    repo: str = ""
    revision: str | None = None
    folder: Path | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether it can never name other files: a full commit."""
        return is_commit(self.revision)

    def __str__(self) -> str:
        """Return the spec that names it."""
        if self.folder is not None:
            return f"hf:{self.folder}"
        return f"hf:{self.repo}" + (f"@{self.revision}" if self.revision else "")


@dataclass(frozen=True, slots=True)
class NeuralOptions:
    """The options of one spec, checked.

    Attributes
    ----------
    kind
        None: read from the checkpoint.
    context
        bp of flank that the model reads and that is not scored; None: `DEFAULT_CONTEXT` of the
        kind.
    frames
        Offsets over which a non-overlapping k-mer tokenizer's score is averaged.
    device
        ``auto`` takes a GPU where there is one.
    tokenizer
        Where another tokenizer lies, as in an ``hf:`` spec; None: beside the weights.
    share
        Whether common beginnings are read once; None: where that is known to be faster.
    masks
        Of a masked model: forward passes of a sequence at most; None: one for every token.
    """

    kind: LikelihoodKind | None = None
    strand: Strand = "forward"
    context: int | None = None
    frames: int = 1
    dtype: Dtype = "float32"
    device: str = "auto"
    tokenizer: Source | None = None
    share: bool | None = None
    masks: int | None = None

    def flank(self, kind: LikelihoodKind) -> int:
        """Return the bp of flank for a model of that kind."""
        return DEFAULT_CONTEXT[kind] if self.context is None else self.context


def is_commit(revision: str | None) -> bool:
    """Tell whether a revision is a full commit, 40 hexadecimal digits."""
    return revision is not None and _COMMIT.fullmatch(revision) is not None


def read_options(
    spec: Spec,
    *,
    device: str | None = None,
    dtype: str | None = None,
    context: int | None = None,
    masks: int | None = None,
) -> NeuralOptions:
    """Return the checked options of a spec; what it does not say is taken from the run.

    Parameters
    ----------
    spec
        Its own options come first.
    device, dtype, context
        The run's (``--mit-device``, ``--mit-dtype``; the published protocol has context 0).
    masks
        The model's own default.

    Raises
    ------
    ModelError
        If an option is unknown (near matches are named) or its value cannot be used.
    """
    given, text = spec.options, spec.text
    for key in given:
        if key not in KEYS:
            raise ModelError(f"{text!r}: no option {key!r}{near(key, list(KEYS))}")
    run = {"device": device, "dtype": dtype}
    options = {**{key: value for key, value in run.items() if value is not None}, **given}
    kind = _choice(options, "kind", get_args(LikelihoodKind), text)
    chosen_device = options.get("device", "auto")
    if _DEVICE.fullmatch(chosen_device) is None:
        raise ModelError(
            f"{text!r}: device is auto, cpu, cuda, cuda:0 or mps, not {chosen_device!r}"
        )
    return NeuralOptions(
        kind=kind,
        strand=_choice(options, "strand", get_args(Strand), text) or "forward",
        context=_whole(options, "context", 0, LARGEST_CONTEXT, text, context),
        frames=_whole(options, "frames", 1, LARGEST_FRAMES, text, 1) or 1,
        masks=_whole(options, "masks", 1, LARGEST_MASKS, text, masks),
        dtype=_choice(options, "dtype", get_args(Dtype), text) or "float32",
        device=chosen_device,
        tokenizer=parse_source(options["tokenizer"], text) if "tokenizer" in options else None,
        share=_SHARE.get(_choice(options, "share", ("on", "off"), text) or ""),
    )


def parse_source(target: str, text: str) -> Source:
    """Return where ``ORG/NAME@REVISION`` or ``./local/dir`` lies.

    Parameters
    ----------
    target
        What follows ``hf:``; a folder begins with ``./``, ``../``, ``/`` or ``~``.
    text
        The whole spec, for errors.

    Raises
    ------
    ModelError
        If it is neither.
    """
    target = target.removeprefix("hf:")
    if _LOCAL.match(target):
        return Source(folder=Path(target).expanduser())
    repo, at, revision = target.partition("@")
    if _REPO.fullmatch(repo) is None or ".." in repo:
        raise ModelError(
            f"{text!r}: a model of the hub is hf:ORG/NAME@REVISION, a folder hf:./FOLDER"
        )
    if at and (_REVISION.fullmatch(revision) is None or ".." in revision):
        raise ModelError(f"{text!r}: {revision!r} is no revision; give a commit, a tag or a branch")
    return Source(repo=repo, revision=revision or None)


def _choice(
    options: Mapping[str, str], key: str, allowed: tuple[Chosen, ...], text: str
) -> Chosen | None:
    value = options.get(key)
    if value is None:
        return None
    for choice in allowed:
        if value == choice:
            return choice
    raise ModelError(f"{text!r}: {key} is {' or '.join(map(str, allowed))}, not {value!r}")


def _whole(
    options: Mapping[str, str], key: str, least: int, most: int, text: str, default: int | None
) -> int | None:
    value = options.get(key)
    if value is None:
        return default
    if _WHOLE.fullmatch(value) is None or not least <= int(value) <= most:
        raise ModelError(f"{text!r}: {key} is a whole number, {least} to {most}, not {value!r}")
    return int(value)
