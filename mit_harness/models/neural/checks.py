"""What a model needs and this machine lacks, said before anything is downloaded."""

import os
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill

from packaging.specifiers import SpecifierSet

from mit_harness.errors import ModelError, near
from mit_harness.models.neural.presets import OVERHEAD_GB, PRESETS, Preset

WIDTH = 80
"""Columns of a check's text."""

BASE = ("torch", "transformers", "safetensors", "huggingface_hub")
"""What every neural model needs."""

EXTRA = "pip install 'mit-harness[glm]'"
"""How to get `BASE`."""

CONVERT = (
    "load it once with transformers where you trust its authors, let `save_pretrained('FOLDER')` "
    "write safetensors, and name hf:./FOLDER"
)
"""What to do about pickle, which is never opened here."""

_HOPPER = (9, 0)


NOT_DRIVEN = (
    "it runs through a package of its own, which this version does not drive; score the sequences "
    "of `mit-harness design` with that package and take the scores in by `mit-harness "
    "import-scores`, or wrap it in a function and name 'py:module:factory'"
)
"""What to do about a model that has a preset and no scorer here."""


def missing_base() -> list[str]:
    """Return what is missing for any neural model, each as a clause; empty if nothing."""
    absent = [name for name in BASE if not _is_there(name)]
    if not absent:
        return []
    named = "the package" if len(absent) == 1 else "the packages"
    return [f"{named} {', '.join(absent)} ({EXTRA})"]


def missing(preset: Preset) -> list[str]:
    """Return what `preset` needs and this machine lacks, each as a clause; empty if nothing.

    torch is imported only where the preset asks for a GPU.
    """
    needs = preset.requires
    found = missing_base() if preset.loader == "transformers" else []
    for module, package in needs.packages.items():
        if not _is_there(module):
            found.append(f"the package {module} (pip install '{package}')")
    installed = _version("transformers")
    if needs.transformers and installed is not None:
        allowed = SpecifierSet(needs.transformers, prereleases=True)
        if installed not in allowed:
            found.append(
                f"transformers {needs.transformers}, where {installed} is installed "
                f"(pip install 'transformers{needs.transformers}')"
            )
    capability = _capability() if needs.cuda or needs.hopper or needs.not_on_cpu else None
    if needs.cuda and capability is None:
        found.append("an NVIDIA GPU that torch can use (a machine with CUDA)")
    elif needs.hopper and capability is not None and capability < _HOPPER:
        found.append("a GPU with FP8, Hopper or newer (such as an H100)")
    for module in needs.not_on_cpu:
        if capability is None and _is_there(module):
            found.append(f"a GPU, or no {module} on a CPU (pip uninstall {module})")
    return found


def refuse_missing(preset: Preset, text: str) -> None:
    """Raise if `preset` cannot run here.

    Raises
    ------
    ModelError
        One sentence: what is missing, and how to get it.
    """
    lacks = missing(preset)
    if lacks:
        raise ModelError(
            f"{text!r} needs {'; and '.join(lacks)}; `mit-harness models --check {preset.name}` "
            "shows all that it needs"
        )


def get_preset(name: str) -> Preset:
    """Return a preset by its name, with or without ``@REVISION``.

    Raises
    ------
    ModelError
        If there is none of that name; near matches are listed.
    """
    preset = PRESETS.get(name.partition("@")[0])
    if preset is None:
        raise ModelError(f"no preset {name!r}{near(name, list(PRESETS))}")
    return preset


def check_text(name: str, dtype: str = "float32") -> str:
    """Return what a preset is, what it needs and what this machine has, in plain words.

    Parameters
    ----------
    name
        Of a preset.
    dtype
        For which the memory is estimated.

    Returns
    -------
    str
        Lines of at most `WIDTH` columns.
    """
    preset = get_preset(name)
    lacks = missing(preset)
    if preset.pickle:
        lacks.append(f"weights as safetensors: at this revision they are pickle ({CONVERT})")
    if preset.loader == "evo":
        lacks.insert(0, f"a scorer here: {NOT_DRIVEN}")
    dtype = dtype if preset.loader == "transformers" else "bfloat16"
    lines = [
        *_described(preset),
        "",
        *_installed(preset),
        *_memory(preset, dtype),
        "",
        *(["Missing:", *(f"- {clause}" for clause in lacks)] if lacks else ["Nothing is missing."]),
        *_to_know(preset),
    ]
    return "\n".join(map(_wrapped, lines)) + "\n"


def _described(preset: Preset) -> list[str]:
    size = "unknown" if preset.parameters is None else f"{preset.parameters:,}"
    unpinned = f"none pinned; write {preset.name}@REVISION"
    if preset.loader != "transformers":
        unpinned = "the one that its package asks for"
    return [
        f"{preset.name}: {preset.id}",
        preset.facts,
        f"kind: {preset.kind}; parameters: {size}",
        f"revision: {preset.revision or unpinned}",
        f"licence: {preset.licence or 'unknown here; read the card of the model'}",
    ]


def _installed(preset: Preset) -> list[str]:
    wanted = dict.fromkeys(BASE, "") if preset.loader == "transformers" else {}
    found = [
        f"{module} {_version(_distribution(module, package)) or 'not installed'}"
        for module, package in {**wanted, **preset.requires.packages}.items()
    ]
    capability = _capability()
    gpu = "none"
    if capability is not None:
        gpu = f"yes, compute capability {capability[0]}.{capability[1]}"
    return [f"packages: {', '.join(found)}", f"NVIDIA GPU that torch can use: {gpu}"]


def _distribution(module: str, package: str) -> str:
    """Return the name under which a package is installed, given what pip is told."""
    return module if not package or "://" in package else package.partition("[")[0]


def _memory(preset: Preset, dtype: str) -> list[str]:
    need, have = preset.memory_gb(dtype), machine_memory_gb()
    needed = "unknown" if need is None else f"about {need:.1f} GB"
    lines = [
        f"memory: {needed} in {dtype} (parameters x bytes, and {OVERHEAD_GB:g} GB for torch and a "
        f"batch); this machine has {'an unknown amount' if have is None else f'{have:.1f} GB'}"
    ]
    free = free_disk_gb(_hub_cache())
    if free is not None:
        lines.append(f"free disk where downloads go: {free:.1f} GB")
    return lines


def _to_know(preset: Preset) -> list[str]:
    lines = []
    if preset.remote_code:
        lines.append(
            "It runs Python code of its repository: read that, then add "
            f"--mit-trust-remote-code {preset.name}"
        )
    if preset.loader == "evo2":
        lines.append(f"It is loaded by the package {next(iter(preset.requires.packages))}.")
    return ["", *lines] if lines else []


def _wrapped(line: str) -> str:
    return fill(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False) if line else ""


def free_disk_gb(folder: Path) -> float | None:
    """Return the free space where `folder` lies, or will lie; None if the system does not say."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free / 1e9
        except OSError:
            continue
    return None


def machine_memory_gb() -> float | None:
    """Return this machine's memory, or None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


def _hub_cache() -> Path:
    if not _is_there("huggingface_hub"):
        return Path.home()
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # half-removed packages
        return False


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _capability() -> tuple[int, int] | None:
    """Return the compute capability of the first NVIDIA GPU, or None without one."""
    if not _is_there("torch"):
        return None
    import torch

    if not torch.cuda.is_available() or getattr(torch.version, "hip", None):
        return None
    major, minor = torch.cuda.get_device_capability()
    return major, minor
