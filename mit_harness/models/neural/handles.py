"""From an ``hf:`` spec or a preset's name to what is known of the model before it is loaded."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from mit_harness.errors import ModelError
from mit_harness.models.base import Kind, ModelHandle
from mit_harness.models.neural import checks, files
from mit_harness.models.neural.checks import CONVERT
from mit_harness.models.neural.config import (
    code_needed,
    detect_kind,
    is_trusted,
    refuse_unsupported,
    refuse_untrusted,
)
from mit_harness.models.neural.flanks import METHODS, LikelihoodKind, flanks
from mit_harness.models.neural.hub import Checkpoint, find_checkpoint
from mit_harness.models.neural.options import NeuralOptions, Source, parse_source, read_options
from mit_harness.models.neural.presets import PRESETS, Preset, find_preset
from mit_harness.models.spec import Spec, safe_name

if TYPE_CHECKING:
    from mit_harness.models.neural.model import NeuralModel

SCORER_VERSION = 1
"""Raised whenever the same network would give another score; part of every fingerprint."""

TOLERANCES = {"float64": 1e-9, "float32": 1e-3, "float16": 2e-2, "bfloat16": 1e-1}
"""Largest difference, in nats, that counts as a tie, by the dtype of the parameters.

A score sums about a hundred log-probabilities of 1 to 2 nats, each with the rounding of a whole
forward pass; kernels choose another order of summation for another batch. In float32 that is up to
1e-4 nats between batches of other sizes, 2e-4 for a difference of two scores: 1e-3 leaves a factor
of five and is 500 times smaller than the effects in question, of half a nat. bfloat16 was measured
to be off by 0.10 nats in a difference, log-softmax in float32; float16 has three more bits, so an
eighth of that, doubled. float64 is as exact as the models that compute in it without a network.

Reading common beginnings once (``share``) is one more order of summation, and is not done by a
network whose scores it changes by more than `sharing.NATS`: 1e-4 nats for 100 tokens in float32.
Batches differ by as much, so it is no part of the fingerprint, as batch and device are none."""


_COMMIT_FLOPS = 2e13
"""Work between two commits to the store: minutes on a slow CPU, a second on a GPU."""
_COMMIT_TOKENS = 1_000_000
"""Tokens between two commits at most: small networks are slower than their size says."""
_READ_TOKENS = 2
"""Tokens that one pass reads for each base: a hundred of the sequence, as many of its flanks."""
_MASKED_TOKENS = 200
"""Tokens that a masked model reads for each base: the whole input, once for every masked token."""
_UNKNOWN_SIZE = 100_000_000


@dataclass(frozen=True)
class Resolved:
    """Everything that decides a model's scores; nothing is downloaded but a listing and a config.

    Attributes
    ----------
    checkpoint, tokenizer
        The files; None where the tokenizer lies beside the weights.
    kind
        As given, as the preset says, or as detected.
    options
        Of the spec, checked.
    code
        Whether the checkpoint's own Python runs, which was trusted.
    preset
        None if it is none's repository.
    """

    checkpoint: Checkpoint
    tokenizer: Checkpoint | None
    kind: LikelihoodKind
    options: NeuralOptions
    code: bool
    preset: Preset | None

    def fingerprint(self) -> str:
        """Return text that changes whenever a score could: files, options, scorer, libraries."""
        options, preset = self.options, self.preset
        flank = options.flank(self.kind)
        source = self.checkpoint.source
        parts = {
            "files": self.checkpoint.digest(code=self.code),
            "tokenizer": ""
            if self.tokenizer is None
            else self.tokenizer.digest(code=False, weights=False),
            "kind": self.kind,
            "dtype": options.dtype,
            "strand": options.strand,
            "frames": options.frames,
            "masks": options.masks or "",
            "context": f"{flank}:{files.text_checksum('|'.join(flanks(self.kind, flank)))}",
            "lower_case": "yes" if preset is not None and preset.lower_case else "",
            "prefix": "" if preset is None else preset.prefix,
            "scorer": SCORER_VERSION,
            "transformers": _minor_version("transformers"),
        }
        # A folder is known by what it holds, wherever it lies.
        where = f"{source.repo}@{self.checkpoint.commit}" if source.repo else "folder"
        told = " ".join(f"{key}={value}" for key, value in parts.items() if value != "")
        return f"hf:{where} {told}"

    def method(self) -> str:
        """Return how the number comes about; fewer passes than tokens are an approximation."""
        named, masks = METHODS[self.kind], self.options.masks
        return named if masks is None else f"approximate {named}, masks={masks}"

    def parameters(self) -> int | None:
        """Return the number of parameters, from headers on this machine or as others state it."""
        folder = self.checkpoint.held()
        if folder is not None:
            return files.count_parameters(files.read_headers(files.weight_files(folder)))
        stated = None if self.preset is None else self.preset.parameters
        return self.checkpoint.parameters or stated


def hf_handle(
    spec: Spec,
    *,
    trusted: Collection[str] = (),
    offline: bool = False,
    device: str | None = None,
    dtype: str | None = None,
    context: int | None = None,
) -> ModelHandle:
    """Return the handle of an ``hf:`` spec or a preset; no weights are downloaded.

    Parameters
    ----------
    spec
        Of scheme ``hf``, or without a scheme where it names a preset.
    trusted
        Specs on ``--mit-trust-remote-code``.
    offline
        ``--mit-offline``; ``HF_HUB_OFFLINE=1`` says the same.
    device, dtype, context
        The run's, where the spec names none; the published protocol has context 0.

    Raises
    ------
    ModelError
        One sentence: what is missing on this machine, what cannot be found, or what would run code
        that nobody trusted.
    """
    options = read_options(spec, device=device, dtype=dtype, context=context)
    preset, source = _source(spec)
    base = spec.text.partition("?")[0]
    found = resolve_source(
        source, preset, options, base, offline, trusted=is_trusted(base, trusted)
    )
    return handle_of(spec, found, name=_name(spec, preset, source))


def handle_of(
    spec: Spec, found: Resolved, *, name: str, kind: Kind = "user", seen: str = ""
) -> ModelHandle:
    """Return the handle of a model whose checkpoint was found.

    Parameters
    ----------
    spec, found
        As the user wrote it, and what it names.
    name, kind, seen
        As in `ModelHandle`.

    Raises
    ------
    ModelError
        If a file of the checkpoint cannot be read.
    """
    fingerprint, parameters = found.fingerprint(), found.parameters()
    dtype = found.options.dtype
    return ModelHandle(
        name=name,
        spec=spec.text,
        kind=kind,
        fingerprint=fingerprint,
        load=partial(_load, found, spec.text.partition("?")[0], fingerprint),
        method=found.method(),
        tolerance=TOLERANCES[dtype],
        options={**spec.options, "dtype": dtype},
        parameters=parameters,
        batch_bases=_batch_bases(found.kind, parameters, found.options.masks),
        revision=found.checkpoint.commit or None,
        seen=seen,
    )


def _source(spec: Spec) -> tuple[Preset | None, Source]:
    """Return where a spec's checkpoint lies, once this machine is known to be able to load it."""
    if spec.scheme:
        lacks = checks.missing_base()
        if lacks:
            raise ModelError(f"{spec.text!r} needs {'; and '.join(lacks)}")
        source = parse_source(spec.target, spec.text)
        # How a repository wants its text read is so by whatever name it is called.
        return next((p for p in PRESETS.values() if p.id == source.repo), None), source
    found = find_preset(spec.target)
    if found is None:
        raise ModelError(f"no preset {spec.target!r}")
    preset, revision = found
    if preset.loader == "evo":
        raise ModelError(f"{spec.text!r}: {checks.NOT_DRIVEN}")
    checks.refuse_missing(preset, spec.text)
    if preset.pickle and revision is None:
        raise ModelError(
            f"{spec.text!r}: its weights are saved as pickle at the pinned revision, which may run "
            f"any code when opened and is refused; {CONVERT}"
        )
    return preset, preset.source(revision)


def resolve_source(
    source: Source,
    preset: Preset | None,
    options: NeuralOptions,
    base: str,
    offline: bool,
    *,
    trusted: bool,
) -> Resolved:
    """Return everything that decides the scores of a checkpoint; no weights are downloaded.

    Parameters
    ----------
    source, preset, options
        Where it lies, what is known of it, and the spec's options.
    base
        What errors call it.
    offline, trusted
        Whether nothing may be downloaded; whether its own Python code may run.

    Raises
    ------
    ModelError
        One sentence: what cannot be found, would run untrusted code, or does not fit its kind.
    """
    checkpoint = find_checkpoint(source, offline=offline)
    checkpoint.check_safe()
    config = checkpoint.json(files.CONFIG)
    refuse_unsupported(config, base)
    kind = options.kind or (preset.kind if preset is not None else detect_kind(config, base))
    if options.masks is not None and kind == "causal":
        raise ModelError(
            f"{base}: masks= is for masked models, and this one is causal: it reads a sequence "
            "once; leave it out"
        )
    tokenizer, spoken = None, checkpoint
    if options.tokenizer is not None:
        tokenizer = spoken = find_checkpoint(options.tokenizer, offline=offline)
    beside = spoken.json(files.TOKENIZER_CONFIG)
    if tokenizer is not None and code_needed({}, beside, kind):
        raise ModelError(
            f"{base}: the tokenizer {tokenizer} runs Python code of its own, which is trusted only "
            "beside its weights; copy both into one folder and name hf:./FOLDER"
        )
    code = code_needed(config, beside, kind)
    refuse_untrusted(code, source, checkpoint.commit, base, trusted=trusted)
    return Resolved(checkpoint, tokenizer, kind, options, bool(code), preset)


def _load(found: Resolved, base: str, fingerprint: str) -> "NeuralModel":
    """Download what is missing, load, verify, and return the model."""
    from mit_harness.models.neural.loading import load_hf
    from mit_harness.models.neural.model import NeuralModel

    options, preset = found.options, found.preset
    device = _device(options.device, base)
    folder = found.checkpoint.folder(code=found.code)
    tokenizer: Path | None = None
    if found.tokenizer is not None:
        tokenizer = found.tokenizer.folder(code=False, weights=False)
    if found.fingerprint() != fingerprint:
        raise ModelError(f"{base}: its files changed since this run began; run again")
    loaded = load_hf(
        folder,
        name=base,
        kind=found.kind,
        dtype=options.dtype,
        trusted=found.code,
        commit=found.checkpoint.commit,
        tokenizer=tokenizer,
        imports=() if preset is None else preset.imports,
        max_tokens=None if preset is None else preset.max_tokens,
    )
    return NeuralModel(
        loaded.network,
        loaded.tokenizer,
        loaded.kind,
        device=device,
        strand=options.strand,
        context=options.flank(found.kind),
        frames=options.frames,
        vocabulary=loaded.vocabulary,
        lower_case=preset is not None and preset.lower_case,
        prefix="" if preset is None else preset.prefix,
        share=options.share,
        masks=options.masks,
    )


def _device(asked: str, base: str) -> str:
    """Return the device that a model goes to.

    Raises
    ------
    ModelError
        If this machine does not have it.
    """
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if asked == "auto":
        return "cuda" if gpus else "cpu"
    name, _, number = asked.partition(":")
    if name == "cuda" and int(number or 0) >= gpus:
        raise ModelError(f"{base}: torch finds {gpus} NVIDIA GPUs, so there is no {asked!r}")
    if name == "mps" and not torch.backends.mps.is_available():
        raise ModelError(f"{base}: torch finds no Apple GPU, so there is no 'mps'")
    return asked


def _name(spec: Spec, preset: Preset | None, source: Source) -> str:
    if not spec.scheme and preset is not None:
        short = preset.name
    elif source.folder is not None:
        short = source.folder.absolute().name
    else:
        short = source.repo.partition("/")[2]
    options = "".join(f"-{key}-{spec.options[key]}" for key in sorted(spec.options))
    return safe_name(short + options)


def _batch_bases(kind: LikelihoodKind, parameters: int | None, masks: int | None = None) -> int:
    """Return the bases after which scores are worth keeping: what an interruption may cost."""
    tokens = min(_COMMIT_FLOPS / (2 * (parameters or _UNKNOWN_SIZE)), _COMMIT_TOKENS)
    read = _MASKED_TOKENS if masks is None else min(_READ_TOKENS * masks, _MASKED_TOKENS)
    return max(200, int(tokens / (_READ_TOKENS if kind == "causal" else read)))


def _minor_version(package: str) -> str:
    """Return the version of a package without its patch level, which changes no score."""
    try:
        return ".".join(version(package).split(".")[:2])
    except PackageNotFoundError:
        return ""
