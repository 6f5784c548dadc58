"""The noise floor: what batch, dtype and device put into a score that should not depend on them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import chain

import numpy as np

from mit_harness.errors import ModelError, printable
from mit_harness.models.base import PARTS, Floats, Model, ModelHandle, Variant, as_scores
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.scoring.engine import LazyModel
from mit_harness.scoring.store import Store

VERSION = 1
"""Raised whenever another number would be measured; part of what it is remembered under."""

SEQUENCES = 32
"""How many sequences it is measured on."""

DIGITS = 3
"""Significant digits kept: it is the largest of a few differences, and no more precise."""

KIND = "noise"


@dataclass(frozen=True)
class Noise:
    """The noise floor of one model.

    Attributes
    ----------
    nats
        Largest difference of one sequence's score between two ways of computing it, in the
        score's unit; None where nothing could be measured.
    n
        Sequences that it was measured on.
    parts
        The same by what was varied; None where that was not.
    note
        Why a part, or all of it, is None.
    """

    nats: float | None = None
    n: int = 0
    parts: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(PARTS))
    note: str = ""


RECORDED = Noise(note="recorded scores: only who made them could vary batch, dtype or device")
"""Of scores that were made elsewhere."""

UNKNOWN = Noise(note="not measured: the model's scoring did not come to its end")
"""Of a model that was never measured."""


def noise_floor(model: LazyModel) -> Noise:
    """Measure a model's noise floor, loading the model if need be.

    Whatever goes wrong is a reason in `note`, never an error: the scores themselves are there.
    """
    name, (sequences, others) = model.handle.name, _sequences()
    try:
        loaded = model.get()
        normal = _finite(as_scores(loaded.score(sequences), sequences, name).values)
    except Exception as error:  # noqa: BLE001 - a model of any kind may raise anything
        return Noise(note=f"not measured: {_told(error)}")
    found: dict[str, float | None] = dict.fromkeys(PARTS)
    reasons: dict[str, str] = dict.fromkeys(PARTS, "the model offers nothing to compare with")
    try:
        for part, score, reason in chain(_among_others(loaded, others, name), _offered(loaded)):
            if score is None:
                reasons[part] = reason
                continue
            reasons[part] = ""
            try:
                values = _finite(as_scores(score(sequences), sequences, name).values)
            except Exception as error:  # noqa: BLE001 - as above
                reasons[part] = _told(error)
            else:
                found[part] = max(float(np.abs(values - normal).max()), found[part] or 0.0)
    except Exception as error:  # noqa: BLE001 - as above
        reasons |= {part: _told(error) for part in PARTS if found[part] is None}
    known = {part: None if spread is None else _rounded(spread) for part, spread in found.items()}
    spreads = [spread for spread in known.values() if spread is not None]
    return Noise(max(spreads, default=None), len(sequences), known, _note(found, reasons))


def known_noise(handle: ModelHandle, store: Store) -> Noise | None:
    """Return what was measured of a model, in this run or an earlier one; None if nothing was."""
    if not handle.stored:
        return RECORDED
    text = store.recall(KIND, _key(handle))
    return None if text is None else Noise(**json.loads(text))


def keep_noise(model: LazyModel, store: Store) -> None:
    """Measure a model's noise floor unless it is known, and keep it beside its scores.

    What could not be measured is tried again only where the model is loaded anyway.

    Raises
    ------
    StoreError
        If the store cannot be read or written.
    """
    if noise_is_due(model.handle, store, loaded=model.loaded):
        remember_noise(model.handle, noise_floor(model), store)


def noise_is_due(handle: ModelHandle, store: Store, *, loaded: bool) -> bool:
    """Tell whether a model's noise floor is to be measured, given whether it is loaded anyway."""
    known = known_noise(handle, store)
    return known is None or (known.nats is None and handle.stored and loaded)


def remember_noise(handle: ModelHandle, noise: Noise, store: Store) -> None:
    """Keep a noise floor beside the model's scores."""
    store.remember(KIND, _key(handle), json.dumps(asdict(noise)))


def _key(handle: ModelHandle) -> str:
    # The fingerprint first: what is known of a model of this run only is forgotten with it.
    return f"{handle.fingerprint}\n{handle.method}\nversion {VERSION}"


@cache
def _sequences() -> tuple[list[str], list[str]]:
    """Return the sequences that noise is measured on, and as many others to keep them company.

    Broken and compensated promoters of the default design, whatever a run asks for: the number
    is the model's alone.
    """
    made = build(DesignSpec(n=SEQUENCES), ("D", "E"))
    measured = [item.sequence for item in made if item.index < SEQUENCES // 2]
    return measured, [item.sequence for item in made if item.index >= SEQUENCES // 2]


def _among_others(model: Model, others: list[str], name: str) -> Iterator[Variant]:
    """Yield what can be tried with any model: one by one, and in another order and company."""
    score = model.score

    def alone(sequences: Sequence[str]) -> Floats:
        return np.array([as_scores(score([s]), [s], name).values[0] for s in sequences])

    def reversed_in_company(sequences: Sequence[str]) -> Floats:
        mixed = [s for pair in zip(reversed(sequences), others, strict=True) for s in pair]
        return as_scores(score(mixed), mixed, name).values[::2][::-1]

    yield Variant("batch", alone)
    yield Variant("batch", reversed_in_company)


def _offered(model: Model) -> Iterator[Variant]:
    """Yield the variants that the model has of its own."""
    offered: Callable[[], Iterable[Variant]] = getattr(model, "variants", tuple)
    yield from offered()


def _note(found: Mapping[str, float | None], reasons: Mapping[str, str]) -> str:
    """Return why parts are missing; those with one reason stand together."""
    by_reason: dict[str, list[str]] = {}
    for part, spread in found.items():
        if spread is None:
            by_reason.setdefault(reasons[part], []).append(part)
    return "; ".join(f"{', '.join(parts)}: {reason}" for reason, parts in by_reason.items())


def _finite(values: Floats) -> Floats:
    if not np.isfinite(values).all():
        raise ModelError("a score is not finite")
    return values


def _rounded(spread: float) -> float:
    return float(f"{spread:.{DIGITS}g}")


def _told(error: Exception) -> str:
    text = str(error) if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"
    return printable(text.strip().split("\n", 1)[0])[:200]
