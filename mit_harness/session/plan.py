"""``--mit-plan``: what would be scored, and how long that would take. Nothing is loaded."""

import textwrap
from typing import TYPE_CHECKING

from mit_harness.errors import printable
from mit_harness.models.base import ModelHandle
from mit_harness.models.neural.checks import machine_memory_gb
from mit_harness.models.neural.memory import needs_gb
from mit_harness.progress import duration
from mit_harness.scoring.noise import known_noise
from mit_harness.scoring.rate import known_rate
from mit_harness.session.distribution import gpus

if TYPE_CHECKING:
    from mit_harness.scoring.store import Store
    from mit_harness.session.run import EvalRun

WIDTH = 80
"""Columns."""


def plan_lines(run: "EvalRun") -> list[str]:
    """Return what would be scored, in lines of at most `WIDTH` columns but for the store's path."""
    if not run.selected:
        return ["no eval is selected, so nothing would be scored"]
    store = run.store if run.settings.store.exists() else None  # a plan makes no file
    told: dict[str, None] = {}
    for claims in run.selected.values():
        told[", ".join(claims)] = None
    lines, times = [], dict[str, float | None]()
    for name, needed, missing in run.plan():
        handle = run.handles[name]
        times[name] = _seconds(run, handle, missing, store)
        text = f"{name}: {_work(handle, needed, missing, store)}"
        text += f"; {_time(times[name])}" if missing and handle.stored else ""
        lines += _wrapped(text + _memory(run, handle))
        if len(told) > 1:
            lines += _wrapped(f"    claims: {', '.join(run.selected[name])}")
    if len(told) == 1:
        lines += _wrapped(f"claims: {next(iter(told))}")
    lines += _wrapped(_sum(run, times))
    lines += [line for note in run.registry.notes for line in _wrapped(note)]
    return [*lines, f"store: {printable(str(run.settings.store))}"]


def _work(handle: ModelHandle, needed: int, missing: int, store: "Store | None") -> str:
    if not handle.stored:
        return f"{needed} sequences, recorded scores"
    text = f"{needed} sequences, {missing} to score"
    if not missing and (store is None or known_noise(handle, store) is None):
        text += ", its noise floor to measure"
    return text


def _seconds(
    run: "EvalRun", handle: ModelHandle, missing: int, store: "Store | None"
) -> float | None:
    """Return how long it would take, by what was measured here before; None where nothing was."""
    if not missing or not handle.stored:
        return 0.0
    known = None if store is None else known_rate(handle, run.settings.device, store)
    return None if known is None else known.estimate(missing)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "time unknown (never scored here)"
    return "under 1 s" if seconds < 1 else f"about {duration(seconds)}"


def _memory(run: "EvalRun", handle: ModelHandle) -> str:
    need = needs_gb([handle], run.settings.dtype).get(handle.name)
    have = machine_memory_gb()
    if need is None:
        return ""
    text = f"; needs about {need:.1f} GB of memory"
    if have is None or gpus():  # a GPU's memory is known to torch only, which is not imported
        return text
    return text + f", this machine has {have:.1f}" + " (TOO LITTLE)" * (need > have)


def _sum(run: "EvalRun", times: dict[str, float | None]) -> str:
    rows = run.plan()
    distinct = {sequence for name in run.selected for sequence in run.needed(name)}
    missing = sum(missing for name, _, missing in rows if run.handles[name].stored)
    scores = sum(needed for _, needed, _ in rows)
    text = f"in all: {len(rows)} models, {len(distinct)} distinct sequences, {scores} scores, "
    text += f"{missing} to make"
    if not missing:
        return text
    unknown = sum(seconds is None for seconds in times.values())
    known = sum(seconds for seconds in times.values() if seconds is not None)
    if unknown == len(times):
        return f"{text}; time unknown"
    text += f"; {_time(known)} in one process"
    return text + (f", unknown for {unknown} of the models" if unknown else "")


def _wrapped(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()) + 4)
    return textwrap.wrap(printable(text), WIDTH, subsequent_indent=indent, break_on_hyphens=False)
