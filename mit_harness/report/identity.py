"""Whether a model of a finished run can be what its record says it is. Nothing is loaded."""

from dataclasses import replace

from mit_harness.claims.registry import ON_MEASURED
from mit_harness.errors import MitHarnessError, printable
from mit_harness.models.base import EXACT, ModelHandle
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.references import REFERENCES
from mit_harness.models.registry import Registry
from mit_harness.models.spec import parse
from mit_harness.report.schema import ModelRecord, Results


def misnamed(model: ModelRecord) -> str:
    """Return why a model cannot be what its record says it is; empty where it can.

    Its kind and its tolerance have to be such as its spec has, and a control this version's own.
    """
    try:
        spec = parse(model.spec)
        embedded = not spec.scheme and spec.target in EMBEDDED
        if not spec.scheme and spec.target in REFERENCES:
            wrong = model.kind != "reference"
        elif not embedded:
            kinds = ("user",) if spec.scheme else ("user", "reference")
            wrong = model.kind not in kinds
        else:
            handle = Registry().resolve(model.spec)
            wrong = model.kind != "control"
            if model.fingerprint != handle.fingerprint:
                return (
                    f"{printable(model.name)} is not the control {printable(model.spec)} of this "
                    "version (its fingerprint differs); run it again"
                )
    except MitHarnessError as error:
        return f"{printable(model.name)}: {error}"
    if wrong:
        return f"{printable(model.name)} ({printable(model.spec)}) is no {model.kind}"
    return _wrong_tolerance(model)


def control_handle(model: ModelRecord) -> ModelHandle:
    """Return the embedded control that a record, which is not `misnamed`, is of."""
    return replace(Registry().resolve(model.spec), name=model.name)


def _wrong_tolerance(model: ModelRecord) -> str:
    """Return why a model's tolerance is not that of its spec; empty where it is, or may be.

    More ties can hide every loss, and numbers recomputed with the tolerance that is stated agree.
    """
    from mit_harness.models.neural.handles import TOLERANCES
    from mit_harness.models.neural.presets import PRESETS

    spec = parse(model.spec)
    known = set(TOLERANCES.values())
    if spec.scheme in ("py", "scores") or (not spec.scheme and spec.target in EMBEDDED):
        known = {EXACT}
    elif not spec.scheme and spec.target.partition("@")[0] not in (*PRESETS, *REFERENCES):
        return ""  # a package registers it, with a tolerance of its own
    elif (dtype := spec.options.get("dtype", "")) in TOLERANCES:
        known = {TOLERANCES[dtype]}
    if model.tolerance in known:
        return ""
    return (
        f"the tolerance of {printable(model.name)} is {model.tolerance:g}, and that of "
        f"{printable(model.spec)} {' or '.join(f'{value:g}' for value in sorted(known))}"
    )


def measured_by(results: Results) -> str | None:
    """Return the sha256 of the measured promoters that a run's claims rest on, or None."""
    claims = {claim.id for model in results.models for claim in model.claims}
    return results.run.measured_sha256 if claims & set(ON_MEASURED) else None
