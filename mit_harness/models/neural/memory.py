"""How much memory a run may need at once, and its refusal before anything is loaded."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mit_harness.errors import InputError, ModelError
from mit_harness.models.neural.presets import memory_gb

if TYPE_CHECKING:
    from mit_harness.models.base import ModelHandle

MAX_MEMORY = "--mit-max-memory"
"""How pytest calls the limit; `mit-harness score` has ``--max-memory``."""

_UNITS = {"": 1.0, "GB": 1.0, "G": 1.0, "MB": 1e-3, "M": 1e-3, "TB": 1e3, "T": 1e3}
_SIZE = re.compile(r"\s*([0-9]+(?:[.][0-9]+)?)\s*([A-Za-z]*)\s*")


def parse_gb(text: str, option: str = MAX_MEMORY) -> float:
    """Return gigabytes: ``8``, ``8GB``, ``500MB``.

    Raises
    ------
    InputError
        If it is no size.
    """
    match = _SIZE.fullmatch(text)
    unit = match.group(2).upper() if match else ""
    if match is None or unit not in _UNITS or float(match.group(1)) == 0:
        raise InputError(f"{option} takes a size such as 8GB, not {text!r}")
    return float(match.group(1)) * _UNITS[unit]


def needs_gb(handles: "Iterable[ModelHandle]", dtype: str | None = None) -> dict[str, float | None]:
    """Return the memory that each model needs, in GB; None where its size is unknown.

    Controls and recorded scores are left out: they need megabytes.

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
        if handle.kind != "control" and handle.method != "recorded"
    }


def unknown_note(needs: Mapping[str, float | None], option: str = MAX_MEMORY) -> str | None:
    """Return a sentence that names the models which the limit cannot count, or None."""
    unknown = [name for name, need in needs.items() if need is None]
    if not unknown:
        return None
    return f"{option} does not count {', '.join(unknown)}: nothing says how large these models are"


def refuse_too_big(
    needs: Mapping[str, float | None],
    limit_gb: float,
    workers: int = 1,
    *,
    shared: bool = False,
    option: str = MAX_MEMORY,
) -> None:
    """Raise if the models in memory at one time may need more than allowed; none is loaded yet.

    A model is released before the next is loaded, so one process holds one model: the largest at
    worst. Workers that share a host's memory, or a GPU's, hold as many models as they are.

    Parameters
    ----------
    needs
        GB by model; None where it is unknown, which is not counted (see `unknown_note`).
    limit_gb
        The limit, for one host or one GPU.
    workers
        How many processes share it.
    shared
        Whether two workers may hold the same model.
    option
        How the user calls the limit.

    Raises
    ------
    ModelError
        With the sum that was formed.
    """
    known = sorted(
        ((need, name) for name, need in needs.items() if need is not None),
        key=lambda pair: (-pair[0], pair[1]),
    )
    held = known[:1] * workers if shared else known[:workers]
    total = sum(need for need, _ in held)
    if round(total, 1) <= limit_gb:  # an estimate, compared as it is shown
        return
    terms = " + ".join(f"{name} {need:.1f} GB" for need, name in held)
    how = "one model is in memory at a time" if workers == 1 else f"{workers} workers hold one each"
    raise ModelError(
        f"the models need about {total:.1f} GB of memory at once and {option} allows "
        f"{limit_gb:g} GB: {terms} ({how}); use smaller models"
        f"{', fewer workers' if workers > 1 else ''} or dtype bfloat16, or raise it"
    )
