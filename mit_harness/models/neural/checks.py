"""What a model needs and this machine lacks, said before anything is downloaded."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from mit_harness.errors import InputError, ModelError, near
from mit_harness.models.neural.presets import OVERHEAD_GB, PRESETS, Preset, memory_gb

if TYPE_CHECKING:
    from mit_harness.models.base import ModelHandle

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
_UNITS = {"": 1.0, "GB": 1.0, "G": 1.0, "MB": 1e-3, "M": 1e-3, "TB": 1e3, "T": 1e3}
_SIZE = re.compile(r"\s*([0-9]+(?:[.][0-9]+)?)\s*([A-Za-z]*)\s*")


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
    if preset.loader != "transformers":
        lines.append(f"It is loaded by the package {next(iter(preset.requires.packages))}.")
    return ["", *lines] if lines else []


def _wrapped(line: str) -> str:
    return fill(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False) if line else ""


def parse_gb(text: str) -> float:
    """Return gigabytes: ``8``, ``8GB``, ``500MB``.

    Raises
    ------
    InputError
        If it is no size.
    """
    match = _SIZE.fullmatch(text)
    unit = match.group(2).upper() if match else ""
    if match is None or unit not in _UNITS or float(match.group(1)) == 0:
        raise InputError(f"--mit-max-memory takes a size such as 8GB, not {text!r}")
    return float(match.group(1)) * _UNITS[unit]


def refuse_too_big(needs: Mapping[str, float | None], limit_gb: float) -> None:
    """Raise if the models together need more memory than is allowed; nothing is loaded yet.

    Parameters
    ----------
    needs
        GB by model; None where it is unknown, which counts as nothing.
    limit_gb
        ``--mit-max-memory``.

    Raises
    ------
    ModelError
        With the largest ones by name.
    """
    known = {name: need for name, need in needs.items() if need is not None}
    total = sum(known.values())
    if total <= limit_gb:
        return
    largest = sorted(known, key=lambda name: (-known[name], name))[:3]
    named = ", ".join(f"{name} {known[name]:.1f} GB" for name in largest)
    raise ModelError(
        f"the models need about {total:.1f} GB of memory together and --mit-max-memory allows "
        f"{limit_gb:g} GB (largest: {named}); name fewer models, raise it, or use ?dtype=bfloat16"
    )


def needs_gb(handles: "Iterable[ModelHandle]", dtype: str | None = None) -> dict[str, float | None]:
    """Return the memory that each model needs, in GB; None where its size is unknown.

    Parameters
    ----------
    handles
        Models; what is known of them is enough.
    dtype
        The run's, where a spec names none.
    """
    return {
        handle.name: memory_gb(handle.parameters, handle.options.get("dtype", dtype or "float32"))
        for handle in handles
    }


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
