"""The reference language models that come with the package: measured and shown, never judged.

Importing this module loads no model, no numpy and no torch: listing models must stay quick.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mit_harness.errors import ModelError

if TYPE_CHECKING:
    from mit_harness.models.base import Loading, ModelHandle
    from mit_harness.models.neural.flanks import LikelihoodKind
    from mit_harness.models.spec import Spec

CHECKPOINTS = Path(__file__).with_name("checkpoints")
"""Folder of the package that holds one folder for each."""

FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
"""What each checkpoint consists of."""

SHA256 = {
    "ecoli-causal": "6c5b906e9cab1d47893763efcc66f82fde4442dd20d4dee9a0d6337c4d40f739",
    "ecoli-masked": "3d2f2db9ae842f0c694e4e1fae787e654616f3162d285091da945213fbee5c8c",
    "promoter-causal": "1cb2589ce92a7be28c521a7782e6e2a15bf2a4e980f88266fe1e0b4d6e7193a2",
}
"""What `checksum` says of each as it was shipped: a damaged one still loads, and scores."""

NEEDS = ("torch", "transformers")
"""Packages without which none of them runs."""

GENOME = "nine tenths of NC_000913.3"
"""What the harness's own training took of the genome, both strands."""


@dataclass(frozen=True)
class Reference:
    """A language model of the package, before it is loaded.

    Attributes
    ----------
    name
        As in a model spec, and of its folder.
    likelihood
        ``causal`` or ``masked``.
    summary
        One line for people.
    seen
        What it was trained on, as far as natural promoters may be among it.
    masks
        Forward passes of a sequence, unless a spec says otherwise; None: one for every token.
    """

    name: str
    likelihood: "LikelihoodKind"
    summary: str
    seen: str
    masks: int | None = None

    @property
    def folder(self) -> Path:
        """Where its checkpoint lies."""
        return CHECKPOINTS / self.name


_MODELS = (
    Reference(
        "ecoli-causal",
        "causal",
        "decoder trained on E. coli: has seen the genome",
        GENOME,
    ),
    Reference(
        "ecoli-masked",
        "masked",
        "encoder trained on E. coli: has seen the genome (masks=10)",
        GENOME,
        masks=10,
    ),
    Reference(
        "promoter-causal",
        "causal",
        "ecoli-causal trained on designed promoters too: has seen the genome",
        f"{GENOME}, then promoters drawn from the thermodynamic model",
    ),
)

REFERENCES: Mapping[str, Reference] = MappingProxyType({model.name: model for model in _MODELS})
"""Every reference language model of the package by its name."""


def lacking() -> list[str]:
    """Return the packages that the reference models need and that are not here; none is loaded."""
    return [name for name in NEEDS if find_spec(name) is None]


def left_out_note() -> str:
    """Return what a run says that leaves the reference models out."""
    return (
        f"not run: {len(REFERENCES)} reference models need {' and '.join(lacking())}: "
        "pip install 'mit-harness[glm]'"
    )


def checksum(folder: Path) -> str:
    """Return one SHA-256 over the bytes of all `FILES` of a checkpoint, read anew."""
    from mit_harness.models.neural import files

    every = {}
    for name in FILES:
        with (folder / name).open("rb") as file:
            every[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return files.digest(every)


def check_files(reference: Reference, spec: str) -> None:
    """Raise unless the package holds the checkpoint as it was shipped, byte by byte.

    Raises
    ------
    ModelError
        Which file is missing or damaged, and that a new installation helps.
    """
    from mit_harness.models.neural import files

    again = "reinstall mit-harness (pip install --force-reinstall mit-harness)"
    for name in FILES:
        if not (reference.folder / name).is_file():
            raise ModelError(f"{spec!r}: {name} is missing in the installed package; {again}")
    try:
        for name in FILES:
            if name.endswith(".json"):
                files.read_json(reference.folder / name)
        files.read_headers(files.weight_files(reference.folder))
        found = checksum(reference.folder)
    except ModelError as error:
        why = str(error).partition("; download it again")[0]
        raise ModelError(f"{spec!r}: {why}; {again}") from error
    except OSError as error:
        why = f"{reference.folder} cannot be read ({error.strerror or error})"
        raise ModelError(f"{spec!r}: {why}; {again}") from error
    if found != SHA256[reference.name]:
        raise ModelError(
            f"{spec!r}: the checkpoint in {reference.folder} is damaged or was changed (its sha256 "
            f"is {found}, expected {SHA256[reference.name]}); {again}"
        )


def reference_handle(spec: "Spec", how: "Loading") -> "ModelHandle":
    """Return the handle of a reference model; nothing is loaded.

    Parameters
    ----------
    spec
        Names one of `REFERENCES`; its options are those of ``hf:`` specs.
    how
        The run's device, dtype and context, where the spec has none.

    Raises
    ------
    ModelError
        One sentence: which package is missing, which file of the package is, or which option
        cannot be used.
    """
    from mit_harness.models.neural import checks
    from mit_harness.models.neural.handles import handle_of, resolve_source
    from mit_harness.models.neural.options import Source, read_options
    from mit_harness.models.spec import safe_name

    reference = REFERENCES[spec.target]
    if lacks := checks.missing_base():
        raise ModelError(f"{spec.text!r} needs {'; and '.join(lacks)}")
    options = read_options(
        spec, device=how.device, dtype=how.dtype, context=how.context, masks=reference.masks
    )
    check_files(reference, spec.text)
    source = Source(folder=reference.folder)
    found = resolve_source(source, None, options, spec.target, how.offline, trusted=False)
    given = "".join(f"-{key}-{spec.options[key]}" for key in sorted(spec.options))
    name = safe_name(spec.target + given)
    return handle_of(spec, found, name=name, kind="reference", seen=reference.seen)
