"""Evo 2 by its own package: the logits are the package's, every sum is made here.

Nobody has run this against the real package: it needs an NVIDIA GPU, and cannot even be imported
without one. The interface is that which the package documents (0.6.0), and the tests take a
stand-in that has it.

The package's own ``score_sequences`` is not used. Without a token in front it adds the
log-probability of padding to every sequence that is shorter than the longest of its batch, and it
normalises in bfloat16.
"""

import re
import sys
import warnings
from collections.abc import Collection, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from mit_harness.errors import MitHarnessError, ModelError, near
from mit_harness.models.base import ModelHandle
from mit_harness.models.neural import checks, files
from mit_harness.models.neural.config import is_trusted
from mit_harness.models.neural.evo2_scorer import (
    BATCH,
    DEVICE,
    evo2_model,
    package_version,
    refuse_untrained,
)
from mit_harness.models.neural.evo2_weights import Weights, find_weights
from mit_harness.models.neural.flanks import DEFAULT_CONTEXT, METHODS, flanks
from mit_harness.models.neural.handles import SCORER_VERSION, TOLERANCES
from mit_harness.models.neural.options import Strand, is_commit, read_options
from mit_harness.models.neural.presets import Preset, Requires, find_preset
from mit_harness.models.spec import Spec, safe_name

if TYPE_CHECKING:
    from mit_harness.models.neural.model import NeuralModel

KEYS = ("strand", "context", "batch", "local_path")
"""Every option of an ``evo2:`` spec."""

LARGEST_BATCH = 4096

Projections = Literal["fp8", "bfloat16"]

_PACKAGES = ("evo2", "vtx", "transformer-engine", "transformer-engine-torch")
"""What computes the logits, by the names of pip and conda."""

_FP8_CAPABILITY = (8, 9)
_PYTHON = (3, 13)
"""The package runs on Python versions before this one."""

_WHOLE = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Evo2Checkpoint:
    """What the package's documentation says of one of its checkpoints.

    Attributes
    ----------
    repo
        On the hub.
    parameters
        Rounded, as its name says.
    max_tokens
        Bases of its training context.
    fp8
        Whether it is accurate only in FP8, on Hopper; the others fall back to bfloat16.
    """

    repo: str
    parameters: int
    max_tokens: int
    fp8: bool


CHECKPOINTS: Mapping[str, Evo2Checkpoint] = MappingProxyType(
    {
        "evo2_1b_base": Evo2Checkpoint("arcinstitute/evo2_1b_base", 10**9, 8_192, True),
        "evo2_7b": Evo2Checkpoint("arcinstitute/evo2_7b", 7 * 10**9, 2**20, False),
        "evo2_7b_base": Evo2Checkpoint("arcinstitute/evo2_7b_base", 7 * 10**9, 8_192, False),
        "evo2_7b_262k": Evo2Checkpoint("arcinstitute/evo2_7b_262k", 7 * 10**9, 2**18, False),
        "evo2_7b_microviridae": Evo2Checkpoint(
            "evo-design/evo-2-7b-8k-microviridae", 7 * 10**9, 8_192, False
        ),
        "evo2_20b": Evo2Checkpoint("arcinstitute/evo2_20b", 20 * 10**9, 2**20, True),
        "evo2_40b": Evo2Checkpoint("arcinstitute/evo2_40b", 40 * 10**9, 2**20, True),
        "evo2_40b_base": Evo2Checkpoint("arcinstitute/evo2_40b_base", 40 * 10**9, 8_192, True),
    }
)
"""Every checkpoint of package evo2 0.6.0."""


@dataclass(frozen=True, slots=True)
class Evo2Options:
    """The options of one ``evo2:`` spec, checked.

    Attributes
    ----------
    strand
        As for any neural model.
    context
        bp of left flank that is read and not scored. With none the first base is not scored.
    batch
        Sequences of one batch at most.
    local_path
        A file of weights that is on this machine; None for the hub's.
    """

    strand: Strand = "forward"
    context: int = DEFAULT_CONTEXT["causal"]
    batch: int = BATCH
    local_path: Path | None = None


def read_evo2_options(spec: Spec, *, context: int | None = None) -> Evo2Options:
    """Return the checked options of a spec.

    Parameters
    ----------
    spec
        Its own options come first.
    context
        The run's; the published protocol has 0.

    Raises
    ------
    ModelError
        If an option is unknown (near matches are named) or its value cannot be used.
    """
    for key in spec.options:
        if key not in KEYS:
            raise ModelError(f"{spec.text!r}: no option {key!r}{near(key, list(KEYS))}")
    shared = {key: value for key, value in spec.options.items() if key in ("strand", "context")}
    common = read_options(replace(spec, options=shared), context=context)
    batch = spec.options.get("batch", str(BATCH))
    if _WHOLE.fullmatch(batch) is None or not 1 <= int(batch) <= LARGEST_BATCH:
        raise ModelError(
            f"{spec.text!r}: batch is a whole number, 1 to {LARGEST_BATCH}, not {batch!r}"
        )
    given = spec.options.get("local_path")
    if given == "":
        raise ModelError(f"{spec.text!r}: local_path names no file")
    path = None if given is None else Path(given).expanduser()
    return Evo2Options(common.strand, common.flank("causal"), int(batch), path)


@dataclass(frozen=True)
class Resolved:
    """Everything that decides the scores of one Evo 2 model; nothing is downloaded yet.

    Attributes
    ----------
    name
        Of the checkpoint.
    known
        What is documented of it.
    options
        Of the spec, checked.
    weights
        Its file.
    projections
        Precision of the input projections; everything else is bfloat16.
    """

    name: str
    known: Evo2Checkpoint
    options: Evo2Options
    weights: Weights
    projections: Projections

    def fingerprint(self) -> str:
        """Return text that changes whenever a score could: weights, options, scorer, packages."""
        context = self.options.context
        parts = {
            "weights": self.weights.checksum,
            "strand": self.options.strand,
            "context": f"{context}:{files.text_checksum('|'.join(flanks('causal', context)))}",
            "projections": self.projections,
            "scorer": SCORER_VERSION,
            **{package: package_version(package) for package in _PACKAGES},
        }
        return f"evo2:{self.name} " + " ".join(f"{k}={v}" for k, v in parts.items() if v != "")


def evo2_handle(
    spec: Spec,
    *,
    trusted: Collection[str] = (),
    offline: bool = False,
    device: str | None = None,
    context: int | None = None,
) -> ModelHandle:
    """Return the handle of an ``evo2:`` spec or an Evo 2 preset; no weights are downloaded.

    Parameters
    ----------
    spec
        ``evo2:CHECKPOINT``, ``evo2:CHECKPOINT@COMMIT``, or a preset's name.
    trusted
        Specs on ``--mit-trust-remote-code``: Transformer Engine opens pickle without limits.
    offline
        ``--mit-offline``; ``HF_HUB_OFFLINE=1`` says the same.
    device, context
        The run's. The dtype is the checkpoint's own, whatever the run's.

    Raises
    ------
    ModelError
        One sentence: what is unknown, what this machine lacks, or what nobody trusted.
    """
    found = _resolve(spec, trusted, offline, device, context)
    return ModelHandle(
        name=_name(spec, found.name, found.options),
        spec=spec.text,
        kind="user",
        fingerprint=found.fingerprint(),
        load=partial(_load, found, spec.text),
        method=METHODS["causal"],
        tolerance=TOLERANCES["bfloat16"],
        options={**spec.options, "dtype": "bfloat16", "projections": found.projections},
        parameters=found.known.parameters,
        revision=found.weights.commit or None,
    )


def _resolve(
    spec: Spec,
    trusted: Collection[str],
    offline: bool,
    device: str | None,
    context: int | None,
) -> Resolved:
    name, revision = _target(spec)
    known = CHECKPOINTS.get(name)
    if known is None:
        raise ModelError(f"{spec.text!r}: no Evo 2 checkpoint {name!r}{near(name, [*CHECKPOINTS])}")
    options = read_evo2_options(spec, context=context)
    if device not in (None, "auto", "cuda", DEVICE):
        raise ModelError(
            f"{spec.text!r} runs on an NVIDIA GPU only, on {DEVICE} and as many more as it needs; "
            f"choose the first by CUDA_VISIBLE_DEVICES, not by the device {device!r}"
        )
    refuse_missing(name, spec.text)
    weights = find_weights(
        name, known.repo, revision=revision, local_path=options.local_path, offline=offline
    )
    found = Resolved(name, known, options, weights, projections())
    if found.projections == "fp8":
        _refuse_pickle(spec, revision, weights, trusted)
    return found


def refuse_missing(name: str, text: str) -> None:
    """Raise if a checkpoint cannot run on this machine; nothing is loaded or downloaded.

    Raises
    ------
    ModelError
        One sentence: what is missing, and how to get it.
    """
    needs = {"evo2": "mit-harness[evo2]", "flash_attn": "flash-attn"}
    if CHECKPOINTS[name].fp8:
        needs["transformer_engine"] = "transformer-engine[pytorch]"
    requires = Requires(needs, cuda=True, hopper=CHECKPOINTS[name].fp8)
    lacks = checks.missing(Preset(name, name, "causal", loader="evo2", requires=requires))
    if sys.version_info >= _PYTHON:
        lacks.insert(0, f"a Python before {'.'.join(map(str, _PYTHON))}, for the package evo2")
    if not lacks and projections() == "fp8" and _capability() < _FP8_CAPABILITY:
        # Only where nothing else is: the package would pick FP8 because it finds the engine.
        lacks = ["a GPU with FP8, or no package transformer_engine (pip uninstall it)"]
    if lacks:
        raise ModelError(f"{text!r} needs {'; and '.join(lacks)}")


def projections() -> Projections:
    """Return the precision that the package picks: FP8 wherever Transformer Engine is there."""
    return "fp8" if find_spec("transformer_engine") is not None else "bfloat16"


def _load(found: Resolved, text: str) -> "NeuralModel":
    """Download what is missing, load by the package, try it, and return the model."""
    path = found.weights.fetch()
    try:
        # The package prints, and standard output may be a table of scores.
        with redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Transformer Engine not installed")
            from evo2 import Evo2

            package_model = Evo2(found.name, local_path=str(path))
    except MitHarnessError:
        raise
    except Exception as error:
        first = (str(error).strip() or "no reason given").splitlines()[0][:300]
        raise ModelError(
            f"{text!r}: the package evo2 could not load {path}: {type(error).__name__}: {first}"
        ) from error
    options = found.options
    model = evo2_model(
        package_model,
        max_tokens=found.known.max_tokens,
        strand=options.strand,
        context=options.context,
        batch=options.batch,
    )
    refuse_untrained(model, text)
    return model


def _target(spec: Spec) -> tuple[str, str | None]:
    """Return the checkpoint that a spec or a preset's name means, and its revision."""
    preset = None if spec.scheme else find_preset(spec.target)
    if preset is not None:
        return preset[0].id, preset[1]
    name, at, revision = spec.target.partition("@")
    if at and not revision:
        raise ModelError(f"{spec.text!r} names no revision after '@'")
    return name, revision or None


def _refuse_pickle(
    spec: Spec, revision: str | None, weights: Weights, trusted: Collection[str]
) -> None:
    """Raise unless the user trusts a file that may run any code when it is opened."""
    base = spec.text.partition("?")[0]
    pinned = weights.checkpoint is None or is_commit(revision)
    if is_trusted(base, trusted) and pinned:
        return
    wanted = base if pinned else f"{base.partition('@')[0]}@{weights.commit}"
    raise ModelError(
        f"{spec.text!r}: in FP8 its weights hold pickle that Transformer Engine opens without "
        "limits, and that may run any code; where you trust its authors, add "
        f"--mit-trust-remote-code '{wanted}'"
        + ("" if pinned else f" and name the model '{wanted}' too")
    )


def _name(spec: Spec, checkpoint: str, options: Evo2Options) -> str:
    given = dict(spec.options)
    if options.local_path is not None:
        given["local_path"] = options.local_path.stem
    told = "".join(f"-{key}-{given[key]}" for key in sorted(given))
    return safe_name((checkpoint if spec.scheme else spec.target.partition("@")[0]) + told)


def _capability() -> tuple[int, int]:
    import torch

    major, minor = torch.cuda.get_device_capability()
    return major, minor
