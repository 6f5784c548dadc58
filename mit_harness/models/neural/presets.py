"""The published models that have a short name, and what is known of each, with its source.

A fact that no source states is None, never a guess. Importing this loads nothing, not even numpy:
listing models must stay quick.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from mit_harness.errors import ModelError

if TYPE_CHECKING:
    from mit_harness.models.neural.flanks import LikelihoodKind
    from mit_harness.models.neural.options import Source

Loader = Literal["transformers", "evo2", "evo"]

BYTES: Mapping[str, int] = MappingProxyType(
    {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}
)
"""Bytes of one parameter."""

OVERHEAD_GB = 1.0
"""What torch, a batch's activations and the tensor being compared with its file take together."""


@dataclass(frozen=True)
class Requires:
    """What a model needs besides the packages that every neural model needs.

    Attributes
    ----------
    packages
        What to install, by the module that it provides.
    transformers
        Range of versions that its code runs with, as pip writes it; empty for any.
    cuda, hopper
        An NVIDIA GPU; one with FP8 units (compute capability 9.0).
    not_on_cpu
        Modules that break it where there is no GPU.
    """

    packages: Mapping[str, str] = field(default_factory=dict)
    transformers: str = ""
    cuda: bool = False
    hopper: bool = False
    not_on_cpu: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """One published model.

    Attributes
    ----------
    name
        How it is named on a command line.
    id
        Repository on the hub, or the package's own name for it.
    kind, revision, licence, parameters
        The revision is the commit that was looked at; None where no source pins one.
    loader
        What loads it.
    remote_code
        Whether the repository's own Python has to run.
    pickle
        Whether the pinned revision holds its weights as pickle only.
    imports
        Modules of an installed package that teach transformers the architecture.
    lower_case, prefix
        How it wants to read bases.
    attention_mask
        Whether its forward takes one.
    max_tokens
        Tokens of one input at most, special tokens included.
    facts
        What a user should know, in one line.
    sources
        Where each fact is from, by the attribute's name.
    """

    name: str
    id: str
    kind: "LikelihoodKind"
    revision: str | None = None
    licence: str | None = None
    parameters: int | None = None
    loader: Loader = "transformers"
    remote_code: bool = False
    pickle: bool = False
    imports: tuple[str, ...] = ()
    lower_case: bool = False
    prefix: str = ""
    attention_mask: bool = True
    max_tokens: int | None = None
    requires: Requires = Requires()
    facts: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def source(self, revision: str | None) -> "Source":
        """Return where its checkpoint lies; a revision that the user names comes first."""
        from mit_harness.models.neural.options import Source

        return Source(self.id, revision or self.revision)

    def memory_gb(self, dtype: str = "float32") -> float | None:
        """Return the memory that it needs, or None where its size is unknown."""
        return memory_gb(self.parameters, dtype)


def memory_gb(parameters: int | None, dtype: str) -> float | None:
    """Return an estimate, in GB: parameters x bytes of one, and `OVERHEAD_GB`."""
    if parameters is None:
        return None
    return parameters * BYTES[dtype] / 1e9 + OVERHEAD_GB


def find_preset(target: str) -> tuple[Preset, str | None] | None:
    """Return the preset that ``NAME`` or ``NAME@REVISION`` names, and that revision.

    Raises
    ------
    ModelError
        If the preset has no pinned revision and none is given, or the one given is empty.
    """
    name, at, revision = target.partition("@")
    preset = PRESETS.get(name)
    if preset is None:
        return None
    if at and not revision:
        raise ModelError(f"{target!r} names no revision; write {name}@REVISION, or {name} alone")
    if preset.loader == "transformers" and preset.revision is None and not revision:
        raise ModelError(
            f"{name}: no revision of {preset.id} is pinned here, because no source names one; "
            f"write {name}@REVISION with the commit that stands on the model's page"
        )
    return preset, revision or None


_MEASURED = "measured with small random weights: torch 2.13, transformers 4.40 to 5.23"
_CARD = "the model's card"
_CODE = "the model's published code"
_SEED = "the paper that this benchmark follows, arXiv 2604.06549"
_GENEB = "catalogue of the GENEB v4 benchmark, arXiv 2606.04525"
_COUNTED = "public registries that pin this commit; parameters counted after loading"
_NAME = "rounded, as the model's name says"

_NT_LICENCE = "CC-BY-NC-SA-4.0"
_MAMBA = {"mamba_ssm": "mamba-ssm"}
_EVO2_NEEDS = {"evo2": "evo2", "flash_attn": "flash-attn"}
_FP8 = {**_EVO2_NEEDS, "transformer_engine": "transformer-engine[pytorch]"}
_CADUCEUS: Mapping[str, str] = {
    "id": _CARD,
    "licence": _CARD,
    "attention_mask": _MEASURED,
    "max_tokens": _CARD,
    "requires": _CODE + ": its tie_weights takes no arguments, and transformers 5 passes some",
}


def _hyenadna(
    name: str, repo: str, revision: str, parameters: int, max_tokens: int, facts: str
) -> Preset:
    return Preset(
        name=name,
        id=repo,
        kind="causal",
        revision=revision,
        licence="BSD-3-Clause",
        parameters=parameters,
        remote_code=True,
        attention_mask=False,
        max_tokens=max_tokens,
        facts=facts,
        sources={
            "id": _SEED,
            "revision": _COUNTED,
            "licence": _CARD,
            "parameters": _COUNTED,
            "attention_mask": _MEASURED,
            "max_tokens": _CARD,
        },
    )


def _evo2(name: str, checkpoint: str, billions: int, *, fp8: bool) -> Preset:
    package = "package evo2 0.6.0"
    runs = "runs in FP8 only" if fp8 else "falls back to bfloat16 without FP8"
    return Preset(
        name=name,
        id=checkpoint,
        kind="causal",
        licence="Apache-2.0",
        parameters=billions * 10**9,
        loader="evo2",
        requires=Requires(_FP8 if fp8 else _EVO2_NEEDS, cuda=True, hopper=fp8),
        facts=f"Bytes, case matters; {runs}.",
        sources={"id": package, "licence": package, "parameters": _NAME, "requires": package},
    )


_ALL = (
    _hyenadna(
        "hyenadna",
        "LongSafari/hyenadna-small-32k-seqlen-hf",
        "8fe770c78eb13fe33bf81501612faeddf4d6f331",
        3_281_664,
        32_768,
        "Single bases, no token before the first; the paper's HyenaDNA.",
    ),
    _hyenadna(
        "hyenadna-tiny-1k",
        "LongSafari/hyenadna-tiny-1k-seqlen-hf",
        "e8c1effa8673814e257e627d2e1eda9ea5a373f6",
        438_144,
        1_024,
        "The smallest HyenaDNA.",
    ),
    _hyenadna(
        "hyenadna-medium-160k",
        "LongSafari/hyenadna-medium-160k-seqlen-hf",
        "7ebf71773d22c0ede2cc55cb2be15ee8c289e1ce",
        6_554_624,
        160_000,
        "A deeper HyenaDNA.",
    ),
    Preset(
        name="nt-500m",
        id="InstaDeepAI/nucleotide-transformer-500m-human-ref",
        kind="masked",
        licence=_NT_LICENCE,
        parameters=500_000_000,
        max_tokens=1_000,
        facts="6-mers that do not overlap; what is left of a length is read as single bases.",
        sources={"id": _SEED, "licence": _CARD, "parameters": _NAME, "max_tokens": _CARD},
    ),
    Preset(
        name="nt-v2-500m",
        id="InstaDeepAI/nucleotide-transformer-v2-500m-multi-species",
        kind="masked",
        revision="f1fd7a1df5b19d31b88f11db1ce87caeb1ea4d2a",
        licence=_NT_LICENCE,
        parameters=500_000_000,
        remote_code=True,
        max_tokens=2_048,
        requires=Requires(transformers="<4.57"),
        facts="6-mers that do not overlap; its code does not run with newer transformers.",
        sources={
            "id": "the seed code of the paper that this benchmark follows",
            "revision": "public code that loads this snapshot of it",
            "licence": _CARD,
            "parameters": _NAME,
            "max_tokens": "config.json of the family: 2050 positions",
            "requires": _MEASURED + "; fails on 4.57 and 5.23",
        },
    ),
    Preset(
        name="dnabert2",
        id="zhihan1996/DNABERT-2-117M",
        kind="masked",
        revision="7bce263b15377fc15361f52cfab88f8b586abda0",
        licence="Apache-2.0",
        parameters=117_000_000,
        remote_code=True,
        pickle=True,
        requires=Requires({"einops": "einops"}, "<5", not_on_cpu=("triton",)),
        facts="Byte-pair tokens of unequal length; lower case and N are unknown to it.",
        sources={
            "id": _SEED,
            "revision": _GENEB + ", and several public projects",
            "licence": "the repository's licence file",
            "parameters": _GENEB,
            "pickle": _GENEB,
            "requires": _MEASURED + "; breaks on 5.23, and asserts with triton on a CPU",
        },
    ),
    Preset(
        name="grover",
        id="PoetschLab/GROVER",
        kind="masked",
        revision="6b223110f0d6963e849f55bc2a2f3cff0e38c7a4",
        parameters=87_101_793,
        pickle=True,
        max_tokens=512,
        facts="About 600 byte-pair tokens of unequal length.",
        sources={
            "id": _SEED,
            "revision": _GENEB,
            "parameters": _GENEB,
            "pickle": _GENEB,
            "max_tokens": "config.json: 512 positions",
        },
    ),
    Preset(
        name="caduceus-ph",
        id="kuleshov-group/caduceus-ph_seqlen-131k_d_model-256_n_layer-16",
        kind="masked",
        licence="Apache-2.0",
        parameters=7_725_312,
        remote_code=True,
        attention_mask=False,
        max_tokens=131_072,
        requires=Requires(_MAMBA, "<5", cuda=True),
        facts="Single bases, reads both directions.",
        sources={**_CADUCEUS, "parameters": "as caduceus-ps: the same width and depth"},
    ),
    Preset(
        name="caduceus-ps",
        id="kuleshov-group/caduceus-ps_seqlen-131k_d_model-256_n_layer-16",
        kind="masked",
        revision="d89eeb853136ea64da7feb3d0c8e909771b17ae6",
        licence="Apache-2.0",
        parameters=7_725_312,
        remote_code=True,
        attention_mask=False,
        max_tokens=131_072,
        requires=Requires(_MAMBA, "<5", cuda=True),
        facts="Single bases, equivariant: both strands score alike.",
        sources={**_CADUCEUS, "revision": _GENEB + ", and public projects", "parameters": _COUNTED},
    ),
    Preset(
        name="plantcaduceus",
        id="kuleshov-group/PlantCaduceus_l32",
        kind="masked",
        revision="e624c13c3d35415348b854c87a218893b23564f7",
        parameters=225_000_000,
        remote_code=True,
        attention_mask=False,
        max_tokens=512,
        requires=Requires(_MAMBA, "<5", cuda=True),
        facts="Single bases of plant genomes, 512 at most.",
        sources={
            "id": _CARD,
            "revision": _GENEB,
            "parameters": _GENEB,
            "max_tokens": _CARD,
            "requires": _CADUCEUS["requires"],
        },
    ),
    Preset(
        name="generator",
        id="GenerTeam/GENERator-eukaryote-1.2b-base",
        kind="causal",
        revision="5e872c94264891f9adf59d8ea64e426bb68badb5",
        parameters=1_200_000_000,
        remote_code=True,
        prefix="<s>",
        facts="6-mers that do not overlap, of eukaryotic genomes.",
        sources={"id": _CARD, "revision": _GENEB, "parameters": _GENEB, "prefix": _CODE},
    ),
    Preset(
        name="glm2",
        id="tattabio/gLM2_650M",
        kind="masked",
        parameters=650_000_000,
        remote_code=True,
        lower_case=True,
        prefix="<+>",
        facts="Reads bases in lower case after a mark of the strand; upper case is protein.",
        sources={"id": _CARD, "parameters": _NAME, "lower_case": _CARD, "prefix": _CARD},
    ),
    Preset(
        name="gpn",
        id="songlab/gpn-brassicales",
        kind="masked",
        imports=("gpn.model",),
        requires=Requires({"gpn": "git+https://github.com/songlab-cal/gpn.git"}),
        facts="Single bases of Brassicales genomes.",
        sources={"id": "README of package gpn", "imports": "README of package gpn"},
    ),
    Preset(
        name="evo1",
        id="togethercomputer/evo-1-131k-base",
        kind="causal",
        revision="c206aab77ae5967a069c4200ecb1858588528c9d",
        parameters=7_000_000_000,
        loader="evo",
        requires=Requires({"evo": "evo-model", "flash_attn": "flash-attn"}, cuda=True),
        facts="Bytes, of prokaryotes and their phages.",
        sources={
            "id": _GENEB,
            "revision": _GENEB + "; package evo-model 0.5 takes the branch 1.1_fix, safetensors",
            "parameters": _GENEB,
            "requires": "packages evo-model 0.5 and stripedhyena 0.2.2",
        },
    ),
    _evo2("evo2-1b", "evo2_1b_base", 1, fp8=True),
    _evo2("evo2-7b", "evo2_7b", 7, fp8=False),
    _evo2("evo2-40b", "evo2_40b", 40, fp8=True),
)

PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in _ALL})
"""Every preset by its name, in the order of a listing."""
