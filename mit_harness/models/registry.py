"""From spec strings to models: embedded names, third parties' names, ``py:`` and ``scores:``."""

import importlib
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mit_harness.errors import MitHarnessError, ModelError, near
from mit_harness.models.base import EXACT
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.references import REFERENCES, lacking, left_out_note, reference_handle
from mit_harness.models.spec import Spec, parse, safe_name, unique_names

if TYPE_CHECKING:
    from mit_harness.models.base import Kind, Loading, Model, ModelHandle
    from mit_harness.promoter.sequence_set import SequenceSet

ENTRY_POINT_GROUP = "mit_harness.models"
CALCULATOR = "promoter-calculator"
"""The biophysical model of an optional package; named, never part of `ALL_EMBEDDED`."""
CALCULATOR_SUMMARY = (
    "strongest forward transcription rate that the Salis lab's Promoter Calculator predicts "
    "(extra biophysical; in no set)"
)
ALL_EMBEDDED = "embedded"
"""The spec that stands for every model of the package that can run here."""
SETS = (ALL_EMBEDDED, "controls", "references")
"""Specs that stand for several models: all of the package, its controls, its language models."""

Factory = Callable[..., Any]
"""Returns a model, or a plain callable from a list of sequences to an array of scores. Options of
the spec are passed as keyword arguments (text). A ``fingerprint`` attribute, text or a callable
that returns text, makes its scores last beyond one run."""


@dataclass(frozen=True)
class Registered:
    """What a third party said of a model: see `Registry.add`."""

    factory: Factory
    kind: "Kind" = "user"
    fingerprint: str | None = None
    method: str = "score"
    tolerance: float = EXACT


class Registry:
    """Names of models known to one session.

    Parameters
    ----------
    run_id
        Names this run in the keys of models without a fingerprint of their own.
    catalogue
        Returns every sequence that this run could ask for, so that recorded scores which are
        listed by id can be looked up.
    loading
        How neural models are loaded.

    Attributes
    ----------
    notes
        What was left out of a set, and why.
    """

    def __init__(
        self,
        run_id: str = "",
        catalogue: "Callable[[], SequenceSet] | None" = None,
        loading: "Loading | None" = None,
    ) -> None:
        self._run_id = run_id
        self._catalogue = catalogue
        self._loading = loading
        self.notes: list[str] = []
        self._added: dict[str, Registered] = {}

    def add(
        self,
        name: str,
        factory: Factory,
        *,
        kind: "Kind" = "user",
        fingerprint: str | None = None,
        method: str = "score",
        tolerance: float = EXACT,
    ) -> None:
        """Register a model under a name of your own.

        Parameters
        ----------
        name
            ``[A-Za-z0-9._-]`` only, not an embedded model's.
        factory
            See `Factory`.
        kind
            ``user``: a claim that does not hold fails its eval. ``reference``: only measured.
        fingerprint
            Text that changes whenever a score could change; without it the scores are kept for
            this run only.
        method, tolerance
            As in `ModelHandle`.

        Raises
        ------
        ModelError
            If the name is taken or holds other characters, or another argument cannot be used.
        """
        if not isinstance(name, str) or safe_name(name) != name:
            raise ModelError(f"model name {name!r} may hold only letters, digits, '.', '_', '-'")
        if name in (*EMBEDDED, *REFERENCES, *SETS, *self._added, CALCULATOR):
            raise ModelError(f"a model called {name!r} is registered already")
        if kind not in ("user", "reference"):
            raise ModelError(f"model {name!r}: kind is 'user' or 'reference', not {kind!r}")
        if not callable(factory):
            raise ModelError(f"model {name!r}: the factory is no function that returns a model")
        if not (math.isfinite(tolerance) and tolerance >= 0):
            raise ModelError(f"model {name!r}: the tolerance {tolerance} is no number >= 0")
        self._added[name] = Registered(factory, kind, fingerprint, method, tolerance)

    @property
    def added(self) -> frozenset[str]:
        """Names that `add` registered, which no other process knows unless it does the same."""
        return frozenset(self._added)

    def names(self) -> list[str]:
        """Return every name that can be resolved without a scheme."""
        from mit_harness.models.neural.presets import PRESETS

        points = [point.name for point in entry_points(group=ENTRY_POINT_GROUP)]
        own = (*EMBEDDED, *REFERENCES, CALCULATOR)
        return list(dict.fromkeys((*own, *self._added, *PRESETS, *points)))

    def resolve_all(self, specs: Sequence[str]) -> "list[ModelHandle]":
        """Return one handle per model named, sets (`SETS`) spelled out, names made unique.

        A spec that is named twice stands once. ``embedded`` leaves out the reference models where
        the packages that they need are missing, and says so in `notes`.

        Raises
        ------
        ModelError
            If a spec is unknown or malformed.
        """
        spelled: list[str] = []
        for spec in map(str.strip, specs):
            spelled.extend(self._members(spec))
        handles = [self.resolve(spec) for spec in dict.fromkeys(spelled)]
        names = unique_names(handle.name for handle in handles)
        return [replace(h, name=name) for h, name in zip(handles, names, strict=True)]

    def _members(self, spec: str) -> Sequence[str]:
        """Return the specs that a set stands for; any other spec stands for itself."""
        if spec not in SETS:
            return [spec]
        controls = () if spec == "references" else tuple(EMBEDDED)
        if spec == "controls":
            return controls
        if spec == ALL_EMBEDDED and lacking():
            if (note := left_out_note()) not in self.notes:
                self.notes.append(note)
            return controls
        return (*controls, *REFERENCES)

    def resolve(self, text: str) -> "ModelHandle":
        """Return what is known of one model without loading it.

        Raises
        ------
        ModelError
            If it is unknown (near matches are listed), or cannot be imported.
        """
        spec = parse(text)
        if spec.scheme == "scores":
            from mit_harness.models.recorded import recorded_handle

            return recorded_handle(spec, self._catalogue)
        if spec.scheme == "py":
            return self._external(spec, Registered(_import_factory(spec)))
        if spec.scheme in ("hf", "evo2"):
            return self._neural(spec)
        if spec.target in EMBEDDED:
            return _embedded_handle(spec)
        if spec.target in REFERENCES:
            from mit_harness.models.base import Loading

            return reference_handle(spec, self._loading or Loading())
        if spec.target in self._added:
            return self._external(spec, self._added[spec.target])
        if spec.target == CALCULATOR:
            return _calculator_handle(spec)
        for point in entry_points(group=ENTRY_POINT_GROUP):
            if point.name == spec.target:
                return self._external(spec, Registered(_load(point)))
        from mit_harness.models.neural.presets import find_preset

        if find_preset(spec.target) is not None:
            return self._neural(spec)
        raise ModelError(f"no model {spec.target!r}{near(spec.target, self.names())}")

    def _neural(self, spec: Spec) -> "ModelHandle":
        from mit_harness.models.base import Loading
        from mit_harness.models.neural.evo2 import evo2_handle
        from mit_harness.models.neural.handles import hf_handle
        from mit_harness.models.neural.presets import find_preset

        how = self._loading or Loading()
        preset = None if spec.scheme else find_preset(spec.target)
        if spec.scheme == "evo2" or (preset is not None and preset[0].loader == "evo2"):
            return evo2_handle(
                spec,
                trusted=how.trusted,
                offline=how.offline,
                device=how.device,
                context=how.context,
            )
        return hf_handle(
            spec,
            trusted=how.trusted,
            offline=how.offline,
            device=how.device,
            dtype=how.dtype,
            context=how.context,
        )

    def _external(self, spec: Spec, known: Registered) -> "ModelHandle":
        from mit_harness.models.base import ModelHandle

        fingerprint = known.fingerprint or _stated_fingerprint(known.factory, spec)
        options = "&".join(f"{key}={spec.options[key]}" for key in sorted(spec.options))
        return ModelHandle(
            name=safe_name(spec.target + ("-" + options if options else "")),
            spec=spec.text,
            kind=known.kind,
            fingerprint=(
                f"{spec.target}?{options}:{fingerprint}"
                if fingerprint
                else f"run:{self._run_id}:{spec.text}"
            ),
            load=lambda: _as_model(known.factory, spec),
            method=known.method,
            tolerance=known.tolerance,
            lasting=bool(fingerprint),
            options=spec.options,
        )


def _embedded_handle(spec: Spec) -> "ModelHandle":
    from mit_harness.models.base import ModelHandle

    entry = EMBEDDED[spec.target]
    options = "-".join(f"{key}-{spec.options[key]}" for key in sorted(spec.options))
    return ModelHandle(
        name=safe_name(spec.target + ("-" + options if options else "")),
        spec=spec.text,
        kind="control",
        fingerprint=entry.fingerprint(spec.options),
        load=lambda: entry.build(spec.options),
        method=entry.method,
        options=spec.options,
    )


def _calculator_handle(spec: Spec) -> "ModelHandle":
    from mit_harness.models.biophysical import calculator_handle

    if spec.options:
        raise ModelError(f"model {CALCULATOR!r} takes no options")
    return calculator_handle(spec.text)


def _stated_fingerprint(factory: Factory, spec: Spec) -> str | None:
    stated = getattr(factory, "fingerprint", None)
    try:
        text = stated() if callable(stated) else stated
    except Exception as error:
        raise ModelError(
            f"{spec.text!r}: its fingerprint failed with {type(error).__name__}: {error}; it is "
            "called without arguments, before the model is loaded"
        ) from error
    if text is None or isinstance(text, str):
        return text
    raise ModelError(
        f"{spec.text!r}: its fingerprint is a {type(text).__name__}; expected text, or a function "
        "without arguments that returns text"
    )


def _load(point: EntryPoint) -> Factory:
    try:
        return point.load()  # type: ignore[no-any-return]
    except Exception as error:
        raise ModelError(
            f"model {point.name!r}, installed as {point.value}, cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from error


def _import_factory(spec: Spec) -> Factory:
    module_name, colon, attribute = spec.target.partition(":")
    if not colon or not module_name or not attribute:
        raise ModelError(f"{spec.text!r}: write py:package.module:factory")
    here = str(Path.cwd())
    if here not in sys.path:  # as `python -m` does: a model beside the run is found
        sys.path.insert(0, here)
    try:
        factory = getattr(importlib.import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        raise ModelError(f"{spec.text!r}: cannot import: {error}; looked in {here} too") from error
    except AttributeError as error:
        raise ModelError(f"{spec.text!r}: {error}") from error
    except (Exception, SystemExit) as error:  # a script may end itself
        raise ModelError(
            f"{spec.text!r}: importing it failed with {type(error).__name__}: {error}"
        ) from error
    if not callable(factory):
        raise ModelError(f"{spec.text!r}: {attribute} is not a function that returns a model")
    return factory  # type: ignore[no-any-return]


class CallableModel:
    """A plain function from a list of sequences to an array, seen as a model."""

    def __init__(self, function: Callable[[Sequence[str]], Any]) -> None:
        self.score = function

    def close(self) -> None:
        """Nothing is held that is known of."""


def _as_model(factory: Factory, spec: Spec) -> "Model":
    try:
        made = factory(**spec.options)
    except MitHarnessError:
        raise
    except Exception as error:
        hint = "; it is called with the spec's options only, and returns the model"
        raise ModelError(
            f"{spec.text!r} could not be loaded: {type(error).__name__}: {error}"
            + hint * isinstance(error, TypeError)
        ) from error
    if callable(getattr(made, "score", None)):
        if not callable(getattr(made, "close", None)):
            return CallableModel(made.score)
        return made  # type: ignore[no-any-return]
    if callable(made):
        return CallableModel(made)
    raise ModelError(
        f"{spec.text!r} returned a {type(made).__name__}; expected a model with score(sequences) "
        "or a function from a list of sequences to one number each"
    )
